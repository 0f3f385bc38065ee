//go:build wasip1

package main

import (
	"postmark-mail/policy"

	"github.com/usher-id/usher/sdk/sender"
)

var messageSend = sender.New(policy.Send)

//go:wasmexport usher_message_send
func serveMessageSend() int32 { return messageSend.Serve() }

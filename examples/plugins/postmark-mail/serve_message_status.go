//go:build wasip1

package main

import (
	"postmark-mail/policy"

	"github.com/usher-id/usher/sdk/tracker"
)

var messageStatus = tracker.New(policy.Track)

//go:wasmexport usher_message_status
func serveMessageStatus() int32 { return messageStatus.Serve() }

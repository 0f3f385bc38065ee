//go:build wasip1

// Command http-mail is a plugin for the hooks message.send and message.status: it adapts
// mail providers with an HTTP API, of one of the flavours that package provider knows, and
// reads their callbacks.
package main

import (
	"github.com/usher-id/usher/plugins/bundled/http-mail/provider"
	"github.com/usher-id/usher/sdk/sender"
	"github.com/usher-id/usher/sdk/tracker"
)

var (
	mails     = sender.New(provider.Send)
	callbacks = tracker.New(provider.Track)
)

//go:wasmexport usher_message_send
func messageSend() int32 { return mails.Serve() }

//go:wasmexport usher_message_status
func messageStatus() int32 { return callbacks.Serve() }

func main() {}

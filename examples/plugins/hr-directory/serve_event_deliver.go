//go:build wasip1

package main

import (
	"hr-directory/policy"

	"github.com/usher-id/usher/sdk/subscriber"
)

var eventDeliver = subscriber.New(policy.RefreshDirectory)

//go:wasmexport usher_event_deliver
func serveEventDeliver() int32 { return eventDeliver.Serve() }

package sdk

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/abi"
)

// Call is what a handler knows of the call it answers. It is valid until the
// handler returns, and for one goroutine.
type Call struct {
	ID          string // names the call in the plugin log
	Hook        hostapi.Hook
	RunID       string // the signup or activation that the call belongs to
	Tenant      string // id, empty before there is one
	Actor       hostapi.Actor
	Traceparent string // W3C trace context, empty when untraced

	config string
	host   abi.Host
}

// Debug writes a line to the plugin log.
func (c *Call) Debug(line string) { c.host.Log(hostapi.LogDebug, line) }

// Info writes a line to the plugin log.
func (c *Call) Info(line string) { c.host.Log(hostapi.LogInfo, line) }

// Warn writes a line to the plugin log.
func (c *Call) Warn(line string) { c.host.Log(hostapi.LogWarn, line) }

// Error writes a line to the plugin log.
func (c *Call) Error(line string) { c.host.Log(hostapi.LogError, line) }

// NowMS is the wall clock in milliseconds since 1970; it stands still during a call.
func (c *Call) NowMS() int64 { return c.host.NowMS() }

// DeadlineMS is when the host ends the call, in milliseconds since 1970.
func (c *Call) DeadlineMS() int64 { return c.host.DeadlineMS() }

// Random fills b with secure random bytes; false when b is longer than hostapi.MaxRandom.
func (c *Call) Random(b []byte) bool { return c.host.Random(b) }

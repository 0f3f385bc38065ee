// Package sdktest calls a plugin's handler in a plain Go test, through the same
// encoding that crosses the border of a real guest. It is for native tests; a
// guest never imports it.
package sdktest

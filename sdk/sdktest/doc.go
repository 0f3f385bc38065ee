// Package sdktest calls a plugin's handler in a plain Go test, through the same
// encoding that crosses the border of a real guest, and plays the capabilities from
// memory. It is for native tests; a guest never imports it. What a built module does
// in the real runtime is tested by its fixtures: "usher plugin test".
package sdktest

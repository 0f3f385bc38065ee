// Package sdk is for authors of Usher plugins in Go. A plugin is a small main
// package that names its hooks, and a package of plain logic that knows nothing
// of WebAssembly and is tested with go test:
//
//	var plugin = validator.New(policy.Check)
//
//	//go:wasmexport usher_signup_validate
//	func signupValidate() int32 { return plugin.Serve() }
//
//	func main() {}
//
// Package sdk/validator serves signup.validate and sdk/renderer serves
// message.render; [Call] is what a handler knows of the call it answers. Build
// with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o NAME.wasm ./NAME
//
// A guest stays small, and so starts quickly, as long as it leaves fmt, reflect,
// encoding/json and net alone; the SDK itself needs none of them.
//
// # What a guest must know
//
// Every call begins from the same memory: package variables never carry
// anything from one call to the next, and math/rand repeats itself. Take random
// bytes from [Call.Random]. The clock stands still during a call. There are no
// files, no environment and no network; goroutines that outlive a call are lost.
package sdk

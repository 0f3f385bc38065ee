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
// Each hook has a package: validator, provisioner, invitation, activation, password,
// renderer, router, sender, tracker, authenticator, claims, subscriber. [Call] is what
// a handler knows of the call it answers. What reaches beyond the call is a capability
// with a package of its own, which a plugin imports only when it asks for it: http, kv,
// secret, telemetry. Build with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o NAME.wasm ./NAME
//	usher plugin pack NAME.wasm --manifest NAME/manifest.json -o NAME.wasm
//	usher plugin test NAME.wasm
//
// The JSON that crosses the border is read and written by generated code
// (sdk/internal/wire), made from the types of hostapi by "go generate ./sdk/...".
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

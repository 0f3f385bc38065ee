// Package compare measures one validation of 1.5 KB of JSON, carried in several ways, in one interleaved run:
//
//	go test -C tests/compare -run '^$' -bench . -benchtime 5s
//
// Everybody is given the question as JSON and must come to a decoded verdict by the rules of plugins/bundled/company-domain:
// native Go with encoding/json, a guest in C in plugins.Engine, by hand and with the SDK, an HTTP webhook of another process on loopback, the same C in
// Extism with its time limit on, and a guest of the standard Go compiler in plugins.Engine. On one core nothing hides
// beside the call: the reset of an instance, which the engine does in the background, is in the time of a round.
//
// It is a module of its own, so that what is compared with is no dependency of the product.
package compare

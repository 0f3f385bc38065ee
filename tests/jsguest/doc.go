// Package jsguest builds WebAssembly guests from JavaScript sources. It is for tests only.
//
//	wasm := jsguest.Build(t, "testdata/js/company.js")
//
// A script defines a function named answer, which is given the envelope of signup.validate and gives the output. It runs on
// the engine of package quickjs, without the SDK: what the instance is reset to has read the script already.
package jsguest

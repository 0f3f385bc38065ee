// Package jsguest builds WebAssembly guests from JavaScript sources. It is for tests only.
//
//	wasm := jsguest.Build(t, "testdata/js/company.js")
//
// A script defines a function named answer, which is given the envelope of signup.validate as a text and gives the
// output as one. It runs on QuickJS, compiled from its C source with the script in it: what the instance is reset to has read
// the script already. The source is that of a pinned npm package, of which no script runs. A guest is built once per
// test binary.
//
// Where npm, clang, wasm-ld or the C library for WASI is missing, or no package can be had, a test is skipped with the
// reason, unless CI=true: then it fails.
package jsguest

// Package rustguest builds WebAssembly guests from Rust sources. It is for tests only.
//
//	wasm := rustguest.Build(t, "testdata/rust/walker.rs")
//
// A guest is one file without the standard library, and is built once per test binary.
//
// Where rustc, its library for wasm32-unknown-unknown or wasm-ld is missing a test is skipped with the reason, unless
// CI=true: then it fails.
package rustguest

// Package cguest builds WebAssembly guests from C sources. It is for tests only.
//
//	wasm := cguest.Build(t, "testdata/c/validator.c")
//
// A guest is built as sdk/c/usher.h says, with that header to include and no C library, and once per test binary.
//
// Where clang or wasm-ld is missing a test is skipped with the reason, unless CI=true: then it fails.
package cguest

// Package module reads WebAssembly binaries before anything compiles them, and
// rewrites them a little.
//
// [Parse] takes the bytes of a stranger. It checks sizes and counts against
// [Limits] so that the compiler, which ignores its context, never sees a module
// built to exhaust it; it refuses what a reset between calls cannot undo; and it
// never panics, which a fuzz test holds it to. It does not validate code: the
// compiler does. [Module.Prepare] gives the bytes to compile.
//
// The walk over the instructions of each body (code.go) is also where fuel
// metering and the stack guard will be put in.
package module

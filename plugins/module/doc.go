// Package module reads WebAssembly binaries before anything compiles them, and
// rewrites them a little.
//
// [Parse] takes the bytes of a stranger. It checks sizes and counts against
// [Limits] so that the compiler, which ignores its context, never sees a module
// built to exhaust it; it refuses what a reset between calls cannot undo; and it
// never panics, which a fuzz test holds it to. It does not validate code: the
// compiler does. [Module.Prepare] gives the bytes to compile.
//
// [Module.Meter] makes a guest interruptible. It puts in a private counter and
// an imported function, so functions get new numbers throughout:
//
//	loop, entry of a function ──▶ fuel -= cost of its code ──▶ below 0? tick
//	memory.copy, fill, init   ──▶ charge(length) ─────────────────┘
//
// The cost of a place (points.go) grows with the code that runs before the next
// one, so no code gets far on a unit. What a unit is worth is the business of
// package plugins, which answers the ticks.
package module

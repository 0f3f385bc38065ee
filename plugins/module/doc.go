// Package module reads WebAssembly binaries before anything compiles them, and
// rewrites them a little.
//
// [Parse] takes the bytes of a stranger. It checks sizes and counts against
// [Limits] so that the compiler, which looks at its context between functions
// only, never sees a module built to exhaust it; it refuses what a reset between
// calls cannot undo; and it never panics, which a fuzz test holds it to. It does
// not validate code: the compiler does. [Module.Prepare] gives the bytes to compile.
//
// Few bytes can be much work: 5 KB of nested loops across which a thousand locals
// live take the compiler a minute. So Parse follows each function far enough to
// bound the values that the compiler will look at (shape.go) and what is on the
// operand stack where control flow meets (height.go). Tests in bombs_test.go hold
// the compiler to the bound.
//
// [Module.Meter] makes a guest interruptible. It puts in a private counter and
// an imported function, so functions get new numbers throughout:
//
//	loop, entry of a function ──▶ fuel -= cost of its code ───▶ below 0? tick
//	entry, when it calls      ──▶ stack -= bound of its frame ────┤
//	memory.copy, fill, init   ──▶ charge(length) ─────────────────┘
//
// The cost of a place (points.go) grows with the code that runs before the next
// one, so no code gets far on a unit. What a unit is worth is the business of
// package plugins, which answers the ticks. Fuel and stack are the two halves of
// one 64-bit counter, so that a function pays for both at once. Nothing is given
// back at the many ways out of a function: the stack half says when to look, not
// how much there is.
package module

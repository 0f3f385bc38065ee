// Package assemble puts small WebAssembly modules together, instruction by
// instruction, for the tests of package plugins: guests that misbehave in ways
// that no compiler would produce. It checks nothing. Production code has no use
// for it.
package assemble

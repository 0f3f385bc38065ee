// Package cheader writes the C SDK, sdk/c/usher.h: the parts that are written by hand (parts/) in their order, and between
// them what the types of hostapi make: structs with their comments, functions that read and write them, and for
// each hook what its handlers answer with. Everything is a static inline function, so that a guest has in it what it uses.
package cheader

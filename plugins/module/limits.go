package module

// Limits bound what [Parse] accepts. All counts are of the whole module unless they say otherwise.
type Limits struct {
	Bytes        int // of the binary
	Types        int
	TypeValues   int // parameters and results of all types
	Imports      int
	Exports      int
	Functions    int // defined, not imported
	Globals      int
	Tables       int
	TableEntries int // entries of all tables at start
	Segments     int // data segments, before they are merged
	BodyBytes    int // of one function
	Locals       int // of one function, without parameters
	Depth        int // of nested blocks in one function
	Loops        int // of one function
	Pieces       int // of code in one function that are entered or left by jumps
	Work         int // of the compiler on one function, in values that it looks at
	TotalWork    int // on all functions
	MeteredBytes int // of the binary after [Module.Meter]
	MemoryPages  int // at start, in pages of 64 KiB
}

// DefaultLimits fit a guest built by the standard Go compiler and an interpreter
// written in C with room to spare. The compiler looks at its context between
// functions only, and some of what it does grows with the square of a function
// or worse; so Pieces and Work bound one function to seconds and a few hundred
// megabytes whatever it is made of, where sizes and counts alone do not: 5 KB of
// code can take a minute. TypeValues bounds the code that each type costs.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 8 << 20, Types: 10_000, TypeValues: 100_000, Imports: 256, Exports: 1_000, Functions: 50_000, Globals: 1_000,
		Tables: 8, TableEntries: 100_000, Segments: 200_000, BodyBytes: 1 << 20, Locals: 1_000, Depth: 2_000,
		Loops: 5_000, Pieces: 20_000, Work: 1_000_000, TotalWork: 16_000_000, MeteredBytes: 16 << 20, MemoryPages: 1_024,
	}
}

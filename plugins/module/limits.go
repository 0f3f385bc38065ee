package module

// Limits bound what [Parse] accepts. All counts are of the whole module unless they say otherwise.
type Limits struct {
	Bytes        int // of the binary
	Types        int
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
	MeteredBytes int // of the binary after [Module.Meter]
	MemoryPages  int // at start, in pages of 64 KiB
}

// DefaultLimits fit a guest built by the standard Go compiler with room to
// spare. Locals and Depth bound the known compile bomb: thousands of locals
// that live across deeply nested loops.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 8 << 20, Types: 10_000, Imports: 256, Exports: 256, Functions: 50_000, Globals: 1_000,
		Tables: 8, TableEntries: 100_000, Segments: 200_000, BodyBytes: 1 << 20, Locals: 1_000, Depth: 2_000,
		Loops: 5_000, MeteredBytes: 16 << 20, MemoryPages: 1_024,
	}
}

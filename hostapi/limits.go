package hostapi

// Limits bound one call of a guest. The zero value of a field asks for the default.
type Limits struct {
	WallMS      int `json:"wall_ms,omitempty"`      // wall time of a call in milliseconds
	MemoryPages int `json:"memory_pages,omitempty"` // linear memory in pages of 64 KiB
	OutputBytes int `json:"output_bytes,omitempty"` // what output_write accepts in all
	LogBytes    int `json:"log_bytes,omitempty"`    // what reaches the plugin log from one call
	CallsOut    int `json:"calls_out,omitempty"`    // uses of a capability that leaves the process: fetches, key-value entries
	ResultBytes int `json:"result_bytes,omitempty"` // one answer of a capability
}

// DefaultLimits are those of a call that does no I/O. The wall time forgives a
// busy machine: a guest that has the processor answers within a millisecond.
func DefaultLimits() Limits {
	return Limits{WallMS: 100, MemoryPages: 256, OutputBytes: 256 << 10, LogBytes: 16 << 10, CallsOut: 4, ResultBytes: 1 << 20}
}

// IOLimits are those of a hook at which a plugin may call other systems.
func IOLimits() Limits {
	l := DefaultLimits()
	l.WallMS = 2000
	return l
}

// MaxLimits are the most that a manifest may ask for.
func MaxLimits() Limits {
	return Limits{WallMS: 10_000, MemoryPages: 1024, OutputBytes: 1 << 20, LogBytes: 64 << 10, CallsOut: 16, ResultBytes: 4 << 20}
}

// Or gives the limits with each missing one taken from d.
func (l Limits) Or(d Limits) Limits {
	return Limits{
		WallMS:      orInt(l.WallMS, d.WallMS),
		MemoryPages: orInt(l.MemoryPages, d.MemoryPages),
		OutputBytes: orInt(l.OutputBytes, d.OutputBytes),
		LogBytes:    orInt(l.LogBytes, d.LogBytes),
		CallsOut:    orInt(l.CallsOut, d.CallsOut),
		ResultBytes: orInt(l.ResultBytes, d.ResultBytes),
	}
}

// Within tells whether no limit is negative or above that of m.
func (l Limits) Within(m Limits) bool {
	return inRange(l.WallMS, m.WallMS) && inRange(l.MemoryPages, m.MemoryPages) &&
		inRange(l.OutputBytes, m.OutputBytes) && inRange(l.LogBytes, m.LogBytes) &&
		inRange(l.CallsOut, m.CallsOut) && inRange(l.ResultBytes, m.ResultBytes)
}

func orInt(v, d int) int {
	if v == 0 {
		return d
	}
	return v
}

func inRange(v, most int) bool { return v >= 0 && v <= most }

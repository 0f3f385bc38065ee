package guard

// Once tells the first time that something is seen from every later time, for the last so many. A replica keeps one for
// each plugin, for both versions together, so that it forgets the runs of both equally soon. When a call ends it asks by
// the hash of run and hook, and hands the call to [Counts.Observe] if that was the first. As memory is bounded, a run
// that comes back very late is counted again. It is not safe for concurrent use. The zero value remembers the last
// 10,000, and up to as many more.
type Once struct {
	Keep      int // how many at least; 0 is 10,000
	new, last map[uint64]struct{}
}

// First tells whether key is new, and remembers it.
func (o *Once) First(key uint64) bool {
	if _, ok := o.new[key]; ok {
		return false
	}
	_, known := o.last[key]
	keep := o.Keep
	if keep <= 0 {
		keep = 10_000
	}
	if o.new == nil || len(o.new) >= keep {
		o.last, o.new = o.new, make(map[uint64]struct{})
	}
	o.new[key] = struct{}{}
	return !known
}

package plugins

import (
	"sync/atomic"

	"github.com/usher-id/usher/hostapi"
)

// set is what one release made: for each hook the bindings to ask, in order. Calls
// hold a reference while they run; when it is replaced and the last call is
// over, it lets go of its versions.
type set struct {
	number  int64
	hooks   map[hostapi.Hook][]*binding
	members []member // it has one reference to the version of each
	refs    atomic.Int64
	drained func([]*version) // takes over the references when the last call is over
}

// acquire takes a reference; it gives false when the set is already gone.
func (s *set) acquire() bool { return acquire(&s.refs) }

// acquire counts one more of what is not gone yet.
func acquire(refs *atomic.Int64) bool {
	for {
		n := refs.Load()
		if n == 0 {
			return false
		}
		if refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *set) release() {
	if s.refs.Add(-1) == 0 {
		s.drained(versionsOf(s.members))
	}
}

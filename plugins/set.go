package plugins

import (
	"sync/atomic"

	"github.com/usher-id/usher/hostapi"
)

// set is what one release made: for each hook the bindings to ask, in order. Calls
// hold a reference while they run; when it is replaced and the last call is
// over, it lets go of its versions.
type set struct {
	hooks    map[hostapi.Hook][]*binding
	versions []*version
	refs     atomic.Int64
	drained  func([]*version) // takes over the references when the last call is over
}

// newSet takes over one reference to each version.
func newSet(versions []*version, chains map[hostapi.Hook][]*binding, drained func([]*version)) *set {
	s := &set{hooks: chains, versions: versions, drained: drained}
	s.refs.Store(1)
	return s
}

// acquire takes a reference; it gives false when the set is already gone.
func (s *set) acquire() bool {
	for {
		n := s.refs.Load()
		if n == 0 {
			return false
		}
		if s.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *set) release() {
	if s.refs.Add(-1) == 0 {
		s.drained(s.versions)
	}
}

// find gives the version with that key.
func (s *set) find(k versionKey) (*version, bool) {
	for _, v := range s.versions {
		if v.key == k {
			return v, true
		}
	}
	return nil, false
}

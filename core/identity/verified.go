package identity

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
)

// verified remembers the access tokens that were found good, by their SHA-256, since
// verifying one takes longer than everything else that a cheap request does. There
// are two halves: when the young one is full it becomes the old one, and
// the old one is dropped. A token that is in use moves to the young half again.
type verified struct {
	half int

	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]proof
	reading    uint64 // goes up when the keys change
}

// proof is what a good token says, and until when.
type proof struct {
	actor core.Actor
	until time.Time
}

func newVerified(size int) *verified {
	return &verified{half: max(size/2, 1), young: map[[sha256.Size]byte]proof{}}
}

// find gives the proof of a token that still holds, and the reading of the keys that
// it belongs to.
func (v *verified) find(token [sha256.Size]byte, now time.Time) (p proof, ok bool, reading uint64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p, ok = v.young[token]
	if !ok {
		p, ok = v.old[token]
	}
	return p, ok && now.Before(p.until), v.reading
}

// now gives the reading of the keys that are honoured now.
func (v *verified) now() uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.reading
}

// keep remembers a token that was verified with the keys of a reading; when they have
// changed since, it does not.
func (v *verified) keep(token [sha256.Size]byte, p proof, reading uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.reading != reading {
		return
	}
	if len(v.young) >= v.half {
		v.old, v.young = v.young, make(map[[sha256.Size]byte]proof, v.half)
	}
	v.young[token] = p
}

// forget empties the memory: a key may be among those that are no longer honoured.
func (v *verified) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.old, v.young = nil, map[[sha256.Size]byte]proof{}
	v.reading++
}

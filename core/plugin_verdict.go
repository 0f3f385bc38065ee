package core

import (
	"maps"
	"time"
)

// PluginVerdict is what a version made of a question, without a word of it.
type PluginVerdict struct {
	Outcome string // continue or deny; empty when it failed
	Failure string // the kind; empty when it answered
	Errors  []PluginFieldError
}

// PluginFieldError is a field that a version refused, and its code for why.
type PluginFieldError struct {
	Field string
	Code  string
}

// PluginDifference is a question that a candidate answered otherwise than the version that
// serves. It holds no value of what was asked or answered.
type PluginDifference struct {
	Time     time.Time
	Release  int64
	Plugin   string
	Digest   string // of the candidate
	Against  string // the digest of what serves
	Hook     string
	Served   PluginVerdict
	Shadowed PluginVerdict
	Members  []string // of the answer that differ, such as data.slug
}

// ShadowCounts are what became of the copies of calls that a shadow was to be asked about.
// Calls are agreed, differed and not comparable together.
type ShadowCounts struct {
	Calls          int64
	Agreed         int64
	Differed       int64
	NotComparable  map[string]int64 // by why, such as the function that only the shadow asked for
	Dropped        int64            // nobody had time for them
	ServedFailures int64
	ShadowFailures int64
}

// Clone gives counts of their own.
func (c ShadowCounts) Clone() ShadowCounts {
	c.NotComparable = maps.Clone(c.NotComparable)
	return c
}

// Add counts in others. NotComparable must not be nil.
func (c *ShadowCounts) Add(o ShadowCounts) {
	c.Calls += o.Calls
	c.Agreed += o.Agreed
	c.Differed += o.Differed
	for why, n := range o.NotComparable {
		c.NotComparable[why] += n
	}
	c.Dropped += o.Dropped
	c.ServedFailures += o.ServedFailures
	c.ShadowFailures += o.ShadowFailures
}

// ShadowTally is what one replica counted of a shadow under a release, from its start on.
type ShadowTally struct {
	Release  int64
	Plugin   string
	Digest   string
	Against  string
	Replica  ID
	Counts   ShadowCounts
	Served   []byte // the cost of what serves in the same calls: a card of package cost, JSON
	Shadowed []byte // and of the shadow
}

// PluginSample is a call that is kept for a while, sealed.
type PluginSample struct {
	ID      ID
	Time    time.Time
	Plugin  string
	Digest  string // of the version that answered it
	Hook    string
	KeyID   string
	Sealed  []byte
	KeptFor time.Duration // from now on; of one that is to be kept
}

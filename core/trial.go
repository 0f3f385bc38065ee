package core

import "time"

// TallyRole is what a version was there for when it was counted.
type TallyRole string

// The roles of a tally.
const (
	TallyServing   TallyRole = "serving"
	TallyCandidate TallyRole = "candidate"
	TallyShadow    TallyRole = "shadow"
	TallyProbe     TallyRole = "probe" // its fixtures, before anybody depended on it
)

// PluginTally is what one replica counted of a version in one role under a release, since
// the replica started. Counts and Cost are JSON, which package trial reads.
type PluginTally struct {
	Release int64 // 0 for a probe, and where nothing was released
	Plugin  string
	Digest  string
	Role    TallyRole
	Replica ID
	Counts  []byte
	Cost    []byte
}

// PluginTrial is how the candidate of a plugin does against what serves in a release. State
// and Evidence are JSON, which package trial reads.
type PluginTrial struct {
	Release  int64
	Plugin   string
	Digest   string
	Against  string // the digest of what serves
	State    []byte
	Looks    int64         // how often the state was written: the compare of compare-and-set
	Evidence []byte        // empty until the candidate was rolled back
	Rollback int64         // the release that did it; 0 for none
	Age      time.Duration // since the state was written
}

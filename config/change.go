package config

import (
	"context"
	"time"
)

// Prepare is asked before a change. It gets everything ready that may fail and
// changes nothing yet; an error is a veto. It must not call Reload.
type Prepare func(ctx context.Context, old, new *Config) (Prepared, error)

// Prepared is what a subscriber does next: Commit once the new configuration is in
// force, which must not fail, or Abort when someone else objected. Both may be nil.
type Prepared struct{ Commit, Abort func() }

// Change is the answer of a reload.
type Change struct {
	Generation uint64       `json:"generation"`
	Applied    []Difference `json:"applied"`          // now in force
	Restart    []Difference `json:"restart_required"` // read, but waiting for a restart
}

// Status is how the configuration is doing, for health and operators.
type Status struct {
	Generation uint64       `json:"generation"`
	LoadedAt   time.Time    `json:"loaded_at"`         // of the last load that succeeded
	Healthy    bool         `json:"healthy"`           // false while the sources have problems, or a part runs something else
	Problem    string       `json:"problem,omitempty"` // why the last reload was refused, or what is not in force
	Restart    []Difference `json:"restart_required"`  // what a restart would change
	File       string       `json:"file,omitempty"`    // that is watched
}

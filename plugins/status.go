package plugins

import "github.com/usher-id/usher/hostapi"

// Status is one loaded version.
type Status struct {
	Name      string
	Version   string
	Digest    string // hex of the SHA-256 of the module
	Role      Role   // the first of those that it has
	Hooks     []hostapi.Hook
	Instances int
	Memory    int64 // bytes of linear memory of its instances when warm
	// Dropped are the copies that a shadow was not asked about since the engine began.
	Dropped int64
}

// Status lists the loaded versions: those that serve in their order, then the
// candidates, then those of earlier releases, then those that are only warm. It is quick.
func (e *Engine) Status() []Status {
	s := e.acquire()
	if s == nil {
		return nil
	}
	defer s.release()
	list := make([]Status, 0, len(s.members))
	for _, m := range s.members {
		v := m.version
		n := v.pool.size()
		state := Status{
			Name: v.name, Version: v.label, Digest: v.digest, Role: m.role, Hooks: v.hooks,
			Instances: n, Memory: int64(n) * int64(v.snapshot.size),
		}
		if m.role == RoleShadow {
			state.Dropped = e.shadows.dropped(v.name)
		}
		list = append(list, state)
	}
	return list
}

// Link is one binding in the chain of its hook, with the version that serves.
type Link struct {
	Binding // with every default filled in

	Order       int // in the chain, from 1
	Version     string
	Digest      string
	SwitchedOff bool // by safe mode
	BreakerOpen bool // it failed too often and is only probed
	Failures    int  // in a row
	// Arms are all versions that are asked here, the one that serves first.
	Arms []Arm
}

// Arm is a version as a binding asks it.
type Arm struct {
	Role        Role  // RoleServing, RoleCandidate or RoleShadow
	Release     int64 // the current one or an earlier one
	Version     string
	Digest      string
	Percent     float64 // of the calls of that release that are a candidate's
	ByTenant    bool
	BreakerOpen bool
	Failures    int
}

// Links lists the bindings, hook by hook in the order of the pipeline, each chain in
// its order. It is quick.
func (e *Engine) Links() []Link {
	s := e.acquire()
	if s == nil {
		return nil
	}
	defer s.release()
	safe := e.safe.Load()
	var list []Link
	for _, h := range hostapi.Hooks() {
		for _, b := range s.hooks[h] {
			link := Link{Binding: b.Binding, Order: b.order, SwitchedOff: safe.covers(b), Arms: b.list()}
			first := link.Arms[0]
			link.Version, link.Digest, link.BreakerOpen, link.Failures = first.Version, first.Digest, first.BreakerOpen, first.Failures
			list = append(list, link)
		}
	}
	return list
}

func (b *binding) list() (list []Arm) {
	for _, p := range b.panels {
		for _, a := range p.arms() {
			arm := Arm{
				Role: a.role, Release: a.release, Version: a.version.label, Digest: a.version.digest,
				BreakerOpen: a.breaker.open(), Failures: a.breaker.failures(),
			}
			if a.role == RoleCandidate {
				arm.Percent, arm.ByTenant = float64(p.portion.below)/(buckets/100), p.portion.byTenant
			}
			list = append(list, arm)
		}
	}
	return list
}

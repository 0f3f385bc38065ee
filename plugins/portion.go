package plugins

import "math/rand/v2"

// buckets is how finely runs are told apart: a hundredth of a percent.
const buckets = 10_000

// portion says which calls are a candidate's: those whose bucket is below a bound. The
// bucket is made of the candidate's digest and of whom the call belongs to, so that
// every host sorts alike, a run keeps its side, a greater share only adds runs, and the
// next candidate begins with others.
type portion struct {
	seed     uint64 // the hash of the digest
	below    uint64
	byTenant bool
}

func newPortion(c Candidate, digest string) portion {
	return portion{seed: fnv1a(fnvOffset, digest), below: uint64(c.Percent*(buckets/100) + 0.5), byTenant: c.ByTenant}
}

// has tells whether the call is the candidate's. One that belongs to nobody falls to
// either side by chance.
func (p portion) has(c *Call) bool {
	if p.below == 0 || p.below >= buckets {
		return p.below != 0
	}
	id := unit(p.byTenant, c.RunID, c.TenantID, c.ActorID)
	if id == "" {
		return rand.Uint64N(buckets) < p.below
	}
	return mixed(fnv1a(p.seed, id))%buckets < p.below
}

// unit is what a call is sorted by; empty when it belongs to nobody.
func unit(byTenant bool, run, tenant, actor string) string {
	id := run
	if byTenant {
		id = tenant
	}
	if id == "" {
		id = orText(actor, run) // before there is a tenant a run still keeps its side
	}
	return id
}

// Unit is what the call is sorted by where the share of a candidate is one of tenants, or else
// of runs: all calls with the same unit are answered by the same version. It is empty for a
// call that belongs to nobody, each of which is sorted by itself.
func (o *Observation) Unit(byTenant bool) string { return unit(byTenant, o.Run, o.Tenant, o.Actor) }

// FNV-1a (RFC 9923), 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func fnv1a(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// mixed has every bit of the hash bear on every other: the last bytes of FNV reach few.
// It is the finalizer of MurmurHash3.
func mixed(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

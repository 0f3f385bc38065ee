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
	id := c.RunID
	if p.byTenant {
		id = c.TenantID
	}
	if id == "" {
		id = orText(c.ActorID, c.RunID) // before there is a tenant a run still keeps its side
	}
	if id == "" {
		return rand.Uint64N(buckets) < p.below
	}
	return mixed(fnv1a(p.seed, id))%buckets < p.below
}

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

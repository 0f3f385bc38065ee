package operator

import (
	"maps"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// releaseRequest is what an operator wants changed.
type releaseRequest struct {
	Kind     core.ReleaseKind `json:"kind"`
	Plugin   string           `json:"plugin,omitzero"`
	Version  string           `json:"version,omitzero"` // PLUGIN@VERSION, or a digest
	Percent  float64          `json:"percent,omitzero"`
	By       string           `json:"by,omitzero"` // run or tenant: what the percentage is of
	To       *int64           `json:"to,omitzero"` // of a rollback; 0 is before the first release
	Reason   string           `json:"reason,omitzero"`
	Force    bool             `json:"force,omitzero"`
	Now      bool             `json:"now,omitzero"`    // serve when the first replica is ready
	Expect   *int64           `json:"expect,omitzero"` // the newest release that was seen
	Bindings []boundView      `json:"bindings,omitzero"`
}

// What a percentage is of.
const (
	byRun    = "run"
	byTenant = "tenant"
)

type releaseView struct {
	Number    int64             `json:"number"` // 0 before the first
	Kind      core.ReleaseKind  `json:"kind,omitzero"`
	State     core.ReleaseState `json:"state,omitzero"`
	Plugin    string            `json:"plugin,omitzero"`
	Base      int64             `json:"base"`
	Restores  int64             `json:"restores"`
	Actor     string            `json:"actor,omitzero"`
	Now       bool              `json:"now,omitzero"` // it serves when the first replica is ready
	Automatic bool              `json:"automatic"`
	Reason    string            `json:"reason,omitzero"`
	Failure   string            `json:"failure,omitzero"`
	CreatedAt time.Time         `json:"created_at,omitzero"`
	ServingAt time.Time         `json:"serving_at,omitzero"`
	Plugins   []releasedView    `json:"plugins"`
	Evidence  *evidenceView     `json:"evidence,omitzero"` // where one release is shown that nobody made
	Bindings  []boundView       `json:"bindings,omitzero"` // as the configuration has them when there are none
}

type releasedView struct {
	Name      string         `json:"name"`
	Digest    string         `json:"digest"`
	Version   string         `json:"version"`
	Candidate *candidateView `json:"candidate,omitzero"`
}

type candidateView struct {
	Digest  string  `json:"digest"`
	Version string  `json:"version"`
	Percent float64 `json:"percent"`
	By      string  `json:"by"`
	Shadow  bool    `json:"shadow"`
}

type boundView struct {
	Hook      string   `json:"hook"`
	Plugin    string   `json:"plugin"`
	OnFailure string   `json:"on_failure,omitzero"`
	TimeoutMS int64    `json:"timeout_ms,omitzero"`
	Tenants   []string `json:"tenants,omitzero"`
	Disabled  bool     `json:"disabled,omitzero"`
}

// longestMS bounds what is taken for a time: more than anybody may give, and less than wraps.
const longestMS = int64(time.Hour / time.Millisecond)

func (b boundView) binding() core.ReleasedBinding {
	return core.ReleasedBinding{
		Hook: b.Hook, Plugin: b.Plugin, OnFailure: b.OnFailure, Timeout: time.Duration(min(max(b.TimeoutMS, -1), longestMS)) * time.Millisecond,
		Tenants: b.Tenants, Disabled: b.Disabled,
	}
}

// rolloutView is where the ledger stands and how every replica does.
type rolloutView struct {
	Newest    int64         `json:"newest"`
	Serving   releaseView   `json:"serving"`
	Preparing *releaseView  `json:"preparing,omitzero"`
	Trials    []trialView   `json:"trials"`           // of the candidates that answer for a share of the runs
	BackTo    *releaseView  `json:"back_to,omitzero"` // what a rollback goes back to, if there is anything
	Replicas  []replicaView `json:"replicas"`
	Shadows   []shadowView  `json:"shadows"`
}

type replicaView struct {
	ID        core.ID      `json:"id" format:"uuid"`
	Name      string       `json:"name"`
	Build     string       `json:"build"`
	Live      bool         `json:"live"`
	StartedAt time.Time    `json:"started_at"`
	SeenAt    time.Time    `json:"seen_at"`
	Serving   int64        `json:"serving"`
	Since     time.Time    `json:"since,omitzero"`
	Prepared  int64        `json:"prepared"` // the newest release that it could serve at once
	Failed    int64        `json:"failed,omitzero"`
	Failure   string       `json:"failure,omitzero"`
	Trouble   string       `json:"trouble,omitzero"` // in what it serves otherwise than the release says
	Plugins   []servedView `json:"plugins"`
	Swap      *swapView    `json:"swap,omitzero"` // the last one
}

type servedView struct {
	Name    string `json:"name"`
	Digest  string `json:"digest"`
	Version string `json:"version"` // empty for one that is not in the registry
}

type swapView struct {
	Release   int64     `json:"release"`
	Heard     time.Time `json:"heard"`
	ReadUS    int64     `json:"read_us"`    // the ledger
	PrepareUS int64     `json:"prepare_us"` // the versions; before heard unless it was to serve at once
	FlipUS    int64     `json:"flip_us"`
}

// labels are versions by digest.
type labels map[string]string

// labels names the versions of digests that are shown.
func (s *Server) labels(c *edge.Call, digests ...string) (labels, error) {
	slices.Sort(digests)
	return s.Registry.Labels(c.Context(), slices.Compact(digests))
}

// digestsOf are all that releases have.
func digestsOf(releases ...core.PluginRelease) (digests []string) {
	for _, r := range releases {
		for _, p := range r.Content.Plugins {
			digests = append(digests, p.Digest)
			if p.Candidate != nil {
				digests = append(digests, p.Candidate.Digest)
			}
		}
	}
	return digests
}

func (l labels) release(r core.PluginRelease) releaseView {
	v := releaseView{
		Number: r.Number, Kind: r.Kind, State: r.State, Plugin: r.Plugin, Base: r.Base, Restores: r.Restores, Actor: r.Actor,
		Now: r.AtOnce, Automatic: r.Automatic, Reason: r.Reason, Failure: r.Failure, CreatedAt: r.CreatedAt, ServingAt: r.ServingAt,
		Plugins: make([]releasedView, len(r.Content.Plugins)),
	}
	for i, p := range r.Content.Plugins {
		v.Plugins[i] = releasedView{Name: p.Name, Digest: p.Digest, Version: l[p.Digest]}
		if own := p.Candidate; own != nil {
			by := byRun
			if own.ByTenant {
				by = byTenant
			}
			v.Plugins[i].Candidate = &candidateView{own.Digest, l[own.Digest], own.Percent, by, own.Shadow}
		}
	}
	for _, b := range r.Content.Bindings {
		v.Bindings = append(v.Bindings, boundView{b.Hook, b.Plugin, b.OnFailure, b.Timeout.Milliseconds(), b.Tenants, b.Disabled})
	}
	return v
}

func (l labels) replica(r core.PluginReplica) replicaView {
	v := replicaView{
		ID: r.ID, Name: r.Name, Build: r.Build, Live: r.Live, StartedAt: r.StartedAt, SeenAt: r.SeenAt, Serving: r.Serving,
		Since: r.Since, Prepared: r.Prepared, Failed: r.Failed, Failure: r.Failure, Trouble: r.Trouble, Plugins: []servedView{},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Digests)) {
		v.Plugins = append(v.Plugins, servedView{name, r.Digests[name], l[r.Digests[name]]})
	}
	if w := r.Swap; w.Release > 0 {
		v.Swap = &swapView{w.Release, w.Heard, w.Read.Microseconds(), w.Prepare.Microseconds(), w.Flip.Microseconds()}
	}
	return v
}

package operator

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/trial"
	"github.com/usher-id/usher/core/web/edge"
)

// releaseRoutes are what an operator may do with releases.
func (s *Server) releaseRoutes() []edge.Route {
	const root = "/admin/v1/plugins/releases"
	return []edge.Route{
		{Method: http.MethodGet, Path: "/admin/v1/plugins/rollout", Quiet: true, Handle: s.operatorsOnly(s.showRollout)},
		{Method: http.MethodGet, Path: root, Handle: s.operatorsOnly(s.listReleases)},
		{Method: http.MethodPost, Path: root, MaxBody: edge.BodyPlain, Handle: s.operatorsOnly(s.makeRelease)},
		{Method: http.MethodGet, Path: root + "/{number}", Handle: s.operatorsOnly(s.showRelease)},
		{Method: http.MethodPost, Path: root + "/{number}/serve", Handle: s.operatorsOnly(s.serveRelease)},
	}
}

func (s *Server) makeRelease(c *edge.Call) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[releaseRequest]().Decode(c)
	if err != nil {
		return err
	}
	if asked.By != "" && asked.By != byRun && asked.By != byTenant {
		return core.Invalid(core.FieldError{Field: "by", Code: "invalid", Message: "The percentage is of run or tenant: write run or tenant, or leave it out for run."})
	}
	made, err := s.Releases.Make(c.Context(), asked.change(who))
	if err != nil {
		return err
	}
	return s.answerRelease(c, http.StatusCreated, made)
}

// serveRelease has a release serve that waits for replicas.
func (s *Server) serveRelease(c *edge.Call) error {
	number, err := releaseNumber(c)
	if err != nil {
		return err
	}
	r, err := s.Releases.ServeNow(c.Context(), number)
	if err != nil {
		return err
	}
	return s.answerRelease(c, http.StatusOK, r)
}

func (s *Server) showRelease(c *edge.Call) error {
	number, err := releaseNumber(c)
	if err != nil {
		return err
	}
	r, err := s.Releases.Find(c.Context(), number)
	if err != nil {
		return err
	}
	evidence, err := s.Trials.EvidenceOf(c.Context(), r)
	if err != nil {
		return err
	}
	labels, err := s.labels(c, digestsOf(r)...)
	if err != nil {
		return err
	}
	view := labels.release(r)
	view.Evidence = evidenceOf(evidence)
	return c.JSON(http.StatusOK, view)
}

func (s *Server) answerRelease(c *edge.Call, status int, r core.PluginRelease) error {
	labels, err := s.labels(c, digestsOf(r)...)
	if err != nil {
		return err
	}
	return c.JSON(status, labels.release(r))
}

func releaseNumber(c *edge.Call) (int64, error) {
	number, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || number < 1 {
		return 0, core.E(core.NotFound, "A release has a number from 1.").Because("not_a_number")
	}
	return number, nil
}

// The number of releases in one answer.
const (
	someReleases = 20
	mostReleases = 200
)

func (s *Server) listReleases(c *edge.Call) error {
	query, err := c.Query("limit", "below")
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someReleases, mostReleases)
	if err != nil {
		return err
	}
	below := int64(0)
	if text := query["below"]; text != "" {
		if below, err = strconv.ParseInt(text, 10, 64); err != nil || below < 1 {
			return core.Invalid(core.FieldError{Field: "below", Code: "invalid", Message: "Give the number of a release."})
		}
	}
	list, err := s.Releases.List(c.Context(), below, int64(limit))
	if err != nil {
		return err
	}
	labels, err := s.labels(c, digestsOf(list...)...)
	if err != nil {
		return err
	}
	views := make([]releaseView, len(list))
	for i, r := range list {
		views[i] = labels.release(r)
	}
	return c.JSON(http.StatusOK, struct {
		Data []releaseView `json:"data"`
	}{views})
}

// showRollout is what an operator looks at while something changes, and on-call first of all.
func (s *Server) showRollout(c *edge.Call) error {
	now, err := s.standing(c)
	if err != nil {
		return err
	}
	labels, err := s.labels(c, now.digests()...)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, labels.rollout(now))
}

// standing is where the ledger stands, before versions are named.
type standing struct {
	at       core.PluginLedger
	back     *core.PluginRelease // nil when there is nothing to go back to
	replicas []core.PluginReplica
	trials   []trial.Standing
	shadows  []release.Shadow
}

func (s *Server) standing(c *edge.Call) (n standing, err error) {
	ctx := c.Context()
	if n.at, n.replicas, err = s.Releases.Standing(ctx); err != nil {
		return n, err
	}
	if n.trials, err = s.Trials.Standings(ctx, n.at.Serving); err != nil {
		return n, err
	}
	if n.shadows, err = s.Shadows.Standing(ctx, n.at.Serving); err != nil {
		return n, err
	}
	back, err := s.Releases.BackTo(ctx, n.at)
	switch {
	case err == nil:
		n.back = &back
	case core.CodeOf(err) != core.Conflict:
		return n, err
	}
	return n, nil
}

// releases are those that are shown.
func (n *standing) releases() []core.PluginRelease {
	list := []core.PluginRelease{n.at.Serving}
	for _, r := range []*core.PluginRelease{n.at.Preparing, n.back} {
		if r != nil {
			list = append(list, *r)
		}
	}
	return list
}

func (n *standing) digests() []string {
	digests := digestsOf(n.releases()...)
	for _, r := range n.replicas {
		digests = slices.AppendSeq(digests, maps.Values(r.Digests))
	}
	for _, t := range n.trials {
		digests = append(digests, t.Digest, t.Against)
	}
	for _, s := range n.shadows {
		digests = append(digests, s.Digest, s.Against)
	}
	return digests
}

func (l labels) rollout(n standing) rolloutView {
	view := rolloutView{
		Newest: n.at.Newest, Serving: l.release(n.at.Serving), Preparing: l.maybe(n.at.Preparing), BackTo: l.maybe(n.back),
		Trials: make([]trialView, len(n.trials)), Replicas: make([]replicaView, len(n.replicas)), Shadows: make([]shadowView, len(n.shadows)),
	}
	for i, t := range n.trials {
		view.Trials[i] = l.trial(t)
	}
	for i, r := range n.replicas {
		view.Replicas[i] = l.replica(r)
	}
	for i := range n.shadows {
		view.Shadows[i] = l.shadow(&n.shadows[i])
	}
	return view
}

func (l labels) maybe(r *core.PluginRelease) *releaseView {
	if r == nil {
		return nil
	}
	view := l.release(*r)
	return &view
}

// change is what the ledger is asked for.
func (r releaseRequest) change(actor string) release.Change {
	c := release.Change{
		Kind: r.Kind, Plugin: r.Plugin, Version: r.Version, Percent: r.Percent, ByTenant: r.By == byTenant, To: r.To,
		Actor: actor, Reason: r.Reason, Force: r.Force, Now: r.Now, Expect: r.Expect,
	}
	for _, b := range r.Bindings {
		c.Bindings = append(c.Bindings, b.binding())
	}
	return c
}

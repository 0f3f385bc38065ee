package operator

import (
	"net/http"
	"strconv"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
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
	labels, err := s.labels(c)
	if err != nil {
		return err
	}
	view := labels.release(r)
	view.Evidence = evidenceOf(evidence)
	return c.JSON(http.StatusOK, view)
}

func (s *Server) answerRelease(c *edge.Call, status int, r core.PluginRelease) error {
	labels, err := s.labels(c)
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
	labels, err := s.labels(c)
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
	at, replicas, err := s.Releases.Standing(c.Context())
	if err != nil {
		return err
	}
	labels, err := s.labels(c)
	if err != nil {
		return err
	}
	trials, err := s.Trials.Standings(c.Context(), at.Serving)
	if err != nil {
		return err
	}
	view := rolloutView{
		Newest: at.Newest, Serving: labels.release(at.Serving), Trials: make([]trialView, len(trials)), Replicas: make([]replicaView, len(replicas)),
	}
	for i, t := range trials {
		view.Trials[i] = labels.trial(t)
	}
	if at.Preparing != nil {
		preparing := labels.release(*at.Preparing)
		view.Preparing = &preparing
	}
	if view.BackTo, err = s.backTo(c, at, labels); err != nil {
		return err
	}
	for i, r := range replicas {
		view.Replicas[i] = labels.replica(r)
	}
	if view.Shadows, err = s.shadowsOf(c, at.Serving, labels); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, view)
}

// backTo is nil when there is nothing to go back to.
func (s *Server) backTo(c *edge.Call, at core.PluginLedger, l labels) (*releaseView, error) {
	to, err := s.Releases.BackTo(c.Context(), at)
	if core.CodeOf(err) == core.Conflict {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	view := l.release(to)
	return &view, nil
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

package operator

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/replay"
	"github.com/usher-id/usher/core/web/edge"
)

// Replays put recorded calls to a candidate; package replay has them.
type Replays interface {
	Begin(context.Context, replay.Order) (replay.State, error)
	Wait(ctx context.Context, id core.ID, most time.Duration) (replay.State, error)
	Stop(id core.ID) error
}

// replayRoutes are the calls of a replay. It runs on the replica that is asked, in the
// background, and ends soon after nobody asks how it is.
func (s *Server) replayRoutes() []edge.Route {
	const root = "/admin/v1/plugins/replay"
	return []edge.Route{
		{Method: http.MethodPost, Path: root, MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.beginReplay)},
		{Method: http.MethodGet, Path: root + "/{id}", Quiet: true, Handle: s.operatorsOnly(s.showReplay)},
		{Method: http.MethodDelete, Path: root + "/{id}", Handle: s.operatorsOnly(s.stopReplay)},
		{Method: http.MethodGet, Path: "/admin/v1/plugins/versions/{version}/differences", Handle: s.operatorsOnly(s.listDifferences)},
	}
}

type replayRequest struct {
	Version string `json:"version"`          // PLUGIN@VERSION, or a digest
	SinceS  int64  `json:"since_s,omitzero"` // seconds; a day when left out
	Limit   int    `json:"limit,omitzero"`   // samples; 1,000 when left out
}

// What is replayed unless somebody says otherwise.
const (
	usualSince   = 24 * time.Hour
	usualSamples = 1000
)

// replayWait is how long an answer waits for the end of a replay.
const replayWait = 3 * time.Second

type replayView struct {
	ID            core.ID        `json:"id" format:"uuid"`
	Done          bool           `json:"done"`
	Plugin        string         `json:"plugin"`
	Candidate     replayedView   `json:"candidate"`
	Serving       replayedView   `json:"serving"`
	Samples       int            `json:"samples"` // that both were asked about
	Agreed        int            `json:"agreed"`
	Changed       int            `json:"changed"`
	NotComparable map[string]int `json:"not_comparable"` // by why
	Otherwise     int            `json:"otherwise"`      // that what serves answers otherwise than it did then
	Lost          map[string]int `json:"lost"`           // samples that cannot be opened, by key
	Stopped       string         `json:"stopped,omitzero"`
	Changes       []changeView   `json:"changes"` // the newest first
}

type replayedView struct {
	Digest   string         `json:"digest"`
	Version  string         `json:"version"`
	Cost     costView       `json:"cost"`
	Failures map[string]int `json:"failures"` // by kind
}

type changeView struct {
	Hook    string      `json:"hook"`
	Time    time.Time   `json:"time"`
	Before  verdictView `json:"before"`
	After   verdictView `json:"after"`
	Members []string    `json:"members"` // of the answer that differ
}

func viewOfReplay(s replay.State) replayView {
	r := s.Report
	v := replayView{
		ID: s.ID, Done: s.Done, Plugin: r.Plugin, Samples: r.Samples, Agreed: r.Agreed, Changed: r.Changed, NotComparable: r.NotComparable,
		Otherwise: r.Otherwise, Lost: r.Lost, Stopped: r.Stopped, Changes: make([]changeView, len(r.Changes)),
		Candidate: replayedView{r.Candidate.Digest, r.Candidate.Version, costOf(&r.CandidateCost), r.CandidateFailures},
		Serving:   replayedView{r.Serving.Digest, r.Serving.Version, costOf(&r.ServingCost), r.ServingFailures},
	}
	for i, c := range r.Changes {
		v.Changes[i] = changeView{string(c.Hook), c.At.UTC(), verdictOf(c.Before), verdictOf(c.After), append([]string{}, c.Members...)}
	}
	return v
}

func (s *Server) beginReplay(c *edge.Call) error {
	asked, err := edge.NewDecoder[replayRequest]().Decode(c)
	if err != nil {
		return err
	}
	order := replay.Order{Version: asked.Version, Since: usualSince, Limit: usualSamples}
	if asked.SinceS != 0 {
		order.Since = time.Duration(min(asked.SinceS, int64(replay.MaxSince/time.Second)+1)) * time.Second
	}
	if asked.Limit != 0 {
		order.Limit = asked.Limit
	}
	state, err := s.Replays.Begin(c.Context(), order)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, viewOfReplay(state))
}

// showReplay waits a while for the end.
func (s *Server) showReplay(c *edge.Call) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	state, err := s.Replays.Wait(c.Context(), id, replayWait)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOfReplay(state))
}

func (s *Server) stopReplay(c *edge.Call) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := s.Replays.Stop(id); err != nil {
		return err
	}
	c.Empty(http.StatusNoContent)
	return nil
}

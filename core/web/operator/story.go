package operator

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// Stories tell what happened to one invitation, and to all; package store has them.
type Stories interface {
	// Timeline has the refusals of links and their reasons when it is asked for them; a zero
	// tenant stands for any.
	Timeline(ctx context.Context, tenant, invitation core.ID, refusals bool) ([]core.Step, error)
	Funnel(context.Context, core.FunnelQuery) (core.Funnel, error)
}

func (s *Server) storyRoutes() []edge.Route {
	return []edge.Route{
		{Method: http.MethodGet, Path: "/admin/v1/invitations/{invitation_id}/timeline", Handle: s.operatorsOnly(s.timeline)},
		{Method: http.MethodGet, Path: "/admin/v1/funnel", Handle: s.operatorsOnly(s.funnel)},
	}
}

type stepView struct {
	At      time.Time         `json:"at"`
	Step    string            `json:"step"`
	Detail  map[string]string `json:"detail"`
	TraceID string            `json:"trace_id,omitzero"`
}

type timelineView struct {
	Data []stepView `json:"data"`
}

func (s *Server) timeline(c *edge.Call) error {
	id, err := c.ID("invitation_id")
	if err != nil {
		return err
	}
	steps, err := s.Stories.Timeline(c.Context(), core.ID{}, id, true)
	if err != nil {
		return err
	}
	view := timelineView{make([]stepView, len(steps))}
	for i, step := range steps {
		view.Data[i] = stepView{At: step.At, Step: step.Name, Detail: step.Detail, TraceID: step.TraceID}
	}
	return c.JSON(http.StatusOK, view)
}

// funnelLooksBack is how far a funnel looks back when nothing is said.
const funnelLooksBack = 24 * time.Hour

type funnelView struct {
	Since     time.Time    `json:"since"`
	Until     time.Time    `json:"until"`
	By        []string     `json:"by"`
	Groups    []funnelPart `json:"groups"`
	Truncated bool         `json:"truncated,omitzero"` // there were more than are counted
}

type funnelPart struct {
	Of    map[string]string `json:"of"` // the value of each dimension; "" where it is not known
	Steps []funnelStepView  `json:"steps"`
}

type funnelStepView struct {
	Step          string   `json:"step"`
	Count         int64    `json:"count"`
	Conversion    *float64 `json:"conversion"` // share of the runs of the step before that came here; null without any
	MedianSeconds float64  `json:"median_seconds"`
	P90Seconds    float64  `json:"p90_seconds"`
}

func (s *Server) funnel(c *edge.Call) error {
	q, err := s.funnelQuery(c)
	if err != nil {
		return err
	}
	f, err := s.Stories.Funnel(c.Context(), q)
	if err != nil {
		return err
	}
	view := funnelView{Since: q.Since, Until: q.Until, By: []string{}, Groups: make([]funnelPart, len(f.Groups)), Truncated: f.Truncated}
	for _, d := range q.By {
		view.By = append(view.By, string(d))
	}
	for i, g := range f.Groups {
		view.Groups[i] = funnelPartOf(view.By, g)
	}
	return c.JSON(http.StatusOK, view)
}

func funnelPartOf(by []string, g core.FunnelGroup) funnelPart {
	p := funnelPart{Of: map[string]string{}, Steps: make([]funnelStepView, len(g.Steps))}
	for i, d := range by {
		p.Of[d] = g.By[i]
	}
	for i, step := range g.Steps {
		p.Steps[i] = funnelStepView{Step: step.Name, Count: step.Count, MedianSeconds: step.Median.Seconds(), P90Seconds: step.P90.Seconds()}
		if step.From > 0 {
			p.Steps[i].Conversion = new(float64(step.Converted) / float64(step.From))
		}
	}
	return p
}

// funnelQuery reads what is asked for: the last day by nothing unless said.
func (s *Server) funnelQuery(c *edge.Call) (core.FunnelQuery, error) {
	query, err := c.Query("since", "until", "by")
	if err != nil {
		return core.FunnelQuery{}, err
	}
	now := s.Clock.Now().UTC()
	q := core.FunnelQuery{Since: now.Add(-funnelLooksBack), Until: now}
	for name, into := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if query[name] == "" {
			continue
		}
		if *into, err = moment(name, query[name], now); err != nil {
			return q, err
		}
	}
	if !q.Since.Before(q.Until) {
		return q, outOfRange("since", "The parameter since must be before until.")
	}
	if query["by"] == "" {
		return q, nil
	}
	known := make([]string, 0, len(core.FunnelDimensions()))
	for _, d := range core.FunnelDimensions() {
		known = append(known, string(d))
	}
	for word := range strings.SplitSeq(query["by"], ",") {
		if err := edge.OneOf("by", word, known...); err != nil || word == "" {
			return q, outOfRange("by", "The parameter by is some of "+strings.Join(known, ", ")+", with commas between them.")
		}
		q.By = append(q.By, core.FunnelDimension(word))
	}
	return q, nil
}

// moment reads a time, or how long ago it was.
func moment(name, text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, outOfRange(name, "The parameter "+name+" is how long ago, such as 24h, or a time such as 2030-01-31T12:00:00Z.")
	}
	return at.UTC(), nil
}

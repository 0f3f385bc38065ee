package operator

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/web/edge"
)

// Shadows are what shadows did; package release has them.
type Shadows interface {
	Standing(context.Context, core.PluginRelease) ([]release.Shadow, error)
	Differences(ctx context.Context, digest string, limit int) ([]core.PluginDifference, error)
}

// shadowView is how a shadow does against what serves.
type shadowView struct {
	Plugin         string           `json:"plugin"`
	Digest         string           `json:"digest"`
	Version        string           `json:"version"`
	Against        string           `json:"against"`
	AgainstVersion string           `json:"against_version"`
	Calls          int64            `json:"calls"`
	Agreed         int64            `json:"agreed"`
	Differed       int64            `json:"differed"`
	NotComparable  map[string]int64 `json:"not_comparable"` // by why
	Dropped        int64            `json:"dropped"`
	ServedFailures int64            `json:"served_failures"`
	ShadowFailures int64            `json:"shadow_failures"`
	Served         costView         `json:"served"`
	Shadowed       costView         `json:"shadowed"`
}

func (l labels) shadow(own *release.Shadow) shadowView {
	return shadowView{
		Plugin: own.Plugin, Digest: own.Digest, Version: l[own.Digest], Against: own.Against, AgainstVersion: l[own.Against],
		Calls: own.Counts.Calls, Agreed: own.Counts.Agreed, Differed: own.Counts.Differed, NotComparable: own.Counts.NotComparable,
		Dropped: own.Counts.Dropped, ServedFailures: own.Counts.ServedFailures, ShadowFailures: own.Counts.ShadowFailures,
		Served: costOf(&own.Served), Shadowed: costOf(&own.Shadowed),
	}
}

// verdictView is what a version made of a question, without a word of it.
type verdictView struct {
	Outcome string           `json:"outcome,omitzero"`
	Failure string           `json:"failure,omitzero"`
	Errors  []fieldErrorView `json:"errors,omitzero"`
}

type fieldErrorView struct {
	Field string `json:"field"`
	Code  string `json:"code"`
}

func verdictOf(v core.PluginVerdict) verdictView {
	view := verdictView{Outcome: v.Outcome, Failure: v.Failure}
	for _, e := range v.Errors {
		view.Errors = append(view.Errors, fieldErrorView(e))
	}
	return view
}

// differenceView is a call that a shadow answered otherwise.
type differenceView struct {
	Time           time.Time   `json:"time"`
	Release        int64       `json:"release"`
	Hook           string      `json:"hook"`
	Against        string      `json:"against"`
	AgainstVersion string      `json:"against_version"`
	Served         verdictView `json:"served"`
	Shadowed       verdictView `json:"shadowed"`
	Members        []string    `json:"members"` // of the answer that differ
}

// The number of differences in one answer; no more are kept.
const (
	someDifferences = 50
	mostDifferences = 200
)

func (s *Server) listDifferences(c *edge.Call) error {
	query, err := c.Query("limit")
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someDifferences, mostDifferences)
	if err != nil {
		return err
	}
	v, err := s.Registry.Find(c.Context(), c.Param("version"))
	if err != nil {
		return err
	}
	list, err := s.Shadows.Differences(c.Context(), v.Digest, limit)
	if err != nil {
		return err
	}
	var against []string
	for _, d := range list {
		against = append(against, d.Against)
	}
	l, err := s.labels(c, against...)
	if err != nil {
		return err
	}
	views := make([]differenceView, len(list))
	for i, d := range list {
		views[i] = differenceView{d.Time, d.Release, d.Hook, d.Against, l[d.Against], verdictOf(d.Served), verdictOf(d.Shadowed), append([]string{}, d.Members...)}
	}
	return c.JSON(http.StatusOK, struct {
		Data []differenceView `json:"data"`
	}{views})
}

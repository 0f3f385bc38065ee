package mail

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
)

// longestHold bounds how long after its commit a mail may be held back by a plugin.
const longestHold = time.Hour

// route gives the providers to try, in order: what a plugin says, and which did, or as
// configured. Its failure holds the mail back.
func (s *Sender) route(ctx context.Context, a core.MailAttempt, out core.Outgoing) (order []int, by string, f *Failure) {
	if s.router == nil {
		return s.order, "", nil
	}
	age := time.Since(out.CreatedAt)
	r, routed, err := s.router.MessageRoute(ctx, s.routeView(a, out, age))
	switch {
	case err != nil:
		return nil, "", Fail(Temporary, "route", "", err)
	case !routed:
		return s.order, "", nil
	}
	if hold := min(r.Delay, longestHold-age); hold > 0 {
		s.log.InfoContext(ctx, "mail held back by a plugin", about(a, slog.Float64("hold_s", hold.Seconds()))...)
		f := Fail(Held, "route", "", nil)
		f.wait = hold
		return nil, "", f
	}
	return s.ordered(r.Providers), r.By, nil
}

func (s *Sender) routeView(a core.MailAttempt, out core.Outgoing, age time.Duration) core.RouteView {
	v := core.RouteView{
		RunID: runOf(out), Release: out.Release, TenantID: out.TenantID, Kind: out.Kind, Locale: out.Locale, RecipientDomain: out.To.Domain,
		Attempt: a.Number, Age: age, Providers: make([]core.ProviderView, len(s.providers)),
	}
	for i, p := range s.providers {
		down, _ := s.gates.state(i)
		_, adapted := p.(*Adapted)
		v.Providers[i] = core.ProviderView{Name: p.Name(), Up: down == nil, Plugin: adapted, Failed: p.Name() == out.FailedAt}
	}
	return v
}

// ordered turns names into places; a name that is not there was refused before.
func (s *Sender) ordered(names []string) []int {
	var order []int
	for _, name := range names {
		if i, ok := s.byName[name]; ok {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		return s.order
	}
	return order
}

// turnTo changes a turn that was taken before the route was known, if that begins with
// another provider. Its failure is why none of the route may be tried now.
func (s *Sender) turnTo(t *turn, order []int) *Failure {
	if slices.Equal(order, s.order) {
		return nil
	}
	s.gates.abandon(*t)
	*t = turn{at: order[0]}
	next, ok := s.gates.try(order)
	if !ok {
		down, _ := s.gates.state(order[0])
		if down == nil { // it came back this moment: the mail goes to it when its job does
			down = Fail(Busy, "route", "", nil)
		}
		return down
	}
	*t = next
	return nil
}

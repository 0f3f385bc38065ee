package mail

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
)

// longestHold bounds how long after its commit a mail may be held back by a plugin.
const longestHold = time.Hour

// route gives the providers to try, in order: what a plugin says, and which did, or as
// configured. Its failure holds the mail back.
func (s *Sender) route(ctx context.Context, a core.MailAttempt, out core.Outgoing) (order []int, by string, f *Failure) {
	allowed := s.allowed(out)
	if s.router == nil {
		return allowed, "", nil
	}
	age := time.Since(out.CreatedAt)
	r, routed, err := s.router.MessageRoute(ctx, s.routeView(a, out, age, allowed))
	switch {
	case err != nil:
		return nil, "", Fail(Temporary, "route", "", err)
	case !routed:
		return allowed, "", nil
	}
	if hold := min(r.Delay, longestHold-age); hold > 0 {
		s.log.InfoContext(ctx, "mail held back by a plugin", about(a, slog.Float64("hold_s", hold.Seconds()))...)
		f := Fail(Held, "route", "", nil)
		f.wait = hold
		return nil, "", f
	}
	return s.ordered(r.Providers, allowed), r.By, nil
}

func (s *Sender) routeView(a core.MailAttempt, out core.Outgoing, age time.Duration, allowed []int) core.RouteView {
	v := core.RouteView{
		RunID: runOf(out), Release: out.Release, TenantID: out.TenantID, Kind: out.Kind, Locale: out.Locale, RecipientDomain: out.To.Domain,
		Attempt: a.Number, Age: age, Providers: make([]core.ProviderView, len(allowed)),
	}
	for i, at := range allowed {
		p := s.providers[at]
		down, _ := s.gates.state(at)
		_, adapted := p.(*Adapted)
		v.Providers[i] = core.ProviderView{Name: p.Name(), Up: down == nil, Plugin: adapted, Failed: p.Name() == out.FailedAt}
	}
	return v
}

// ordered turns names into places; a name that the mail may not leave by was refused before.
func (s *Sender) ordered(names []string, allowed []int) []int {
	var order []int
	for _, name := range names {
		if i, ok := s.byName[name]; ok && slices.Contains(allowed, i) {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		return allowed
	}
	return order
}

// longRest is how long a mail waits at least whose own providers are down while others are up.
const longRest = 5 * time.Second

// turnTo changes a turn that was taken before the route was known, if that begins with
// another provider. Its failure is why none of the route may be tried now.
func (s *Sender) turnTo(t *turn, order []int) *Failure {
	if slices.Equal(order, s.all) {
		return nil
	}
	s.gates.abandon(*t)
	*t = turn{at: order[0]}
	next, ok := s.gates.try(order)
	if !ok {
		down, _ := s.gates.state(order[0])
		if down == nil { // it came back this moment: the mail goes to it when its job does
			return Fail(Busy, "route", "", nil)
		}
		// In the queue, as waiting here would keep workers from mails that others take.
		again := *down
		again.wait = longRest + rand.N(longRest)
		return &again
	}
	*t = next
	return nil
}

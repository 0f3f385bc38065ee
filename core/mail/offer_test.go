package mail_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

// way is a provider of a name that answers each mail with one class of failure; "" takes it.
type way struct {
	name  string
	class mail.Class
	after time.Duration // with the failure

	mu   sync.Mutex
	sent int
}

func (w *way) Name() string { return w.name }

func (w *way) Send(context.Context, *mail.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	if w.class == "" {
		return nil
	}
	f := mail.Fail(w.class, "send", "", nil)
	f.RetryAfter = w.after
	return f
}

// set changes what the provider answers and gives how often it was asked.
func (w *way) set(c mail.Class) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.class = c
	return w.sent
}

func ways(classes ...mail.Class) (all []mail.Provider, each []*way) {
	for i, c := range classes {
		w := &way{name: string(rune('a' + i)), class: c}
		all, each = append(all, w), append(each, w)
	}
	return all, each
}

func over(providers []mail.Provider, router mail.Router) func(*mail.Deps, *mail.Config) {
	return func(d *mail.Deps, _ *mail.Config) {
		d.Providers = providers
		if router != nil {
			d.Router = router
		}
	}
}

// TestNextProvider has the class of a failure decide whether the next provider is tried.
func TestNextProvider(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		first, second mail.Class
		tried         string // how often each was asked
		class         mail.Class
		by            string // who is recorded
		counted       bool
	}{
		{"", "", "1 0", "", "a", true},
		{mail.Temporary, "", "1 1", "", "b", true},
		{mail.Down, "", "1 1", "", "b", true},
		{mail.Refused, "", "1 1", "", "b", true},
		{mail.Busy, "", "1 1", "", "b", true},
		{mail.Permanent, "", "1 0", mail.Permanent, "a", true},
		{mail.Unknown, "", "1 0", mail.Unknown, "a", true},
		{mail.Temporary, mail.Permanent, "1 1", mail.Permanent, "b", true},
		{mail.Temporary, mail.Temporary, "1 1", mail.Temporary, "b", true},
		{mail.Temporary, mail.Down, "1 1", mail.Temporary, "a", true},
		{mail.Down, mail.Temporary, "1 1", mail.Temporary, "b", true},
		{mail.Down, mail.Refused, "1 1", mail.Refused, "", false},
		{mail.Busy, mail.Busy, "1 1", mail.Busy, "", false},
	} {
		t.Run(fmt.Sprint(tt.first, " then ", tt.second), func(t *testing.T) {
			t.Parallel()
			all, each := ways(tt.first, tt.second)
			b, m := sender(t, 1, over(all, nil))
			err := b.SendMail(t.Context(), first(m[0].MessageID))
			if tt.class == "" && err != nil {
				t.Fatal(err)
			}
			if tt.class != "" {
				if f := failure(t, err); f.Class != tt.class || (f.Snooze() == 0) != tt.counted {
					t.Errorf("got %v, again after %v", f, f.Snooze())
				}
			}
			if tried := fmt.Sprint(each[0].set(""), " ", each[1].set("")); tried != tt.tried {
				t.Errorf("tried %s, want %s", tried, tt.tried)
			}
			if d := b.rows.kept[m[0].MessageID]; d.Provider != tt.by {
				t.Errorf("recorded %+v", d)
			}
		})
	}
}

// TestGateForEachProvider has the first of two be down: mails go by the second at once, one
// a second asks the first, and when that is back all go by it again.
func TestGateForEachProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, each := ways(mail.Down, "")
		b, m := sender(t, 40, over(all, nil))
		start := time.Now()
		for _, one := range m[:30] {
			if err := b.SendMail(t.Context(), first(one.MessageID)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if waited := time.Since(start); waited > 4*time.Second {
			t.Errorf("30 mails waited %v", waited)
		}
		if up, reason, _ := b.Health(); up || reason != "a: down: send" {
			t.Errorf("health: %v, %q", up, reason)
		}
		if asked := each[0].set(""); asked < 3 || asked > 4 {
			t.Errorf("the one that is down was asked %d times in 3 s", asked)
		}
		time.Sleep(time.Second)
		before := each[1].set("")
		for _, one := range m[30:] {
			if err := b.SendMail(t.Context(), first(one.MessageID)); err != nil {
				t.Fatal(err)
			}
		}
		if after := each[1].set(""); after != before {
			t.Errorf("%d mails went by the second when the first was back", after-before)
		}
		if log := b.log.String(); strings.Count(log, "mail provider is down") != 1 || strings.Count(log, "mail provider is back") != 1 {
			t.Errorf("the log tells of the outage more than once:\n%s", log)
		}
	})
}

// TestAnyProviderEndsTheWait has all be down; the mails that wait go when one is back.
func TestAnyProviderEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, each := ways(mail.Refused, mail.Down)
		b, m := sender(t, 6, over(all, nil))
		if f := failure(t, b.SendMail(t.Context(), first(m[0].MessageID))); f.Snooze() == 0 {
			t.Errorf("got %v", f)
		}
		start := time.Now()
		each[1].set("")
		var wg sync.WaitGroup
		for _, one := range m[1:] {
			wg.Go(func() {
				if err := b.SendMail(t.Context(), first(one.MessageID)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 2*time.Second || each[0].set("") != 1 {
			t.Errorf("it took %v, and the one that refuses us was asked again", took)
		}
	})
}

func TestProviderSaysWhen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, each := ways(mail.Temporary)
		each[0].after = 90 * time.Second
		b, m := sender(t, 2, over(all, nil))
		old := b.rows.out[m[0].MessageID]
		fresh := b.rows.out[m[1].MessageID]
		old.CreatedAt, fresh.CreatedAt = time.Now().Add(-25*time.Hour), time.Now()
		b.rows.out[old.MessageID], b.rows.out[fresh.MessageID] = old, fresh
		a := first(fresh.MessageID)
		a.Last = true
		if f := failure(t, b.SendMail(t.Context(), a)); f.Snooze() != 90*time.Second || f.Final() {
			t.Errorf("got %v, again after %v", f, f.Snooze())
		}
		if f := failure(t, b.SendMail(t.Context(), first(old.MessageID))); f.Snooze() != 0 {
			t.Errorf("put off for ever: again after %v", f.Snooze())
		}
		each[0].set(mail.Refused)
		each[0].after = 5 * time.Minute // longer than between probes of one that refuses us
		_ = failure(t, b.SendMail(t.Context(), first(fresh.MessageID)))
		start, asked := time.Now(), each[0].set("")
		for each[0].set("") == asked {
			_ = b.SendMail(t.Context(), first(fresh.MessageID))
		}
		if waited := time.Since(start); waited < 5*time.Minute || waited > 6*time.Minute {
			t.Errorf("asked again after %v", waited)
		}
	})
}

// router answers with a function.
type router func(core.RouteView) (core.Routing, bool, error)

func (r router) MessageRoute(_ context.Context, v core.RouteView) (core.Routing, bool, error) {
	return r(v)
}

func TestRoute(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		routing core.Routing
		routed  bool
		err     error
		age     time.Duration
		by      string
		snooze  time.Duration
		fails   bool
	}{
		"not bound":         {by: "a"},
		"no opinion":        {routed: true, by: "a"},
		"another order":     {routed: true, routing: core.Routing{Providers: []string{"c", "b"}}, by: "b"},
		"one that is down":  {routed: true, routing: core.Routing{Providers: []string{"c"}}, snooze: time.Second, fails: true},
		"held":              {routed: true, routing: core.Routing{Delay: time.Minute}, snooze: time.Minute, fails: true},
		"held for the rest": {routed: true, routing: core.Routing{Delay: time.Hour}, age: 50 * time.Minute, snooze: 10 * time.Minute, fails: true},
		"held long enough":  {routed: true, routing: core.Routing{Delay: time.Minute}, age: time.Hour, by: "a"},
		"failed":            {err: errors.New("the plugin failed"), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				all, _ := ways("", "", mail.Down)
				var seen core.RouteView
				asked := router(func(v core.RouteView) (core.Routing, bool, error) { seen = v; return tt.routing, tt.routed, tt.err })
				b, m := sender(t, 1, over(all, asked))
				o := b.rows.out[m[0].MessageID]
				o.CreatedAt, o.FailedAt = time.Now().Add(-tt.age), "b"
				b.rows.out[o.MessageID] = o
				err := b.SendMail(t.Context(), first(o.MessageID))
				if (err != nil) != tt.fails {
					t.Fatal(err)
				}
				if tt.fails {
					if f := failure(t, err); (f.Snooze()-tt.snooze).Abs() > time.Second || f.Final() {
						t.Errorf("got %v, again after %v, want %v", f, f.Snooze(), tt.snooze)
					}
				}
				if d := b.rows.kept[o.MessageID]; d.Provider != tt.by {
					t.Errorf("recorded %+v, want by %q", d, tt.by)
				}
				if len(seen.Providers) != 3 || !seen.Providers[1].Failed || seen.Providers[0].Failed || !seen.Providers[0].Up ||
					seen.RecipientDomain != "example.com" || seen.Attempt != 1 || seen.RunID != o.TenantID {
					t.Errorf("asked with %+v", seen)
				}
			})
		})
	}
}

// adapter answers with a function.
type adapter func(string, core.Handover) (core.HandoverAnswer, error)

func (a adapter) MessageSend(_ context.Context, plugin string, h core.Handover) (core.HandoverAnswer, error) {
	return a(plugin, h)
}

func adapted(t *testing.T, a adapter) *mail.Adapted {
	t.Helper()
	p, err := mail.NewAdapted(a, mail.AdaptedConfig{Name: "api", Plugin: "postman", AtOnce: 2})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAdapted(t *testing.T) {
	t.Parallel()
	broken := errors.New("grace@example.com is what the plugin said")
	for name, tt := range map[string]struct {
		answer core.HandoverAnswer
		err    error
		reason string
		after  time.Duration
	}{
		"accepted":         {answer: core.HandoverAnswer{Status: core.HandoverAccepted, ProviderID: "x 1", Left: true}},
		"retry":            {answer: core.HandoverAnswer{Status: core.HandoverRetry, Reason: "slow_down", RetryAfter: time.Minute}, reason: "temporary: slow_down", after: time.Minute},
		"refused":          {answer: core.HandoverAnswer{Status: core.HandoverRefused, Reason: "bad_key"}, reason: "refused: bad_key"},
		"failed":           {answer: core.HandoverAnswer{Status: core.HandoverFailed}, reason: "permanent: send"},
		"crashed":          {err: broken, reason: "temporary: plugin"},
		"link had left":    {answer: core.HandoverAnswer{Left: true}, err: broken, reason: "unknown: plugin"},
		"no instance free": {answer: core.HandoverAnswer{Unasked: true}, err: broken, reason: "busy: plugin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got core.Handover
			p := adapted(t, func(plugin string, h core.Handover) (core.HandoverAnswer, error) {
				if got = h; plugin != "postman" {
					t.Errorf("asked %s", plugin)
				}
				return tt.answer, tt.err
			})
			b, m := sender(t, 1, over([]mail.Provider{p}, nil))
			err := b.SendMail(t.Context(), core.MailAttempt{MessageID: m[0].MessageID, Number: 3})
			if got.Attempt != 3 || got.Provider != "api" || got.To != "grace@example.com" || got.Kind != core.MessageInvitation || got.TenantID != m[0].TenantID ||
				!strings.HasPrefix(got.MessageID, m[0].MessageID.String()+"@") || got.FromEmail != "no-reply@example.com" {
				t.Errorf("asked with %+v", got)
			}
			if strings.Contains(got.Text+got.HTML+got.Subject, secret) || !strings.Contains(got.Text, core.LinkPlaceholder) || !strings.Contains(got.HTML, core.LinkPlaceholder) {
				t.Error("the plugin sees the link, or no placeholder")
			}
			if !strings.HasSuffix(got.Link.Reveal(), "/a/"+secret) {
				t.Error("the link is not what the host puts in its place")
			}
			if tt.reason == "" {
				if d := b.rows.kept[m[0].MessageID]; err != nil || d.ProviderID != "x 1" || d.Provider != "api" {
					t.Errorf("recorded %+v: %v", d, err)
				}
				return
			}
			if f := failure(t, err); f.Reason() != tt.reason || f.RetryAfter != tt.after || strings.Contains(f.Error(), "grace") {
				t.Errorf("got %v after %v, want %s", f, f.RetryAfter, tt.reason)
			}
		})
	}
}

func TestAdaptedWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		p := adapted(t, func(string, core.Handover) (core.HandoverAnswer, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return core.HandoverAnswer{Status: core.HandoverAccepted}, nil
		})
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if err := p.Send(t.Context(), &mail.Message{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most != 2 {
			t.Errorf("%d at once", most)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 { // select may take the free turn; what it must not do is hang
			_ = p.Send(ctx, &mail.Message{})
		}
	})
}

// TestProviderIDSurvivesTheDatabase has a mail accepted while nothing can be recorded: the
// next attempt, which does not send, still knows the provider's name for it.
func TestProviderIDSurvivesTheDatabase(t *testing.T) {
	t.Parallel()
	p := adapted(t, func(string, core.Handover) (core.HandoverAnswer, error) {
		return core.HandoverAnswer{Status: core.HandoverAccepted, ProviderID: "<x 1>"}, nil
	})
	b, m := sender(t, 1, over([]mail.Provider{p}, nil))
	b.rows.fail = func(statement string) error {
		if statement == "record" {
			return errors.New("the database is away")
		}
		return nil
	}
	a := first(m[0].MessageID)
	f := failure(t, b.SendMail(t.Context(), a))
	b.rows.fail = nil
	a.Number, a.AcceptedBy = 2, f.AcceptedBy()
	if err := b.SendMail(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if d := b.rows.kept[a.MessageID]; d.Provider != "api" || d.ProviderID != "<x 1>" {
		t.Errorf("recorded %+v", d)
	}
}

func TestProvidersAreRefused(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]mail.Provider{"none": nil, "two of a name": {&way{name: "a"}, &way{name: "a"}}} {
		d := mail.Deps{Store: &rows{}, Linker: linker{}, Providers: list}
		if _, err := mail.New(d, mail.Config{From: "a@example.com", PublicURL: "https://id.example.com"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := mail.NewAdapted(nil, mail.AdaptedConfig{}); err == nil {
		t.Error("a provider of nothing is accepted")
	}
}

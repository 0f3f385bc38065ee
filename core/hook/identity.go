package hook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// IdentityBegin asks the plugin that adapts a provider where a person goes to sign in. A
// plugin that fails, or is not there, is [core.Unavailable] with the reason hook_failed; a
// denial is as at the hooks that judge input.
func (h *Hooks) IdentityBegin(ctx context.Context, plugin string, b core.IdentityBeginning) (core.IdentityRedirect, error) {
	return one(ctx, h, Question{Hook: hostapi.HookIdentityBegin, RunID: b.RunID.String(), Plugin: plugin}, hostapi.IdentityBegin{
		Provider: b.Provider, CallbackURL: b.CallbackURL, State: b.State, Nonce: b.Nonce, Challenge: b.Challenge,
		LoginHint: b.LoginHint, Locale: b.Locale,
	}, func(r hostapi.IdentityRedirect) (core.IdentityRedirect, error) {
		return core.IdentityRedirect{URL: r.URL, Private: r.Private}, checkRedirect(r, b.State)
	})
}

// IdentityFinish asks the plugin that adapts a provider who came back from it. Errors are
// those of IdentityBegin.
func (h *Hooks) IdentityFinish(ctx context.Context, plugin string, b core.IdentityReturn) (core.ExternalIdentity, error) {
	return one(ctx, h, Question{Hook: hostapi.HookIdentityFinish, RunID: b.RunID.String(), Plugin: plugin}, hostapi.IdentityFinish{
		Provider: b.Provider, CallbackURL: b.CallbackURL, Query: b.Query, Nonce: b.Nonce, Verifier: b.Verifier, Private: b.Private,
	}, func(i hostapi.Identity) (core.ExternalIdentity, error) {
		if i.Subject == "" || len(i.Subject) > hostapi.MaxSubjectName || !utf8.ValidString(i.Subject) || strings.ContainsFunc(i.Subject, unicode.IsControl) {
			return core.ExternalIdentity{}, fmt.Errorf("the subject is empty, longer than %d bytes, or has a control character", hostapi.MaxSubjectName)
		}
		return core.ExternalIdentity{Provider: b.Provider, Subject: i.Subject, Email: i.Email, EmailVerified: i.EmailVerified}, nil
	})
}

// one puts a question to one plugin and reads its answer, which may be a denial.
func one[D, P any](ctx context.Context, h *Hooks, q Question, question any, read func(D) (P, error)) (said P, err error) {
	var none P
	if q.Data, err = json.Marshal(question); err != nil {
		return none, fmt.Errorf("encode the question of %s: %w", q.Hook, err)
	}
	v := verdict[D, P]{what: "sign-in", take: func(to *P, d D) error {
		p, err := read(d)
		if err == nil {
			*to = p
		}
		return err
	}}
	q.First, q.Judge = true, v.judge
	reply, err := h.ask(ctx, q)
	if err == nil && !reply.Bound {
		err = fmt.Errorf("no plugin %q is bound to %s", q.Plugin, q.Hook)
	}
	switch {
	case err != nil:
		return none, unavailable("This way to sign in does not work right now. Please try again shortly, or use another.", err)
	case v.denied:
		return none, v.denial()
	}
	return v.patch, nil
}

// checkRedirect refuses an address that a browser must not be sent to, or that would bring
// nobody back: the state must travel along.
func checkRedirect(r hostapi.IdentityRedirect, state string) error {
	if len(r.URL) > hostapi.MaxRedirectURL || len(r.Private) > hostapi.MaxIdentityState {
		return fmt.Errorf("the address is longer than %d bytes, or what is kept than %d", hostapi.MaxRedirectURL, hostapi.MaxIdentityState)
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.ContainsFunc(r.URL, unicode.IsControl) {
		return errors.New("the address is no absolute URL without user and fragment")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return errors.New("the address is neither https nor of this machine")
	}
	if states := u.Query()["state"]; len(states) != 1 || states[0] != state {
		return errors.New("the address lacks the state, or has another too")
	}
	return nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

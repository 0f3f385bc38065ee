package hook

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// ClaimsBound tells whether a plugin would be asked about a session in the tenant; with no
// tenant, about one in any.
func (h *Hooks) ClaimsBound(tenant core.ID) bool {
	return h.bound(hostapi.HookSessionClaims, tenant)
}

// SessionClaims asks what else the access token of a session says. The answers stand
// side by side, each under the name of its plugin, in at most [hostapi.MaxClaims] bytes.
// Of a plugin that fails there are none, or with the policy closed the error is
// [core.Unavailable] with the reason hook_failed.
func (h *Hooks) SessionClaims(ctx context.Context, check core.ClaimsCheck) (core.Claims, error) {
	data, err := json.Marshal(hostapi.SessionClaims{
		SessionID: check.SessionID.String(), UserID: check.UserID.String(), Role: hostapi.Role(check.Role),
		Tenant: hostapi.MessageTenant{Name: check.Tenant.Name, Slug: check.Tenant.Slug}, Reason: hostapi.SessionReason(check.Reason),
	})
	if err != nil {
		return core.Claims{}, fmt.Errorf("encode the session for its hook: %w", err)
	}
	var said claims
	_, err = h.ask(ctx, Question{
		Hook: hostapi.HookSessionClaims, RunID: runOf(check), Release: check.Release, TenantID: idOf(check.Tenant.ID),
		Actor: hostapi.Actor{Kind: hostapi.ActorUser, ID: check.UserID.String()}, Data: data, Judge: said.judge,
	})
	if err != nil {
		return core.Claims{}, unavailable("Nobody can be signed in right now. Please try again shortly.", err)
	}
	return core.Claims{For: check, JSON: said.json}, nil
}

// runOf is the activation that opens the session, or else the session itself.
func runOf(c core.ClaimsCheck) string {
	if c.RunID.IsZero() {
		return c.SessionID.String()
	}
	return c.RunID.String()
}

// claims collects what plugins say of a session.
type claims struct {
	byPlugin map[string]jsontext.Value
	json     []byte // all of it; nil while nobody said anything
}

func (c *claims) judge(plugin string, output []byte) (hostapi.Outcome, error) {
	o, err := decode[hostapi.SessionClaimed](output)
	if err != nil {
		return "", err
	}
	if o.Outcome != hostapi.Continue {
		return "", errors.New("a session cannot be denied")
	}
	own := jsontext.Value(o.Data.Claims)
	if len(own) == 0 || own.Kind() == 'n' {
		return o.Outcome, nil
	}
	if own.Kind() != '{' {
		return "", errors.New("the claims are no JSON object")
	}
	return o.Outcome, c.add(plugin, own)
}

func (c *claims) add(plugin string, own jsontext.Value) error {
	all := map[string]jsontext.Value{plugin: own}
	for name, value := range c.byPlugin {
		if name != plugin {
			all[name] = value
		}
	}
	text, err := json.Marshal(all, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("the claims are no JSON: %w", err)
	}
	if len(text) > hostapi.MaxClaims {
		return fmt.Errorf("the claims of all plugins are longer than %d bytes together", hostapi.MaxClaims)
	}
	c.byPlugin, c.json = all, text
	return nil
}

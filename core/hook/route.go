package hook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// MessageRoute asks a plugin by which providers a mail leaves, and when. It gives false
// when the configured order holds: no plugin is bound, or each failed and its policy is
// native. The providers given are all among those of the view, each once. The error is not
// nil only when one failed whose policy is retry.
func (h *Hooks) MessageRoute(ctx context.Context, view core.RouteView) (core.Routing, bool, error) {
	if !h.bound(hostapi.HookMessageRoute, view.TenantID) {
		return core.Routing{}, false, nil
	}
	data, err := json.Marshal(routeQuestion(view))
	if err != nil {
		return core.Routing{}, false, fmt.Errorf("encode the mail for its hook: %w", err)
	}
	var routing core.Routing
	reply, err := h.ask(ctx, Question{
		Hook: hostapi.HookMessageRoute, RunID: idOf(view.RunID), Release: view.Release, TenantID: idOf(view.TenantID), Data: data, First: true,
		Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			o, err := decode[hostapi.MessageRouting](output)
			if err != nil {
				return "", err
			}
			if o.Outcome != hostapi.Continue {
				return "", errors.New("a mail cannot be denied")
			}
			if err := checkRouting(o.Data, view.Providers); err != nil {
				return "", err
			}
			routing = core.Routing{Providers: o.Data.Providers, Delay: time.Duration(o.Data.DelayS) * time.Second}
			return o.Outcome, nil
		},
	})
	switch {
	case err != nil:
		return core.Routing{}, false, core.E(core.Unavailable, "The mail cannot be routed right now.").Because("hook_failed").Caused(err)
	case !reply.Bound:
		return core.Routing{}, false, nil
	}
	routing.By = strings.TrimSpace(reply.Plugin + " " + reply.Version)
	return routing, true, nil
}

func routeQuestion(v core.RouteView) hostapi.MessageRoute {
	q := hostapi.MessageRoute{
		Kind: hostapi.MessageKind(v.Kind), Locale: v.Locale, RecipientDomain: v.RecipientDomain, Attempt: v.Attempt,
		AgeS: int(v.Age / time.Second), Providers: make([]hostapi.MailProvider, len(v.Providers)),
	}
	for i, p := range v.Providers {
		q.Providers[i] = hostapi.MailProvider{Name: p.Name, Up: p.Up, Plugin: p.Plugin, Refused: p.Failed}
	}
	return q
}

func checkRouting(r hostapi.MessageRouting, known []core.ProviderView) error {
	if r.DelayS < 0 || r.DelayS > hostapi.MaxRouteDelay {
		return fmt.Errorf("the delay is not from 0 to %d seconds", hostapi.MaxRouteDelay)
	}
	for i, name := range r.Providers {
		if !slices.ContainsFunc(known, func(p core.ProviderView) bool { return p.Name == name }) {
			return fmt.Errorf("provider %d is not one of the configuration's", i+1)
		}
		if slices.Contains(r.Providers[:i], name) {
			return fmt.Errorf("provider %d is named twice", i+1)
		}
	}
	return nil
}

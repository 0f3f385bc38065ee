package hook_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// others are the hooks around tenants, sessions and events.
func others() map[hostapi.Hook]question {
	return map[hostapi.Hook]question{
		hostapi.HookTenantProvision: {
			fields: []string{"references"}, good: continues(`{"references":{"crm":"c-1"}}`),
			seeds: []string{continues(`{"references":{"CRM":"c-1"}}`), continues(`{"references":{"crm":""}}`), continues(`{"references":{"crm":"a\u0000b"}}`), continues(`{"references":{"a":"1","b":""}}`)},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				references, bound, err := h.TenantProvision(ctx, "p", core.TenantProvisioning{TenantID: core.ID{1}}, 1)
				if !bound && references != nil {
					return references, errors.Join(err, errors.New("references of nobody"))
				}
				return references, err
			},
			check: func(j judgement, said any, _ map[string]jsontext.Value) {
				references := said.(map[string]string)
				j.expect(len(references) <= hostapi.MaxReferences, "references", references)
				for name, value := range references {
					j.code(name)
					j.expect(name != "" && value != "" && len(value) <= hostapi.MaxReferenceValue && !strings.Contains(value, "\x00"), "reference", value)
				}
			},
		},
		hostapi.HookSessionClaims: {
			many: true, apart: true, fields: []string{"claims"}, good: continues(`{"claims":{"plan":"<gold>"}}`),
			seeds: []string{
				continues(`{"claims":null}`), continues(`{"claims":{"a":1,"a":2}}`), continues(`{"claims":[1]}`), continues(`{"claims":{"sub":"x","p1":{"y":1}}}`),
				continues(`{"claims":{"a":"` + strings.Repeat("x", 4080) + `"}}`), continues(`{"claims":{"a":"\ud800"}}`), continues(` { "claims" : { "n" : 1e400 } } `),
			},
			put: func(ctx context.Context, h *hook.Hooks, s scene) (any, error) {
				check := core.ClaimsCheck{SessionID: core.ID{1}, UserID: core.ID{2}, Role: s.role}
				claims, err := h.SessionClaims(ctx, check)
				if err == nil && claims.For != check {
					return claims, errors.New("they are of another session")
				}
				return claims.JSON, err
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				claims := said.([]byte)
				if len(claims) == 0 {
					return
				}
				var byPlugin map[string]jsontext.Value
				if err := json.Unmarshal(claims, &byPlugin); err != nil || len(byPlugin) != 1 {
					j.Fatalf("%q becomes %q: %v", j.answer, claims, err)
				}
				own, given := byPlugin["p"], slices.Clone(data["claims"])
				if err := errors.Join(own.Compact(), given.Compact()); err != nil {
					j.Fatalf("%q becomes %q: %v", j.answer, claims, err)
				}
				j.expect(own.Kind() == '{' && bytes.Equal(own, given) && len(claims) <= hostapi.MaxClaims, "claims", string(claims))
			},
		},
		hostapi.HookEventDeliver: {
			fields: []string{"acknowledged", "retry_after_s"}, good: continues(`{"acknowledged":true}`),
			seeds: []string{continues(`{"acknowledged":false,"retry_after_s":7}`), continues(`{"acknowledged":false,"retry_after_s":86401}`), continues(`{"retry_after_s":-1}`)},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				err := h.EventDeliver(ctx, "p", core.Event{ID: core.ID{1}}, []byte(`{}`), 1)
				if later, ok := errors.AsType[interface {
					error
					RetryAfter() time.Duration
				}](err); ok {
					return "again after " + later.RetryAfter().String(), nil
				}
				return nil, err
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				j.expect((said == nil) == (string(data["acknowledged"]) == "true"), "receipt", said)
				if again, ok := said.(string); ok {
					pause, err := time.ParseDuration(strings.TrimPrefix(again, "again after "))
					j.expect(err == nil && pause >= 0 && pause <= 24*time.Hour, "pause", said)
				}
			},
		},
	}
}

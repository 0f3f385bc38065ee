package hook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

type answering struct {
	reply hook.Reply
	err   error
}

func (a answering) Ask(context.Context, hook.Question) (hook.Reply, error) { return a.reply, a.err }

func (answering) Bound(hostapi.Hook, string) bool { return true }

func (answering) Release() int64 { return 0 }

// TestAsk is what every hook has in common: who was switched off fails a hook that
// cannot do without, and a failure is logged once.
func TestAsk(t *testing.T) {
	t.Parallel()
	errBroken := errors.New("broken")
	for name, row := range map[string]struct {
		hook   hostapi.Hook
		answer answering
		want   error
		logged bool
	}{
		"answered":               {hostapi.HookSignupValidate, answering{reply: hook.Reply{Bound: true}}, nil, false},
		"nobody bound":           {hostapi.HookMessageSend, answering{}, nil, false},
		"check switched off":     {hostapi.HookSignupValidate, answering{reply: hook.Reply{Off: true}}, nil, false},
		"route switched off":     {hostapi.HookMessageRoute, answering{reply: hook.Reply{Off: true}}, nil, false},
		"provider switched off":  {hostapi.HookMessageSend, answering{reply: hook.Reply{Off: true}}, hook.ErrOff, false},
		"delivery switched off":  {hostapi.HookEventDeliver, answering{reply: hook.Reply{Off: true}}, hook.ErrOff, false},
		"sign-in switched off":   {hostapi.HookIdentityBegin, answering{reply: hook.Reply{Off: true}}, hook.ErrOff, false},
		"provision switched off": {hostapi.HookTenantProvision, answering{reply: hook.Reply{Off: true}}, hook.ErrOff, false},
		"failed":                 {hostapi.HookSignupValidate, answering{err: errBroken}, errBroken, true},
		"failed before":          {hostapi.HookSignupValidate, answering{reply: hook.Reply{Known: true}, err: errBroken}, errBroken, false},
	} {
		var log bytes.Buffer
		h, err := hook.New(hook.Deps{Runner: row.answer, Log: slog.New(slog.NewTextHandler(&log, nil)), Tracer: noop.NewTracerProvider().Tracer("")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Put(t.Context(), hook.Question{Hook: row.hook}); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
		if logged := strings.Contains(log.String(), "hook failed"); logged != row.logged {
			t.Errorf("%s: logged %v: %s", name, logged, log.String())
		}
	}
}

package plugins

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/usher-id/usher/hostapi/host"
)

// terms say how a guest is asked where that is not as in any call, which is their zero
// value.
type terms struct {
	admitted bool // the breaker was asked already
	record   *host.Tape
	play     *host.Playback
	instead  *host.Capabilities
	config   []byte       // in place of the version's
	envelope []byte       // in place of the one that is written from the call
	now      time.Time    // that the guest is told; when it is called where zero
	log      *slog.Logger // for what the guest logs; the version's where nil
}

// consult asks the arm of a binding that the call belongs to.
func (e *Engine) consult(ctx context.Context, b *binding, c Call) (Answer, error) {
	p := b.panelOf(c.Release)
	if a := p.candidate; a != nil && p.portion.has(&c) && ctx.Err() == nil && a.breaker.allow(time.Now()) {
		answer, err := e.ask(ctx, b, a, c, terms{admitted: true})
		if err == nil || !b.covers(ctx, a, err) {
			return answer, err
		}
	}
	if sampled := e.samples(); sampled || p.shadow != nil {
		return e.askRecorded(ctx, b, p, c, sampled)
	}
	return e.ask(ctx, b, p.serving, c, terms{})
}

// covers tells whether the arm that serves is to answer after the candidate failed, and
// logs it: nobody else hears of it. Where plugins call out, what the candidate did
// there may be done, so that the failure is one.
func (b *binding) covers(ctx context.Context, a *arm, err error) bool {
	if _, failed := errors.AsType[*Failure](err); !failed || b.Hook.CallsOut() || ctx.Err() != nil {
		return false
	}
	a.version.log.WarnContext(ctx, "plugin candidate failed, the version that serves is asked", "hook", b.Hook, "release", a.release, "error", err)
	return true
}

// passesOver tells whether the chain goes on after a failure, and then logs it:
// nobody else hears of it. A breaker was logged when it opened.
func (e *Engine) passesOver(ctx context.Context, b *binding, a Answer, err error) bool {
	f, ok := errors.AsType[*Failure](err)
	if !ok || !b.OnFailure.GoOn || f.Kind == Canceled {
		return false
	}
	if f.Kind != Tripped {
		e.deps.Log.WarnContext(ctx, "plugin failed, the chain goes on", "plugin", a.Plugin, "version", a.Version, "digest", a.Digest[:12],
			"hook", b.Hook, "on_failure", b.OnFailure.Word, "error", err)
	}
	return true
}

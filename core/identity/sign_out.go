package identity

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// SignOut ends the actor's session. Its access token runs out by itself, and is not honoured
// where the session's row is read. Signing out twice is no error.
func (s *Service) SignOut(ctx context.Context, a core.Actor) error {
	return s.Store.EndSession(ctx, a, signal.Inject(ctx))
}

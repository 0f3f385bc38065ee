package identity

import (
	"context"

	"github.com/usher-id/usher/core"
)

// Me reads who the actor is. A session that has ended is [core.Unauthenticated].
func (s *Service) Me(ctx context.Context, a core.Actor) (core.Me, error) { return s.Store.Me(ctx, a) }

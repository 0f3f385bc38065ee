package identity

import (
	"context"
	"crypto/sha256"

	"github.com/usher-id/usher/core"
)

// Authenticate tells who bears an access token. It asks no database, so a session
// that was ended a moment ago may still pass here; what changes something reads the session's
// row in its own statement. Errors: [core.Unauthenticated], with one public
// sentence for every cause; [core.Unavailable] when the signing keys cannot be read.
func (s *Service) Authenticate(ctx context.Context, bearer core.Secret) (core.Actor, error) {
	token, now := bearer.Reveal(), s.Clock.Now()
	if token == "" || len(token) > maxToken {
		return core.Actor{}, unauthenticated("malformed_token")
	}
	var scratch [1024]byte // most tokens fit, and then nothing is allocated
	sum := sha256.Sum256(append(scratch[:0], token...))
	known, ok, reading := s.verified.find(sum, now)
	if ok {
		return known.actor, nil
	}
	actor, until, reason, err := s.verify(ctx, token, now)
	switch {
	case err != nil:
		return core.Actor{}, err
	case reason != "":
		return core.Actor{}, unauthenticated(reason)
	}
	s.verified.keep(sum, proof{actor, until}, reading)
	return actor, nil
}

func unauthenticated(reason string) error {
	return core.E(core.Unauthenticated, "Sign in first.").Because(reason)
}

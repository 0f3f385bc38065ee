package activation

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// failed notes why a step went wrong on its span and in the metric. The line in the log
// is the edge's, which sees every error once.
func (s *Service) failed(ctx context.Context, err error) {
	reason := core.ReasonOf(err)
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(signal.AttrErrorType.String(reason))
	switch core.CodeOf(err) {
	case core.Internal, core.Unavailable:
		span.SetStatus(codes.Error, reason)
	}
	s.Signals.ActivationError(ctx, errorType(err))
}

func errorType(err error) signal.ErrorType {
	switch reason := core.ReasonOf(err); reason {
	case "unknown_token", "tenant_suspended", "inviter_lost_right", "account_disabled":
		return signal.ErrorInvalidToken
	case "expired_token", "replayed_token", "revoked_token", "superseded_token", "wrong_account", "hook_denied", "hook_failed", "hash_queue_full":
		return signal.ErrorType(reason)
	case "pending_invitation", "already_member":
		return signal.ErrorDuplicateEmail
	case "slug_taken", "account_changed":
		return signal.ErrorDBConstraint
	case "database_unavailable":
		return signal.ErrorDBUnavailable
	}
	switch core.CodeOf(err) {
	case core.DeniedByPolicy:
		return signal.ErrorHookDenied
	case core.ValidationFailed:
		return signal.ErrorValidation
	case core.Internal:
		return signal.ErrorInternal
	}
	return signal.ErrorOther
}

package signal_test

import (
	"testing"

	"github.com/usher-id/usher/core/signal"
)

func TestTokenOutcomeOf(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]signal.TokenOutcome{
		"":                   signal.TokenValid,
		"unknown_token":      signal.TokenUnknown,
		"expired_token":      signal.TokenExpired,
		"replayed_token":     signal.TokenReplayed,
		"revoked_token":      signal.TokenRevoked,
		"superseded_token":   signal.TokenSuperseded,
		"tenant_suspended":   signal.TokenRefused,
		"inviter_lost_right": signal.TokenRefused,
		"account_disabled":   signal.TokenRefused,
		"unavailable":        signal.TokenFailed,
	} {
		if got := signal.TokenOutcomeOf(reason); got != want {
			t.Errorf("TokenOutcomeOf(%q) = %q, want %q", reason, got, want)
		}
	}
}

func TestNopTakesEverything(t *testing.T) {
	t.Parallel()
	s := signal.Nop()
	s.Funnel(t.Context(), signal.SignupStarted)
	s.ActivationError(t.Context(), "never heard of")
}

func TestNewNeedsAMeter(t *testing.T) {
	t.Parallel()
	if _, err := signal.New(nil); err == nil {
		t.Error("New(nil) succeeded")
	}
}

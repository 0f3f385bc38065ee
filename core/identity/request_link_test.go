package identity_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
)

func TestRequestLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		request func(context.Context, string) error
		purpose core.Purpose
		event   string
		ttl     time.Duration
	}{
		"signin": {w.RequestSignIn, core.PurposeSignIn, "SignInRequested", 10 * time.Minute},
		"reset":  {w.RequestPasswordReset, core.PurposePasswordReset, "PasswordResetRequested", 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, db: w.db, ring: w.ring, clock: w.clock, Service: w.Service}
			id := w.user(name, core.UserActive)
			for range 2 {
				if err := tt.request(t.Context(), address(name)); err != nil {
					t.Fatal(err)
				}
			}
			ref := core.TokenRef{Purpose: tt.purpose}
			var message core.ID
			var hash []byte
			var kind, status string
			var ttl time.Duration
			err := w.db.QueryRow(t.Context(), `SELECT k.id, k.version, k.key_id, k.hash, k.expires_at - k.created_at, m.id, m.kind, m.status
				FROM tokens k JOIN messages m ON m.token_id = k.id AND m.token_version = k.version
				JOIN river_job j ON (j.args->>'message_id')::uuid = m.id AND j.kind = 'mail' AND j.queue = 'mail' AND j.state = 'available' AND j.max_attempts = 25
				WHERE k.user_id = $1 AND m.user_id = $1 AND k.purpose = $2 ORDER BY k.id LIMIT 1`, id, string(tt.purpose)).
				Scan(&ref.ID, &ref.Version, &ref.KeyID, &hash, &ttl, &message, &kind, &status)
			if err != nil {
				t.Fatal(err)
			}
			token, err := w.ring.Token(ref)
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := w.ring.HashToken(token); string(hash) != string(want[:]) || ttl != tt.ttl || kind != string(tt.purpose) || status != "pending" {
				t.Errorf("token for %v, message %s %s", ttl, kind, status)
			}
			if got := w.events(id); !slices.Equal(got, []string{tt.event, tt.event}) {
				t.Errorf("events %v", got)
			}
		})
	}
}

func TestRequestLinkAnswersTheSameForEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("pending", core.UserPending)
	w.user("disabled", core.UserDisabled)
	w.user("active", core.UserActive)
	for _, name := range []string{"pending", "disabled", "nobody", "active"} {
		for _, request := range []func(context.Context, string) error{w.RequestSignIn, w.RequestPasswordReset} {
			start := time.Now()
			if err := request(t.Context(), address(name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took < 25*time.Millisecond {
				t.Errorf("%s: answered after %v, below the floor", name, took)
			}
		}
	}
	for _, table := range []string{"tokens", "messages", "river_job", "events"} {
		if n := one[int](w, "SELECT count(*) FROM "+table); n != 2 {
			t.Errorf("%d rows in %s, want the two of the active account", n, table)
		}
	}
	if n := w.mail.calls.Load(); n != 8 {
		t.Errorf("the workers were woken %d times, want 8", n)
	}
	refused(t, w.RequestSignIn(t.Context(), "no address"), core.ValidationFailed, "validation_failed")
}

// The commit for nobody waits for the disk as the other does.
func TestRequestLinkForNobodyWritesToTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.user("ada", core.UserActive)
	written := func(email string) int64 {
		before := one[string](w, `SELECT pg_current_wal_insert_lsn()::text`)
		if err := w.RequestSignIn(t.Context(), email); err != nil {
			t.Fatal(err)
		}
		return one[int64](w, `SELECT (pg_current_wal_insert_lsn() - $1::pg_lsn)::bigint`, before)
	}
	if n := written(address("nobody")); n < 1024 {
		t.Errorf("%d bytes for an address that nobody has", n)
	}
	if got := len(w.events(ada)); got != 0 {
		t.Errorf("%d events", got)
	}
}

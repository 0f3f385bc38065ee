package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// A click takes the token's row and then the invitation's. One that takes them the other
// way round and a click wait for each other, until Postgres ends one of them.
func TestLocksAreTakenInTheOrderOfAClick(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*store.Store, context.Context, core.Actor, core.ID) error{
		"revoke": func(s *store.Store, ctx context.Context, a core.Actor, id core.ID) error {
			return s.Revoke(ctx, a, a.TenantID, id, "")
		},
		"resend": func(s *store.Store, ctx context.Context, a core.Actor, invitation core.ID) error {
			return s.Resend(ctx, core.Resend{
				Actor: a, TenantID: a.TenantID, InvitationID: invitation, MaxLife: time.Hour, KeyID: "k1", MessageID: id(),
				HashOf: func(core.TokenRef) (core.TokenHash, error) { return hash(), nil },
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.New(t)
			s := storetest.OpenAt(t, url)
			boss := owner(t, s, "ada", "example")
			p := invitation(boss, "grace")
			if _, err := s.Invite(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			click := click(t, url, p.Token.ID)
			changed := make(chan error, 1)
			go func() { changed <- change(s, t.Context(), boss, p.Invitation.ID) }()
			for waiting := 0; waiting == 0 && len(changed) == 0; {
				waiting = count(t, url, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
			}
			if _, err := click.Exec(t.Context(), `SELECT FROM invitations WHERE id = $1 FOR UPDATE NOWAIT`, [16]byte(p.Invitation.ID)); err != nil {
				t.Errorf("whoever waits for the token has the invitation already: %v", err)
			}
			_ = click.Rollback(t.Context())
			if err := <-changed; err != nil {
				t.Errorf("after the click: %v", err)
			}
		})
	}
}

// click begins as a click does: it holds the token's row.
func click(t *testing.T, url string, token core.ID) pgx.Tx {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM tokens WHERE id = $1 FOR UPDATE`, [16]byte(token)); err != nil {
		t.Fatal(err)
	}
	return tx
}

package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/storetest"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/tests/pgtest"
)

// A session that opens with the old password while the new one is being set must end
// with the others: the reset waits for it, and then sees it.
func TestResetEndsASessionThatOpensMeanwhile(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	ada := owner(t, s, "ada", "example")
	ref := core.TokenRef{ID: id(), Version: 1, Purpose: core.PurposePasswordReset}
	h := hash()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), `INSERT INTO tokens (id, version, purpose, key_id, hash, user_id, expires_at) VALUES ($1, 1, 'password_reset', 'k1', $2, $3, now() + '1h')`,
		[16]byte(ref.ID), h[:], [16]byte(ada.UserID)); err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	late := id()
	if _, err := tx.Exec(t.Context(), `INSERT INTO sessions (id, user_id, tenant_id, expires_at) VALUES ($1, $2, $3, now() + '1h')`,
		[16]byte(late), [16]byte(ada.UserID), [16]byte(ada.TenantID)); err != nil {
		t.Fatal(err)
	}
	reset := make(chan error, 1)
	go func() {
		_, ok, err := s.SpendLink(t.Context(), core.Activate{
			Hash: h, Token: ref, Purpose: ref.Purpose, PasswordHash: "new", Session: core.NewSession{ID: id(), TTL: time.Hour},
		})
		if err == nil && !ok {
			t.Error("the token was refused")
		}
		reset <- err
	}()
	for waiting := 0; waiting == 0; {
		waiting = count(t, url, `SELECT count(*) FROM pg_locks WHERE NOT granted`)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-reset; err != nil {
		t.Fatal(err)
	}
	if n := count(t, url, `SELECT count(*) FROM sessions WHERE revoked_at IS NULL`); n != 1 {
		t.Errorf("%d sessions live, want the new one alone", n)
	}
}

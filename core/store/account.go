package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
)

const accountSQL = `SELECT id, email, display_name, locale, status, created_at, COALESCE(password_hash, '') FROM users WHERE email_key = $1`

// Account reads the account of an address; ok is false when there is none.
func (s *Store) Account(ctx context.Context, emailKey string) (a core.Account, ok bool, err error) {
	var status string
	err = s.hot.QueryRow(ctx, accountSQL, emailKey).
		Scan(into(&a.User.ID), &a.User.Email, &a.User.DisplayName, &a.User.Locale, &status, &a.User.CreatedAt, &a.PasswordHash)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.Account{}, false, nil
	}
	if err != nil {
		return core.Account{}, false, failure("read an account", err)
	}
	a.User.Status, a.User.CreatedAt = core.UserStatus(status), a.User.CreatedAt.UTC()
	return a, true, nil
}

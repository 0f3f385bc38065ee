package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
)

// PasswordHash gives the stored hash of a user's password; "" when there is none.
func (s *Store) PasswordHash(ctx context.Context, user core.ID) (string, error) {
	var hash string
	err := s.hot.QueryRow(ctx, `SELECT COALESCE(password_hash, '') FROM users WHERE id = $1 AND status = 'active'`, uuid(user)).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return hash, failure("read a password hash", err)
}

// UpgradeHash puts the same password's hash at another cost in the old one's place,
// unless the password was changed meanwhile. Nothing happened that anyone could tell,
// so it has no event.
func (s *Store) UpgradeHash(ctx context.Context, user core.ID, old, upgraded string) error {
	_, err := s.hot.Exec(ctx, `UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, uuid(user), old, upgraded)
	return failure("upgrade a password hash", err)
}

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

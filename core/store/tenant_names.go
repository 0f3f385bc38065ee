package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const unknownTenantsSQL = `SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, place)
WHERE NOT EXISTS (SELECT FROM tenants t WHERE t.slug = name AND t.status <> 'pending')
	AND NOT EXISTS (SELECT FROM tenants t WHERE t.id = CASE WHEN name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN name::uuid END)
ORDER BY place`

// UnknownTenants gives those of the names, ids or slugs, that no tenant has.
func (s *Store) UnknownTenants(ctx context.Context, names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := s.hot.Query(ctx, unknownTenantsSQL, names)
	if err != nil {
		return nil, failure("look for tenants", err)
	}
	unknown, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return unknown, failure("look for tenants", err)
}

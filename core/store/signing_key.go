package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

type signingKey struct {
	bun.BaseModel `bun:"table:signing_keys"`

	KID       string    `bun:"kid,pk"`
	Algorithm string    `bun:"algorithm"`
	Public    []byte    `bun:"public_key"`
	Private   []byte    `bun:"private_key"`
	SealedBy  string    `bun:"sealed_by"`
	CreatedAt time.Time `bun:"created_at,nullzero,default:now()"`
	RetiredAt time.Time `bun:"retired_at,nullzero"`
}

// SigningKeys reads the keys that sign and those retired less than keep ago, the
// newest first.
func (s *Store) SigningKeys(ctx context.Context, keep time.Duration) ([]core.SigningKey, error) {
	var rows []signingKey
	err := s.bun.NewSelect().Model(&rows).
		Where("retired_at IS NULL OR retired_at > now() - ?::interval", keep.String()).
		OrderExpr("created_at DESC, kid").Scan(ctx)
	if err != nil {
		return nil, failure("read the signing keys", err)
	}
	keys := make([]core.SigningKey, len(rows))
	for i, r := range rows {
		keys[i] = core.SigningKey{
			KID: r.KID, Algorithm: r.Algorithm, Public: r.Public, Sealed: r.Private, SealedBy: r.SealedBy, RetiredAt: r.RetiredAt,
		}
	}
	return keys, nil
}

// firstSigningKey is the advisory lock on which replicas queue that find no key.
const firstSigningKey = 0x7573686572 + 1

// AddFirstSigningKey stores a key unless there is one that signs already. Of any
// number of replicas that call it at once, one stores its key.
func (s *Store) AddFirstSigningKey(ctx context.Context, k core.SigningKey) error {
	row := signingKey{KID: k.KID, Algorithm: k.Algorithm, Public: k.Public, Private: k.Sealed, SealedBy: k.SealedBy}
	err := s.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("SELECT pg_advisory_xact_lock(?)", firstSigningKey).Exec(ctx); err != nil {
			return err
		}
		there, err := tx.NewSelect().Model((*signingKey)(nil)).Where("retired_at IS NULL").Exists(ctx)
		if err != nil || there {
			return err
		}
		_, err = tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	return failure("store the first signing key", err)
}

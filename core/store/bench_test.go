package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/usher-id/usher/tests/storetest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/tests/pgtest"
)

// durable gives a database that waits for the disk at each commit.
func durable(b *testing.B) string {
	b.Helper()
	return pgtest.Dedicated(b, pgtest.Options{Migrate: true}).URL("usher")
}

// BenchmarkProvision is one signup's commit at 8 callers; BenchmarkFloor writes the
// same rows by one batch of plain inserts, so their ratio is what the races, the
// known address and the checks cost.
func BenchmarkProvision(b *testing.B) {
	s := storetest.OpenAt(b, durable(b))
	var n atomic.Int64
	b.SetParallelism(4)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			name := fmt.Sprintf("bench%d", n.Add(1))
			if _, err := s.Provision(b.Context(), provision(name, name)); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkFloor(b *testing.B) {
	config, err := pgxpool.ParseConfig(durable(b))
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	var n atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := floor(b.Context(), pool, fmt.Sprintf("floor%d", n.Add(1))); err != nil {
				b.Error(err)
			}
		}
	})
}

func floor(ctx context.Context, pool *pgxpool.Pool, name string) error {
	tenant, user, token, message, signup := id(), id(), id(), id(), id()
	h := hash()
	var batch pgx.Batch
	batch.Queue(`INSERT INTO users (id, email, email_key, status) VALUES ($1, $2, $2, 'pending')`, [16]byte(user), name)
	batch.Queue(`INSERT INTO tenants (id, slug, name, status) VALUES ($1, $2, 'Example', 'pending')`, [16]byte(tenant), name)
	batch.Queue(`INSERT INTO memberships (tenant_id, user_id, role, status) VALUES ($1, $2, 'owner', 'pending')`, [16]byte(tenant), [16]byte(user))
	batch.Queue(`INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, user_id, expires_at) VALUES ($1, 1, 'owner_verification', 'k1', $2, $3, $4, now() + '1h')`,
		[16]byte(token), h[:], [16]byte(tenant), [16]byte(user))
	batch.Queue(`INSERT INTO messages (id, kind, tenant_id, user_id, token_id, token_version) VALUES ($1, 'owner_verification', $2, $3, $4, 1)`,
		[16]byte(message), [16]byte(tenant), [16]byte(user), [16]byte(token))
	batch.Queue(`INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version) VALUES ('SignupStarted', $1, 'signup', $2, 1), ('TenantProvisioned', $1, 'tenant', $1, 1)`,
		[16]byte(tenant), [16]byte(signup))
	batch.Queue(`INSERT INTO river_job (args, kind, queue) VALUES (jsonb_build_object('message_id', $1::uuid), 'mail', 'mail')`, [16]byte(message))
	return pool.SendBatch(ctx, &batch).Close()
}

// BenchmarkActivate is the commit that spends an invitation, among as many others.
func BenchmarkActivate(b *testing.B) {
	s := storetest.OpenAt(b, durable(b))
	boss := owner(b, s, "boss", "boss")
	clicks := make(chan core.Activate, b.N)
	for i := range b.N {
		p := invitation(boss, fmt.Sprintf("guest%d", i))
		if _, err := s.Invite(b.Context(), p); err != nil {
			b.Fatal(err)
		}
		clicks <- activation(b, s, p.Token.Hash)
	}
	b.SetParallelism(4)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok, err := s.Activate(b.Context(), <-clicks); !ok || err != nil {
				b.Error(ok, err)
			}
		}
	})
}

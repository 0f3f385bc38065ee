package pgtest

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// clones are the databases that no test has. To empty one costs a fraction of what it costs to make one, so a test's is
// emptied and given to the next, unless the test failed or left it otherwise than it was: then it is dropped.
type clones struct {
	mu    sync.Mutex
	free  []string
	fresh string // the shape of a clone that nobody has touched
}

func (c *clones) take(ctx context.Context) (name string, err error) {
	c.mu.Lock()
	if last := len(c.free) - 1; last >= 0 {
		name, c.free = c.free[last], c.free[:last]
	}
	c.mu.Unlock()
	if name != "" {
		return name, nil
	}
	name = fmt.Sprintf("test_%d", binary.clones.Add(1))
	if err := admin(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fresh != "" {
		return name, nil
	}
	conn, err := pgx.Connect(ctx, binary.server.URL(name))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return name, conn.QueryRow(ctx, shape).Scan(&c.fresh)
}

func (c *clones) give(ctx context.Context, name string, failed bool) error {
	if !failed {
		again, err := c.empty(ctx, name)
		if err != nil {
			return err
		}
		if again {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.free = append(c.free, name)
			return nil
		}
	}
	return admin(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
}

// empty brings a database back to what it was, and tells whether it did.
func (c *clones) empty(ctx context.Context, name string) (again bool, err error) {
	conn, err := pgx.Connect(ctx, binary.server.URL(name))
	if err != nil {
		return false, nil //nolint:nilerr // a test may have closed it, or be about to
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, leave); err != nil {
		return false, err
	}
	if _, err := conn.Exec(ctx, wipe); err != nil {
		return false, err
	}
	var now string
	if err := conn.QueryRow(ctx, shape).Scan(&now); err != nil {
		return false, err
	}
	return now == c.fresh, nil
}

// leave ends what a test left connected, such as a process that it killed.
const leave = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`

// own are the schemas of a test.
const own = `(SELECT oid FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast'))`

// wipe empties every table but those of the migrations, which are part of the shape, and has sequences begin anew. Triggers and
// foreign keys do not fire for a replica.
const wipe = `SET session_replication_role = replica;
DO $$
DECLARE
	r record;
	filled boolean;
BEGIN
	FOR r IN SELECT oid::regclass AS name FROM pg_class
		WHERE relkind = 'r' AND relnamespace IN ` + own + ` AND relname NOT IN ('goose_db_version', 'river_migration') LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s)', r.name) INTO filled;
		IF filled THEN
			EXECUTE format('DELETE FROM %s', r.name);
		END IF;
	END LOOP;
	PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences
		WHERE last_value IS NOT NULL AND sequencename NOT IN ('goose_db_version_id_seq', 'river_migration_id_seq');
END
$$`

// shape is all that a test may leave otherwise than in rows: tables, columns, constraints, indexes, triggers, functions, rights,
// settings, and which migrations were applied.
const shape = `SELECT md5(concat_ws(';',
	(SELECT string_agg(concat_ws(' ', oid, relname, relkind, relpersistence, relowner, relrowsecurity, relforcerowsecurity, relacl, reloptions), ',' ORDER BY oid)
		FROM pg_class WHERE relnamespace IN ` + own + `),
	(SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull, attisdropped, attacl), ',' ORDER BY attrelid, attnum)
		FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ` + own + `)),
	(SELECT string_agg(concat_ws(' ', oid, conname, convalidated, pg_get_constraintdef(oid)), ',' ORDER BY oid) FROM pg_constraint WHERE connamespace IN ` + own + `),
	(SELECT string_agg(concat_ws(' ', indexrelid, indisvalid), ',' ORDER BY indexrelid) FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ` + own + `)),
	(SELECT string_agg(concat_ws(' ', oid, tgname, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
	(SELECT string_agg(concat_ws(' ', oid, proname, md5(prosrc)), ',' ORDER BY oid) FROM pg_proc WHERE pronamespace IN ` + own + `),
	(SELECT string_agg(concat_ws(' ', adrelid, adnum, pg_get_expr(adbin, adrelid)), ',' ORDER BY adrelid, adnum) FROM pg_attrdef),
	(SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())),
	(SELECT string_agg(nspname, ',' ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
	(SELECT count(*) FROM pg_policy),
	(SELECT string_agg(query_to_xml(format('SELECT * FROM %s', oid::regclass), true, true, '')::text, ',' ORDER BY oid)
		FROM pg_class WHERE relkind = 'r' AND relname IN ('goose_db_version', 'river_migration'))))`

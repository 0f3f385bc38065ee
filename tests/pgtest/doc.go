// Package pgtest gives tests a real PostgreSQL. It is for tests only.
//
//	func TestMain(m *testing.M) {
//		pgtest.Template(store.Migrate) // a func(ctx, url) error
//		pgtest.Main(m)
//	}
//
//	func TestX(t *testing.T) {
//		url := pgtest.New(t) // a migrated database of this test's own
//	}
//
// One private server is started per test binary, at the first use, with fsync off because its data is thrown away. The
// template database is migrated once; [New] clones it, which takes some tens of milliseconds, and drops the clone when
// the test ends. [Dedicated] starts a server for one test that wants to stop, kill or partition it; there fsync is on.
//
// Where no PostgreSQL can be found or fetched a test is skipped with the reason, unless CI=true: then it fails.
//
// What it is not: a fixture library; what is in the database after the migration is the test's own business.
package pgtest

// Package pgtest gives tests a real PostgreSQL. It is for tests only.
//
//	func TestMain(m *testing.M) {
//		pgtest.Template(store.Migrate, "core/store/migrations/*.sql") // a func(ctx, url) error, and what it is made of
//		pgtest.Main(m)
//	}
//
//	func TestX(t *testing.T) {
//		url := pgtest.New(t) // a migrated database of this test's own
//	}
//
// One private server is started per test binary, at the first use, with fsync off because its data is thrown away. Its
// data with the migrated template is made once and kept in build/test; [New] clones the template, and when the test
// ends the clone is emptied for the next, or dropped when it is not what it was. [Dedicated] starts a server for one test that wants to stop, kill or partition it; there fsync is on.
//
// Where no PostgreSQL can be found or fetched a test is skipped with the reason, unless CI=true: then it fails.
//
// What it is not: a fixture library; what is in the database after the migration is the test's own business.
package pgtest

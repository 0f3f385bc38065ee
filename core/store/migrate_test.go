package store_test

import (
	"testing"

	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// A migration that was cut short between the two sets of tables is not a schema to serve on.
func TestPendingKnowsTheJobQueue(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	if n, err := s.Pending(t.Context()); n != 0 || err != nil {
		t.Fatalf("a whole schema lacks %d, %v", n, err)
	}
	count(t, url, `WITH gone AS (DELETE FROM river_migration RETURNING 1) SELECT count(*) FROM gone`)
	if n, err := s.Pending(t.Context()); n != 1 || err != nil {
		t.Errorf("a schema without the job queue lacks %d, %v; want 1", n, err)
	}
}

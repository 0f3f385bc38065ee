package job_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/store"
)

// args are core.MailJobArgs as the library's client wants them.
type args core.MailJobArgs

func (args) Kind() string { return core.MailJobKind }

// TestRowIsTheLibrarys holds the job row that the store writes against the one that
// the library's client writes, column by column, so that an upgrade of the library that
// changes the row is noticed here.
func TestRowIsTheLibrarys(t *testing.T) {
	t.Parallel()
	p := pool(t)
	client, err := river.NewClient(riverpgxv5.New(p), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for metadata, priority := range map[string]int{
		`{}`: core.MailPrioritySingle, `{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}`: core.MailPriorityBulk,
	} {
		id := core.NewID(time.Now())
		theirs, err := client.Insert(t.Context(), args{MessageID: id}, &river.InsertOpts{Queue: core.MailJobQueue, Metadata: []byte(metadata), Priority: priority})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Exec(t.Context(), store.InsertMailJob(priority), [16]byte(id), metadata); err != nil {
			t.Fatal(err)
		}
		want, got := columns(t, p, theirs.Job.ID), columns(t, p, theirs.Job.ID+1)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s is %s, the library writes %s", name, got[name], value)
			}
		}
		if len(want) < 15 || len(got) != len(want) {
			t.Errorf("compared %d columns with %d", len(got), len(want))
		}
	}
}

// bulkArgs are core.BulkJob as the library's client wants it.
type bulkArgs core.BulkJob

func (bulkArgs) Kind() string { return core.BulkJobKind }

func TestRowOfAListIsTheLibrarys(t *testing.T) {
	t.Parallel()
	p := pool(t)
	client, err := river.NewClient(riverpgxv5.New(p), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	id := core.NewID(time.Now())
	theirs, err := client.Insert(t.Context(), bulkArgs{BulkID: id, Run: 2}, &river.InsertOpts{Queue: core.BulkJobQueue, Priority: core.BulkJobPriority})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Exec(t.Context(), store.InsertBulkJob, [16]byte(id), 2); err != nil {
		t.Fatal(err)
	}
	want, got := columns(t, p, theirs.Job.ID), columns(t, p, theirs.Job.ID+1)
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %s, the library writes %s", name, got[name], value)
		}
	}
}

// lists is a function.
type lists func(context.Context, core.BulkAttempt) (bool, error)

func (f lists) WorkBulk(ctx context.Context, at core.BulkAttempt, _ time.Time) (bool, error) {
	return f(ctx, at)
}

// TestListInStretches: a list that is not done goes on in another stretch, and its job ends with it.
func TestListInStretches(t *testing.T) {
	t.Parallel()
	p := pool(t)
	seen := make(chan core.BulkAttempt, 3)
	start(t, p, func(context.Context, core.MailAttempt) error { return nil }, func(d *job.Deps, _ *job.Config) {
		d.Lists = lists(func(_ context.Context, at core.BulkAttempt) (bool, error) {
			seen <- at
			return len(seen) < 2, nil
		})
	})
	id := core.NewID(time.Now())
	if _, err := p.Exec(t.Context(), store.InsertBulkJob, [16]byte(id), 2); err != nil {
		t.Fatal(err)
	}
	until(t, "the job ends", func() bool {
		var state string
		if err := p.QueryRow(t.Context(), `SELECT state::text FROM river_job WHERE kind = 'bulk_invitation'`).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state == "completed"
	})
	if first := <-seen; len(seen) != 1 || first.BulkID != id || first.Run != 2 || first.Last {
		t.Errorf("worked %+v, and %d more", first, len(seen))
	}
}

// columns gives every column of a job but its id; times as their distance from the
// row's creation.
func columns(t *testing.T, p *pgxpool.Pool, id int64) map[string]string {
	t.Helper()
	rows, err := p.Query(t.Context(), `SELECT * FROM river_job WHERE id = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
	if err != nil {
		t.Fatal(err)
	}
	created, ok := row["created_at"].(time.Time)
	if !ok {
		t.Fatalf("created_at is %v", row["created_at"])
	}
	columns := map[string]string{}
	for name, value := range row {
		if at, ok := value.(time.Time); ok {
			value = at.Sub(created)
		}
		if name != "id" {
			columns[name] = fmt.Sprintf("%T %v", value, value)
		}
	}
	return columns
}

package job_test

import (
	"context"
	"testing"

	"github.com/usher-id/usher/core"
)

// TestPause has workers that start while the queue is paused leave its mails alone until it is
// resumed. Who did it is kept.
func TestPause(t *testing.T) {
	t.Parallel()
	p := pool(t)
	first := start(t, p, func(context.Context, core.MailAttempt) error { return nil }, nil)
	settled(t, p, enqueueAndWake(t, p, first), "completed") // the workers are up
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Pause(t.Context(), "ann", "the provider asked"); err != nil {
		t.Fatal(err)
	}
	done := make(chan core.ID, 1)
	second := start(t, p, func(_ context.Context, a core.MailAttempt) error {
		done <- a.MessageID
		return nil
	}, nil)
	id := enqueueAndWake(t, p, second)
	select {
	case <-done:
		t.Error("a mail left while the queue was paused")
	default:
	}
	if err := second.Resume(t.Context(), "bob", ""); err != nil {
		t.Fatal(err)
	}
	if got := get(t, done); got != id {
		t.Errorf("%v left, want %v", got, id)
	}
	var acts string
	if err := p.QueryRow(t.Context(), `SELECT string_agg(actor || ' ' || action || ' ' || reason, ', ' ORDER BY id) FROM operator_acts`).Scan(&acts); err != nil {
		t.Fatal(err)
	}
	if acts != "ann mail_pause the provider asked, bob mail_resume " {
		t.Errorf("kept: %s", acts)
	}
}

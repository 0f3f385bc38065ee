package visit_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/visit"
)

// shelf hands on what it is given.
type shelf struct {
	kept chan []core.Visit
	err  error
}

func (s *shelf) RecordVisits(_ context.Context, v []core.Visit) error {
	s.kept <- v
	return s.err
}

func book(t *testing.T, s *shelf, c visit.Config) *visit.Book {
	t.Helper()
	b, err := visit.New(visit.Deps{Store: s, Log: slog.New(slog.DiscardHandler)}, c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func note(link byte, kind core.VisitKind, at time.Time) core.Visit {
	return core.Visit{Hash: core.TokenHash{link}, Kind: kind, First: at, Last: at, Count: 1}
}

func TestNotesOfOneLinkAreOne(t *testing.T) {
	t.Parallel()
	s := &shelf{kept: make(chan []core.Visit, 9)}
	b := book(t, s, visit.Config{Most: 2, Every: time.Hour})
	first := time.Now()
	for i := range 5 {
		b.Note(note(1, core.VisitPrefetch, first.Add(time.Duration(i)*time.Second)))
	}
	b.Note(note(1, core.VisitPerson, first))
	b.Note(note(2, core.VisitPrefetch, first)) // one too many
	b.Flush(t.Context())
	b.Flush(t.Context()) // nothing is left
	got := <-s.kept
	if len(got) != 2 || len(s.kept) != 0 {
		t.Fatalf("kept %+v, and %d batches more", got, len(s.kept))
	}
	for _, v := range got {
		if v.Kind == core.VisitPrefetch && (v.Count != 5 || v.Last.Sub(v.First) != 4*time.Second) {
			t.Errorf("five visits became %+v", v)
		}
	}
}

func TestTheLastNotesAreKept(t *testing.T) {
	t.Parallel()
	s := &shelf{kept: make(chan []core.Visit, 9), err: errors.New("no database")}
	b := book(t, s, visit.Config{Every: time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	b.Note(note(1, core.VisitPrefetch, time.Now()))
	stop()
	b.Run(ctx)
	if len(s.kept) != 1 {
		t.Errorf("%d batches, want 1 at the end", len(s.kept))
	}
	if _, err := visit.New(visit.Deps{}, visit.Config{}); err == nil {
		t.Error("a book without a store was made")
	}
}

package policy

import (
	"testing"
	"time"
)

func TestInstant(t *testing.T) {
	t.Parallel()
	for at := time.Date(1999, 12, 30, 23, 59, 0, 0, time.UTC); at.Year() < 2105; at = at.Add(31*time.Hour + 7*time.Minute) {
		if got, want := instant(at.UnixMilli()), at.Format("2006-01-02 15:04 UTC"); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	if got := instant(time.Date(2030, 1, 31, 23, 59, 0, 1e6, time.UTC).UnixMilli()); got != "2030-02-01 00:00 UTC" {
		t.Errorf("a time within a minute: %s", got)
	}
}

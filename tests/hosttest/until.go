package hosttest

import (
	"testing"
	"time"
)

// Patience is how long a test waits for what must come: long, because the machine may
// be busy with others. No test passes sooner or later by it.
const Patience = 90 * time.Second

// Until returns as soon as ok does true, which is asked every few milliseconds: for
// what lies in another process and sends no signal. It fails the test when its
// patience ends.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("hosttest: waited in vain: %s", what)
		}
		<-tick.C
	}
}

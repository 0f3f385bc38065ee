package drills_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// signups tells the status of one at each replica.
func (f *fleet) signups(name string) (statuses []int) {
	f.t.Helper()
	for i, r := range f.replicas {
		answer, err := r.Client(f.t).Try(f.t.Context(), "POST", "/v1/signups", hosttest.Object{
			"email": name + "@company-" + string(rune('a'+i)) + ".example", "organization_name": "Acme",
		})
		must(f.t, err)
		statuses = append(statuses, answer.Status)
	}
	return statuses
}

// TestPostgresGoesDuringASwap: what serves goes on, no replica flips alone, and when the
// database is back a release is made as ever.
func TestPostgresGoesDuringASwap(t *testing.T) {
	t.Parallel()
	db := pgtest.Dedicated(t, pgtest.Options{NoFsync: true, Migrate: true})
	f := newFleet(t, db.URL("usher"), 2)
	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	db.Kill()
	if r := f.ask("plugin", "activate", "gate@2.0.0"); r.Code == 0 || !strings.Contains(r.Stderr, "database") {
		t.Errorf("without a database: %d %s", r.Code, r.Stderr)
	}
	for _, status := range f.signups("gone") {
		if status != 503 {
			t.Errorf("a signup without a database: %d", status)
		}
	}
	db.Start()
	wait(t, "signups work again", func() bool { return f.signups("back")[0] == 202 })
	f.typed("plugin", "activate", "gate@2.0.0", "--wait", "2m")
	f.typed("plugin", "rollback", "--reason", "drill", "--wait", "2m")
	if at := f.rollout(); at.Serving.Plugins[0].Version != "1.0.0" {
		t.Errorf("%+v", at.Serving)
	}
}

// TestReplicasDieAndHang: one that is killed and one that hangs hold up a release for seconds,
// and a rollback not at all; the one that hung follows when it goes on.
func TestReplicasDieAndHang(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), 3)
	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	hung := f.replicas[2]
	must(t, syscall.Kill(hung.PID, syscall.SIGSTOP))
	t.Cleanup(func() { _ = syscall.Kill(hung.PID, syscall.SIGCONT) })
	f.typed("plugin", "activate", "gate@2.0.0")
	f.typed("plugin", "rollback", "--reason", "drill", "--wait", "0s")
	f.until("the others rolled back", func(r rollout) bool {
		n := 0
		for _, one := range r.Replicas {
			if one.Serving == r.Serving.Number {
				n++
			}
		}
		return n == 2 && r.Serving.Kind == "rollback"
	})
	must(t, syscall.Kill(hung.PID, syscall.SIGCONT))
	f.until("the one that hung follows", func(r rollout) bool {
		for _, one := range r.Replicas {
			if one.Serving != r.Serving.Number {
				return false
			}
		}
		return len(r.Replicas) == 3
	})
}

// TestWhatServesIsWhatTheLedgerSays: a replica that starts serves what was rolled back to, not
// what was pushed last.
func TestWhatServesIsWhatTheLedgerSays(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	f := newFleet(t, url, 1)
	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "brittle.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	f.typed("plugin", "activate", "gate@2.0.0")
	f.typed("plugin", "rollback", "--reason", "drill")
	f.replicas = append(f.replicas, f.start(url))
	at := f.until("the new one is there", func(r rollout) bool { return len(r.Replicas) == 2 })
	for _, r := range at.Replicas {
		if r.Serving != at.Serving.Number {
			t.Errorf("%s serves release %d, not %d", r.Name, r.Serving, at.Serving.Number)
		}
	}
}

// TestTheOneThatWasAskedDies: wherever the replica is killed that took an operator's command, the
// others agree on what serves, the next command goes on from there, and nobody who signs up
// notices but at the one that is dead.
func TestTheOneThatWasAskedDies(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	f := newFleet(t, url, 2)
	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	for i, after := range []time.Duration{0, 30 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond} {
		asked := f.replicas[0]
		ended := make(chan hosttest.Result)
		go func() {
			if i%2 == 0 {
				ended <- f.ask("plugin", "activate", "gate@2.0.0")
			} else {
				ended <- f.ask("plugin", "rollback", "--reason", "drill")
			}
		}()
		<-time.After(after) // where it dies is the point, and any place will do
		asked.Kill(t)
		<-ended
		f.replicas = append(f.replicas[1:], f.start(url))
		at := f.until("all that live agree", func(r rollout) bool {
			live := 0
			for _, one := range r.Replicas {
				if one.Live && one.Serving == r.Serving.Number {
					live++
				}
			}
			return live == 2 && r.Preparing == nil
		})
		t.Logf("killed after %v: release %d serves, gate %s", after, at.Serving.Number, at.Serving.Plugins[0].Version)
		for _, status := range f.signups("after-" + string(rune('a'+i))) {
			if status != 202 {
				t.Errorf("killed after %v: a signup is answered with %d", after, status)
			}
		}
		if at.Serving.Plugins[0].Version == "2.0.0" { // as the next round wants it
			continue
		}
		if i%2 == 0 {
			f.typed("plugin", "activate", "gate@2.0.0")
		}
	}
}

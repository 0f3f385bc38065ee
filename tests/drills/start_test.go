package drills_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestNobodyCanServe: when no replica runs and none can start with what is released, safe mode
// lets one start to roll back from, and does not end before something else serves.
func TestNobodyCanServe(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	f := newFleet(t, url, 1)
	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	f.typed("plugin", "activate", "gate@2.0.0")
	digest := regexp.MustCompile("[0-9a-f]{64}").FindString(f.typed("plugin", "inspect", "gate@2.0.0"))
	f.replicas[0].Stop(t)

	settings := f.settings(url)
	settings["plugins.trust.revoked"] = digest
	settings["http.listen"], settings["operator.listen"] = "127.0.0.1:0", "127.0.0.1:0"
	if r := hosttest.Run(t, t.TempDir(), settings, "serve"); r.Code == 0 || !strings.Contains(r.Stderr, "plugins.safe_mode: [all]") {
		t.Errorf("%d %s", r.Code, r.Stderr)
	}
	delete(settings, "http.listen")
	delete(settings, "operator.listen")
	host := hosttest.Start(t, hosttest.Options{Command: "serve", Settings: settings, File: "plugins:\n  safe_mode: [all]\n"})
	f.replicas[0] = host
	on := func(text string) {
		must(t, os.WriteFile(host.ConfigFile, []byte("plugins:\n  safe_mode: "+text+"\n"), 0o600))
	}
	on("[]")
	host.Log.WaitLine(t, "configuration not reloaded", "could not load the plugins that are released")
	f.typed("plugin", "rollback", "--reason", "drill")
	on("[]\n ") // written again
	wait(t, "safe mode ends", func() bool { return len(host.Log.Lines("safe mode ended")) > 0 })
	if at := f.rollout(); at.Serving.Plugins[0].Version != "1.0.0" || at.Replicas[len(at.Replicas)-1].Serving != at.Serving.Number {
		t.Errorf("%+v", at)
	}
}

// TestACandidateKeepsNobodyFromStarting: a replica whose candidate cannot be had serves what
// everybody is answered by, says so wherever an operator looks, and takes the candidate up when it is
// there again.
func TestACandidateKeepsNobodyFromStarting(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	f := newFleet(t, url, 1)
	f.publish(gate, "gate.c", "1.0.0")
	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	f.typed("plugin", "canary", "gate@2.0.0", "--percent", "50")
	f.replicas[0].Stop(t)
	db, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	var wasm []byte
	must(t, db.QueryRow(t.Context(), "SELECT wasm FROM plugin_versions WHERE version = '2.0.0'").Scan(&wasm))
	_, err = db.Exec(t.Context(), "UPDATE plugin_versions SET wasm = '' WHERE version = '2.0.0'")
	must(t, err)

	host := f.start(url)
	f.replicas[0] = host
	host.Log.WaitLine(t, "candidate left out", "altered in the database")
	if status := f.typed("plugin", "status"); !strings.Contains(status, "the candidate of gate, ") || !strings.Contains(status, "is left out") {
		t.Error("the status does not say so")
	}
	if got := host.Client(t).Get("/health/plugins").Want(200); got.Text("status") != "degraded" {
		t.Errorf("health: %s", got.Body)
	}
	if got := f.signups("canary"); got[0] != 202 {
		t.Errorf("a signup is answered with %d", got[0])
	}
	_, err = db.Exec(t.Context(), "UPDATE plugin_versions SET wasm = $1 WHERE version = '2.0.0'", wasm)
	must(t, err)
	wait(t, "it is taken up", func() bool { return host.Client(t).Get("/health/plugins").Text("status") == "ok" })
}

// TestWhatNobodyPreparedNeverServes: bindings that nobody can serve do not come to serve however
// much of a hurry somebody is in, and replicas start as before.
func TestWhatNobodyPreparedNeverServes(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	f := newFleet(t, url, 1)
	f.publish(gate, "gate.c", "1.0.0")
	f.typed("plugin", "activate", "gate@1.0.0")
	operator := f.replicas[0].Operators(t).With("Usher-Operator: on-call")
	made := operator.Post("/admin/v1/plugins/releases", hosttest.Object{
		"kind": "bind", "now": true, "bindings": []hosttest.Object{{"hook": "message.render", "plugin": "gate"}},
	}).Want(201)
	number := made.Text("number")
	wait(t, "it failed", func() bool { return operator.Get("/admin/v1/plugins/releases/"+number).Text("state") == "failed" })
	if why := operator.Get("/admin/v1/plugins/releases/" + number).Text("failure"); !strings.Contains(why, "does not serve") {
		t.Errorf("it failed because %s", why)
	}
	operator.Post("/admin/v1/plugins/releases/"+number+"/serve", nil).Problem(409, "conflict")
	f.replicas = append(f.replicas, f.start(url))
	at := f.until("both serve", func(r rollout) bool { return len(r.Replicas) == 2 && r.Replicas[1].Serving == r.Serving.Number })
	if at.Serving.Number != 1 {
		t.Errorf("release %d serves", at.Serving.Number)
	}
	operator.Post("/admin/v1/plugins/releases", hosttest.Object{
		"kind": "bind", "bindings": []hosttest.Object{{"hook": "signup.validate", "plugin": "gate", "timeout_ms": 9_223_372_036_854}},
	}).Problem(422, "validation_failed")
}

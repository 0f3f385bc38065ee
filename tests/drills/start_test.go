package drills_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

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

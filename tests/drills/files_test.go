package drills_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/cguest"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestFilesWaitForAReload: what somebody copies over the file of a loaded plugin neither comes to
// serve with a release nor stands in the way of one, least of all of a rollback. What was loaded
// from a file and made way for a version of the registry is kept warm: it comes back without its file.
func TestFilesWaitForAReload(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.New(t), 0)
	wasm, err := plugins.Pack(cguest.Build(t, filepath.Join("testdata", "gate.c")), fmt.Appendf(nil, gate, "1.0.0"))
	must(t, err)
	file := filepath.Join(f.dir, "gate.wasm")
	must(t, os.WriteFile(file, wasm, 0o600))
	settings := f.settings(pgtest.New(t))
	settings["plugins.load"] = fmt.Sprintf(`[{"name": "gate", "file": %q}]`, file)
	f.replicas = append(f.replicas, hosttest.Start(t, hosttest.Options{Command: "serve", Settings: settings}))
	f.publish(doors, "doors.c", "1.0.0")

	must(t, os.WriteFile(file, wasm[:len(wasm)/2], 0o600)) // somebody copies a new one there
	f.typed("plugin", "activate", "doors@1.0.0")
	must(t, os.Remove(file))
	f.typed("plugin", "rollback", "--reason", "drill")

	f.publish(gate, "gate.c", "2.0.0")
	f.typed("plugin", "activate", "gate@2.0.0")
	loaded := len(f.replicas[0].Log.Lines("plugin loaded"))
	f.typed("plugin", "rollback", "--reason", "drill")
	if n := len(f.replicas[0].Log.Lines("plugin loaded")) - loaded; n != 0 {
		t.Errorf("%d modules were compiled for a rollback", n)
	}
	facts, err := plugins.Inspect(wasm)
	must(t, err)
	if status := f.typed("plugin", "status"); !strings.Contains(status, "gate "+facts.Digest[:12]) {
		t.Error("the file's plugin does not serve")
	}
	if r := f.replicas[0].Log.String(); strings.Contains(r, "not prepared") {
		t.Error(r)
	}
}

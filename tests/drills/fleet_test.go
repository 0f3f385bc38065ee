package drills_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/cguest"
	"github.com/usher-id/usher/tests/hosttest"
)

// fleet are replicas on one database, and an operator with a signing key.
type fleet struct {
	t        *testing.T
	dir      string // the operator's
	key      string // file
	root     string // key of all replicas
	replicas []*hosttest.Host
}

// newFleet starts replicas that trust the operator's key and no other.
func newFleet(t *testing.T, url string, replicas int) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir()}
	f.key = filepath.Join(f.dir, "release.key")
	f.local("plugin", "keygen", "-o", f.key)
	var root [32]byte
	_, _ = rand.Read(root[:])
	f.root = base64.StdEncoding.EncodeToString(root[:])
	for range replicas {
		f.replicas = append(f.replicas, f.start(url))
	}
	return f
}

func (f *fleet) start(url string) *hosttest.Host {
	f.t.Helper()
	trusted, err := json.Marshal([]map[string]string{{"file": f.key + ".pub"}})
	must(f.t, err)
	return hosttest.Start(f.t, hosttest.Options{Command: "serve", Settings: map[string]string{
		"database.url":          url,
		"public_url":            "http://127.0.0.1:8080", // in links only, and nobody follows them
		"secrets.keys":          "k1:" + f.root,
		"mail.provider":         "sink",
		"activation.password":   "off",
		"plugins.trust.keys":    string(trusted),
		"log.format":            "json",
		"plugins.max_instances": "4",
	}})
}

// local runs a command that needs no host.
func (f *fleet) local(args ...string) string {
	f.t.Helper()
	r := hosttest.Run(f.t, f.dir, nil, args...)
	if r.Code != 0 {
		f.t.Fatalf("usher %s: %s", strings.Join(args, " "), r.Stderr)
	}
	return r.Stdout
}

// ask runs a command against the first replica, as an operator types it.
func (f *fleet) ask(args ...string) hosttest.Result {
	f.t.Helper()
	args = append(args, "--operator", f.replicas[0].Operator, "--token-file", filepath.Join(f.replicas[0].DataDir, "operator.token"), "--as", "on-call")
	return hosttest.Run(f.t, f.dir, nil, args...)
}

// typed is ask with what is seen printed; it must succeed.
func (f *fleet) typed(args ...string) string {
	f.t.Helper()
	f.t.Logf("$ usher %s", quoted(args))
	began := time.Now()
	r := f.ask(args...)
	f.t.Logf("%s%s(%v)", r.Stdout, r.Stderr, time.Since(began).Round(time.Millisecond))
	if r.Code != 0 {
		f.t.Fatalf("usher %s ended with %d", quoted(args), r.Code)
	}
	return r.Stdout
}

func quoted(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		if words[i] = a; strings.Contains(a, " ") {
			words[i] = fmt.Sprintf("%q", a)
		}
	}
	return strings.Join(words, " ")
}

// The manifests of the guests, but for their versions.
const (
	gate = `{"name": "gate", "version": %q, "hooks": {"signup.validate": {"fields": ["organization_name"]}}, "fixtures": [
		{"name": "lets through", "hook": "signup.validate", "data": {"organization_name": "Acme"}, "want": {"outcome": "continue"}}]}`
	doors = `{"name": "doors", "version": %q, "hooks": {"invitation.validate": {"fields": []}, "activation.validate": {"fields": []}}}`
)

// publish builds a version of a guest from its source, signs it and pushes it.
func (f *fleet) publish(manifest, source, version string) {
	f.t.Helper()
	manifest = fmt.Sprintf(manifest, version)
	wasm, err := plugins.Pack(cguest.Build(f.t, filepath.Join("testdata", source)), []byte(manifest))
	must(f.t, err)
	file := filepath.Join(f.dir, strings.TrimSuffix(source, ".c")+"-"+version+".wasm")
	must(f.t, os.WriteFile(file, wasm, 0o600))
	f.local("plugin", "sign", file, "--key", f.key, "-o", file+".sig")
	f.typed("plugin", "push", file)
}

// rollout is what the operator API says of the ledger.
type rollout struct {
	Serving struct {
		Number    int64
		Kind      string
		Automatic bool
		Reason    string
		Plugins   []struct {
			Name, Version string
			Candidate     *struct{ Version string }
		}
	}
	Preparing *struct{ Number int64 }
	Replicas  []struct {
		Name    string
		Live    bool
		Serving int64
		Swap    struct {
			Release   int64
			ReadUS    int64 `json:"read_us"`
			PrepareUS int64 `json:"prepare_us"`
			FlipUS    int64 `json:"flip_us"`
		}
	}
}

func (f *fleet) rollout() (r rollout) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.replicas[0].Operator+"/admin/v1/plugins/rollout", nil)
	must(f.t, err)
	request.Header.Set("Authorization", "Bearer "+f.replicas[0].OperatorToken(f.t))
	response, err := http.DefaultClient.Do(request)
	must(f.t, err)
	defer func() { _ = response.Body.Close() }()
	must(f.t, json.NewDecoder(response.Body).Decode(&r))
	return r
}

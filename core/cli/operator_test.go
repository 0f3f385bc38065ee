package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// desk plays the operators' listener: it answers each path with a text, and notes what it is asked.
type desk struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newDesk(t *testing.T, answers map[string]string) *desk {
	t.Helper()
	d := &desk{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		d.asked = append(d.asked, fmt.Sprintf("%s %s by %s: %.40s", r.Method, r.URL, r.Header.Get("Usher-Operator"), body))
		d.mu.Unlock()
		answer, known := answers[r.Method+" "+r.URL.String()]
		switch {
		case r.Header.Get("Authorization") != "Bearer the-operator-token":
			w.WriteHeader(http.StatusUnauthorized)
			answer = `{"status":401,"code":"unauthenticated","detail":"This is not the operator token."}`
		case !known:
			w.WriteHeader(http.StatusNotFound)
			answer = `{"status":404,"code":"not_found","detail":"There is nothing at this address."}`
		case strings.HasPrefix(answer, `{"status":4`):
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(d.Close)
	return d
}

func TestOperatorCommands(t *testing.T) {
	t.Parallel()
	digest := strings.Repeat("ab", 32)
	version := `{"digest":"` + digest + `","plugin":"g","version":"1.2.3","hooks":["signup.validate"],"size_bytes":7,"key_id":"k1","status":"quarantined",` +
		`"status_reason":"odd","status_by":"bob","pushed_by":"ann","pushed_at":"2026-05-01T12:00:00Z","later":true}`
	d := newDesk(t, map[string]string{
		"GET /admin/v1/plugins/versions":             `{"data":[` + version + `]}`,
		"GET /admin/v1/plugins/versions?plugin=none": `{"data":[]}`,
		"GET /admin/v1/plugins/versions/g@1.2.3": strings.Replace(version, `"later":true`,
			`"fixtures":1,"manifest":{"name":"g","version":"1.2.3","hooks":{"signup.validate":{"fields":["email"]}},"capabilities":{"kv":{}},"fixtures":[{}]}`, 1),
		"POST /admin/v1/plugins/versions/abababab/revoke": version,
		"POST /admin/v1/plugins/versions/g@1/clear":       `{"status":422,"code":"validation_failed","detail":"Some fields are not valid.","errors":[{"field":"reason","code":"x","message":"Say it shorter."}]}`,
		"POST /admin/v1/plugins/versions/g/quarantine":    `nonsense`,
		"GET /admin/v1/plugins/acts?limit=3":              `{"data":[{"time":"2026-05-01T12:00:00Z","actor":"ann","action":"push","plugin":"g"},{"action":"b"}],"next_cursor":"n"}`,
		"GET /admin/v1/plugins/acts?cursor=n&limit=1":     `{"data":[{"action":"revoke","release":12,"reason":"why not"}],"next_cursor":"m"}`,
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	write(t, filepath.Join(dir, "wrong"), "another-token\n")
	write(t, filepath.Join(dir, "words"), "two words\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"plugin list" + way, 0, []string{"g ", "1.2.3", "abababababab ", "quarantined", "k1", "2026-05-01T12:00:00Z", "ann"}},
		{"plugin list none" + way, 0, []string{"no version", "usher plugin push"}},
		{"plugin list --json" + way, 0, []string{`"later":true`}},
		{"plugin list a b" + way, 2, []string{"one argument at most"}},
		{"plugin inspect g@1.2.3" + way, 0, []string{"g 1.2.3", digest, "quarantined by bob: odd", "signed with the key k1", "signup.validate, given email", "kv:", "fixtures"}},
		{"plugin inspect g@9" + way, 1, []string{"use the same version of both"}},
		{"plugin inspect ./g.wasm" + way, 1, []string{"no such file"}},
		{"plugin inspect nowhere.wasm" + way, 1, []string{"no such file"}},
		{"plugin revoke abababab --as Ann --reason odd" + way, 0, []string{"g 1.2.3 (abababababab) is revoked, for ever."}},
		{"plugin revoke abababab" + way, 2, []string{"needs --reason"}},
		{"plugin revoke" + way, 2, []string{"takes one version"}},
		{"plugin clear g@1 --reason long" + way, 1, []string{"Some fields are not valid.\n  reason: Say it shorter."}},
		{"plugin quarantine g --reason x" + way, 1, []string{"does not understand", "same version"}},
		{"plugin audit --limit 3" + way, 0, []string{"ann", "push", "revoke", "12", "why not"}},
		{"plugin audit --limit 0" + way, 2, []string{"--limit"}},
		{"plugin list --token-file ./wrong --operator " + d.URL, 1, []string{"the token in", "wrong is not that of the host at " + d.URL, "--token-file"}},
		{"plugin list --token-file ./nowhere --operator " + d.URL, 1, []string{"there is no operator token at", "nowhere"}},
		{"plugin list --token-file ./words --operator " + d.URL, 1, []string{"holds no operator token"}},
		{"plugin list --token-file ./token --operator 127.0.0.1:1", 1, []string{"no host answers at http://127.0.0.1:1 (from --operator)", "usher dev"}},
		{"plugin list --data_dir ./none", 1, []string{"there is no operator token at", "none/operator.token"}},
	})
	if said := strings.Join(d.asked, "\n"); !strings.Contains(said, `POST /admin/v1/plugins/versions/abababab/revoke by Ann: {"reason":"odd"}`) {
		t.Errorf("asked:\n%s", said)
	}
}

// The host is found by what it left in its data directory.
func TestOperatorIsFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, map[string]string{"GET /admin/v1/plugins/versions": `{"data":[]}`})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "operator.token"), "the-operator-token\n")
	write(t, filepath.Join(dir, "usher.yaml"), "data_dir: "+dir+"\noperator: {listen: \"127.0.0.1:1\"}\n")
	walk(t, dir, []step{{"plugin list --config ./usher.yaml", 1, []string{"no host answers", "there is no " + filepath.Join(dir, "ready.json")}}})
	write(t, filepath.Join(dir, "ready.json"), `{"http":"x","operator":"`+strings.TrimPrefix(d.URL, "http://")+`","pid":1}`)
	walk(t, dir, []step{
		{"plugin list --data_dir " + dir, 0, []string{"no version"}},
		{"plugin list --config ./usher.yaml", 0, []string{"no version"}},
		{"plugin list --config ./nowhere.yaml", 1, []string{"nowhere.yaml"}},
	})
}

// A module is sent with the signature beside it, unless somebody says otherwise, and not at
// all when it could not serve or the token is wrong.
func TestPush(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	packed(t, at("p.wasm"), guestManifest)
	write(t, at("token"), "the-operator-token")
	write(t, at("wrong"), "another-token")
	write(t, at("bad.sig"), "no JSON")
	answers := map[string]string{
		"GET /admin/v1/plugins/acts?limit=1": `{"data":[]}`,
		"POST /admin/v1/plugins/versions":    `{"digest":"other","plugin":"g","version":"1.2.3"}`,
	}
	d := newDesk(t, answers)
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"plugin push ./p.wasm" + way, 1, []string{"the host kept the digest other"}},
		{"plugin keygen -o ./key", 0, nil},
		{"plugin sign ./p.wasm --key ./key", 0, nil},
		{"plugin push ./p.wasm --unsigned --signature ./p.wasm.sig" + way, 2, []string{"exclude each other"}},
		{"plugin push ./p.wasm --signature ./nowhere.sig" + way, 1, []string{"nowhere.sig"}},
		{"plugin push ./p.wasm --signature ./bad.sig" + way, 1, []string{"bad.sig is no signature", "usher plugin sign"}},
		{"plugin push ./bad.sig" + way, 1, []string{"no core WebAssembly module"}},
		{"plugin push ./p.wasm --token-file ./wrong --operator " + d.URL, 1, []string{"the token in"}},
	})
	if got := strings.Join(d.asked, "\n"); strings.Count(got, "POST") != 1 {
		t.Errorf("sent more than once:\n%s", got)
	}
}

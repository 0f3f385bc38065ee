package operator_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/operator"
)

// shelf is a registry that remembers what it was asked.
// noCalls is that no plugin was called.
func noCalls(context.Context, int64, time.Duration) ([]operator.PluginCall, int64, int64) {
	return nil, 7, 0
}

type shelf struct {
	asked string
	wasm  []byte
	added bool
}

func version() core.PluginVersion {
	return core.PluginVersion{
		Digest: strings.Repeat("ab", 32), Plugin: "p", Version: "1.0.0", Hooks: []string{"signup.validate"}, Size: 3, KeyID: "k", Status: core.VersionGood,
		Manifest: []byte(`{"capabilities":{"kv":{}},"fixtures":[{},{}]}`), Signature: []byte(`{"payload":"x"}`), PushedBy: "ann", PushedAt: time.Unix(0, 0).UTC(),
	}
}

func (s *shelf) Push(_ context.Context, wasm, signature []byte, actor string) (core.PluginVersion, bool, error) {
	s.asked, s.wasm = fmt.Sprintf("push %d bytes with %s by %s", len(wasm), signature, actor), wasm
	return version(), s.added, nil
}

func (s *shelf) List(_ context.Context, plugin string) ([]core.PluginVersion, error) {
	s.asked = "list " + plugin
	return []core.PluginVersion{version()}, nil
}

func (s *shelf) Find(_ context.Context, name string) (core.PluginVersion, error) {
	s.asked = "find " + name
	return version(), nil
}

// Labels knows one version, and remembers how many it was asked for.
func (s *shelf) Labels(_ context.Context, digests []string) (map[string]string, error) {
	s.asked = fmt.Sprintf("%d labels", len(digests))
	return map[string]string{version().Digest: version().Version}, nil
}

func (s *shelf) SetStatus(_ context.Context, name string, to core.VersionStatus, reason, actor string) (core.PluginVersion, error) {
	s.asked = fmt.Sprintf("%s is %s by %s: %s", name, to, actor, reason)
	return version(), nil
}

func (s *shelf) Acts(_ context.Context, limit int, cursor string) (core.Page[core.PluginAct], error) {
	s.asked = fmt.Sprintf("%d acts from %q", limit, cursor)
	return core.Page[core.PluginAct]{Items: []core.PluginAct{{Actor: "ann", Action: "push"}}, NextCursor: "next"}, nil
}

func TestRegistryCalls(t *testing.T) {
	t.Parallel()
	s := &shelf{added: true}
	h := start(t, func(d *operator.Deps) { d.Registry = s })
	const root = "/admin/v1/plugins/"
	for _, row := range []struct {
		method, path, name, body string
		status                   int
		asked, says              string
	}{
		{"GET", "versions", "", "", 200, "list ", `"size_bytes":3`},
		{"GET", "versions?plugin=p", "", "", 200, "list p", `"status":"good"`},
		{"GET", "versions?plugins=p", "", "", 400, "", "unknown_parameter"},
		{"GET", "versions/sha256:abababab", "", "", 200, "find sha256:abababab", `"capabilities":{"kv":{}}`},
		{"GET", "versions/p@1.0.0+x.1", "", "", 200, "find p@1.0.0+x.1", `"signature":{"payload":"x"}`},
		{"POST", "versions", "Ann", `{"wasm":"AAEC"}`, 201, "push 3 bytes with  by Ann", `"digest":"abab`},
		{"POST", "versions", "", `{"wasm":"AAEC","signature":{"a":"b"}}`, 201, `push 3 bytes with {"a":"b"} by operator`, ""},
		{"POST", "versions", "", `{"wasm":"?"}`, 400, "", "must be base64"},
		{"POST", "versions", "", `{}`, 422, "", "required"},
		{"POST", "versions", strings.Repeat("x", 101), `{"wasm":"AAEC"}`, 400, "", "Usher-Operator"},
		{"POST", "versions/p/quarantine", "Jörg", `{"reason":"why"}`, 200, "p is quarantined by Jörg: why", ""},
		{"POST", "versions/abababab/revoke", "", `{"reason":"why"}`, 200, "abababab is revoked by operator: why", ""},
		{"POST", "versions/p/clear", "", `{"reason":"why"}`, 200, "p is good by operator: why", ""},
		{"POST", "versions/p/clear", "\xff", `{"reason":"why"}`, 400, "", "printable"},
		{"POST", "versions/p/clear", "", `{}`, 422, "", "reason"},
		{"POST", "versions/p/bless", "", `{}`, 404, "", ""},
		{"GET", "acts", "", "", 200, `50 acts from ""`, `"next_cursor":"next"`},
		{"GET", "acts?limit=3&cursor=x", "", "", 200, `3 acts from "x"`, ""},
		{"GET", "acts?limit=501", "", "", 400, "", "limit"},
	} {
		s.asked = ""
		status, body, _ := h.send(row.method, root+row.path, token, row.name, row.body)
		if status != row.status || s.asked != row.asked || !strings.Contains(body, row.says) {
			t.Errorf("%s %s: %d, asked %q: %s", row.method, row.path, status, s.asked, body)
		}
	}
	s.added = false
	if status, _, _ := h.send("POST", root+"versions", token, "", `{"wasm":"AAEC"}`); status != 200 {
		t.Errorf("what was there already: %d", status)
	}
}

// Only who has the token may send megabytes, and only where a module is taken.
func TestLongBodies(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	h := start(t, func(d *operator.Deps) { d.Registry = s })
	module := bytes.Repeat([]byte("\x00asm"), 2<<20)
	body := `{"wasm":"` + base64.StdEncoding.EncodeToString(module) + `"}`
	if status, said, _ := h.send("POST", "/admin/v1/plugins/versions", token, "", body); status != 200 || !bytes.Equal(s.wasm, module) {
		t.Errorf("8 MiB: %d %s, %d bytes arrived", status, said, len(s.wasm))
	}
	s.asked = ""
	for _, row := range []struct {
		method, path, bearer string
		length               int
		status               int
		says                 string
	}{
		{"POST", "/admin/v1/plugins/versions", token, 13 << 20, 413, "12288 KiB at most"},
		{"POST", "/admin/v1/plugins/versions", "wrong", 1 << 20, 401, "long body"},
		{"POST", "/admin/v1/plugins/versions", "", 1 << 20, 401, "long body"},
		{"POST", "/admin/v1/plugins/versions", "wrong", 1 << 10, 401, "not the operator token"},
		{"POST", "/admin/v1/plugins/versions?x=1", token, 13 << 20, 413, "12288 KiB at most"},
		{"POST", "/admin/v1/plugins/versions/p/revoke", token, 1 << 20, 413, "64 KiB at most"},
		{"POST", "/admin/v1/config/reload", token, 1 << 20, 413, "64 KiB at most"},
		{"GET", "/admin/v1/plugins/versions", token, 1 << 20, 413, "64 KiB at most"},
	} {
		status, said := h.announce(row.method, row.path, row.bearer, row.length)
		if status != row.status || !strings.Contains(said, row.says) || s.asked != "" {
			t.Errorf("%s %s of %d bytes with %q: %d %s", row.method, row.path, row.length, row.bearer, status, said)
		}
	}
}

// announce sends the header of a request alone when what it announces would be too much, and
// so gets an answer before a byte of the body is sent; a short body is sent.
func (h *host) announce(method, path, bearer string, length int) (status int, body string) {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	must(h.t, err)
	defer func() { _ = conn.Close() }()
	must(h.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	content := ""
	if length <= 64<<10 {
		content = strings.Repeat("x", length)
	}
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, path, bearer, length, content)
	must(h.t, err)
	text, err := io.ReadAll(conn)
	must(h.t, err)
	first, rest, _ := strings.Cut(string(text), "\r\n")
	_, err = fmt.Sscanf(first, "HTTP/1.1 %d", &status)
	must(h.t, err)
	return status, rest
}

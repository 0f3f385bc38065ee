package cli_test

import (
	"path/filepath"
	"testing"
)

func TestStoryCommands(t *testing.T) {
	t.Parallel()
	const head = `{"since":"2026-05-01T12:00:00Z","until":"2026-05-02T12:00:00Z","by":["template"],"groups":`
	d := newDesk(t, map[string]string{
		"GET /admin/v1/invitations/i1/timeline": `{"data":[{"at":"2026-05-01T12:00:00Z","step":"created","detail":{"role":"member","by":"u1"},"trace_id":"abc"},` +
			`{"at":"2026-05-01T12:00:03Z","step":"attempt","detail":{"provider":"smtp","outcome":"temporary: 451"}}]}`,
		"GET /admin/v1/funnel?by=template&since=24h": head + `[{"of":{"template":"native"},"steps":[{"step":"signup_started","count":4,"conversion":null},` +
			`{"step":"tenant_provisioned","count":3,"conversion":0.75,"median_seconds":90,"p90_seconds":7200}]},{"of":{"template":""},"steps":[]}],"truncated":true}`,
		"GET /admin/v1/funnel?since=1h&until=30m": head + `[]}`,
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"invitation timeline i1" + way, 0, []string{"created", "by=u1 role=member", "abc", "outcome=temporary: 451 provider=smtp"}},
		{"invitation timeline" + way, 1, []string{"accepts 1 arg"}},
		{"invitation", 0, []string{"timeline"}},
		{"funnel --by template" + way, 0, []string{"TEMPLATE", "SHARE", "native    signup_started      4", "75.0 %", "2h0m", "fewer dimensions"}},
		{"funnel --since 1h --until 30m" + way, 0, []string{"No run began"}},
	})
}

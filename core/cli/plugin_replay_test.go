package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

const replayDone = `{"id":"7","done":true,"plugin":"g","candidate":{"digest":"bbbbbbbbbbbbbbbb","version":"2.0.0","cost":{"p50_us":12.5,"p99_us":90000,"fuel_mean":1234.4,"memory_bytes":1048576},"failures":{"trap":2}},` +
	`"serving":{"digest":"aaaaaaaaaaaaaaaa","version":"1.0.0","cost":{},"failures":{}},"samples":9,"agreed":4,"changed":2,"not_comparable":{"the candidate asks usher:kv/v1.get for what was not recorded":3},` +
	`"otherwise":1,"lost":{"old-key":5},"stopped":"its time was over","changes":[{"hook":"signup.validate","time":"2026-05-01T12:00:00Z","before":{"outcome":"continue"},` +
	`"after":{"outcome":"deny","errors":[{"field":"email","code":"rival"},{"field":"slug","code":"odd"}]},"members":["outcome","errors"]},` +
	`{"hook":"signup.validate","time":"2026-05-01T12:00:00Z","before":{"outcome":"continue"},"after":{"failure":"trap"},"members":[]}]}`

func TestReplayCommand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, map[string]string{
		"POST /admin/v1/plugins/replay":                               `{"id":"7","done":false}`,
		"GET /admin/v1/plugins/replay/7":                              replayDone,
		"GET /admin/v1/plugins/versions/g@2.0.0/differences?limit=50": `{"data":[{"time":"2026-05-01T12:00:00Z","release":4,"hook":"signup.validate","served":{"outcome":"continue"},"shadowed":{"failure":"trap"},"members":[]}]}`,
		"GET /admin/v1/plugins/versions/g@3.0.0/differences?limit=5":  `{"data":[]}`,
		"GET /admin/v1/plugins/rollout":                               `{"serving":{},"shadows":[{"plugin":"g","version":"2.0.0","digest":"bbbbbbbbbbbbbbbb","calls":9,"agreed":5,"differed":1,"not_comparable":{"a":2,"b":1},"dropped":7}]}`,
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"plugin replay g@2.0.0 --since 90m --limit 7" + way, 0, []string{
			"g 2.0.0 (bbbbbbbbbbbb) against 1.0.0 (aaaaaaaaaaaa), on 9 recorded calls", "because its time was over", "4 verdicts agree, 2 change, 3 cannot be compared",
			"3: the candidate asks usher:kv/v1.get", "On 1 calls what serves answers otherwise", "5: old-key", "12.5µs", "90ms", "1234", "1.0 MiB", "2: trap",
			"deny: email rival, slug odd", "outcome, errors", "failed: trap",
		}},
		{"plugin replay g@2.0.0 --fail-on-change" + way, 1, []string{"2 verdicts change"}},
		{"plugin replay g@2.0.0 --json" + way, 0, []string{`"done":true`}},
		{"plugin replay g@2.0.0 --since 0s" + way, 2, []string{"--since"}},
		{"plugin replay" + way, 2, []string{"takes one version"}},
		{"plugin differences g@2.0.0" + way, 0, []string{"signup.validate", "continue", "failed: trap"}},
		{"plugin differences g@3.0.0 --limit 5" + way, 0, []string{"No difference", "usher plugin shadow g@3.0.0"}},
		{"plugin status" + way, 0, []string{"SHADOW", "g 2.0.0", "DROPPED", "usher plugin differences bbbbbbbbbbbb"}},
	})
	if said := strings.Join(d.asked, "\n"); !strings.Contains(said, `{"version":"g@2.0.0","since_s":5400,"li`) {
		t.Errorf("asked:\n%s", said)
	}
}

package cli_test

import (
	"path/filepath"
	"testing"
)

func TestMailCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t, map[string]string{
		"GET /admin/v1/mail": `{"queue":{"ready":7,"dead":3},"oldest_seconds":7200,"paused":{"at":"2026-05-01T12:00:00Z","by":"ann","reason":"odd"},` +
			`"providers":[{"name":"smtp","up":false,"reason":"refused: 535 5.7.8","since":"2026-05-01T11:00:00Z"},{"name":"relay","up":true}],` +
			`"workers":{"busy":2,"allowed":8,"most":100},"failures":[{"reason":"temporary: 451 4.7.1","provider":"smtp","mails":5}],"failures_seconds":900,` +
			`"paced":[{"domain":"example.com","wait_seconds":40,"bulk_wait_seconds":3600,"paused_until":"2026-05-01T12:05:00Z","reason":"421"}]}`,
		"GET /admin/v1/mail/messages?limit=100&state=dead":         `{"data":[{"message_id":"m1","kind":"invitation","to":"a***@example.com","state":"dead","attempts":25,"reason":"permanent: 550"}],"next_cursor":"n"}`,
		"GET /admin/v1/mail/messages?cursor=n&limit=99&state=dead": `{"data":[{"message_id":"m2","next_try":"2026-05-01T12:00:00Z","trace_id":"abc"}]}`,
		"GET /admin/v1/mail/messages?limit=1&tenant=t":             `{"data":[]}`,
		"POST /admin/v1/mail/requeue":                              `{"requeued":2,"accepted":1,"running":1,"unknown":1,"more":true}`,
		"POST /admin/v1/mail/pause":                                ``,
		"POST /admin/v1/mail/resume":                               ``,
		"POST /admin/v1/mail/test":                                 `{"provider":"smtp","accepted":false,"message_id":"i","class":"refused","stage":"auth","code":"535 5.7.8","seconds":0.01}`,
		"POST /admin/v1/mail/resend":                               `{"data":[{"message_id":"m1","kind":"invitation","to":"a***@example.com"},{"message_id":"m2","failure":"permanent: address"}]}`,
		"GET /admin/v1/acts?limit=50":                              `{"data":[{"time":"2026-05-01T12:00:00Z","actor":"ann","action":"mail_pause","reason":"odd"}]}`,
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"mail status" + way, 0, []string{
			"ready      7", "dead       3", "stuck      0", "promised 2h0m ago", "PAUSED since 2026-05-01T12:00:00Z by ann: odd", "2 busy of 8, at most 100",
			"SHUT", "refused: 535 5.7.8", "relay", "Failures of the last 15m", "temporary: 451 4.7.1", "example.com  40s", "421",
		}},
		{"mail status --json" + way, 0, []string{`"oldest_seconds":7200`}},
		{"mail list --state dead" + way, 0, []string{"m1", "a***@example.com", "25", "permanent: 550", "m2", "2026-05-01T12:00:00Z", "abc"}},
		{"mail list --state lost" + way, 2, []string{"one of ready"}},
		{"mail list --limit 0" + way, 2, []string{"1 or more"}},
		{"mail list --tenant t --limit 1" + way, 0, []string{"There is none."}},
		{"mail requeue --dead --reason r" + way, 0, []string{"2 mails are tried now", "1 were accepted before, and are not sent again", "1 are under way", "no job any more", "Run it again"}},
		{"mail requeue --stuck --dry-run" + way, 0, []string{"2 mails would be tried"}},
		{"mail requeue m1 m2" + way, 0, []string{"2 mails are tried now"}},
		{"mail requeue --stuck --dead" + way, 2, []string{"takes one of"}},
		{"mail requeue m1 --dead" + way, 2, []string{"takes one of"}},
		{"mail requeue" + way, 2, []string{"takes one of"}},
		{"mail pause --reason odd" + way, 0, []string{"usher mail resume"}},
		{"mail pause" + way, 2, []string{"needs --reason"}},
		{"mail resume" + way, 0, []string{"Mails leave again."}},
		{"mail test --to a@example.com" + way, 1, []string{"smtp did not take the mail: refused at auth 535 5.7.8"}},
		{"mail test" + way, 2, []string{"needs --to"}},
		{"mail resend --last 2 --to-sink" + way, 0, []string{"in the sink", "permanent: address", "/sink", "dead text"}},
		{"mail resend --last 2" + way, 2, []string{"needs --to-sink"}},
		{"mail audit" + way, 0, []string{"ann", "mail_pause", "odd"}},
		{"mail nothing" + way, 2, nil},
		{"mail", 0, []string{"usher mail requeue"}},
	})
}

package cli_test

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/cli"
)

func TestEventCommands(t *testing.T) {
	t.Parallel()
	hook := `{"id":"w1","url":"https://app.example.com","types":["activation.PasswordReset"],"status":"enabled","created_at":"2026-05-01T12:00:00Z","secret":"whsec_x"}`
	d := newDesk(t, map[string]string{
		"GET /admin/v1/events/consumers":                            `{"data":[{"name":"event.deliver/crm","lag_seconds":2.5,"parked":3,"dead":1,"holder":"p1"}]}`,
		"GET /admin/v1/events/parked?consumer=c&dead=true&limit=50": `{"data":[{"event_id":"e1","type":"activation.PasswordReset","attempts":15,"dead_at":"2026-05-01T12:00:00Z"}]}`,
		"POST /admin/v1/events/parked/retry":                        `{"events":3}`,
		"POST /admin/v1/events/parked/skip":                         `{"events":1}`,
		"GET /admin/v1/acts?limit=50":                               `{"data":[{"time":"2026-05-01T12:00:00Z","actor":"ann","action":"event_skip","subject":"c e1","reason":"poison"}]}`,
		"GET /admin/v1/events/stream?types=PasswordReset":           "retry: 3000\n\nid: c1\nevent: activation.PasswordReset\ndata: {\"type\":\"activation.PasswordReset\",\"subject\":\"user/1\",\"time\":\"2026-05-01T12:00:00Z\",\"data\":{}}\n\n",
		"GET /admin/v1/webhooks":                                    `{"data":[` + hook + `]}`,
		"POST /admin/v1/webhooks":                                   hook,
		"GET /admin/v1/webhooks/w1":                                 hook,
		"PATCH /admin/v1/webhooks/w1":                               strings.Replace(hook, `"status":"enabled"`, `"status":"disabled","disabled_reason":"operator"`, 1),
		"DELETE /admin/v1/webhooks/w1":                              "",
		"POST /admin/v1/webhooks/w1/rotate":                         hook,
		"POST /admin/v1/webhooks/w1/test":                           `{"status":204,"duration_ms":12}`,
		"POST /admin/v1/webhooks/w2/test":                           `{"status":500,"duration_ms":12,"error":"status"}`,
		"POST /admin/v1/webhooks/w1/replay":                         `{"events":10000,"more":true}`,
		"GET /admin/v1/webhooks/w1/deliveries?limit=50":             `{"data":[{"time":"2026-05-01T12:00:00Z","event_id":"e1","event_type":"webhook.test","status":204,"duration_ms":3}]}`,
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"events consumers" + way, 0, []string{"2.5s"}},
		{"events parked c --dead" + way, 0, []string{"dead since 2026-05-01"}},
		{"events retry c --reason mended" + way, 0, []string{"retry of c: 3"}},
		{"events retry c" + way, 2, []string{"needs --reason"}},
		{"events skip c e1 --reason poison" + way, 0, []string{"skip of c: 1"}},
		{"events skip c --reason poison" + way, 2, []string{"a consumer and an event"}},
		{"events audit" + way, 0, []string{"poison"}},
		{"webhook list" + way, 0, []string{"activation.PasswordReset"}},
		{"webhook add https://app.example.com" + way, 0, []string{"whsec_x"}},
		{"webhook show w1" + way, 0, []string{"https://app.example.com"}},
		{"webhook disable w1" + way, 0, []string{"disabled: operator"}},
		{"webhook enable w1" + way, 0, []string{"w1 is"}},
		{"webhook remove w1" + way, 0, []string{"removed"}},
		{"webhook rotate w1 --overlap 1h" + way, 0, []string{"whsec_x"}},
		{"webhook test w1" + way, 0, []string{"status 204"}},
		{"webhook test w2" + way, 1, []string{"did not take it: status, status 500"}},
		{"webhook replay w1 --since 2026-05-01T12:00:00Z --reason lost" + way, 0, []string{"there are others"}},
		{"webhook replay w1 --reason lost" + way, 2, []string{"either --since or --event"}},
		{"webhook deliveries w1" + way, 0, []string{"webhook.test"}},
		{"webhook show" + way, 2, []string{"an endpoint, by its id"}},
	})
	if said := strings.Join(d.asked, "\n"); !strings.Contains(said, `POST /admin/v1/events/parked/skip by`) {
		t.Errorf("asked:\n%s", said)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := &until{text: "user/1", then: cancel}
	args := []string{"events", "tail", "--types", "PasswordReset", "--token-file", filepath.Join(dir, "token"), "--operator", d.URL}
	if code := cli.Run(ctx, nil, args, told, io.Discard); code != 0 || ctx.Err() == nil {
		t.Errorf("tail ended with %d", code)
	}
}

// until does something when a text was written.
type until struct {
	text string
	then func()
}

func (u *until) Write(b []byte) (int, error) {
	if strings.Contains(string(b), u.text) {
		u.then()
	}
	return len(b), nil
}

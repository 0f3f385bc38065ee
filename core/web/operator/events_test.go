package operator_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/operator"
	"github.com/usher-id/usher/core/webhook"
)

var (
	anEventID = core.ID{0: 1, 6: 0x70, 8: 0x80, 15: 1}
	past      = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	happened  = core.Event{ID: anEventID, Type: core.PasswordReset, AggregateType: "user", AggregateID: anEventID, Version: 1, Time: past}
)

// outbox answers every call about events, and keeps what came last.
type outbox struct {
	filter core.EventFilter
	cursor string
	act    core.EventAct
	none   bool
	closed chan struct{}
}

func (o *outbox) List(_ context.Context, f core.EventFilter, cursor string, _ int) (core.Page[core.Event], error) {
	o.filter, o.cursor = f, cursor
	return core.Page[core.Event]{Items: []core.Event{happened}, NextCursor: "n"}, nil
}

func (o *outbox) Open(_ context.Context, f core.EventFilter, cursor string) (edge.Source, error) {
	o.filter, o.cursor = f, cursor
	return &endless{closed: o.closed}, nil
}

func (o *outbox) Written(e core.Event) ([]byte, error) { return event.Marshal("/", e) }

func (o *outbox) Consumers(context.Context) ([]core.EventConsumer, error) {
	return []core.EventConsumer{{Name: "event.deliver/crm", Since: past, Lag: 2 * time.Second, Parked: 3, Dead: 1}}, nil
}

func (o *outbox) Stuck(context.Context, string, bool, string, int) (core.Page[core.StuckEvent], error) {
	return core.Page[core.StuckEvent]{Items: []core.StuckEvent{{Event: happened, Attempts: 15, ParkedAt: past, NextAt: past, DeadAt: past}}}, nil
}

func (o *outbox) Retry(_ context.Context, a core.EventAct) (int, error) {
	if o.act = a; o.none {
		return 0, nil
	}
	return 2, nil
}

func (o *outbox) Skip(ctx context.Context, a core.EventAct) (int, error) { return o.Retry(ctx, a) }

// endless tells one event and then nothing.
type endless struct {
	told   bool
	closed chan struct{}
}

func (s *endless) Next(ctx context.Context) (id, name string, data []byte, err error) {
	if s.told {
		<-ctx.Done()
		return "", "", nil, ctx.Err()
	}
	s.told = true
	return "c1", "activation.PasswordReset", []byte(`{"id":"1"}`), nil
}

func (s *endless) Close() { close(s.closed) }

type endpoints struct{}

func (endpoints) one(id core.ID) core.Webhook {
	return core.Webhook{ID: id, URL: "https://app.example.com/hooks", Types: []core.EventType{core.PasswordReset}, Version: 1, CreatedAt: past, UpdatedAt: past}
}

func (e endpoints) Add(_ context.Context, c webhook.Caller, url string, types []core.EventType) (core.Webhook, core.Secret, error) {
	return core.Webhook{ID: anEventID, URL: url, Types: types, Version: 1}, core.Secret("whsec_of_" + c.Operator), nil
}

func (e endpoints) Find(_ context.Context, _ webhook.Caller, id core.ID) (core.Webhook, error) {
	return e.one(id), nil
}

func (e endpoints) List(context.Context, webhook.Caller) ([]core.Webhook, error) {
	return []core.Webhook{e.one(anEventID)}, nil
}

func (e endpoints) Change(_ context.Context, _ webhook.Caller, id core.ID, c core.WebhookChange) (core.Webhook, error) {
	w := e.one(id)
	if c.Off != nil && *c.Off != "" {
		w.Disabled, w.DisabledAt = *c.Off, past
	}
	return w, nil
}

func (e endpoints) Rotate(_ context.Context, _ webhook.Caller, id core.ID, overlap time.Duration) (core.Webhook, core.Secret, error) {
	w := e.one(id)
	w.PreviousUntil = past.Add(overlap)
	return w, "whsec_new", nil
}
func (e endpoints) Remove(context.Context, webhook.Caller, core.ID) error { return nil }
func (e endpoints) Attempts(context.Context, webhook.Caller, core.ID, int64, int) ([]core.WebhookAttempt, error) {
	return []core.WebhookAttempt{{Number: 3, EventID: anEventID, EventType: "activation.PasswordReset", Attempt: 2, Time: past, Status: 500, Error: "status"}}, nil
}

func (e endpoints) Test(_ context.Context, _ webhook.Caller, id core.ID) (core.WebhookAttempt, error) {
	return core.WebhookAttempt{WebhookID: id, EventID: id, EventType: webhook.TestType, Time: past, Status: 204}, nil
}

func (e endpoints) Replay(context.Context, webhook.Caller, core.ID, core.EventReplay, string) (int, bool, error) {
	return 7, true, nil
}

func TestEventCalls(t *testing.T) {
	t.Parallel()
	box := &outbox{closed: make(chan struct{})}
	h := start(t, func(d *operator.Deps) { d.Events = box })
	hook := "/admin/v1/webhooks/" + anEventID.String()
	for _, row := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/admin/v1/events?types=PasswordReset,activation.SignupStarted&tenant=" + anEventID.String() + "&since=2026-11-01T00:00:00Z&cursor=c", "", 200, `"type":"activation.PasswordReset"`},
		{"GET", "/admin/v1/events?types=Nonsense", "", 400, "types"},
		{"GET", "/admin/v1/events?tenant=x", "", 400, "tenant"},
		{"GET", "/admin/v1/events?since=yesterday", "", 400, "since"},
		{"GET", "/admin/v1/events/consumers", "", 200, `"dead":1`},
		{"GET", "/admin/v1/events/parked?consumer=event.deliver/crm&dead=true", "", 200, `"dead_at"`},
		{"GET", "/admin/v1/events/parked", "", 400, "consumer"},
		{"POST", "/admin/v1/events/parked/retry", `{"consumer":"c","reason":"mended"}`, 200, `"events":2`},
		{"POST", "/admin/v1/events/parked/retry", `{"consumer":"c","reason":""}`, 422, "reason"},
		{"POST", "/admin/v1/events/parked/skip", `{"consumer":"c","reason":"poison"}`, 422, "event_id"},
		{"POST", "/admin/v1/events/parked/skip", `{"consumer":"c","reason":"poison","event_id":"` + anEventID.String() + `"}`, 200, `"events":2`},
		{"GET", "/admin/v1/webhooks", "", 200, `"status":"enabled"`},
		{"POST", "/admin/v1/webhooks", `{"url":"https://app.example.com"}`, 201, `"secret":"whsec_of_ann"`},
		{"GET", hook, "", 200, `"types":["activation.PasswordReset"]`},
		{"GET", "/admin/v1/webhooks/none", "", 404, "not_found"},
		{"PATCH", hook, `{"enabled":false}`, 200, `"disabled_reason":"operator"`},
		{"POST", hook + "/rotate", `{"overlap_seconds":3600}`, 200, `"secret":"whsec_new"`},
		{"POST", hook + "/rotate", `{"overlap_seconds":-1}`, 422, "overlap_seconds"},
		{"POST", hook + "/test", "", 200, `"status":204`},
		{"POST", hook + "/replay", `{"since":"2026-11-01T00:00:00Z","reason":"lost"}`, 202, `"more":true`},
		{"POST", hook + "/replay", `{"since":"2026-11-01T00:00:00Z","reason":""}`, 422, "reason"},
		{"GET", hook + "/deliveries?limit=5", "", 200, `"error":"status"`},
		{"DELETE", hook, "", 204, ""},
	} {
		if status, body, _ := h.send(row.method, row.path, token, "ann", row.body); status != row.status || !strings.Contains(body, row.says) {
			t.Errorf("%s %s: %d %.300s", row.method, row.path, status, body)
		}
		if status, _, _ := h.send(row.method, row.path, "wrong", "ann", row.body); status != 401 {
			t.Errorf("%s %s without the token: %d", row.method, row.path, status)
		}
	}
	if len(box.filter.Types) != 2 || box.filter.TenantID != anEventID || box.cursor != "c" || box.act.Actor != "ann" || box.act.Action != core.ActEventSkip {
		t.Errorf("asked for %+v after %q, acted %+v", box.filter, box.cursor, box.act)
	}
	box.none = true
	if status, _, _ := h.send("POST", "/admin/v1/events/parked/retry", token, "", `{"consumer":"c","reason":"x"}`); status != 404 {
		t.Errorf("nothing was parked: %d", status)
	}
}

// A stream begins where its reader was, keeps the line busy, and ends with the listener.
func TestEventStream(t *testing.T) {
	t.Parallel()
	box := &outbox{closed: make(chan struct{})}
	h := start(t, func(d *operator.Deps) { d.Events = box })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/admin/v1/events/stream", nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Last-Event-ID", "c0")
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" || box.cursor != "c0" {
		t.Fatalf("%d %v after %q", response.StatusCode, response.Header, box.cursor)
	}
	lines := bufio.NewScanner(response.Body)
	var got []string
	for lines.Scan() {
		if got = append(got, lines.Text()); strings.HasPrefix(lines.Text(), ":") {
			break
		}
	}
	if text := strings.Join(got, "\n"); text != "retry: 3000\n\nid: c1\nevent: activation.PasswordReset\ndata: {\"id\":\"1\"}\n\n: nothing new" {
		t.Errorf("told %q", text)
	}
	h.stop()
	if lines.Scan(); lines.Scan() || lines.Err() != nil {
		t.Errorf("after the shutdown: %q, %v", lines.Text(), lines.Err())
	}
	<-box.closed
}

package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
)

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// line logs one line and gives it back.
func line(t *testing.T, write func(*slog.Logger)) map[string]any {
	t.Helper()
	var b bytes.Buffer
	log, err := telemetry.NewLogger(&b, telemetry.LogConfig{Level: slog.LevelDebug})
	if err != nil {
		t.Fatal(err)
	}
	write(log)
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	return got
}

func TestJSONLine(t *testing.T) {
	t.Parallel()
	ctx := signal.Extract(signal.WithRequest(t.Context(), "r1", false), traceparent)
	got := line(t, func(l *slog.Logger) {
		edge := ctx
		signal.WithTenant(ctx, "t1") // found out further in
		l.InfoContext(edge, "request done", "status", 200, "token", core.Secret("hunter2"))
	})
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request done", "status": 200.0, "token": "[redacted]",
		"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
		"request_id": "r1", "tenant_id": "t1",
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if ts, err := time.Parse(time.RFC3339Nano, got["ts"].(string)); err != nil || ts.Location() != time.UTC {
		t.Errorf("ts = %v (%v)", got["ts"], err)
	}
	if _, there := got["synthetic"]; there {
		t.Error("real traffic is called synthetic")
	}
}

func TestLineBelowGroupsAndAttributes(t *testing.T) {
	t.Parallel()
	ctx := signal.WithTenant(signal.WithRequest(t.Context(), "r1", true), "t1")
	got := line(t, func(l *slog.Logger) {
		l.With("part", "mail").WithGroup("smtp").With("host", "h").WithGroup("reply").InfoContext(ctx, "sent", "code", 250)
	})
	if got["tenant_id"] != "t1" || got["synthetic"] != true || got["part"] != "mail" {
		t.Errorf("not at the top: %v", got)
	}
	smtp, _ := got["smtp"].(map[string]any)
	reply, _ := smtp["reply"].(map[string]any)
	if smtp["host"] != "h" || reply["code"] != 250.0 {
		t.Errorf("groups are lost: %v", got)
	}
}

func TestLineBreaksCannotForgeALine(t *testing.T) {
	t.Parallel()
	got := line(t, func(l *slog.Logger) { l.Info("m", "name", "x\n{\"level\":\"ERROR\"}") })
	if !strings.Contains(got["name"].(string), "\n") {
		t.Errorf("name = %q", got["name"])
	}
}

func TestTextForATerminal(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log, err := telemetry.NewLogger(&b, telemetry.LogConfig{Format: telemetry.Text})
	if err != nil {
		t.Fatal(err)
	}
	log.InfoContext(signal.WithTenant(t.Context(), "t1"), "hello there")
	for _, want := range []string{"ts=", "level=INFO", `msg="hello there"`, "tenant_id=t1"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %q", want, b.String())
		}
	}
}

func TestLevelChangesWhileItRuns(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	level := new(slog.LevelVar)
	log, err := telemetry.NewLogger(&b, telemetry.LogConfig{Level: level})
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("unheard")
	level.Set(slog.LevelDebug)
	log.Debug("heard")
	if strings.Contains(b.String(), "unheard") || !strings.Contains(b.String(), "heard") {
		t.Errorf("log: %s", b.String())
	}
}

func TestUnknownFormat(t *testing.T) {
	t.Parallel()
	if _, err := telemetry.NewLogger(&bytes.Buffer{}, telemetry.LogConfig{Format: "xml"}); err == nil {
		t.Error("no error")
	}
}

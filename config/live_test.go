package config_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
)

// host is a live configuration with what an operator sees of it.
type host struct {
	*config.Live
	path    string
	tel     *telemetry.Telemetry
	refused refusals
}

// refusals is a log that hands on each line about a reload that was refused.
type refusals chan string

func (r refusals) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "not reloaded") {
		r <- string(b)
	}
	return len(b), nil
}

func newHost(t *testing.T, path string, environ ...string) host {
	t.Helper()
	refused := make(refusals, 100)
	log := slog.New(slog.NewTextHandler(refused, nil))
	tel, err := telemetry.Start(t.Context(), telemetry.Deps{Log: log}, telemetry.Config{})
	if err != nil {
		t.Fatal(err)
	}
	signals, err := signal.New(tel.Meter())
	if err != nil {
		t.Fatal(err)
	}
	s := config.Sources{File: path, Environ: environ}
	live, err := config.NewLive(config.LiveDeps{Log: log, Signals: signals, Clock: core.SystemClock{}}, s, load(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return host{live, path, tel, refused}
}

func (h host) edit(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile(h.path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// metrics scrapes the lines of usher_config.
func (h host) metrics(t *testing.T) string {
	t.Helper()
	res := httptest.NewRecorder()
	h.tel.Handler().ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	var ours []string
	for line := range strings.Lines(res.Body.String()) {
		if strings.HasPrefix(line, "usher_config_") {
			ours = append(ours, line)
		}
	}
	return strings.Join(ours, "")
}

func TestReload(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, "activation: {token_ttl: 2h}"))
	before := h.Current()
	h.edit(t, "activation: {token_ttl: 3h}\nmail: {workers: 9}")
	change, err := h.Reload(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if change.Generation != 2 || len(change.Applied) != 1 || change.Applied[0].Key != "activation.token_ttl" {
		t.Errorf("change %+v", change)
	}
	if len(change.Restart) != 1 || change.Restart[0].Key != "mail.workers" || change.Restart[0].New != "9" {
		t.Errorf("needs a restart: %+v", change.Restart)
	}
	now := h.Current()
	if now.Activation.TokenTTL != 3*time.Hour || now.Mail.Workers != 100 {
		t.Errorf("in force: ttl %v, workers %d", now.Activation.TokenTTL, now.Mail.Workers)
	}
	if before.Activation.TokenTTL != 2*time.Hour {
		t.Error("a configuration was changed after it was loaded")
	}
	if got := h.metrics(t); !strings.Contains(got, "usher_config_generation 2\n") {
		t.Errorf("metrics:\n%s", got)
	}
	if s := h.Status(); !s.Healthy || s.Generation != 2 || len(s.Restart) != 1 || s.File != h.path {
		t.Errorf("status %+v", s)
	}
}

// A part that came to run something else is asked again by a reload of the same file, and shows
// until it is well.
func TestReloadOfAPartThatIsBehind(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, "log: {level: warn}"))
	var behind error
	asked, refuses := 0, errors.New("the database is away")
	h.Follow("part", func(context.Context, *config.Config, *config.Config) (config.Prepared, error) {
		asked++
		return config.Prepared{Commit: func() { behind = nil }}, refuses
	}, func() error { return behind })
	if _, err := h.Reload(t.Context()); err != nil || asked != 0 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	behind = errors.New("two changes at once")
	if s := h.Status(); s.Healthy || !strings.Contains(s.Problem, "part: two changes at once") {
		t.Errorf("status %+v", s)
	}
	if _, err := h.Reload(t.Context()); err == nil || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	refuses = nil
	if change, err := h.Reload(t.Context()); err != nil || asked != 2 || change.Generation != 1 || h.Generation() != 1 {
		t.Errorf("asked %d times: %+v, %v", asked, change, err)
	}
	if s := h.Status(); !s.Healthy || s.Problem != "" {
		t.Errorf("status %+v", s)
	}
}

func TestReloadWithoutADifference(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, "log: {level: warn}"))
	h.Subscribe("part", func(context.Context, *config.Config, *config.Config) (config.Prepared, error) {
		t.Error("asked about nothing")
		return config.Prepared{}, nil
	})
	h.edit(t, "# another way to say it\nlog:\n  level: warn\n")
	change, err := h.Reload(t.Context())
	if err != nil || change.Generation != 1 || len(change.Applied)+len(change.Restart) != 0 {
		t.Errorf("change %+v, %v", change, err)
	}
}

func TestRestartNoticeGoesWhenTheFileGoesBack(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, "mail: {workers: 2}"))
	for _, row := range []struct {
		file    string
		restart int
	}{{"mail: {workers: 3}", 1}, {"mail: {workers: 2}", 0}} {
		h.edit(t, row.file)
		if change, err := h.Reload(t.Context()); err != nil || len(change.Restart) != row.restart {
			t.Errorf("%s: %+v, %v", row.file, change, err)
		}
	}
}

func TestBadFileKeepsTheLastGood(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"unknown key": "activation: {token_ttl: 5h}\nactivaton: {}\nnope: 1",
		"bad value":   "activation: {token_ttl: soon}",
		"cut off":     "activation: {token_",
		"not UTF-8":   "activation: \xff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, write(t, "activation: {token_ttl: 2h}"))
			h.edit(t, content)
			if _, err := h.Reload(t.Context()); err == nil {
				t.Fatal("no error")
			}
			if h.Current().Activation.TokenTTL != 2*time.Hour || h.Generation() != 1 {
				t.Error("something was applied")
			}
			if got := h.metrics(t); !strings.Contains(got, "usher_config_last_reload_successful 0\n") {
				t.Errorf("metrics:\n%s", got)
			}
			if s := h.Status(); s.Healthy || s.Problem == "" || s.Generation != 1 {
				t.Errorf("status %+v", s)
			}
			h.edit(t, "activation: {token_ttl: 4h}")
			if _, err := h.Reload(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := h.Status(); !s.Healthy || s.Problem != "" || h.Current().Activation.TokenTTL != 4*time.Hour {
				t.Errorf("no recovery: %+v", s)
			}
		})
	}
}

func TestTwoPhases(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, "log: {level: info}"))
	var steps []string
	part := func(name string) config.Prepare {
		return func(_ context.Context, old, next *config.Config) (config.Prepared, error) {
			steps = append(steps, fmt.Sprintf("prepare %s %v→%v", name, old.Log.Level, next.Log.Level))
			return config.Prepared{
				Commit: func() { steps = append(steps, fmt.Sprintf("commit %s at %v", name, h.Current().Log.Level)) },
				Abort:  func() { steps = append(steps, "abort "+name) },
			}, nil
		}
	}
	h.Subscribe("a", part("a"))
	h.Subscribe("b", part("b"))
	veto := h.Subscribe("c", func(context.Context, *config.Config, *config.Config) (config.Prepared, error) {
		return config.Prepared{}, errors.New("not now")
	})

	h.edit(t, "log: {level: warn}")
	_, err := h.Reload(t.Context())
	if err == nil || !strings.Contains(err.Error(), "c refuses the new configuration: not now") {
		t.Errorf("error %v", err)
	}
	if h.Current().Log.Level != slog.LevelInfo {
		t.Error("a veto did not hold")
	}
	veto()
	if _, err := h.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "prepare a INFO→WARN; prepare b INFO→WARN; abort b; abort a; " +
		"prepare a INFO→WARN; prepare b INFO→WARN; commit a at WARN; commit b at WARN"
	if got := strings.Join(steps, "; "); got != want {
		t.Errorf("steps\n%s\nwant\n%s", got, want)
	}
}

func TestReadersDuringReloads(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, "activation: {reset_ttl: 1h, sign_in_ttl: 1h}"))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if a := h.Current().Activation; a.ResetTTL != a.SignInTTL {
						t.Errorf("half a configuration: %v and %v", a.ResetTTL, a.SignInTTL)
						return
					}
				}
			}
		})
	}
	for i := range 20 {
		h.edit(t, fmt.Sprintf("activation: {reset_ttl: %dm, sign_in_ttl: %dm}", i+1, i+1))
		if _, err := h.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
	if h.Generation() != 21 {
		t.Errorf("generation %d", h.Generation())
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	path := write(t, "public_url: https://id.example.com\nsecrets: {keys: [\""+keyA+"\"]}\ndatabase: {url: \"postgres://h/d\"}")
	s := config.Sources{File: path}
	h := host{path: path}
	var err error
	h.Live, err = config.NewLive(config.LiveDeps{
		Log: slog.New(slog.DiscardHandler), Signals: signal.Nop(), Clock: core.SystemClock{}, Accept: config.ServeRequirements,
	}, s, load(t, s))
	if err != nil {
		t.Fatal(err)
	}
	h.edit(t, "log: {level: warn}")
	if _, err := h.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "secrets.keys: is required") {
		t.Errorf("error %v", err)
	}
}

func TestNewLiveNeedsItsParts(t *testing.T) {
	t.Parallel()
	if _, err := config.NewLive(config.LiveDeps{}, config.Sources{}, nil); err == nil {
		t.Error("no error")
	}
}

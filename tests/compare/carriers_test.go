package compare_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	jsonv2 "github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/project"
	"github.com/usher-id/usher/tests/cguest"
)

const hook = hostapi.HookSignupValidate

// native is a call without a border: JSON in, the rules, JSON out.
func native(_ context.Context, data []byte) (verdict, error) {
	_, v, err := check(data)
	return v, err
}

func inC(t testing.TB) []byte { return cguest.Build(t, "../../plugins/testdata/c/validator.c") }

// example builds the example of a language, which is written as an author writes one.
func example(t testing.TB, language string) []byte {
	t.Helper()
	p, err := project.Open("../../examples/plugins/company-domain/" + language)
	if err == nil {
		err = p.Build(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(p.Module())
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func inGo(t testing.TB) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "guest.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, "../../plugins/bundled/company-domain")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// usher asks a guest through the engine as the server does.
func usher(t testing.TB, wasm []byte) func(context.Context, []byte) (verdict, error) {
	return usherWith(t, plugins.Source{Wasm: wasm}, "")
}

// usherWith asks for a tenant, or for none.
func usherWith(t testing.TB, source plugins.Source, tenant string) func(context.Context, []byte) (verdict, error) {
	t.Helper()
	source.Name, source.Limits = "company-domain", hostapi.Limits{WallMS: 2000}
	e, err := plugins.New(plugins.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")}, plugins.Config{})
	if err == nil {
		err = e.Load(t.Context(), []plugins.Source{source})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	return func(ctx context.Context, data []byte) (v verdict, err error) {
		_, err = e.Call(ctx, plugins.Call{Hook: hook, RunID: "run", TenantID: tenant, Data: data, Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			err := jsonv2.Unmarshal(output, &v, jsonv2.RejectUnknownMembers(true))
			return v.Outcome, err
		}})
		return v, err
	}
}

// serveWebhook is set in the environment of the webhook's process.
const serveWebhook = "USHER_COMPARE_WEBHOOK"

// webhook serves the rules on loopback, says where, and ends with its input.
func webhook(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	s := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err == nil {
			data, _, err = check(data)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data)
	})}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = s.Close()
	}()
	if err := s.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// overHTTP asks the webhook over one kept connection.
func overHTTP(t testing.TB) func(context.Context, []byte) (verdict, error) {
	t.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serveWebhook+"=1")
	server.Stderr = os.Stderr
	in, _ := server.StdinPipe()
	out, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = server.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}}
	t.Cleanup(client.CloseIdleConnections)
	url := "http://" + strings.TrimSpace(address)
	return func(ctx context.Context, data []byte) (v verdict, err error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
		if err != nil {
			return v, err
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(r)
		if err != nil {
			return v, err
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err == nil {
			err = json.Unmarshal(b, &v)
		}
		return v, err
	}
}

// inExtism asks the same C in one instance that Extism's SDK keeps, with its time limit on.
func inExtism(t testing.TB) func(context.Context, []byte) (verdict, error) {
	t.Helper()
	p, err := extism.NewPlugin(t.Context(), extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: cguest.Build(t, "testdata/extism.c")}}, Timeout: 2000,
	}, extism.PluginConfig{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	var envelope []byte
	return func(ctx context.Context, data []byte) (v verdict, err error) {
		envelope = append(append(append(envelope[:0], `{"abi":"usher/v1","hook":"signup.validate","call_id":"0","run_id":"run","config":{},"data":`...), data...), '}')
		code, output, err := p.CallWithContext(ctx, "validate", envelope)
		if err == nil && code != 0 {
			err = fmt.Errorf("the guest gave %d", code)
		}
		if err == nil {
			err = jsonv2.Unmarshal(output, &v, jsonv2.RejectUnknownMembers(true))
		}
		return v, err
	}
}

package app_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/app"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const keeperManifest = `{"name":"keeper","version":"1.0.0","hooks":{"signup.validate":{"fields":[]}},"capabilities":{"kv":{}}}`

// keeper builds the guest that counts in its own entries.
func keeper(t *testing.T) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "keeper.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, "./testdata/keeper")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the guest: %v\n%s", err, said)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	body := append(binary.AppendUvarint(nil, uint64(len(hostapi.ManifestSection))), hostapi.ManifestSection+keeperManifest...)
	return append(binary.AppendUvarint(append(wasm, 0), uint64(len(body))), body...)
}

// Two plugins keep what they know of two tenants apart, in the database: another engine,
// as after a restart, finds it again.
func TestPluginsKeepEntries(t *testing.T) {
	t.Parallel()
	s, wasm := storetest.Open(t), keeper(t)
	tenants := []string{core.NewID(time.Now()).String(), core.NewID(time.Now()).String(), ""}
	for start := range 2 {
		engine, err := plugins.New(plugins.Deps{
			Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer(""), KV: app.PluginKV(s),
		}, plugins.Config{LoadTimeout: 5 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = engine.Close(context.Background()) })
		for i, name := range []string{"first", "second"} {
			source := plugins.Source{Name: name, Wasm: wasm, Grants: plugins.Grants{KV: true}, Limits: hostapi.Limits{WallMS: 10_000}}
			if err := engine.Load(t.Context(), []plugins.Source{source}); err != nil {
				t.Fatal(err)
			}
			for j, tenant := range tenants {
				for asked := range i + j + 1 {
					answer, err := engine.Call(t.Context(), plugins.Call{Hook: hostapi.HookSignupValidate, TenantID: tenant, Data: []byte("{}")})
					want := fmt.Sprintf(`{"status":"0","asked":"%d"}`, start*(i+j+1)+asked+1)
					if err != nil || !strings.Contains(string(answer.Output), want) {
						t.Errorf("%s in %q: %s, %v, want %s", name, tenant, answer.Output, err, want)
					}
				}
			}
		}
	}
}

// The store's quota is the contract's, and an id that is none opens no namespace.
func TestPluginQuota(t *testing.T) {
	t.Parallel()
	kv := app.PluginKV(storetest.Open(t))
	n := host.Namespace{Plugin: "p"}
	for i := range hostapi.MaxKVBytes/hostapi.MaxKVValue + 1 {
		kept, err := kv.Put(t.Context(), n, fmt.Sprint(i), strings.Repeat("v", hostapi.MaxKVValue), time.Hour)
		if want := i < hostapi.MaxKVBytes/hostapi.MaxKVValue; err != nil || kept != want {
			t.Errorf("entry %d: %v, %v", i, kept, err)
		}
	}
	n.Tenant = "no-id"
	if _, _, _, err := kv.Get(t.Context(), n, "0"); err == nil {
		t.Error("read in a tenant that has no id")
	}
	if _, err := kv.Put(t.Context(), n, "k", "v", time.Hour); err == nil {
		t.Error("kept in a tenant that has no id")
	}
	if err := kv.Delete(t.Context(), n, "k"); err == nil {
		t.Error("deleted in a tenant that has no id")
	}
}

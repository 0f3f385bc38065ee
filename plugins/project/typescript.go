package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
	"github.com/usher-id/usher/plugins/project/quickjs"
)

// typescriptSDK gives the sources that a plugin and its tests import.
func typescriptSDK(source fs.FS) (map[string][]byte, error) {
	return pick(source, "sdk/typescript", "", func(name string) bool { return strings.HasSuffix(name, ".ts") })
}

// buildTypeScript bundles plugin.ts, or plugin.js, and freezes it with the engine; no program of the machine takes part. The tests
// are bundled too, so that any Node runs them.
func buildTypeScript(ctx context.Context, to target) error {
	dir, err := filepath.Abs(to.dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return err
	}
	wanted, err := manifest.Parse(text)
	if err != nil {
		return err
	}
	b, err := bundlePlugin(dir)
	if err != nil {
		return err
	}
	if b.warnings != "" {
		_, _ = fmt.Fprintln(to.said, b.warnings)
	}
	if err := b.checkRequests(dir, wanted.Requests); err != nil {
		return err
	}
	loaded, err := quickjs.Load(ctx, b.script())
	if thrown, ok := errors.AsType[*quickjs.Exception](err); ok {
		return fmt.Errorf("%s%s", b.places.first(thrown.Stack), thrown.Message)
	}
	if err != nil {
		return err
	}
	hooks, err := b.checkHooks(loaded.Facts, wanted.Hooks)
	if err != nil {
		return err
	}
	wasm, err := loaded.Module(hooks, b.functions())
	if err != nil {
		return err
	}
	if err := bundleTests(dir); err != nil {
		return err
	}
	return os.WriteFile(to.module, wasm, 0o644)
}

// checkHooks compares the hooks that serve was given with those of the manifest.
func (b *bundle) checkHooks(facts string, wanted map[hostapi.Hook]hostapi.HookNeeds) ([]hostapi.Hook, error) {
	var said struct {
		Hooks  []hostapi.Hook `json:"hooks"`
		Origin string         `json:"origin"`
	}
	if err := json.Unmarshal([]byte(facts), &said); err != nil {
		return nil, fmt.Errorf("%s: its default export is not what serve gives", b.entry)
	}
	at := b.places.first(said.Origin)
	if at == "" {
		at = b.entry + ":1:1: "
	}
	var problems []error
	for _, h := range said.Hooks {
		if _, named := wanted[h]; !named {
			problems = append(problems, fmt.Errorf("%sserve has a handler for %s, which %s does not name: "+
				"add it below \"hooks\" with the fields that it needs, or take the handler out", at, h, manifestFile))
		}
	}
	for _, h := range hostapi.Hooks() {
		if _, named := wanted[h]; named && !slices.Contains(said.Hooks, h) {
			problems = append(problems, fmt.Errorf("%sserve has no handler for %s, which %s names: add one, or take the hook out of the manifest",
				at, h, manifestFile))
		}
	}
	return said.Hooks, errors.Join(problems...)
}

// checkRequests refuses a capability that the bundle uses and the manifest does not ask for.
func (b *bundle) checkRequests(dir string, r hostapi.Requests) error {
	asked := map[string]struct {
		has    bool
		member string
	}{
		hostapi.ModuleHTTP:      {r.HTTP != nil, `"http": {"origins": ["https://…"]}`},
		hostapi.ModuleKV:        {r.KV != nil, `"kv": {}`},
		hostapi.ModuleSecret:    {len(r.Secrets) > 0, `"secrets": ["…"]`},
		hostapi.ModuleTelemetry: {r.Telemetry != nil, `"telemetry": {"metrics": […]}`},
	}
	for _, name := range b.functions() {
		module := name[:strings.LastIndexByte(name, '.')]
		if a := asked[module]; !a.has {
			file := strings.TrimSuffix(strings.TrimPrefix(module, "usher:"), "/v1")
			return fmt.Errorf("%sit uses %s, and %s does not ask for that capability: add %s below \"capabilities\"",
				b.importing(dir, file), name, manifestFile, a.member)
		}
	}
	return nil
}

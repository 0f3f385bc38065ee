package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// versionOf is a version with bytes that no other test of the database has.
func versionOf(plugin, version string, wasm []byte) core.PluginVersion {
	sum := sha256.Sum256(wasm)
	return core.PluginVersion{
		Digest: hex.EncodeToString(sum[:]), Plugin: plugin, Version: version, Hooks: []string{"signup.validate", `a "quoted", hook`},
		Size: len(wasm), Manifest: []byte(`{"name": "p"}`), PushedBy: "ann", Status: core.VersionGood,
	}
}

func addVersion(t *testing.T, s *store.Store, plugin, version string, wasm []byte) core.PluginVersion {
	t.Helper()
	kept, added, err := s.AddPluginVersion(t.Context(), versionOf(plugin, version, wasm), wasm)
	if err != nil || !added {
		t.Fatalf("%s %s: %v, %v", plugin, version, added, err)
	}
	return kept
}

func TestPluginVersions(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	wasm := bytes.Repeat([]byte("\x00asm\xff'?$1"), 100_000) // near a megabyte of what SQL would trip over
	first := addVersion(t, s, "p", "1.0.0", wasm)
	if first.PushedAt.IsZero() || !first.StatusAt.IsZero() || first.Size != len(wasm) || len(first.Hooks) != 2 || first.Signature != nil {
		t.Errorf("kept %+v", first)
	}
	got, v, found, err := s.PluginModule(t.Context(), first.Digest)
	if err != nil || !found || !bytes.Equal(got, wasm) || fmt.Sprint(v) != fmt.Sprint(first) {
		t.Errorf("read %d bytes of %+v: %v, %v", len(got), v, found, err)
	}
	again, added, err := s.AddPluginVersion(t.Context(), versionOf("p", "1.0.0", wasm), wasm)
	if err != nil || added || fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("the same again: %+v, %v, %v", again, added, err)
	}
	_, _, err = s.AddPluginVersion(t.Context(), versionOf("p", "1.0.0", []byte("other")), []byte("other"))
	other := versionOf("p", "1.0.0", []byte("other")).Digest
	if core.CodeOf(err) != core.Conflict || !strings.Contains(err.Error(), first.Digest) || !strings.Contains(err.Error(), other) || !strings.Contains(err.Error(), "raise the version") {
		t.Errorf("other bytes under the same name: %v", err)
	}
	second, third := addVersion(t, s, "p", "2.0.0", []byte("two")), addVersion(t, s, "q", "1.0.0", []byte("three"))
	for plugin, want := range map[string]string{"": third.Digest + second.Digest + first.Digest, "p": second.Digest + first.Digest, "r": ""} {
		list, err := s.PluginVersions(t.Context(), plugin)
		has := ""
		for _, v := range list {
			has += v.Digest
		}
		if err != nil || has != want {
			t.Errorf("the list of %q: %v, %v", plugin, list, err)
		}
	}
	for prefix, want := range map[string]int{first.Digest: 1, first.Digest[:8]: 1, "%": 0, "": 2} {
		if list, err := s.PluginVersionsByDigest(t.Context(), prefix, 2); err != nil || len(list) != want {
			t.Errorf("by %q: %d, %v", prefix, len(list), err)
		}
	}
	if _, _, found, err := s.PluginModule(t.Context(), other); err != nil || found {
		t.Errorf("a module that is not there: %v, %v", found, err)
	}
}

// What JSON allows and the database does not is the author's to mend.
func TestPluginManifestThatCannotBeKept(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	for _, manifest := range []string{`{"a": "\u0000"}`, `{"a": 1e999999}`} {
		v := versionOf("p", "1.0.0", []byte("w"))
		v.Manifest = []byte(manifest)
		if _, _, err := s.AddPluginVersion(t.Context(), v, []byte("w")); core.CodeOf(err) != core.ValidationFailed || !strings.Contains(err.Error(), "manifest") {
			t.Errorf("%s: %v", manifest, err)
		}
	}
}

func TestPluginVersionByName(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	old, next := addVersion(t, s, "p", "1.0.0", []byte("1")), addVersion(t, s, "p", "2.0.0", []byte("2"))
	find := func(version, want string) {
		t.Helper()
		v, found, err := s.PluginVersionNamed(t.Context(), "p", version)
		if err != nil || found != (want != "") || v.Digest != want {
			t.Errorf("p@%s: %+v, %v, %v", version, v, found, err)
		}
	}
	find("1.0.0", old.Digest)
	find("3.0.0", "")
	find("", next.Digest)
	setStatus(t, s, next, core.VersionQuarantined)
	find("", old.Digest)
	find("2.0.0", next.Digest)
	setStatus(t, s, old, core.VersionRevoked)
	find("", next.Digest)
}

func setStatus(t *testing.T, s *store.Store, v core.PluginVersion, to core.VersionStatus) {
	t.Helper()
	from := v.Status
	v.Status, v.Reason, v.StatusBy = to, "a 'reason'", "bob"
	kept, done, err := s.SetPluginStatus(t.Context(), v, from, core.PluginAct{Actor: "bob", Action: string(to), Plugin: v.Plugin, Digest: v.Digest, Reason: v.Reason})
	if err != nil || !done || kept.Status != to || kept.Reason != v.Reason || kept.StatusBy != "bob" || kept.StatusAt.IsZero() {
		t.Fatalf("%s: %+v, %v, %v", to, kept, done, err)
	}
}

// Each change has its act, and what changed nothing has none.
func TestPluginActs(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	v := addVersion(t, s, "p", "1.0.0", []byte("1"))
	if _, _, err := s.AddPluginVersion(t.Context(), v, []byte("1")); err != nil {
		t.Fatal(err)
	}
	setStatus(t, s, v, core.VersionQuarantined)
	late := v
	late.Status = core.VersionRevoked
	if kept, done, err := s.SetPluginStatus(t.Context(), late, core.VersionGood, core.PluginAct{Action: "never"}); err != nil || done || kept.Status != core.VersionQuarantined {
		t.Errorf("from a status that it no longer has: %+v, %v, %v", kept, done, err)
	}
	for _, step := range []struct {
		was, signature string
		done           bool
	}{
		{"", `{"payload": "1"}`, true},
		{"", `{"payload": "2"}`, false},
		{`{"payload":"1"}`, `{"payload": "2"}`, true},
	} {
		signed := v
		signed.Signature, signed.KeyID = []byte(step.signature), "k"
		done, err := s.SignPluginVersion(t.Context(), signed, []byte(step.was), core.PluginAct{Actor: "ann", Action: "sign", Digest: v.Digest})
		if err != nil || done != step.done {
			t.Errorf("%s in the place of %q: %v, %v", step.signature, step.was, done, err)
		}
	}
	if _, kept, _, err := s.PluginModule(t.Context(), v.Digest); err != nil || string(kept.Signature) != `{"payload": "2"}` || kept.KeyID != "k" {
		t.Errorf("signed: %s, %v", kept.Signature, err)
	}
	var all []string
	cursor := ""
	for {
		page, err := s.PluginActs(t.Context(), cursor, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			all = append(all, a.Actor+" "+a.Action)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if got := strings.Join(all, ", "); got != "ann sign, ann sign, bob quarantined, ann push" {
		t.Errorf("the acts are %s", got)
	}
	if _, err := s.PluginActs(t.Context(), "nonsense", 3); core.CodeOf(err) != core.ValidationFailed {
		t.Errorf("a cursor of no page: %v", err)
	}
}

// Replicas hear of a status at once, and of nothing when none was set.
func TestPluginStatusIsTold(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s, replica := storetest.OpenAt(t, url), storetest.OpenAt(t, url)
	v := addVersion(t, s, "p", "1.0.0", []byte("1"))
	heard := make(chan struct{}, 10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- replica.ListenPlugins(ctx, func(core.PluginNews) { heard <- struct{}{} })
	}()
	<-heard // it begins
	setStatus(t, s, v, core.VersionQuarantined)
	select {
	case <-heard:
	case err := <-ended:
		t.Fatal(err)
	}
	stop()
	if err := <-ended; err == nil {
		t.Error("a listener that was stopped does not say so")
	}
}

// Of many that push other bytes under one name, one has it; of many that push the same, one adds it.
func TestPluginVersionsRace(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	replicas := []*store.Store{storetest.OpenAt(t, url), storetest.OpenAt(t, url)}
	var added, refused, there atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			wasm := []byte{byte(i / 4)} // four modules, each four times
			_, new, err := replicas[i%2].AddPluginVersion(t.Context(), versionOf("p", "1.0.0", wasm), wasm)
			switch {
			case core.CodeOf(err) == core.Conflict:
				refused.Add(1)
			case err != nil:
				t.Error(err)
			case new:
				added.Add(1)
			default:
				there.Add(1)
			}
		})
	}
	all.Wait()
	if added.Load() != 1 || there.Load() != 3 || refused.Load() != 12 {
		t.Errorf("added %d, there already %d, refused %d", added.Load(), there.Load(), refused.Load())
	}
	if n := count(t, url, "SELECT count(*) FROM plugin_acts"); n != 1 {
		t.Errorf("%d acts", n)
	}
}

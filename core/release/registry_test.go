package release_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

// registry is a registry on a database of its own, whose judge and trust a test sets. A module
// is the text "plugin version more", and its signature the JSON text of the key that made it.
type registry struct {
	*release.Registry
	t      *testing.T
	url    string
	keys   []string
	trust  release.Trust
	judged [][]byte
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, url: pgtest.New(t), keys: []string{"old", "new"}}
	var err error
	r.Registry, err = release.NewRegistry(release.RegistryDeps{
		Store: storetest.OpenAt(t, r.url), Judge: r, Clock: core.SystemClock{}, Trust: func() release.Trust { return r.trust },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Judge implements [release.Judge].
func (r *registry) Judge(wasm, signature []byte, _ time.Time) (release.Module, error) {
	r.judged = append(r.judged, wasm)
	words := strings.Fields(string(wasm))
	m := release.Module{Digest: digestOf(wasm), Plugin: words[0], Version: words[1], Hooks: []string{"signup.validate"}, Manifest: []byte(`{}`)}
	if len(signature) == 0 {
		return m, nil
	}
	if m.KeyID = strings.Trim(string(signature), `"`); !slices.Contains(r.keys, m.KeyID) {
		return m, core.E(core.ValidationFailed, "The key "+m.KeyID+" is not trusted.")
	}
	return m, nil
}

func digestOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

func (r *registry) push(module, key string) (core.PluginVersion, bool, error) {
	var signature []byte
	if key != "" {
		signature = []byte(`"` + key + `"`)
	}
	return r.Push(r.t.Context(), []byte(module), signature, "ann")
}

func (r *registry) mustPush(module, key string) core.PluginVersion {
	r.t.Helper()
	v, _, err := r.push(module, key)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *registry) set(v core.PluginVersion, to core.VersionStatus) error {
	_, err := r.SetStatus(r.t.Context(), v.Digest, to, "because", "bob")
	return err
}

// sql changes the database behind the registry's back.
func (r *registry) sql(text string, args ...any) {
	r.t.Helper()
	db, err := pgx.Connect(r.t.Context(), r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if tag, err := db.Exec(r.t.Context(), text, args...); err != nil || tag.RowsAffected() == 0 {
		r.t.Fatalf("%s: %s, %v", text, tag, err)
	}
}

func (r *registry) acts() string {
	r.t.Helper()
	page, err := r.Acts(r.t.Context(), 100, "")
	if err != nil {
		r.t.Fatal(err)
	}
	var all []string
	for _, a := range page.Items {
		all = append(all, a.Actor+" "+a.Action)
	}
	return strings.Join(all, ", ")
}

// says checks the code of an error and its words for the caller.
func says(t *testing.T, what string, err error, code core.Code, words ...string) {
	t.Helper()
	if core.CodeOf(err) != code {
		t.Errorf("%s: %v, want %q", what, err, code)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q is not said: %v", what, word, err)
		}
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	_, _, err := r.push("p 1.0.0", "")
	says(t, "unsigned", err, core.ValidationFailed, "p 1.0.0", "not signed", "usher plugin sign", "plugins.trust.unsigned")
	_, _, err = r.push("p 1.0.0", "stranger's")
	says(t, "a stranger's key", err, core.ValidationFailed, "stranger's")
	if got := r.acts(); got != "" {
		t.Errorf("what was refused left %s", got)
	}
	v, added, err := r.push("p 1.0.0", "old")
	if err != nil || !added || v.Digest != digestOf([]byte("p 1.0.0")) || v.KeyID != "old" || v.PushedBy != "ann" || v.Size != 7 || v.Status != core.VersionGood {
		t.Errorf("%+v, %v, %v", v, added, err)
	}
	again, added, err := r.push("p 1.0.0", "new")
	if err != nil || added || fmt.Sprint(again) != fmt.Sprint(v) {
		t.Errorf("the same again, with another good signature: %+v, %v, %v", again, added, err)
	}
	_, _, err = r.push("p 1.0.0 other", "old")
	says(t, "other bytes", err, core.Conflict, v.Digest, digestOf([]byte("p 1.0.0 other")), "raise the version")
	if got := r.acts(); got != "ann push" {
		t.Errorf("the acts are %s", got)
	}
}

// A signature takes the place of none, and of one that is worth nothing any more.
func TestSignLater(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.trust.Unsigned = true
	v := r.mustPush("p 1.0.0", "")
	r.trust.Unsigned = false
	_, _, err := r.Fetch(t.Context(), v.Digest)
	says(t, "once unsigned ones are refused", err, core.ValidationFailed, "not signed")
	for _, row := range []struct{ key, want string }{{"old", "old"}, {"new", "old"}} {
		if v := r.mustPush("p 1.0.0", row.key); v.KeyID != row.want {
			t.Errorf("signed with %s, it has %s", row.key, v.KeyID)
		}
	}
	r.keys = []string{"new"} // the old key is taken away
	_, _, err = r.Fetch(t.Context(), v.Digest)
	says(t, "signed with a key that is gone", err, core.ValidationFailed, "old")
	if v := r.mustPush("p 1.0.0", "new"); v.KeyID != "new" {
		t.Errorf("signed again, it has %s", v.KeyID)
	}
	if _, v, err := r.Fetch(t.Context(), v.Digest); err != nil || v.KeyID != "new" {
		t.Errorf("signed again: %+v, %v", v, err)
	}
	if got := r.acts(); got != "ann sign, ann sign, ann push" {
		t.Errorf("the acts are %s", got)
	}
}

// Whatever was changed in the database since it was pushed, a version does not serve with it.
func TestFetchAfterTampering(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		sql  string
		code core.Code
		says []string
	}{
		"a byte":          {"UPDATE plugin_versions SET wasm = set_byte(wasm, 0, 33) WHERE digest = $1", core.Internal, []string{"altered", "hash to"}},
		"a byte more":     {"UPDATE plugin_versions SET wasm = wasm || '\\x00' WHERE digest = $1", core.Internal, []string{"altered", "hash to"}},
		"the name":        {"UPDATE plugin_versions SET plugin = 'q' WHERE digest = $1", core.Internal, []string{"altered", "p 1.0.0"}},
		"the version":     {"UPDATE plugin_versions SET version = '9.0.0' WHERE digest = $1", core.Internal, []string{"altered", "p 1.0.0"}},
		"the signature":   {`UPDATE plugin_versions SET signature = '"stranger"' WHERE digest = $1`, core.ValidationFailed, []string{"stranger"}},
		"none any more":   {"UPDATE plugin_versions SET signature = NULL WHERE digest = $1", core.ValidationFailed, []string{"not signed"}},
		"another's bytes": {"UPDATE plugin_versions SET wasm = (SELECT wasm FROM plugin_versions WHERE digest <> $1) WHERE digest = $1", core.Internal, []string{"altered"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			v := r.mustPush("p 1.0.0", "old")
			r.mustPush("other 1.0.0", "old")
			if wasm, got, err := r.Fetch(t.Context(), v.Digest); err != nil || string(wasm) != "p 1.0.0" || got.Digest != v.Digest {
				t.Fatalf("before: %s, %+v, %v", wasm, got, err)
			}
			r.sql(row.sql, v.Digest)
			wasm, _, err := r.Fetch(t.Context(), v.Digest)
			says(t, name, err, row.code, row.says...)
			if wasm != nil {
				t.Error("bytes are handed out all the same")
			}
		})
	}
}

// The bytes that are given were judged themselves, not read a second time.
func TestFetchGivesWhatWasJudged(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	v := r.mustPush("p 1.0.0", "old")
	for range 2 { // nothing is remembered from the time before
		r.judged = nil
		wasm, _, err := r.Fetch(t.Context(), v.Digest)
		if err != nil || len(r.judged) != 1 || &r.judged[0][0] != &wasm[0] {
			t.Errorf("judged %d times, %v", len(r.judged), err)
		}
	}
	_, _, err := r.Fetch(t.Context(), digestOf([]byte("nothing")))
	says(t, "what was never pushed", err, core.NotFound)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	v := r.mustPush("p 1.0.0", "old")
	fetch := func() error { _, _, err := r.Fetch(t.Context(), v.Digest); return err }
	for _, step := range []struct {
		to    core.VersionStatus
		code  core.Code
		fetch core.Code
	}{
		{core.VersionGood, "", ""}, // as it is
		{core.VersionQuarantined, "", core.Conflict},
		{core.VersionQuarantined, "", core.Conflict},
		{core.VersionGood, "", ""},
		{core.VersionQuarantined, "", core.Conflict},
		{core.VersionRevoked, "", core.Conflict},
		{core.VersionRevoked, "", core.Conflict},
		{core.VersionGood, core.Conflict, core.Conflict},
		{core.VersionQuarantined, core.Conflict, core.Conflict},
	} {
		says(t, "to "+string(step.to), r.set(v, step.to), step.code)
		says(t, "fetch when "+string(step.to), fetch(), step.fetch)
	}
	says(t, "revoked", fetch(), core.Conflict, "p 1.0.0", "revoked: because", "never comes back")
	_, _, err := r.push("p 1.0.0", "new")
	says(t, "the same bytes again", err, core.Conflict, "never comes back")
	if got := r.acts(); got != "bob revoke, bob quarantine, bob clear, bob quarantine, ann push" {
		t.Errorf("the acts are %s", got)
	}
	for name, reason := range map[string]string{"none": " ", "two lines": "a\nb", "long": strings.Repeat("x", 501), "no text": "\xff"} {
		_, err := r.SetStatus(t.Context(), v.Digest, core.VersionQuarantined, reason, "bob")
		says(t, "the reason is "+name, err, core.ValidationFailed, "reason")
	}
}

// What the configuration revokes is revoked, whatever the database says.
func TestRevokedByConfiguration(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	v := r.mustPush("p 1.0.0", "old")
	r.trust.Revoked = []string{v.Digest}
	_, _, err := r.Fetch(t.Context(), v.Digest)
	says(t, "fetch", err, core.Conflict, "plugins.trust.revoked")
	_, _, err = r.push("p 1.0.0", "old")
	says(t, "push", err, core.Conflict, "plugins.trust.revoked")
	says(t, "clear", r.set(v, core.VersionGood), core.Conflict, "plugins.trust.revoked")
	list, err := r.List(t.Context(), "p")
	if err != nil || list[0].Status != core.VersionRevoked {
		t.Errorf("listed as %+v, %v", list, err)
	}
	says(t, "revoke in the database too", r.set(v, core.VersionRevoked), "")
	r.trust.Revoked = nil
	_, _, err = r.Fetch(t.Context(), v.Digest)
	says(t, "taken out of the configuration", err, core.Conflict, "because")
}

func TestFind(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	first, second := r.mustPush("p 1.0.0", "old"), r.mustPush("p 2.0.0", "old")
	hexadecimal := r.mustPush("deadbeef 1.0.0", "old")
	for name, want := range map[string]core.PluginVersion{
		first.Digest: first, "sha256:" + first.Digest: first, first.Digest[:8]: first, "p@1.0.0": first, "p": second, "deadbeef": hexadecimal,
	} {
		if v, err := r.Find(t.Context(), name); err != nil || v.Digest != want.Digest {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	for _, name := range []string{first.Digest[:7], "p@3.0.0", "q", "", "sha256:p", strings.ToUpper(first.Digest), strings.Repeat("%", 1000), "00000000"} {
		_, err := r.Find(t.Context(), name)
		says(t, name, err, core.NotFound, "usher plugin list")
	}
	r.sql("INSERT INTO plugin_versions (digest, plugin, version, hooks, manifest, wasm, pushed_by) VALUES ($1, 'z', '1', '{}', '{}', '', '')",
		first.Digest[:60]+"0000")
	_, err := r.Find(t.Context(), first.Digest[:10])
	says(t, "two", err, core.Conflict, "more digits", "z 1", "p 1.0.0")
}

// Of operators who disagree at once, one after the other has his way, and revoked stays.
func TestStatusRace(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	v := r.mustPush("p 1.0.0", "old")
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			to := []core.VersionStatus{core.VersionQuarantined, core.VersionGood, core.VersionRevoked}[i%3]
			if err := r.set(v, to); err != nil && core.CodeOf(err) != core.Conflict {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if v, err := r.Find(t.Context(), v.Digest); err != nil || v.Status != core.VersionRevoked {
		t.Errorf("%+v, %v", v, err)
	}
	if got := r.acts(); !strings.HasPrefix(got, "bob revoke") || strings.Count(got, "revoke") != 1 {
		t.Errorf("the acts are %s", got)
	}
}

func TestPartsAreRequired(t *testing.T) {
	t.Parallel()
	if _, err := release.NewRegistry(release.RegistryDeps{}); err == nil {
		t.Error("a registry without parts")
	}
}

// TestWhatServesIsNotStopped before something else serves in its place; what is only tried is.
func TestWhatServesIsNotStopped(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	v, w := r.mustPush("gate 1.0.0", "new"), r.mustPush("gate 2.0.0", "new")
	s := storetest.OpenAt(t, r.url)
	l := ledger(t, s, shelf{v.Digest: v, w.Digest: w})
	for _, c := range []release.Change{
		{Kind: core.ReleaseActivate, Version: v.Digest}, {Kind: core.ReleaseCanary, Version: w.Digest, Percent: 10},
	} {
		serve(t, l, s, c)
	}
	for _, to := range []core.VersionStatus{core.VersionQuarantined, core.VersionRevoked} {
		says(t, string(to), r.set(v, to), core.Conflict, "serves in release 2", "usher plugin rollback", "usher plugin withdraw gate")
	}
	must(t, r.set(w, core.VersionQuarantined))
	must(t, r.set(v, core.VersionGood))
	x := r.mustPush("gate 3.0.0", "new")
	serve(t, l, s, release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate"})
	coming, err := ledger(t, s, shelf{v.Digest: v, x.Digest: x}).Make(t.Context(), release.Change{Kind: core.ReleaseActivate, Version: x.Digest, Actor: "ada"})
	must(t, err)
	must(t, r.set(x, core.VersionRevoked))
	coming, err = l.Find(t.Context(), coming.Number)
	if err != nil || coming.State != core.ReleaseFailed || !strings.Contains(coming.Failure, "gate 3.0.0") || !strings.Contains(coming.Failure, "revoked by bob: because") {
		t.Errorf("a release with a version that is revoked: %+v, %v", coming, err)
	}
	_, err = l.Make(t.Context(), release.Change{Kind: core.ReleaseRollback, Reason: "bad", To: at(0), Actor: "ada"})
	must(t, err)
	must(t, r.set(v, core.VersionRevoked))
}

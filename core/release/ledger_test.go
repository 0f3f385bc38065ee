package release_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/storetest"
)

// shelf are versions by their digest, as a registry gives them.
type shelf map[string]core.PluginVersion

// numbered is a digest that can be told by its first letter.
func numbered(letter string) string { return strings.Repeat(letter, 64) }

func versions() shelf {
	s := shelf{}
	for letter, version := range map[string]string{"a": "1.0.0", "b": "1.1.0", "c": "2.0.0"} {
		s[numbered(letter)] = core.PluginVersion{Digest: numbered(letter), Plugin: "gate", Version: version, Status: core.VersionGood}
	}
	s[numbered("d")] = core.PluginVersion{Digest: numbered("d"), Plugin: "greedy", Version: "1.0.0", Status: core.VersionGood}
	s[numbered("e")] = core.PluginVersion{Digest: numbered("e"), Plugin: "gate", Version: "3.0.0", Status: core.VersionRevoked}
	return s
}

func (s shelf) Find(_ context.Context, name string) (core.PluginVersion, error) {
	for _, v := range s {
		if v.Digest == name || v.Plugin+"@"+v.Version == name {
			return v, nil
		}
	}
	return core.PluginVersion{}, core.E(core.NotFound, "There is no such version.").Because("unknown_version")
}

func (s shelf) Labels(_ context.Context, digests []string) (map[string]string, error) {
	labels := map[string]string{}
	for _, digest := range digests {
		labels[digest] = s[digest].Version
	}
	return labels, nil
}

func (s shelf) Fetch(_ context.Context, digest string) ([]byte, core.PluginVersion, error) {
	v := s[digest]
	if v.Status != core.VersionGood {
		return nil, v, core.E(core.Conflict, "It is revoked.").Because("version_revoked")
	}
	return []byte("\x00asm"), v, nil
}

func ledger(t *testing.T, s *store.Store, v shelf, gate ...string) *release.Ledger {
	t.Helper()
	l, err := release.NewLedger(release.LedgerDeps{
		Store: s, Versions: v,
		Lacks: func(v core.PluginVersion) []string {
			if v.Plugin == "greedy" {
				return []string{"grants.kv: true"}
			}
			return nil
		},
		Bindable: func(list []core.ReleasedBinding, _ core.ReleaseContent) (wrong []core.FieldError) {
			for _, b := range list {
				if b.Hook != "signup.validate" {
					wrong = append(wrong, core.FieldError{Field: "bindings[0].hook", Message: "There is no such hook."})
				}
			}
			return wrong
		},
		Gate: func(context.Context, core.PluginRelease, core.ReleasedPlugin) ([]string, error) { return gate, nil },
	})
	must(t, err)
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func at(n int64) *int64 { return &n }

// TestLedger follows one plugin through its life: each step changes what it says and nothing
// else, and each refusal changes nothing and says what to do.
func TestLedger(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	l := ledger(t, s, versions())
	now := func(c release.Change) release.Change { c.Now = true; return c }
	for _, step := range []struct {
		name   string
		change release.Change
		reason string // of the refusal; empty when it is made
		says   string
		now    string // what serves and what is tried afterwards
	}{
		{"nothing to go back to", release.Change{Kind: core.ReleaseRollback, Reason: "x"}, "nothing_released", "no release", ""},
		{"nothing to try against", release.Change{Kind: core.ReleaseCanary, Version: "gate@1.0.0", Percent: 10}, "nothing_serves", "Activate", ""},
		{"unknown", release.Change{Kind: core.ReleaseActivate, Version: "gate@9.9.9"}, "unknown_version", "", ""},
		{"held", release.Change{Kind: core.ReleaseActivate, Version: "greedy@1.0.0"}, "not_granted", "grants.kv: true", ""},
		{"revoked", release.Change{Kind: core.ReleaseActivate, Version: "gate@3.0.0"}, "version_revoked", "", ""},
		{"no kind", release.Change{Kind: "deploy"}, "", "made to activate", ""},
		{"activate", now(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"}), "", "", "b"},
		{"again", release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"}, "serves_already", "", "b"},
		{"downgrade", release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"}, "downgrade", "usher plugin rollback", "b"},
		{"downgrade by canary", release.Change{Kind: core.ReleaseCanary, Version: "gate@1.0.0", Percent: 5}, "downgrade", "", "b"},
		{"too much", release.Change{Kind: core.ReleaseCanary, Version: "gate@2.0.0", Percent: 101}, "", "from 0.01 to 100", "b"},
		{"too little for anybody", release.Change{Kind: core.ReleaseCanary, Version: "gate@2.0.0", Percent: 0.001}, "", "from 0.01 to 100", "b"},
		{"a reason that no terminal shows", release.Change{Kind: core.ReleaseShadow, Version: "gate@2.0.0", Reason: "a\x00b\x1b[2J"}, "", "printable", "b"},
		{"nothing tried", release.Change{Kind: core.ReleasePromote, Plugin: "gate"}, "nothing_tried", "", "b"},
		{"shadow", now(release.Change{Kind: core.ReleaseShadow, Version: "gate@2.0.0"}), "", "", "b+c"},
		{"another beside it", release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"}, "serves_already", "", "b+c"},
		{"canary of it", now(release.Change{Kind: core.ReleaseCanary, Plugin: "gate", Percent: 10}), "", "", "b+c"},
		{"stale", release.Change{Kind: core.ReleasePromote, Plugin: "gate", Expect: at(2)}, "release_conflict", "newest release is 3", "b+c"},
		{"promote", now(release.Change{Kind: core.ReleasePromote, Plugin: "gate", Expect: at(3)}), "", "", "c"},
		{"rollback without a reason", release.Change{Kind: core.ReleaseRollback}, "", "Say why", "c"},
		{"rollback to the canary", release.Change{Kind: core.ReleaseRollback, Reason: "bad"}, "", "", "b+c"},
		{"rollback again goes further back", release.Change{Kind: core.ReleaseRollback, Reason: "bad"}, "", "", "b+c"},
		{"and further", release.Change{Kind: core.ReleaseRollback, Reason: "bad"}, "", "", "b"},
		{"to one that serves", release.Change{Kind: core.ReleaseRollback, Reason: "bad", To: at(7)}, "serves_already", "", "b"},
		{"to one that is not there", release.Change{Kind: core.ReleaseRollback, Reason: "bad", To: at(70)}, "", "no release 70", "b"},
		{"to before the first", release.Change{Kind: core.ReleaseRollback, Reason: "bad", To: at(0)}, "", "", ""},
		{"nothing is before that", release.Change{Kind: core.ReleaseRollback, Reason: "bad"}, "nothing_before", "", ""},
		{"back again", now(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"}), "", "", "a"},
		{"bind to no hook", release.Change{Kind: core.ReleaseBind, Bindings: []core.ReleasedBinding{{Hook: "x", Plugin: "gate"}}}, "", "no such hook", "a"},
		{"bind", now(release.Change{Kind: core.ReleaseBind, Bindings: []core.ReleasedBinding{{Hook: "signup.validate", Plugin: "gate"}}}), "", "", "a"},
		{"take away what is bound", release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate", Reason: "unused"}, "bound", "bindings[0]", "a"},
		{"bind as configured", now(release.Change{Kind: core.ReleaseBind}), "", "", "a"},
		{"take it away without a reason", release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate"}, "", "say why", "a"},
		{"take it away", now(release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate", Reason: "unused"}), "", "", ""},
		{"newer than what served", now(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"}), "", "", "b"},
		{"take that away", now(release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate", Reason: "unused"}), "", "", ""},
		{"downgrade of what was taken away", release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"}, "downgrade", "older than 1.1.0", ""},
		{"as a rollback", release.Change{Kind: core.ReleaseRollback, Reason: "bad", To: at(9)}, "", "", "a"},
		{"away once more", now(release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate", Reason: "unused"}), "", "", ""},
		{"what was rolled back to", now(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"}), "", "", "a"},
	} {
		step.change.Actor = "ada"
		toldOf := backTo(t, l)
		made, err := l.Make(t.Context(), step.change)
		if c := step.change; c.Kind == core.ReleaseRollback && c.To == nil && c.Reason != "" {
			if want := (told{made.Restores, core.ReasonOf(err)}); toldOf != want {
				t.Errorf("%s: told %+v, done %+v", step.name, toldOf, want)
			}
		}
		if err == nil && step.change.Now {
			storetest.Serve(t, s, made)
		}
		refused := step.reason != "" || step.says != ""
		if (err != nil) != refused {
			t.Fatalf("%s: %v", step.name, err)
		}
		if refused && (step.reason != "" && core.ReasonOf(err) != step.reason || !strings.Contains(words(err), step.says)) {
			t.Errorf("%s: %q, %s", step.name, core.ReasonOf(err), words(err))
		}
		if is := standing(t, l); is != step.now {
			t.Fatalf("%s: now %q, want %q", step.name, is, step.now)
		}
	}
}

// serve makes a release that serves.
func serve(t *testing.T, l *release.Ledger, s *store.Store, c release.Change) {
	t.Helper()
	c.Actor = "ada"
	made, err := l.Make(t.Context(), c)
	must(t, err)
	storetest.Serve(t, s, made)
}

// told is where a rollback goes, or why it goes nowhere.
type told struct {
	number int64
	reason string
}

func backTo(t *testing.T, l *release.Ledger) told {
	t.Helper()
	at, _, err := l.Standing(t.Context())
	must(t, err)
	to, err := l.BackTo(t.Context(), at)
	return told{to.Number, core.ReasonOf(err)}
}

// words are all that somebody is told of an error.
func words(err error) string {
	told, ok := errors.AsType[*core.Error](err)
	if !ok {
		return ""
	}
	text := told.Say
	for _, f := range told.Fields {
		text += " " + f.Message
	}
	return text
}

// standing writes the first letters of what serves and what is tried.
func standing(t *testing.T, l *release.Ledger) string {
	t.Helper()
	at, _, err := l.Standing(t.Context())
	must(t, err)
	text := ""
	for _, p := range at.Serving.Content.Plugins {
		if text += p.Digest[:1]; p.Candidate != nil {
			text += "+" + p.Candidate.Digest[:1]
		}
	}
	return text
}

// TestTwoOperatorsAtOnce: of any number of changes made from the same release one is taken, and
// the others are told.
func TestTwoOperatorsAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	l := ledger(t, s, versions())
	serve(t, l, s, release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"})
	const operators = 4
	for _, now := range []bool{false, true} {
		results := make(chan error, operators)
		for range operators {
			go func() {
				_, err := l.Make(t.Context(), release.Change{
					Kind: core.ReleaseShadow, Version: "gate@2.0.0", Actor: "ada", Now: now, Expect: newest(t, l),
				})
				results <- err
			}()
		}
		made := 0
		for range operators {
			switch err := <-results; core.ReasonOf(err) {
			case "":
				must(t, err)
				made++
			case "release_conflict", "release_preparing":
			default:
				t.Errorf("%v", err)
			}
		}
		if made == 0 {
			t.Error("nobody got through")
		}
		history, err := l.List(t.Context(), 0, 100)
		must(t, err)
		for i, r := range history {
			if want := int64(len(history) - i); r.Number != want {
				t.Errorf("release %d has the number %d", want, r.Number)
			}
		}
		if n := len(slices.DeleteFunc(history, func(r core.PluginRelease) bool { return r.State != core.ReleaseServing })); n != 1 {
			t.Errorf("%d releases serve", n)
		}
	}
}

func newest(t *testing.T, l *release.Ledger) *int64 {
	at, _, err := l.Standing(t.Context())
	if err != nil {
		t.Error(err)
	}
	return &at.Newest
}

// TestGate: what was found of a candidate stands against its promotion, unless somebody says why not.
func TestGate(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	l := ledger(t, s, versions(), "p99 grew from 40 µs to 4 ms")
	for _, c := range []release.Change{
		{Kind: core.ReleaseActivate, Version: "gate@1.0.0"}, {Kind: core.ReleaseCanary, Version: "gate@2.0.0", Percent: 50},
	} {
		serve(t, l, s, c)
	}
	promote := release.Change{Kind: core.ReleasePromote, Plugin: "gate", Actor: "ada"}
	if _, err := l.Make(t.Context(), promote); core.ReasonOf(err) != "regression" || !strings.Contains(words(err), "4 ms") {
		t.Errorf("%v", err)
	}
	same := release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0", Actor: "ada"}
	if _, err := l.Make(t.Context(), same); core.ReasonOf(err) != "regression" {
		t.Errorf("activated: %v", err)
	}
	promote.Force = true
	if _, err := l.Make(t.Context(), promote); !strings.Contains(words(err), "Say why") {
		t.Errorf("%v", err)
	}
	promote.Reason = "the new rules are worth it"
	_, err := l.Make(t.Context(), promote)
	must(t, err)
}

// TestWhatCannotComeBack: a rollback leaves out what was only tried and is barred since, and is
// refused with what to do where the release could not serve.
func TestWhatCannotComeBack(t *testing.T) {
	t.Parallel()
	s, stock := storetest.Open(t), versions()
	l := ledger(t, s, stock)
	made := func(c release.Change) { serve(t, l, s, c) }
	made(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"})
	made(release.Change{Kind: core.ReleaseCanary, Version: "gate@1.1.0", Percent: 5})
	made(release.Change{Kind: core.ReleaseWithdraw, Plugin: "gate"})
	made(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	bar := func(letter string) {
		v := stock[numbered(letter)]
		v.Status = core.VersionRevoked
		stock[numbered(letter)] = v
	}
	bar("b")
	made(release.Change{Kind: core.ReleaseRollback, To: at(2), Reason: "drill"})
	if now := standing(t, l); now != "a" {
		t.Errorf("now %q", now)
	}
	made(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	bar("a")
	_, err := l.Make(t.Context(), release.Change{Kind: core.ReleaseRollback, Reason: "drill", Actor: "ada"})
	if core.ReasonOf(err) != "version_revoked" || !strings.Contains(words(err), "--to") {
		t.Errorf("%v", err)
	}
}

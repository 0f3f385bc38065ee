package e2e_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/otlptest"
)

// TestOneStoryInOneTrace: an operator who has one line of a log finds everything that
// followed from the request, and from the click days later everything that led to it.
func TestOneStoryInOneTrace(t *testing.T) {
	t.Parallel()
	h := shared.Host(t)
	ctx, cancel := context.WithTimeout(t.Context(), hosttest.Patience)
	defer cancel()
	email := newAddress("story")
	signUp(t, h, email, "Story Tellers")
	x := ownerOf(t, h, email)
	colleague := newAddress("reader")
	id := x.invite(colleague)
	reader := activate(t, h, h.Mail(t, colleague, 1).Token(), "Rita Reader")

	signup := storyOf(ctx, t, h, x.owner.Tenant.ID, "TenantProvisioned")
	invitation := storyOf(ctx, t, h, id, "InvitationCreated")
	click := storyOf(ctx, t, h, id, "InvitationAccepted")
	asked, passed := throughPlugins(ctx, t)
	var all bytes.Buffer
	for _, s := range []story{signup, storyOf(ctx, t, h, x.owner.Tenant.ID, "OwnerVerified"), invitation, click, asked, passed} {
		if err := otlptest.Tree(&all, s.spans); err != nil {
			t.Fatal(err)
		}
		all.WriteByte('\n')
	}
	keep(t, "trace.txt", all.Bytes())
	t.Logf("\n%s", &all)

	t.Run("signup", func(t *testing.T) {
		signup.isOneTree(t, "POST /v1/signups")
		signup.hasPath(t, "POST /v1/signups", "activation.signup", "hook.call", "plugin.call")
		signup.hasSQL(t, "activation.signup", "sql.provision")
		signup.hasMail(t)
		equal(t, "tenant", signup.span(t, "POST /v1/signups").Attributes["usher.tenant.id"], x.id)
	})
	t.Run("invitation", func(t *testing.T) {
		const root = "POST /v1/tenants/{tenant_id}/invitations"
		invitation.isOneTree(t, root)
		invitation.hasSQL(t, "activation.invite", "sql.invite")
		invitation.hasMail(t)
		for _, name := range []string{root, "mail.send"} {
			equal(t, "tenant of "+name, invitation.span(t, name).Attributes["usher.tenant.id"], x.id)
		}
		for _, name := range []string{"activation.invite", "mail.send"} {
			equal(t, "invitation of "+name, invitation.span(t, name).Attributes["usher.invitation.id"], id)
		}
	})
	t.Run("click", func(t *testing.T) {
		click.isOneTree(t, "POST /v1/activations")
		click.hasPath(t, "POST /v1/activations", "activation.activate", "identity.hash_password")
		click.hasSQL(t, "activation.activate", "sql.inspect")
		click.hasSQL(t, "activation.activate", "sql.accept_invitation")
		if click.spans[0].TraceID == invitation.spans[0].TraceID {
			t.Error("the click is in the invitation's trace: a trace of days")
		}
		link := otlptest.Link{TraceID: invitation.spans[0].TraceID, SpanID: invitation.span(t, "activation.invite").SpanID}
		if links := click.span(t, "activation.activate").Links; !slices.Contains(links, link) {
			t.Errorf("the click links to %v, not to the invitation %v", links, link)
		}
	})
	t.Run("through plugins", func(t *testing.T) {
		asked.isOneTree(t, "POST /v1/tenants/{tenant_id}/invitations")
		asked.hasPath(t, "activation.invite", "hook.call", "plugin.call")
		equal(t, "plugins", strings.Join(asked.plugins(t), ", "), "doorkeeper at invitation.validate")
		passed.isOneTree(t, "POST /v1/activations")
		passed.hasPath(t, "POST /v1/activations", "activation.activate", "hook.call", "plugin.call")
		equal(t, "plugins", strings.Join(passed.plugins(t), ", "), "profiles at activation.validate, doorkeeper at password.check, plans at session.claims")
		if hash, spend := passed.span(t, "identity.hash_password"), passed.span(t, "sql.accept_invitation"); !hash.Start.After(passed.lastPlugin(t).Start) || !spend.Start.After(hash.Start) {
			t.Error("a plugin was asked when the password was hashed, or the token spent, already")
		}
	})
	t.Run("nothing personal", func(t *testing.T) {
		for _, word := range []string{email, colleague, passphrase, reader.Session.RefreshToken, reader.Session.AccessToken} {
			if collector().Contains(word) {
				t.Error("an address or a secret is in the telemetry")
			}
		}
	})
}

// throughPlugins has somebody invited and activated where three plugins have their say, and
// gives both traces.
func throughPlugins(ctx context.Context, t *testing.T) (invitation, click story) {
	t.Helper()
	h := guarded.Host(t)
	x := newTenant(t, h)
	colleague := newAddress("guarded")
	id := x.invite(colleague)
	activate(t, h, h.Mail(t, colleague, 1).Token(), "Gus Guarded")
	return storyOf(ctx, t, h, id, "InvitationCreated"), storyOf(ctx, t, h, id, "InvitationAccepted")
}

// plugins lists the calls of plugins in their order; each tells what it took.
func (s story) plugins(t *testing.T) (calls []string) {
	t.Helper()
	for _, span := range slices.SortedFunc(slices.Values(s.spans), func(a, b otlptest.Span) int { return a.Start.Compare(b.Start) }) {
		if span.Name != "plugin.call" {
			continue
		}
		calls = append(calls, span.Attributes["usher.plugin.name"]+" at "+span.Attributes["usher.hook"])
		for _, key := range []string{"usher.plugin.fuel", "usher.plugin.memory_bytes"} {
			if n, err := strconv.ParseInt(span.Attributes[key], 10, 64); err != nil || n <= 0 {
				t.Errorf("%s of a call is %q", key, span.Attributes[key])
			}
		}
		equal(t, "outcome", span.Attributes["usher.outcome"], "continue")
	}
	return calls
}

// lastPlugin is the call of a plugin that began last.
func (s story) lastPlugin(t *testing.T) otlptest.Span {
	t.Helper()
	last := s.span(t, "plugin.call")
	for _, span := range s.spans {
		if span.Name == "plugin.call" && span.Start.After(last.Start) {
			last = span
		}
	}
	return last
}

// story is one trace, complete.
type story struct{ spans []otlptest.Span }

// storyOf finds the trace of an event by the event's own row, and waits until its request
// and, where it has one, its mail have been reported.
func storyOf(ctx context.Context, t *testing.T, h *hosttest.Host, aggregate, event string) story {
	t.Helper()
	parts := strings.Split(one[string](t, database(t, h),
		"SELECT traceparent FROM events WHERE aggregate_id = $1 AND type = $2", aggregate, event), "-")
	if len(parts) != 4 {
		t.Fatalf("the event %s has no trace", event)
	}
	var s story
	err := collector().Wait(ctx, func() bool {
		s.spans = collector().Spans(parts[1])
		mailed := slices.ContainsFunc(s.spans, named("job.work"))
		return slices.ContainsFunc(s.spans, func(s otlptest.Span) bool { return s.ParentID == "" }) &&
			(mailed || event == "OwnerVerified" || event == "InvitationAccepted")
	})
	if err != nil {
		t.Fatalf("the trace of %s has only %d spans: %v", event, len(s.spans), err)
	}
	return s
}

func named(name string) func(otlptest.Span) bool {
	return func(s otlptest.Span) bool { return s.Name == name }
}

func (s story) span(t *testing.T, name string) otlptest.Span {
	t.Helper()
	i := slices.IndexFunc(s.spans, named(name))
	if i < 0 {
		t.Fatalf("there is no span %s", name)
	}
	return s.spans[i]
}

// isOneTree checks that every span hangs below one request.
func (s story) isOneTree(t *testing.T, root string) {
	t.Helper()
	for _, span := range s.spans {
		if span.ParentID == "" {
			equal(t, "root", span.Name+" "+span.Kind, root+" server")
			continue
		}
		if !slices.ContainsFunc(s.spans, func(p otlptest.Span) bool { return p.SpanID == span.ParentID }) {
			t.Errorf("%s hangs below nothing", span.Name)
		}
		if span.Error {
			t.Errorf("%s says that it failed: %s", span.Name, span.Message)
		}
	}
}

// hasPath checks that some span of the last name hangs below one of the name before it,
// and so on up.
func (s story) hasPath(t *testing.T, names ...string) {
	t.Helper()
	for _, leaf := range s.spans {
		if leaf.Name != names[len(names)-1] {
			continue
		}
		at, matched := leaf, true
		for _, name := range slices.Backward(names[:len(names)-1]) {
			i := slices.IndexFunc(s.spans, func(p otlptest.Span) bool { return p.SpanID == at.ParentID })
			if i < 0 || s.spans[i].Name != name {
				matched = false
				break
			}
			at = s.spans[i]
		}
		if matched {
			return
		}
	}
	t.Errorf("there is no path %s", strings.Join(names, " ─▶ "))
}

// hasSQL checks that a statement is a span below a use case, without its words.
func (s story) hasSQL(t *testing.T, below, name string) {
	t.Helper()
	s.hasPath(t, below, name)
	span := s.span(t, name)
	equal(t, "database of "+name, span.Attributes["db.system.name"]+" "+span.Kind, "postgresql client")
	for key, value := range span.Attributes {
		if strings.Contains(value, "SELECT") || strings.Contains(value, "INSERT") {
			t.Errorf("%s of %s is a statement: %s", key, name, value)
		}
	}
}

// hasMail checks the way from the commit to the mail server.
func (s story) hasMail(t *testing.T) {
	t.Helper()
	s.hasPath(t, "job.work", "mail.send", "mail.render", "hook.call", "plugin.call")
	s.hasPath(t, "job.work", "mail.send", "smtp.send")
	if !s.span(t, "job.work").Start.After(s.spans[0].Start) {
		t.Error("the job began before the request")
	}
}

// keep writes something for a person below build/.
func keep(t *testing.T, name string, text []byte) {
	t.Helper()
	dir := filepath.Join(hosttest.Root(t), "build")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

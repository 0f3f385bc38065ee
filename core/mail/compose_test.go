package mail_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

const link = "https://id.example.com/a/" + secret

// mailOf sends one message and gives what the provider got.
func mailOf(t testing.TB, o core.Outgoing, r mail.Renderer) *mail.Message {
	t.Helper()
	b, _ := sender(t, 0, func(d *mail.Deps, _ *mail.Config) {
		if r != nil {
			d.Renderer = r
		}
	})
	b.rows.out[o.MessageID] = o
	var got *mail.Message
	b.provider.send = func(_ int64, m *mail.Message) error {
		got = m
		return nil
	}
	if err := b.SendMail(t.Context(), first(o.MessageID)); err != nil {
		t.Fatal(err)
	}
	return got
}

var kinds = []core.MessageKind{
	core.MessageOwnerVerification, core.MessageInvitation, core.MessageExistingAccount, core.MessageSignIn, core.MessagePasswordReset, core.MessageInvitationBounced,
}

func TestNativeTemplates(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, locale := range []string{"en", "de", "de-AT", "fr", ""} {
			t.Run(fmt.Sprint(kind, " ", locale), func(t *testing.T) {
				t.Parallel()
				o := outgoing(kind)
				o.Locale = locale
				m := mailOf(t, o, nil)
				keep(t, string(kind)+"."+locale+".html", m.HTML)
				links := 1
				if kind == core.MessageExistingAccount || kind == core.MessageInvitationBounced {
					links = 0
				}
				if n := strings.Count(m.Text, link); n != links {
					t.Errorf("the text has the link %d times:\n%s", n, m.Text)
				}
				if n := strings.Count(m.HTML, `href="`+link+`"`); n != 2*links {
					t.Errorf("the HTML has the link %d times:\n%s", n, m.HTML)
				}
				for part, s := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": m.HTML} {
					for _, bad := range []string{"<no value>", "{{", core.LinkPlaceholder, "ZgotmplZ", "grace@"} {
						if strings.Contains(s, bad) {
							t.Errorf("the %s holds %q:\n%s", part, bad, s)
						}
					}
				}
				if strings.Contains(m.Subject, secret) || m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n") {
					t.Errorf("the subject is %q", m.Subject)
				}
				if german := strings.Contains(m.HTML, `lang="de"`); german != strings.HasPrefix(locale, "de") {
					t.Errorf("the language of %q: German %v", locale, german)
				}
				if m.ID != o.MessageID.String()+"@example.com" || !m.Date.Equal(o.CreatedAt) || m.To != "grace@example.com" {
					t.Errorf("got %s, %v, %s", m.ID, m.Date, m.To)
				}
			})
		}
	}
}

// keep writes a mail where a person can look at it, when asked to.
func keep(t *testing.T, name, html string) {
	t.Helper()
	if dir := os.Getenv("USHER_TEST_ARTIFACTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(html), 0o600); err != nil {
			t.Error(err)
		}
	}
}

func TestWordsOfOthers(t *testing.T) {
	t.Parallel()
	o := outgoing(core.MessageInvitation)
	o.Tenant.Name = "<script>alert(1)</script> & \"Co\"\r\nBcc: all@example.com\x00 =?utf-8?q?x?= \u202egnp.exe"
	o.InviterName = strings.Repeat("A", 500) + "\nX-Evil: 1"
	m := mailOf(t, o, nil)
	for part, s := range map[string]string{"subject": m.Subject, "text": m.Text} {
		if strings.ContainsAny(s, "\r\x00\u202e") || strings.Contains(s, "=?utf-8") || strings.Contains(s, "\nBcc:") || strings.Contains(s, "\nX-Evil") {
			t.Errorf("the %s is %q", part, s)
		}
	}
	if strings.Contains(m.Subject, "\n") || len([]rune(m.Subject)) > 161 {
		t.Errorf("the subject is %q", m.Subject)
	}
	if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; ") {
		t.Errorf("the HTML is\n%s", m.HTML)
	}
}

// renderer is a plugin as a function.
type renderer func(core.MessageView) (core.RenderedMessage, bool, error)

func (f renderer) MessageRender(_ context.Context, v core.MessageView) (core.RenderedMessage, bool, error) {
	return f(v)
}

func TestRenderer(t *testing.T) {
	t.Parallel()
	good := core.RenderedMessage{
		Subject: "From a plugin", Text: "go to " + core.LinkPlaceholder, HTML: `<a href="` + core.LinkPlaceholder + `">go</a>`, By: "templates@1.0.0",
	}
	but := func(change func(*core.RenderedMessage)) renderer {
		return func(core.MessageView) (core.RenderedMessage, bool, error) {
			r := good
			change(&r)
			return r, true, nil
		}
	}
	for _, tt := range []struct {
		name   string
		render renderer
		used   bool
	}{
		{"good", but(func(*core.RenderedMessage) {}), true},
		{"none bound", func(core.MessageView) (core.RenderedMessage, bool, error) { return core.RenderedMessage{}, false, nil }, false},
		{"failed", func(core.MessageView) (core.RenderedMessage, bool, error) {
			return good, true, errors.New("trap")
		}, false},
		{"no link in the text", but(func(r *core.RenderedMessage) { r.Text = "go" }), false},
		{"no link in the HTML", but(func(r *core.RenderedMessage) { r.HTML = "<p>go</p>" }), false},
		{"no text", but(func(r *core.RenderedMessage) { r.Text = "" }), false},
		{"no subject", but(func(r *core.RenderedMessage) { r.Subject = " " }), false},
		{"link in the subject", but(func(r *core.RenderedMessage) { r.Subject += core.LinkPlaceholder }), false},
		{"line breaks in the subject", but(func(r *core.RenderedMessage) { r.Subject = "From a plugin\r\nBcc: all@example.com" }), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := mailOf(t, outgoing(core.MessageInvitation), tt.render)
			if used := strings.HasPrefix(m.Subject, "From a plugin"); used != tt.used {
				t.Errorf("the subject is %q", m.Subject)
			}
			if !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, `href="`+link+`"`) || strings.ContainsAny(m.Subject, "\r\n") {
				t.Errorf("got %q, %q, %q", m.Subject, m.Text, m.HTML)
			}
		})
	}
}

func TestRendererSeesNoSecret(t *testing.T) {
	t.Parallel()
	o := outgoing(core.MessageInvitation)
	o.InvitationID = core.NewID(o.CreatedAt)
	var seen core.MessageView
	mailOf(t, o, renderer(func(v core.MessageView) (core.RenderedMessage, bool, error) {
		seen = v
		return core.RenderedMessage{}, false, nil
	}))
	if s := fmt.Sprintf("%+v", seen); strings.Contains(s, "grace") || strings.Contains(s, secret) || strings.Contains(s, o.Token.ID.String()) {
		t.Errorf("the renderer saw %s", s)
	}
	if seen.RunID != o.InvitationID || seen.Link != core.LinkPlaceholder || seen.Kind != core.MessageInvitation {
		t.Errorf("the renderer saw %+v", seen)
	}
}

func TestAddressesThatMustNotLeave(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "a", "@example.com", "a@", "a@b c", "a b@example.com", "a\r\nRCPT TO:<x@example.com>@example.com", `"a> SIZE=1"@example.com`,
		"a@example.com,b@example.com", "a@example.com\x00", "<a@example.com>", strings.Repeat("a", 250) + "@example.com",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			b, _ := sender(t, 0, nil)
			o := outgoing(core.MessageInvitation)
			o.To.Email = address
			b.rows.out[o.MessageID] = o
			f := failure(t, b.SendMail(t.Context(), first(o.MessageID)))
			if !f.Final() || b.provider.sent.Load() != 0 || b.rows.kept[o.MessageID].Status != core.DeliveryFailed {
				t.Errorf("got %v, recorded %+v", f, b.rows.kept[o.MessageID])
			}
		})
	}
}

func BenchmarkCompose(b *testing.B) {
	s, m := sender(b, 1, func(_ *mail.Deps, c *mail.Config) { c.Batch = 1 })
	b.ReportAllocs()
	for b.Loop() {
		if err := s.SendMail(b.Context(), first(m[0].MessageID)); err != nil {
			b.Fatal(err)
		}
	}
}

package letter_test

import (
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/bundled/mail-templates/letter"
	"github.com/usher-id/usher/sdk/renderer"
	"github.com/usher-id/usher/sdk/sdktest"
)

const link = "https://link.usher.invalid/"

func write(t *testing.T, config string, m renderer.Message) renderer.Mail {
	t.Helper()
	got := sdktest.Ask(t, renderer.New(letter.Write), sdktest.Setting{Config: config}, m)
	if got.Failure != "" {
		t.Fatalf("failed: %s", got.Failure)
	}
	return got.Output.Data
}

func TestEveryKindInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, kind := range []hostapi.MessageKind{
		hostapi.MessageOwnerVerification, hostapi.MessageInvitation, hostapi.MessageExistingAccount,
		hostapi.MessageSignIn, hostapi.MessagePasswordReset,
	} {
		for locale, want := range map[string]string{
			"en": "Hello Ada,", "": "Hello Ada,", "fr": "Hello Ada,", "den": "Hello Ada,", "de": "Hallo Ada,", "de-CH": "Hallo Ada,",
		} {
			t.Run(string(kind)+" "+locale, func(t *testing.T) {
				t.Parallel()
				mail := write(t, "", renderer.Message{
					Kind: kind, Locale: locale, Tenant: hostapi.MessageTenant{Name: "Acme", Slug: "acme"},
					RecipientName: "Ada", InviterName: "Grace", Link: link, ExpiresAt: "2030-01-02T15:04:05Z",
				})
				if mail.Subject == "" || strings.ContainsAny(mail.Subject, "\r\n{}") {
					t.Errorf("subject %q", mail.Subject)
				}
				for part, body := range map[string]string{"html": mail.HTML, "text": mail.Text} {
					if !strings.Contains(body, link) || !strings.Contains(body, want) || !strings.Contains(body, "15:04") {
						t.Errorf("%s lacks link, greeting or date: %s", part, body)
					}
					if strings.Contains(body, "{tenant}") || strings.Contains(body, "{inviter}") {
						t.Errorf("%s has a mark left: %s", part, body)
					}
				}
			})
		}
	}
}

func TestNamesAreHarmless(t *testing.T) {
	t.Parallel()
	mail := write(t, "", renderer.Message{
		Kind: hostapi.MessageInvitation, Tenant: hostapi.MessageTenant{Name: "A\r\nBcc: x & <b>Sons</b>"},
		RecipientName: `<script>alert("1")</script>`, InviterName: "{tenant}", Link: link,
	})
	if strings.ContainsAny(mail.Subject, "\r\n") {
		t.Errorf("subject %q", mail.Subject)
	}
	if strings.Contains(mail.HTML, "<script>") || strings.Contains(mail.HTML, "<b>Sons") {
		t.Errorf("html is not escaped: %s", mail.HTML)
	}
	if !strings.Contains(mail.Text, `<script>alert("1")</script>`) {
		t.Errorf("text must not be escaped: %s", mail.Text)
	}
}

func TestAccentColor(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"accent_color":"#0a7d4f"}`:         "#0a7d4f",
		`{"accent_color":"red;x:expr(1)"}`:   "#4f46e5",
		`{"accent_color":"#12345g"}`:         "#4f46e5",
		`{"other":[1,{"a":"b"}],"more":1.5}`: "#4f46e5",
	} {
		mail := write(t, config, renderer.Message{Kind: hostapi.MessageSignIn, Link: link})
		if !strings.Contains(mail.HTML, "background:"+want) {
			t.Errorf("%s: the accent is not %s", config, want)
		}
	}
}

func TestWithoutLink(t *testing.T) {
	t.Parallel()
	mail := write(t, "", renderer.Message{Kind: hostapi.MessageExistingAccount, Locale: "de"})
	if strings.Contains(mail.HTML, "href") || strings.Contains(mail.Text, "http") {
		t.Errorf("there is a link: %s", mail.Text)
	}
	if !strings.HasPrefix(mail.Text, "Hallo,\n") {
		t.Errorf("text %q", mail.Text)
	}
}

func TestUnknownKindFails(t *testing.T) {
	t.Parallel()
	got := sdktest.Ask(t, renderer.New(letter.Write), sdktest.Setting{}, renderer.Message{Kind: "no_such"})
	if got.Failure == "" {
		t.Error("a mail of an unknown kind was written")
	}
}

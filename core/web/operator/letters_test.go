package operator_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/web/operator"
)

// press shows letters; it says what it was asked.
type press struct{ asked []mail.Sample }

func (p *press) Preview(_ context.Context, s mail.Sample) (mail.Preview, error) {
	p.asked = append(p.asked, s)
	return mail.Preview{Subject: "S", Text: "T", HTML: "<p>H", Language: "de", By: "native"}, nil
}

func (p *press) Languages() []string { return []string{"en", "de"} }

var aTenant = core.ID{0: 1, 6: 0x70, 8: 0x80, 15: 9}

func findTenant(_ context.Context, id core.ID) (core.Tenant, error) {
	if id != aTenant {
		return core.Tenant{}, core.E(core.NotFound, "There is no such tenant.")
	}
	return core.Tenant{ID: id, Name: "Engines"}, nil
}

func TestPreviewOfLetters(t *testing.T) {
	t.Parallel()
	p := &press{}
	h := start(t, func(d *operator.Deps) { d.Letters = p })
	status, body, _ := h.call("GET", "/admin/v1/mail/preview?kind=sign_in&locale=de-AT&theme=dark&tenant="+aTenant.String(), token)
	var got struct {
		Kind, Language, By, Subject, HTML, Text string
		Kinds, Locales                          []string
	}
	must(t, json.Unmarshal([]byte(body), &got))
	if status != 200 || got.Kind != "sign_in" || got.Language != "de" || got.By != "native" || got.Subject != "S" || got.HTML != "<p>H" || got.Text != "T" ||
		len(got.Kinds) != len(mail.Kinds()) || len(got.Locales) != 2 {
		t.Errorf("%d %s", status, body)
	}
	if s := p.asked[0]; s.Kind != core.MessageSignIn || s.Locale != "de-AT" || s.Theme != mail.Dark || s.Tenant.Name != "Engines" {
		t.Errorf("asked %+v", s)
	}
	if status, _, _ := h.call("GET", "/admin/v1/mail/preview", token); status != 200 || p.asked[1].Kind != core.MessageInvitation {
		t.Errorf("without parameters: %d, %+v", status, p.asked[1])
	}
	for query, want := range map[string]struct {
		status int
		says   string
	}{
		"kind=letter": {400, "must be one of"}, "theme=sepia": {400, "light"}, "tenant=x": {400, "the id of one"}, "colour=red": {400, "unknown_parameter"},
		"locale=" + strings.Repeat("a", 36): {400, "language tag"}, "tenant=" + core.ID{1}.String(): {404, "no such tenant"},
		"kind=sign_in&kind=sign_in": {400, "more than once"},
	} {
		status, body, _ := h.call("GET", "/admin/v1/mail/preview?"+query, token)
		if status != want.status || !strings.Contains(body, want.says) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	if status, _, _ := h.call("GET", "/admin/v1/mail/preview", ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if status, body, header := h.call("GET", "/mail", ""); status != 200 || !strings.Contains(body, "<html") || !strings.Contains(header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("the page: %d", status)
	}
	if len(p.asked) != 2 {
		t.Errorf("%d previews for two good calls", len(p.asked))
	}
}

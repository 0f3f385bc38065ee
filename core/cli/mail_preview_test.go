package cli_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMailPreview(t *testing.T) {
	t.Parallel()
	d := newDesk(t, map[string]string{
		"GET /admin/v1/mail/preview":                                 `{"kind":"invitation","language":"en","by":"native","subject":"You are invited","html":"<p>","text":"Hello\n\n"}`,
		"GET /admin/v1/mail/preview?kind=sign_in&locale=ja&tenant=t": `{"kind":"sign_in","language":"ja","by":"templates 1.0.0","subject":"S","html":"<p>ja","text":"J"}`,
		"GET /admin/v1/mail/preview?theme=dark":                      `{"kind":"../invitation","language":"","by":"native","subject":"S","html":"<p>dark","text":"D"}`,
		"GET /admin/v1/mail/preview?kind=letter":                     `{"status":422,"code":"malformed_request","detail":"The parameter kind must be one of: invitation."}`,
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"mail preview" + way, 0, []string{"Subject: You are invited", "Rendered by: native", "\n\nHello\n"}},
		{"mail preview --kind sign_in --locale ja --tenant t --out ./letters/new" + way, 0, []string{"sign_in.ja.html", "sign_in.ja.txt", "Rendered by: templates 1.0.0"}},
		{"mail preview --theme dark --out ./letters" + way, 0, []string{"invitation.dark.html"}},
		{"mail preview --kind letter" + way, 1, []string{"The parameter kind must be one of: invitation."}},
		{"mail preview x" + way, 2, []string{"takes flags only"}},
		{"mail post", 2, []string{"there is no command"}},
		{"mail preview --json" + way, 0, []string{`"by":"native"`}},
	})
	for name, want := range map[string]string{
		"letters/new/sign_in.ja.html": "<p>ja", "letters/new/sign_in.ja.txt": "J", "letters/invitation.dark.html": "<p>dark",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
}

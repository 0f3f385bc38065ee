package cli_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMailDKIMCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "none.yaml"), "mail:\n  smtp:\n    host: localhost\n")
	write(t, filepath.Join(dir, "open.yaml"), "mail:\n  dkim:\n    - {domain: example.com, selector: s1, key_file: open.pem}\n")
	write(t, filepath.Join(dir, "bad.yaml"), "mail:\n  dkim:\n    - {domain: example.com, selector: s1, file: open.pem}\n")
	walk(t, dir, []step{
		{"mail dkim", 0, []string{"keygen"}},
		{"mail dkim keygen --domain example.com", 2, []string{"needs --domain, --selector and --output"}},
		{"mail dkim keygen --domain example.com --selector s1 --type dsa -o x.pem", 2, []string{"rsa or ed25519"}},
		{"mail dkim keygen --domain example.com --selector s1 -o open.pem", 0, []string{`s1._domainkey.example.com. IN TXT ( "v=DKIM1; k=rsa; p=`, `" "`}},
		{"mail dkim keygen --domain example.com --selector s1 -o open.pem", 1, []string{"is there already"}},
		{"mail dkim keygen --domain example.com --selector e1 --type ed25519 -o e1.pem", 0, []string{"k=ed25519; p="}},
		{"mail dkim check --config none.yaml", 1, []string{"mail.dkim has no key"}},
		{"mail dkim check --config bad.yaml", 1, []string{"mail.dkim", "file is an unknown key"}},
	})
	if err := os.Chmod(filepath.Join(dir, "open.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	walk(t, dir, []step{{"mail dkim check --config open.yaml", 1, []string{"chmod 600"}}})
}

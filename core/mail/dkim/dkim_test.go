package dkim_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	msgauth "github.com/emersion/go-msgauth/dkim"

	"github.com/usher-id/usher/core/mail/dkim"
)

var when = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// key makes one in a file of its own.
func key(t testing.TB, kind dkim.Kind, domain, selector string) *dkim.Key {
	t.Helper()
	text, err := dkim.Generate(kind)
	if err != nil {
		t.Fatal(err)
	}
	k, err := dkim.Read(dkim.Config{Domain: domain, Selector: selector, File: file(t, text, 0o600)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func file(t testing.TB, text []byte, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, text, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// dns answers with the records of keys.
func dns(t testing.TB, keys ...*dkim.Key) func(string) ([]string, error) {
	t.Helper()
	zone := map[string]string{}
	for _, k := range keys {
		name, text, err := k.Record()
		if err != nil {
			t.Fatal(err)
		}
		zone[name] = text
	}
	return func(name string) ([]string, error) {
		if text, ok := zone[name]; ok {
			return []string{text}, nil
		}
		return nil, &net.DNSError{Name: name, IsNotFound: true}
	}
}

const content = "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\nMIME-Version: 1.0\r\nMessage-ID: <1@example.com>\r\n" +
	"Subject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?=\r\n  folded \t and  wide\r\nFrom: \"Usher\" <no-reply@id.example.com>\r\nTo: <grace@example.org>\r\n" +
	"Content-Type: text/plain\r\n\r\nfirst  line \t\r\n.\r\n..dots\r\n \r\n\r\nlast\r\n\r\n\r\n"

// TestSignature has other people's code verify what is signed, and what was changed after.
func TestSignature(t *testing.T) {
	t.Parallel()
	rsaKey, edKey := key(t, dkim.RSA, "example.com", "r1"), key(t, dkim.Ed25519, "Example.com", "e1")
	signer, lookup := dkim.NewSigner([]*dkim.Key{rsaKey, edKey}), dns(t, rsaKey, edKey)
	signed := func(content string) string {
		fields, err := signer.Sign([]byte(content), "no-reply@ID.example.com", when)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(fields, "\r\n") {
			if len(line) > 78 {
				t.Errorf("a line of %d characters: %q", len(line), line)
			}
		}
		return fields + content
	}
	whole := signed(content)
	if again := signed(content); again != whole {
		t.Error("the signatures of two attempts differ")
	}
	for _, tt := range []struct {
		name, mail string
		good       bool
	}{
		{"as sent", whole, true},
		{"no body", signed(content[:strings.Index(content, "\r\n\r\n")+4]), true},
		{"one line without an end", signed(strings.TrimRight(content, "\r\n")), true},
		{"blanks changed on the way", strings.ReplaceAll(whole, "first  line \t", "first line"), true},
		{"the body changed", strings.ReplaceAll(whole, "last", "lost"), false},
		{"the subject changed", strings.ReplaceAll(whole, "folded", "molded"), false},
		{"a second sender", strings.Replace(whole, "\r\nFrom:", "\r\nFrom: <x@example.net>\r\nFrom:", 1), false},
		{"an answer to somebody else", strings.Replace(whole, "\r\nFrom:", "\r\nReply-To: <x@example.net>\r\nFrom:", 1), false},
		{"a second subject", strings.Replace(whole, "\r\nDate:", "\r\nSubject: other\r\nDate:", 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			verified, err := msgauth.VerifyWithOptions(strings.NewReader(tt.mail), &msgauth.VerifyOptions{LookupTXT: lookup})
			if err != nil || len(verified) != 2 {
				t.Fatalf("%d signatures, %v", len(verified), err)
			}
			for _, v := range verified {
				if (v.Err == nil) != tt.good {
					t.Errorf("%s: %v", v.Domain, v.Err)
				}
				if v.Err == nil && !v.Time.Equal(when) {
					t.Errorf("signed at %v", v.Time)
				}
			}
		})
	}
}

func TestKeyOfTheSendersDomain(t *testing.T) {
	t.Parallel()
	signer := dkim.NewSigner([]*dkim.Key{key(t, dkim.Ed25519, "example.com", "e1")})
	for sender, signs := range map[string]bool{
		"a@example.com": true, "a@mail.example.com": true, "a@badexample.com": false, "a@com": false, "a@example.com.example.net": false,
	} {
		fields, err := signer.Sign([]byte(content), sender, when)
		if err != nil || (fields != "") != signs {
			t.Errorf("%s: %q, %v", sender, fields, err)
		}
	}
	if fields, err := (*dkim.Signer)(nil).Sign([]byte(content), "a@example.com", when); fields != "" || err != nil {
		t.Errorf("without keys: %q, %v", fields, err)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	good, err := dkim.Generate(dkim.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		text  []byte
		mode  os.FileMode
		wants string
	}{
		{"good", good, 0o600, ""},
		{"its owner may only read it", good, 0o400, ""},
		{"others may read it", good, 0o640, "chmod 600"},
		{"short", pkcs8(t, short), 0o600, "1024 bits"},
		{"of another kind", pkcs8(t, curve), 0o600, "neither RSA nor Ed25519"},
		{"no PEM", []byte("hello"), 0o600, "holds no private key"},
		{"broken", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), 0o600, "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := file(t, tt.text, tt.mode)
			_, err := dkim.Read(dkim.Config{Domain: "example.com", Selector: "s", File: path})
			if (err == nil) != (tt.wants == "") || err != nil && (!strings.Contains(err.Error(), tt.wants) || !strings.Contains(err.Error(), path)) {
				t.Errorf("%v, want %q", err, tt.wants)
			}
		})
	}
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestCheckOfTheRecord(t *testing.T) {
	t.Parallel()
	k, other := key(t, dkim.Ed25519, "example.com", "e1"), key(t, dkim.Ed25519, "example.com", "e1")
	_, own, err := k.Record()
	if err != nil {
		t.Fatal(err)
	}
	_, foreign, err := other.Record()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		found []string
		err   error
		wants string
	}{
		{"as printed", []string{own}, nil, ""},
		{"with other blanks and tags", []string{"p=" + own[strings.Index(own, "p=")+2:] + " ;t=s;k = ed25519; v=DKIM1"}, nil, ""},
		{"none", nil, &net.DNSError{IsNotFound: true}, "there is no TXT record e1._domainkey.example.com; publish: v=DKIM1; k=ed25519; p="},
		{"empty", nil, nil, "there is no TXT record"},
		{"two", []string{own, own}, nil, "keep one"},
		{"revoked", []string{"v=DKIM1; p="}, nil, "revoked"},
		{"another key", []string{foreign}, nil, "another key"},
		{"no kind, which is RSA", []string{strings.Replace(own, "k=ed25519; ", "", 1)}, nil, "another key"},
		{"no DNS", nil, context.DeadlineExceeded, "look e1._domainkey.example.com up"},
	} {
		err := k.Check(t.Context(), func(context.Context, string) ([]string, error) { return tt.found, tt.err })
		if (err == nil) != (tt.wants == "") || err != nil && !strings.Contains(err.Error(), tt.wants) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.wants)
		}
	}
}

// BenchmarkSign is what a signature costs a mail of the native templates' size.
func BenchmarkSign(b *testing.B) {
	text := []byte(content + strings.Repeat(strings.Repeat("a word ", 10)+"\r\n", 150))
	for _, kind := range []dkim.Kind{dkim.RSA, dkim.Ed25519} {
		signer := dkim.NewSigner([]*dkim.Key{key(b, kind, "example.com", "s")})
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				if _, err := signer.Sign(text, "no-reply@example.com", when); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

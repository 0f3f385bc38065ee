package address_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
)

func TestAddressesThatAreRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, email, key string }{
		{"ada@example.com", "ada@example.com", "ada@example.com"},
		{"  ada@example.com ", "ada@example.com", "ada@example.com"},
		{"Ada.Lovelace@Example.COM", "Ada.Lovelace@example.com", "ada.lovelace@example.com"},
		{"ada+list@example.com", "ada+list@example.com", "ada+list@example.com"},
		{"a.d.a@example.com", "a.d.a@example.com", "a.d.a@example.com"},
		{"o'hara@example.ie", "o'hara@example.ie", "o'hara@example.ie"},
		{"ada@bücher.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
		{"ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
		{"用户@例え.jp", "用户@xn--r8jz45g.jp", "用户@xn--r8jz45g.jp"},
		{"cafe\u0301@example.com", "caf\u00e9@example.com", "caf\u00e9@example.com"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := address.Parse("email", tt.in)
			if err != nil || got.Email != tt.email || got.Key != tt.key {
				t.Errorf("Parse(%q) = %q, %q, %v; want %q, %q", tt.in, got.Email, got.Key, err, tt.email, tt.key)
			}
		})
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", " ", "ada", "@example.com", "ada@", "ada@@example.com", "ada@example", "ada@example.", "ada@.example.com",
		"ada@example.com,eve@example.org", `"ada@example.com,eve@example.org"`, "ada@example.com;eve@example.org", "ada@exam ple.com",
		`"ada lovelace"@example.com`, "Ada <ada@example.com>", "ada(comment)@example.com", "group:ada@example.com;",
		"ada@[127.0.0.1]", "ada@[IPv6:::1]", "ada@127.0.0.1", "ada@1.2.3.4", ".ada@example.com", "ada.@example.com", "a..da@example.com",
		"ada\r\nBcc: eve@example.org@example.com", "ada\x00@example.com", "ada@example.com\n", "ada\t@example.com", "ada\u202e@example.com",
		"ada\u200b@example.com", "ada@exa\u200bmple..com", "ada@-example.com", "ada@example-.com", "ada@exa_mple.com", "ada@xn--example-.com",
		"ada@xn--.com", "\xff@example.com", "ada@\xff.com", "user> SIZE=1@example.com", strings.Repeat("a", 65) + "@example.com",
		"ada@" + strings.Repeat("a", 64) + ".com", "ada@" + strings.Repeat("a.", 130) + "com", "ada@[" + strings.Repeat("1", 10_000) + "]",
	} {
		t.Run(in[:min(len(in), 40)], func(t *testing.T) {
			t.Parallel()
			got, err := address.Parse("owner.email", in)
			e, ok := errors.AsType[*core.Error](err)
			if !ok || e.Code != core.ValidationFailed || len(e.Fields) != 1 || e.Fields[0].Field != "owner.email" {
				t.Errorf("Parse(%q) = %+v, %v; want a validation error for owner.email", in, got, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"ada@example.com", "Ada@BÜCHER.example", "a@b", "\xff@\xff", "ada@xn--bcher-kva.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		start := time.Now()
		got, err := address.Parse("email", s)
		if time.Since(start) > time.Second {
			t.Fatalf("reading %d bytes took %s", len(s), time.Since(start))
		}
		if err != nil {
			return
		}
		if !utf8.ValidString(got.Email) || strings.ContainsAny(got.Email, "\r\n\x00 <>,;\"") || strings.Count(got.Email, "@") != 1 {
			t.Fatalf("Parse(%q) let %q through", s, got.Email)
		}
		again, err := address.Parse("email", got.Email)
		if err != nil || again != got {
			t.Fatalf("reading %q again gives %+v, %v", got.Email, again, err)
		}
	})
}

package identity_test

import (
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Authenticate(b.Context(), session.AccessToken); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthenticateFirst is a token that is not remembered: two take turns in
// a memory for one.
func BenchmarkAuthenticateFirst(b *testing.B) {
	w := newWorld(b)
	w.user("ada", core.UserActive)
	s := w.replica(w.ring, identity.Config{Issuer: issuer, Verified: 1})
	var tokens [3]core.Secret
	for i := range tokens {
		session, _ := w.signIn("ada")
		tokens[i] = session.AccessToken
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Authenticate(b.Context(), tokens[i%len(tokens)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	w := newWorld(b)
	w.user("ada", core.UserActive)
	_, a := w.signIn("ada")
	grant := core.SessionState{ID: a.SessionID, UserID: a.UserID, TenantID: a.UserID, Role: core.RoleOwner, Generation: 1}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Issue(b.Context(), grant, core.Claims{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefresh(b *testing.B) {
	w := newWorld(b)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if session, err = w.Refresh(b.Context(), session.RefreshToken); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequestSignIn shows what the floor hides.
func BenchmarkRequestSignIn(b *testing.B) {
	w := newWorld(b)
	w.user("ada", core.UserActive)
	s := w.replica(w.ring, identity.Config{Issuer: issuer, LinkFloor: 1})
	for _, name := range []string{"ada", "nobody"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.RequestSignIn(b.Context(), address(name)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package keyring_test

import (
	"testing"

	"github.com/usher-id/usher/core"
)

func BenchmarkToken(b *testing.B) {
	r := ring(b, key("k1", 1))
	ref := core.TokenRef{ID: id(b, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Token(ref); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHashToken(b *testing.B) {
	r := ring(b, key("k1", 1))
	token, err := r.Token(core.TokenRef{ID: id(b, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.HashToken(token); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkReadRefreshToken(b *testing.B) {
	r := ring(b, key("k1", 1))
	token := r.RefreshToken(id(b, anID), 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := r.ReadRefreshToken(token); !ok {
			b.Fatal("refused")
		}
	}
}

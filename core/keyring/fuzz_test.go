package keyring_test

import (
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
)

func FuzzHashToken(f *testing.F) {
	r := ring(f, key("k1", 1))
	token, err := r.Token(core.TokenRef{ID: id(f, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{token.Reveal(), "", strings.Repeat("0", 43), strings.Repeat("z", 43)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := r.HashToken(core.Secret(text)); ok && len(text) != 43 {
			t.Errorf("accepted %d bytes", len(text))
		}
	})
}

func FuzzReadRefreshToken(f *testing.F) {
	r := ring(f, key("k1", 1))
	f.Add(r.RefreshToken(id(f, anID), 1).Reveal())
	f.Add(strings.Repeat("0", 86))
	f.Add(strings.Repeat("z", 86))
	f.Fuzz(func(t *testing.T, text string) {
		session, generation, ok := r.ReadRefreshToken(core.Secret(text))
		if ok && r.RefreshToken(session, generation).Reveal() != text {
			t.Error("accepted a text that was never given out")
		}
	})
}

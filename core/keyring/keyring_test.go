package keyring_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/keyring"
)

func key(id string, fill byte) keyring.Key {
	k := keyring.Key{ID: id}
	for i := range k.Secret {
		k.Secret[i] = fill + byte(i)
	}
	return k
}

func ring(t testing.TB, keys ...keyring.Key) *keyring.Ring {
	t.Helper()
	r, err := keyring.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func id(t testing.TB, s string) core.ID {
	t.Helper()
	parsed, err := core.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

const anID = "0190a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b"

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keys []keyring.Key
		says string
	}{
		"no key":          {nil, "at least one"},
		"no id":           {[]keyring.Key{key("", 1)}, "key id"},
		"long id":         {[]keyring.Key{key(strings.Repeat("k", 33), 1)}, "key id"},
		"odd id":          {[]keyring.Key{key("k 1", 1)}, "key id"},
		"empty secret":    {[]keyring.Key{{ID: "k1"}}, "no secret"},
		"same id":         {[]keyring.Key{key("k1", 1), key("k1", 2)}, "twice"},
		"the same secret": {[]keyring.Key{key("k1", 1), key("k2", 1)}, "same secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := keyring.New(tt.keys); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one that says %q", err, tt.says)
			}
		})
	}
}

func TestKeyNeverPrintsItsSecret(t *testing.T) {
	t.Parallel()
	k := key("k1", 'A')
	marshalled, err := json.Marshal(map[string]any{"key": k, "keys": []keyring.Key{k}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %x %d", k, k, k, k, k, k), string(marshalled)} {
		for _, leak := range []string{"ABCD", "4142", "65 66", "65,66", "0x41"} {
			if strings.Contains(text, leak) {
				t.Errorf("%q in %s", leak, text)
			}
		}
	}
}

// The vectors were computed apart from this code (HKDF, HMAC and base62 in
// Python); they change only when every token in the field may die.
func TestVectors(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1), key("k2", 64))
	for _, tt := range []struct {
		ref   core.TokenRef
		token string
	}{
		{core.TokenRef{ID: id(t, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"}, "bU7JDXtJC3pofLQXCRCpU8fnYM9vSsiPs9upCw1lL9W"},
		{core.TokenRef{ID: id(t, anID), Version: 2, Purpose: core.PurposeInvitation, KeyID: "k1"}, "WV2d4h3dN2T1vePs4d3ngZotME4oDiWDdf2bhtJwkPp"},
		{core.TokenRef{ID: id(t, anID), Version: 1, Purpose: core.PurposeSignIn, KeyID: "k1"}, "WJm17JswkC5uOJuMAnIUliSv4xIw7eE5KqHcWviM4U6"},
		{core.TokenRef{ID: id(t, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k2"}, "ZqTMRPQJOmKesIndBAG7Fz38d9iXjPL6gpQECs8GOpq"},
	} {
		got, err := r.Token(tt.ref)
		if err != nil || got.Reveal() != tt.token {
			t.Errorf("token of %v is %s (%v), want %s", tt.ref, got.Reveal(), err, tt.token)
		}
	}
	hash, ok := r.HashToken("bU7JDXtJC3pofLQXCRCpU8fnYM9vSsiPs9upCw1lL9W")
	if want := "ddc92c351461efb96d0c3dc88909f488cb6bd989d7b640070b1b2e2b03e172d2"; !ok || fmt.Sprintf("%x", hash) != want {
		t.Errorf("hash is %x, want %s", hash, want)
	}
	if got := r.RefreshToken(id(t, anID), 7).Reveal(); got != "0N0Vz8FcU6ThYkY6CnmcMDkgU1jjQd5py5GwSFnp80tAmlAt40rwv2C31yLrn4Pxb0berI2gxSr27OpLm2ANoM" {
		t.Errorf("refresh token is %s", got)
	}
}

func TestTokenRefusesWhatNamesNoToken(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	good := core.TokenRef{ID: id(t, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"}
	for name, change := range map[string]func(*core.TokenRef){
		"unknown key": func(r *core.TokenRef) { r.KeyID = "k2" },
		"no purpose":  func(r *core.TokenRef) { r.Purpose = "" },
		"no id":       func(r *core.TokenRef) { r.ID = core.ID{} },
		"no version":  func(r *core.TokenRef) { r.Version = 0 },
	} {
		ref := good
		change(&ref)
		if token, err := r.Token(ref); err == nil || !token.IsZero() {
			t.Errorf("%s: token made", name)
		}
	}
}

func TestHashTokenReadsTokensOnly(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	token, err := r.Token(core.TokenRef{ID: id(t, anID), Version: 1, Purpose: core.PurposeInvitation, KeyID: "k1"})
	if err != nil {
		t.Fatal(err)
	}
	good := token.Reveal()
	if _, ok := r.HashToken(token); !ok {
		t.Fatal("a token is refused")
	}
	for name, bad := range map[string]string{
		"empty": "", "cut at the end": good[:42], "cut at the front": good[1:], "longer": good + "0", "newline": good + "\n",
		"padded": good[:42] + "=", "space": " " + good[1:], "NUL": good[:42] + "\x00", "dash": good[:20] + "-" + good[21:],
		"not ASCII": good[:41] + "é", "full width": good[:40] + "０", "too big a number": strings.Repeat("z", 43),
	} {
		if _, ok := r.HashToken(core.Secret(bad)); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRefreshToken(t *testing.T) {
	t.Parallel()
	session := id(t, anID)
	old := ring(t, key("k1", 1))
	token := old.RefreshToken(session, 3)
	for name, r := range map[string]*keyring.Ring{
		"the same ring": old, "after a rotation": ring(t, key("k2", 64), key("k1", 1)), "under another kid": ring(t, key("k9", 1)),
	} {
		if got, generation, ok := r.ReadRefreshToken(token); !ok || got != session || generation != 3 {
			t.Errorf("%s: %v %d %v", name, got, generation, ok)
		}
	}
	if _, _, ok := ring(t, key("k1", 64)).ReadRefreshToken(token); ok {
		t.Error("a ring with another secret reads the token")
	}
	if old.RefreshToken(session, 3) != token || old.RefreshToken(session, 4) == token {
		t.Error("a refresh token must follow from session and generation")
	}
	for _, generation := range []int{0, -1, 1 << 31} {
		if _, _, ok := old.ReadRefreshToken(old.RefreshToken(session, generation)); ok {
			t.Errorf("generation %d is accepted", generation)
		}
	}
}

func TestRefreshTokenRefusesEveryChange(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1), key("k2", 64))
	good := r.RefreshToken(id(t, anID), 3).Reveal()
	for i := range good {
		for _, c := range []byte("0Zz-\x00") {
			if c == good[i] {
				continue
			}
			if _, _, ok := r.ReadRefreshToken(core.Secret(good[:i] + string(c) + good[i+1:])); ok {
				t.Errorf("accepted with %q at %d", c, i)
			}
		}
		if _, _, ok := r.ReadRefreshToken(core.Secret(good[:i])); ok {
			t.Errorf("accepted when cut at %d", i)
		}
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	sealed, kid := r.Seal("signing_keys/a", []byte("private"))
	again, _ := r.Seal("signing_keys/a", []byte("private"))
	if kid != "k1" || string(sealed) == string(again) || strings.Contains(string(sealed), "private") {
		t.Fatal("sealing twice must give two results, and hide")
	}
	rotated := ring(t, key("k2", 64), key("k1", 1))
	if plain, err := rotated.Open("signing_keys/a", kid, sealed); err != nil || string(plain) != "private" {
		t.Errorf("after a rotation: %q, %v", plain, err)
	}
	changed := append([]byte(nil), sealed...)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another label": func() ([]byte, error) { return r.Open("signing_keys/b", kid, sealed) },
		"another kid":   func() ([]byte, error) { return rotated.Open("signing_keys/a", "k2", sealed) },
		"unknown kid":   func() ([]byte, error) { return r.Open("signing_keys/a", "k9", sealed) },
		"wrong secret":  func() ([]byte, error) { return ring(t, key("k1", 64)).Open("signing_keys/a", kid, sealed) },
		"changed":       func() ([]byte, error) { return r.Open("signing_keys/a", kid, changed) },
		"cut":           func() ([]byte, error) { return r.Open("signing_keys/a", kid, sealed[:5]) },
	} {
		if plain, err := open(); err == nil || plain != nil {
			t.Errorf("%s: opened", name)
		}
	}
}

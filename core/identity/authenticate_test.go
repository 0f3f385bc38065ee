package identity_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
)

// forge writes a JWT by hand, with the signature that sign makes.
func forge(t testing.TB, header, claims map[string]any, sign func(input []byte) []byte) core.Secret {
	t.Helper()
	var parts [2]string
	for i, part := range []map[string]any{header, claims} {
		raw, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(raw)
	}
	input := parts[0] + "." + parts[1]
	return core.Secret(input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input))))
}

// parts reads header and claims of a token.
func parts(t testing.TB, token core.Secret) (header, claims map[string]any) {
	t.Helper()
	fields := strings.Split(token.Reveal(), ".")
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(fields[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// privateKey opens the signing key as only a holder of the root key can.
func (w *world) privateKey() ed25519.PrivateKey {
	w.t.Helper()
	var kid, by string
	var sealed []byte
	if err := w.db.QueryRow(w.t.Context(), `SELECT kid, sealed_by, private_key FROM signing_keys`).Scan(&kid, &by, &sealed); err != nil {
		w.t.Fatal(err)
	}
	seed, err := w.ring.Open("signing_keys/"+kid, by, sealed)
	if err != nil {
		w.t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func with(m map[string]any, changes map[string]any) map[string]any {
	m = maps.Clone(m)
	for k, v := range changes {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	return m
}

func TestAccessTokenIsRFC9068(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.tenant("one", w.user("ada", core.UserActive), core.RoleOwner)
	session, a := w.signIn("ada")
	header, claims := parts(t, session.AccessToken)
	if header["typ"] != "at+jwt" || header["alg"] != "EdDSA" || header["kid"] == "" || len(header) != 3 {
		t.Errorf("header %v", header)
	}
	for claim, want := range map[string]any{
		"iss": issuer, "aud": issuer, "sub": a.UserID.String(), "tenant_id": tenant.String(), "role": "owner", "sid": a.SessionID.String(),
	} {
		if claims[claim] != want {
			t.Errorf("%s is %v, want %v", claim, claims[claim], want)
		}
	}
	if claims["exp"].(float64)-claims["iat"].(float64) != session.ExpiresIn.Seconds() || claims["jti"] == "" || len(claims) != 9 {
		t.Errorf("claims %v", claims)
	}
}

func TestAuthenticateRefusesForgeries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenant("one", w.user("ada", core.UserActive), core.RoleOwner)
	session, a := w.signIn("ada")
	header, claims := parts(t, session.AccessToken)
	private := w.privateKey()
	ours := func(input []byte) []byte { return ed25519.Sign(private, input) }
	public := private.Public().(ed25519.PublicKey)
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := w.clock.Now().Unix()
	type change = map[string]any
	for name, tt := range map[string]struct {
		header, claims change
		sign           func([]byte) []byte
		reason         string
	}{
		"as it was":             {nil, nil, ours, ""},
		"alg none":              {change{"alg": "none"}, nil, func([]byte) []byte { return nil }, "malformed_token"},
		"alg None":              {change{"alg": "None"}, nil, func([]byte) []byte { return nil }, "malformed_token"},
		"no alg":                {change{"alg": nil}, nil, ours, "malformed_token"},
		"another spelling":      {change{"alg": "eddsa"}, nil, ours, "malformed_token"},
		"HS256, public key":     {change{"alg": "HS256"}, nil, mac(public), "malformed_token"},
		"EdDSA, but a MAC":      {nil, nil, mac(public), "bad_signature"},
		"a stranger's key":      {nil, nil, func(in []byte) []byte { return ed25519.Sign(stranger, in) }, "bad_signature"},
		"the stranger's JWK":    {change{"jwk": change{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(stranger.Public().(ed25519.PublicKey))}}, nil, func(in []byte) []byte { return ed25519.Sign(stranger, in) }, "wrong_token_type"},
		"no kid":                {change{"kid": nil}, nil, ours, "unknown_signing_key"},
		"unknown kid":           {change{"kid": "x"}, nil, ours, "unknown_signing_key"},
		"endless kid":           {change{"kid": strings.Repeat("x", 65)}, nil, ours, "wrong_token_type"},
		"typ JWT":               {change{"typ": "JWT"}, nil, ours, "wrong_token_type"},
		"no typ":                {change{"typ": nil}, nil, ours, "wrong_token_type"},
		"an unknown header":     {change{"x5u": "https://example.com"}, nil, ours, "wrong_token_type"},
		"crit":                  {change{"crit": []string{"exp"}, "exp": 1}, nil, ours, "wrong_token_type"},
		"another issuer":        {nil, change{"iss": issuer + "/"}, ours, "wrong_issuer"},
		"no issuer":             {nil, change{"iss": nil}, ours, "wrong_issuer"},
		"another audience":      {nil, change{"aud": "https://other.example.test"}, ours, "wrong_audience"},
		"no audience":           {nil, change{"aud": nil}, ours, "wrong_audience"},
		"an audience more":      {nil, change{"aud": []string{issuer, "x"}}, ours, "wrong_audience"},
		"expired":               {nil, change{"exp": now - 6}, ours, "expired_session_token"},
		"no expiry":             {nil, change{"exp": nil}, ours, "malformed_claims"},
		"issued in the future":  {nil, change{"iat": now + 60}, ours, "token_from_the_future"},
		"not valid yet":         {nil, change{"nbf": now + 60}, ours, "token_from_the_future"},
		"no subject":            {nil, change{"sub": nil}, ours, "malformed_claims"},
		"zero subject":          {nil, change{"sub": core.ID{}.String()}, ours, "malformed_claims"},
		"no session":            {nil, change{"sid": nil}, ours, "malformed_claims"},
		"a tenant that is none": {nil, change{"tenant_id": "x"}, ours, "malformed_claims"},
	} {
		got, err := w.Authenticate(t.Context(), forge(t, with(header, tt.header), with(claims, tt.claims), tt.sign))
		switch {
		case tt.reason == "" && (err != nil || got != a):
			t.Errorf("%s: %+v, %v", name, got, err)
		case tt.reason != "" && (core.CodeOf(err) != core.Unauthenticated || core.ReasonOf(err) != tt.reason || got != core.Actor{}):
			t.Errorf("%s: %+v, %v, want %s", name, got, err, tt.reason)
		}
	}
}

func mac(key []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		h := hmac.New(sha256.New, key)
		h.Write(input)
		return h.Sum(nil)
	}
}

// One token has one form: no byte may be another, be added or be missing.
func TestAuthenticateRefusesEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	good := session.AccessToken.Reveal()
	var variants []string
	for i := range good {
		for _, c := range []byte{good[i] ^ 1, good[i] ^ 2, '=', '\n'} {
			variants = append(variants, good[:i]+string(c)+good[i+1:])
		}
		variants = append(variants, good[:i], good[:i]+"\n"+good[i:])
	}
	variants = append(variants, good+".", good+"=", good+"\n", " "+good, "."+good, "Bearer "+good, strings.Repeat(good, 20), "", "..", "{}")
	for _, bad := range variants {
		if _, err := w.Authenticate(t.Context(), core.Secret(bad)); core.CodeOf(err) != core.Unauthenticated {
			t.Fatalf("a changed token: %v", err)
		}
	}
}

func TestAccessTokenExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	w.clock.forward(session.ExpiresIn + 3*time.Second)
	if _, err := w.Authenticate(t.Context(), session.AccessToken); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	w.clock.forward(3 * time.Second)
	_, err := w.Authenticate(t.Context(), session.AccessToken) // also when it is remembered as good
	refused(t, err, core.Unauthenticated, "expired_session_token")
}

func TestMemoryOfGoodTokensIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	s := w.replica(w.ring, identity.Config{Issuer: issuer, Verified: 2})
	var sessions []core.Session
	for range 5 {
		session, _ := w.signIn("ada")
		sessions = append(sessions, session)
	}
	for range 2 {
		for _, session := range sessions {
			if _, err := s.Authenticate(t.Context(), session.AccessToken); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func FuzzAuthenticate(f *testing.F) {
	w := newWorld(f)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	good := session.AccessToken.Reveal()
	for _, seed := range []string{good, "", "..", "e30.e30.", good + "x", strings.Replace(good, ".", "..", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := w.Authenticate(t.Context(), core.Secret(token))
		if (err == nil) != (token == good) {
			t.Errorf("a token that was never given out: %v", err)
		}
		if err != nil && core.CodeOf(err) != core.Unauthenticated {
			t.Errorf("error %v", err)
		}
	})
}

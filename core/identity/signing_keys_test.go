package identity_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/keyring"
)

func TestReplicasStartTogetherWithOneKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(`DELETE FROM signing_keys`)
	services := make([]*identity.Service, 8)
	for i := range services {
		services[i] = w.stopped(w.ring, identity.Config{Issuer: issuer})
	}
	var all sync.WaitGroup
	for _, s := range services {
		all.Go(func() {
			if err := s.Start(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := one[int](w, `SELECT count(*) FROM signing_keys`); n != 1 {
		t.Errorf("%d signing keys", n)
	}
	for _, s := range services {
		if string(s.JWKS()) != string(services[0].JWKS()) {
			t.Error("two replicas publish different keys")
		}
	}
}

func TestJWKS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	header, _ := parts(t, session.AccessToken)
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(w.JWKS(), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%s: %v", w.JWKS(), err)
	}
	key := set.Keys[0]
	if key["kty"] != "OKP" || key["crv"] != "Ed25519" || key["alg"] != "EdDSA" || key["use"] != "sig" || key["kid"] != header["kid"] {
		t.Errorf("key %v", key)
	}
	if _, private := key["d"]; private || len(key) != 6 {
		t.Error("the private key is published")
	}
}

func TestPrivateKeyIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := w.privateKey().Seed()
	if row := one[[]byte](w, `SELECT private_key FROM signing_keys`); strings.Contains(string(row), string(seed)) {
		t.Error("the database has the private key")
	}
}

func TestStartFailsClearly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change string
		ring   func(*world) *keyring.Ring
		says   string
	}{
		"another secret":   {``, func(*world) *keyring.Ring { return ring(t, "k1", 2) }, `was sealed with root key "k1" and does not open`},
		"another root key": {``, func(*world) *keyring.Ring { return ring(t, "k2", 1) }, `key "k1" is not in the ring`},
		"a row swapped":    {`UPDATE signing_keys SET kid = 'other'`, func(w *world) *keyring.Ring { return w.ring }, "does not open"},
		"a public key put": {`UPDATE signing_keys SET public_key = decode(repeat('00', 32), 'hex')`, func(w *world) *keyring.Ring { return w.ring }, "its public half was changed"},
		"another kind":     {`UPDATE signing_keys SET algorithm = 'ES256'`, func(w *world) *keyring.Ring { return w.ring }, "does not know"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.change != "" {
				w.exec(tt.change)
			}
			s := w.stopped(tt.ring(w), identity.Config{Issuer: issuer})
			if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one that says %q", err, tt.says)
			}
			if n := one[int](w, `SELECT count(*) FROM signing_keys`); n != 1 {
				t.Errorf("%d signing keys", n)
			}
		})
	}
}

func TestBeforeStartNothingIsMadeOrRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	session, a := w.signIn("ada")
	s := w.stopped(w.ring, identity.Config{Issuer: issuer})
	_, err := s.Authenticate(t.Context(), session.AccessToken)
	refused(t, err, core.Unavailable, "signing_keys_not_loaded")
	_, err = s.Issue(t.Context(), core.SessionState{ID: a.SessionID, UserID: a.UserID, Generation: 1}, core.Claims{})
	refused(t, err, core.Unavailable, "signing_keys_not_loaded")
	if s.JWKS() != nil {
		t.Error("a JWK set before the keys")
	}
}

// A new key signs on the replica that made it; the others learn of it from a token.
func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	old, a := w.signIn("ada")
	w.exec(`UPDATE signing_keys SET retired_at = now()`)
	rotated := w.replica(w.ring, identity.Config{Issuer: issuer}) // makes the next key

	fresh, err := rotated.Refresh(t.Context(), old.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if oldHeader, header := first(parts(t, old.AccessToken)), first(parts(t, fresh.AccessToken)); oldHeader["kid"] == header["kid"] {
		t.Fatal("the retired key signs")
	}
	for name, s := range map[string]*identity.Service{"old": w.Service, "rotated": rotated} {
		for which, token := range map[string]core.Secret{"old": old.AccessToken, "new": fresh.AccessToken} {
			if got, err := s.Authenticate(t.Context(), token); err != nil || got.SessionID != a.SessionID {
				t.Errorf("the %s replica does not read the %s key's token: %v", name, which, err)
			}
		}
	}
	w.exec(`UPDATE signing_keys SET retired_at = now() - interval '1 hour' WHERE retired_at IS NOT NULL`)
	if err := w.RefreshKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = w.Authenticate(t.Context(), old.AccessToken) // though it was remembered as good
	refused(t, err, core.Unauthenticated, "unknown_signing_key")
	if strings.Count(string(w.JWKS()), `"kid"`) != 1 || strings.Count(string(rotated.JWKS()), `"kid"`) != 2 {
		t.Error("a retired key is published while its tokens live, and not afterwards")
	}
}

func first[A, B any](a A, _ B) A { return a }

func TestUnknownKidsDoNotFloodTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	session, _ := w.signIn("ada")
	header, claims := parts(t, session.AccessToken)
	header["kid"] = "unknown"
	token := forge(t, header, claims, func([]byte) []byte { return make([]byte, 64) })
	w.exec(`CREATE SEQUENCE readings; ALTER TABLE signing_keys RENAME TO keys;
		CREATE VIEW signing_keys AS SELECT keys.* FROM keys, (SELECT nextval('readings')) counted`)
	readings := func() int { return one[int](w, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM readings`) }
	for range 100 {
		_, err := w.Authenticate(t.Context(), token)
		refused(t, err, core.Unauthenticated, "unknown_signing_key")
	}
	if n := readings(); n != 1 {
		t.Errorf("%d readings for 100 tokens", n)
	}
	w.clock.forward(6 * time.Second)
	_, _ = w.Authenticate(t.Context(), token)
	if n := readings(); n != 2 {
		t.Errorf("%d readings after a while, want 2", n)
	}
}

func TestRunReadsTheKeysAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.replica(w.ring, identity.Config{Issuer: issuer, KeyRefresh: time.Millisecond})
	before := string(s.JWKS())
	w.exec(`UPDATE signing_keys SET retired_at = now() - interval '1 hour'`)
	w.replica(w.ring, identity.Config{Issuer: issuer}) // makes the next key
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	for string(s.JWKS()) == before && ctx.Err() == nil {
		w.exec(`SELECT 1`)
	}
	if ctx.Err() != nil {
		t.Error("the next key was not read")
	}
	cancel()
	<-ended
}

func TestABadReadingKeepsTheLastGoodKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ada", core.UserActive)
	w.exec(`UPDATE signing_keys SET algorithm = 'ES256'`)
	if err := w.RefreshKeys(t.Context()); err == nil {
		t.Error("a key of another kind was read")
	}
	w.signIn("ada")
}

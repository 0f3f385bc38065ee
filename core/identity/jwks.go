package identity

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/usher-id/usher/core"
)

// algorithm is the only one that is used, and the only one that is accepted.
const algorithm = jose.EdDSA

// keySet is one reading of the keys. It never changes.
type keySet struct {
	active signer
	byKID  map[string]ed25519.PublicKey
	jwks   []byte
}

// signer signs with one key.
type signer struct {
	kid string
	jws jose.Signer
}

// newKeySet opens every key; the first that is not retired signs.
func newKeySet(rows []core.SigningKey, open func(core.SigningKey) (ed25519.PrivateKey, error)) (*keySet, error) {
	set := &keySet{byKID: make(map[string]ed25519.PublicKey, len(rows))}
	published := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, 0, len(rows))}
	for _, row := range rows {
		private, err := open(row)
		if err != nil {
			return nil, err
		}
		public := ed25519.PublicKey(row.Public)
		set.byKID[row.KID] = public
		published.Keys = append(published.Keys, jwk(public, row.KID))
		if set.active.jws != nil || !row.RetiredAt.IsZero() {
			continue
		}
		if set.active, err = newSigner(private, row.KID); err != nil {
			return nil, err
		}
	}
	if set.active.jws == nil {
		return nil, errNoKey
	}
	var err error
	if set.jwks, err = json.Marshal(published); err != nil {
		return nil, fmt.Errorf("identity: write the JWK set: %w", err)
	}
	return set, nil
}

func jwk(public ed25519.PublicKey, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: public, KeyID: kid, Algorithm: string(algorithm), Use: "sig"}
}

// tokenType is the typ of an access token (RFC 9068 §2.1), so that no other JWT of
// ours can be taken for one.
const tokenType = "at+jwt"

func newSigner(private ed25519.PrivateKey, kid string) (signer, error) {
	key := jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: private, KeyID: kid}}
	jws, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(tokenType))
	if err != nil {
		return signer{}, fmt.Errorf("identity: make a signer: %w", err)
	}
	return signer{kid: kid, jws: jws}, nil
}

// thumbprint names a key by what it is (RFC 7638).
func thumbprint(public ed25519.PublicKey) (string, error) {
	key := jose.JSONWebKey{Key: public}
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// newAEAD makes AES-256-GCM that puts a random nonce before each sealed value; good
// for 2^32 of them under one key.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts plain with the active key. Label says what it is, such as the
// table and the row's key; it is bound to the result, as is the kid, which the
// caller keeps beside it.
func (r *Ring) Seal(label string, plain []byte) (sealed []byte, kid string) {
	return r.active.seal.Seal(nil, nil, plain, bound(r.active.id, label)), r.active.id //nolint:gosec // this AEAD makes its own random nonce and takes none
}

// Open decrypts what [Ring.Seal] made. It fails when the key is not in the ring,
// when the key has another secret, or when sealed, kid or label were changed.
func (r *Ring) Open(label, kid string, sealed []byte) ([]byte, error) {
	key := r.byID[kid]
	if key == nil {
		return nil, unknownKey(kid)
	}
	plain, err := key.seal.Open(nil, nil, sealed, bound(kid, label))
	if err != nil {
		return nil, fmt.Errorf("keyring: key %s does not open %s: another secret under the same id, or the sealed value was changed", kid, label)
	}
	return plain, nil
}

// bound is the additional data of a seal. A kid has no zero byte, so the two
// parts cannot be told wrong.
func bound(kid, label string) []byte { return []byte(kid + "\x00" + label) }

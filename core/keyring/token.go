package keyring

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/usher-id/usher/core"
)

// hashLabel keeps the hashes of tokens apart from every other SHA-256.
const hashLabel = "usher/v1/token-hash\x00"

// Token derives the token that ref names: 43 characters of [0-9A-Za-z], always the
// same for the same reference. The key must be in the ring.
func (r *Ring) Token(ref core.TokenRef) (core.Secret, error) {
	key := r.byID[ref.KeyID]
	if key == nil {
		return "", unknownKey(ref.KeyID)
	}
	if ref.Purpose == "" || len(ref.Purpose) > 255 || ref.ID.IsZero() || ref.Version < 1 {
		return "", errors.New("keyring: a token needs a purpose, an id and a version")
	}
	// The purpose's length stands first, so no two references have the same bytes.
	var scratch [64]byte
	message := append(scratch[:0], byte(len(ref.Purpose))) //nolint:gosec // checked to fit
	message = append(message, ref.Purpose...)
	message = append(message, ref.ID[:]...)
	message = binary.BigEndian.AppendUint64(message, uint64(ref.Version))
	sum := key.token.sum(message)
	var text [width]byte
	encode(&text, &sum)
	return core.Secret(text[:]), nil
}

// HashToken gives what the database keeps of a token. ok is false for anything
// that does not have the form of a token, which is then not worth a look-up.
func (r *Ring) HashToken(token core.Secret) (hash core.TokenHash, ok bool) {
	text := token.Reveal()
	if _, ok := decode(text); !ok {
		return core.TokenHash{}, false
	}
	var scratch [len(hashLabel) + width]byte
	return sha256.Sum256(append(append(scratch[:0], hashLabel...), text...)), true
}

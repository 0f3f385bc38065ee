package keyring

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// Key is one root key. ID (kid) stands beside everything that the key makes: 1 to
// 32 letters, digits, '.', '_' or '-', and never given to another key. Secret is
// 32 bytes of chance. A Key prints its ID only.
type Key struct {
	ID     string
	Secret [32]byte
}

// Format implements [fmt.Formatter] for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("key " + k.ID + " [redacted]")) }

// MarshalText implements [encoding.TextMarshaler], and so covers JSON, YAML and slog.
func (k Key) MarshalText() ([]byte, error) { return fmt.Append(nil, k), nil }

// Ring is the set of root keys in use. It never changes and is safe for
// concurrent use.
type Ring struct {
	active *subkeys
	byID   map[string]*subkeys
	byMark map[mark]*subkeys
}

// mark names a key inside a refresh token without telling its ID.
type mark [8]byte

// subkeys are what one root key is used for, one key for each use.
type subkeys struct {
	id      string
	mark    mark
	token   *mac
	refresh *mac
	ret     *mac // of return paths
	seal    cipher.AEAD
}

// New makes a ring. The first key is the active one; at least one is required.
func New(keys []Key) (*Ring, error) {
	if len(keys) == 0 {
		return nil, errors.New("keyring: at least one key is required")
	}
	r := &Ring{byID: make(map[string]*subkeys, len(keys)), byMark: make(map[mark]*subkeys, len(keys))}
	for _, k := range keys {
		if !validID(k.ID) {
			return nil, fmt.Errorf("keyring: key id %q is not 1 to 32 letters, digits, '.', '_' or '-'", k.ID)
		}
		if k.Secret == [32]byte{} {
			return nil, fmt.Errorf("keyring: key %s has no secret", k.ID)
		}
		if r.byID[k.ID] != nil {
			return nil, fmt.Errorf("keyring: key %s is there twice", k.ID)
		}
		s, err := derive(k)
		if err != nil {
			return nil, fmt.Errorf("keyring: key %s: %w", k.ID, err)
		}
		if r.byMark[s.mark] != nil {
			return nil, fmt.Errorf("keyring: keys %s and %s have the same secret", r.byMark[s.mark].id, k.ID)
		}
		r.byID[k.ID], r.byMark[s.mark] = s, s
	}
	r.active = r.byID[keys[0].ID]
	return r, nil
}

// ActiveID is the id of the key that makes what is new.
func (r *Ring) ActiveID() string { return r.active.id }

func validID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if _, ok := digit(c); !ok && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 32
}

// derive makes the subkeys by HKDF-SHA-256 (RFC 5869). The labels are for ever:
// changing one makes every token and seal of that use worthless.
func derive(k Key) (*subkeys, error) {
	var keys [5][]byte
	for i, use := range []string{"token", "refresh", "refresh-mark", "seal", "return-path"} {
		key, err := hkdf.Key(sha256.New, k.Secret[:], nil, "usher/v1/"+use, 32)
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	seal, err := newAEAD(keys[3])
	if err != nil {
		return nil, err
	}
	return &subkeys{id: k.ID, token: newMAC(keys[0]), refresh: newMAC(keys[1]), mark: mark(keys[2]), seal: seal, ret: newMAC(keys[4])}, nil
}

// mac is HMAC-SHA-256 under one key, whose state is computed once and then kept.
type mac struct{ states sync.Pool }

func newMAC(key []byte) *mac {
	return &mac{states: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (m *mac) sum(message []byte) (sum [32]byte) {
	h, _ := m.states.Get().(hash.Hash)
	h.Reset()
	h.Write(message)
	h.Sum(sum[:0])
	m.states.Put(h)
	return sum
}

func unknownKey(id string) error { return fmt.Errorf("keyring: key %q is not in the ring", id) }

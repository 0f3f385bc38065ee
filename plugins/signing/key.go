package signing

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Key is a public key that is trusted.
type Key struct {
	ID     string // as [KeyID] gives it
	Public ed25519.PublicKey
}

func find(keys []Key, id string) (Key, bool) {
	for _, k := range keys {
		if k.ID == id {
			return k, true
		}
	}
	return Key{}, false
}

// idDigits is the length of a key's id. It finds the key and proves nothing.
const idDigits = 16

// KeyID names a key: the first 16 hexadecimal digits of the SHA-256 of its DER
// (SubjectPublicKeyInfo, RFC 8410).
func KeyID(public ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])[:idDigits], nil
}

// The kinds of PEM blocks.
const (
	publicBlock  = "PUBLIC KEY"
	privateBlock = "PRIVATE KEY"
)

var errPublic = errors.New("is no Ed25519 public key; take the .pub file that usher plugin keygen wrote: its whole text (PEM), or the base64 in it")

// ParsePublicKey reads a public key: PEM, or the base64 of its DER or of its 32 bytes.
func ParsePublicKey(text []byte) (Key, error) {
	text = bytes.TrimSpace(text)
	var der []byte
	if bytes.HasPrefix(text, []byte("-----")) {
		block, rest := pem.Decode(text)
		if block == nil || block.Type != publicBlock || len(bytes.TrimSpace(rest)) > 0 {
			return Key{}, errPublic
		}
		der = block.Bytes
	} else {
		var err error
		if der, err = base64.StdEncoding.DecodeString(string(text)); err != nil {
			return Key{}, errPublic
		}
	}
	public := ed25519.PublicKey(der)
	if len(der) != ed25519.PublicKeySize {
		parsed, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return Key{}, errPublic
		}
		var ok bool
		if public, ok = parsed.(ed25519.PublicKey); !ok {
			return Key{}, errPublic
		}
	}
	id, err := KeyID(public)
	return Key{id, public}, err
}

// maxKeyFile bounds a file with a key, in bytes.
const maxKeyFile = 16 << 10

// ReadPublicKey reads the file of a public key.
func ReadPublicKey(path string) (Key, error) {
	text, err := readFile(path)
	if err != nil {
		return Key{}, err
	}
	key, err := ParsePublicKey(text)
	if err != nil {
		return Key{}, fmt.Errorf("%s %w", path, err)
	}
	return key, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKeyFile))
}

// NewKey makes a key, and the texts of its two files: PKCS #8 and SubjectPublicKeyInfo in PEM.
func NewKey() (k Key, private, public []byte, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		return Key{}, nil, nil, err
	}
	open, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return Key{}, nil, nil, err
	}
	id, err := KeyID(pub)
	return Key{id, pub},
		pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: secret}), pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: open}), err
}

// ReadPrivateKey reads the file of a private key, which only its owner may read. No word of
// the file is in the error.
func ReadPrivateKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (%04o), so anybody may have signed with it; run: chmod 600 %s, or make a new key with: usher plugin keygen", path, mode, path)
	}
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	wrong := fmt.Errorf("%s is no Ed25519 private key in PEM (PKCS #8); make one with: usher plugin keygen", path)
	block, rest := pem.Decode(bytes.TrimSpace(text))
	if block == nil || block.Type != privateBlock || strings.TrimSpace(string(rest)) != "" {
		return nil, wrong
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, wrong
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, wrong
	}
	return key, nil
}

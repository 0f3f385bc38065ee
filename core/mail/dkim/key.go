package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Key signs for one domain. It is immutable.
type Key struct {
	domain, selector string
	headers          []string
	signer           crypto.Signer
	kind             Kind
}

// Kind is what a key is for.
type Kind string

// The kinds of keys.
const (
	RSA     Kind = "rsa"
	Ed25519 Kind = "ed25519" // not every server verifies it yet: best beside one of RSA
)

// The least and the usual length of an RSA key, in bits (RFC 8301 §3.2).
const leastRSA = 2048

// maxFile bounds a file with a key, in bytes.
const maxFile = 64 << 10

// Config names a key; Headers may be nil.
type Config struct {
	Domain   string // of senders: it and those below it
	Selector string
	File     string   // PEM, PKCS #8, RSA of 2048 bits or more or Ed25519; for its owner alone
	Headers  []string // what is signed beside From; [Headers] when nil
}

// Read reads a key. Its error names the file and never what is in it.
func Read(c Config) (*Key, error) {
	file, err := os.Open(c.File)
	if err != nil {
		return nil, err // it names the file
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: chmod 600 %s", c.File, c.File)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, err
	}
	signer, kind, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; make one with usher mail dkim keygen", c.File, err)
	}
	headers := c.Headers
	if headers == nil {
		headers = Headers()
	}
	return &Key{domain: strings.ToLower(c.Domain), selector: c.Selector, headers: headers, signer: signer, kind: kind}, nil
}

func parse(text []byte) (crypto.Signer, Kind, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, "", errors.New("it holds no private key as PEM of PKCS #8 (BEGIN PRIVATE KEY)")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, "", errors.New("the private key in it cannot be read")
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < leastRSA {
			return nil, "", fmt.Errorf("its RSA key has %d bits; servers want %d or more", key.N.BitLen(), leastRSA)
		}
		return key, RSA, nil
	case ed25519.PrivateKey:
		return key, Ed25519, nil
	default:
		return nil, "", errors.New("its key is neither RSA nor Ed25519")
	}
}

// Generate makes a key, as PEM.
func Generate(kind Kind) ([]byte, error) {
	var key any
	var err error
	switch kind {
	case RSA:
		key, err = rsa.GenerateKey(rand.Reader, leastRSA)
	case Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("a key is %s or %s", RSA, Ed25519)
	}
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Record is the name and the text of the TXT record that lets others verify (RFC 6376 §3.6).
func (k *Key) Record() (name, text string, err error) {
	public, err := k.public()
	if err != nil {
		return "", "", err
	}
	return k.selector + "._domainkey." + k.domain, "v=DKIM1; k=" + string(k.kind) + "; p=" + public, nil
}

func (k *Key) public() (string, error) {
	if key, ok := k.signer.Public().(ed25519.PublicKey); ok {
		return base64.StdEncoding.EncodeToString(key), nil
	}
	der, err := x509.MarshalPKIXPublicKey(k.signer.Public())
	return base64.StdEncoding.EncodeToString(der), err
}

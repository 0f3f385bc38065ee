package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/keyring"
)

// keyBytes is the length of a root key.
const keyBytes = 32

// keyCure is the advice for a root key that was damaged: a new one would not open what
// the database has.
const keyCure = "put back the one that was made at the first start, which the database's keys and links need, or begin anew with another data_dir"

// openKeys makes the key ring from the configuration. In development a key is made at the
// first start and kept in the data directory, so that links survive a restart.
func openKeys(c *config.Config, development bool) (*keyring.Ring, error) {
	keys := c.Secrets.Keys
	if len(keys) == 0 && development {
		path := filepath.Join(c.DataDir, "secret.key")
		material, err := ownSecret(path, keyCure)
		if err != nil {
			return nil, err
		}
		raw, err := base64.RawURLEncoding.DecodeString(material.Reveal())
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("app: %s is not a key; %s", path, keyCure)
		}
		keys = []config.SecretKey{{ID: "dev", Material: core.Secret(raw)}}
	}
	var ring []keyring.Key
	for _, k := range keys {
		key := keyring.Key{ID: k.ID}
		if copy(key.Secret[:], k.Material.Reveal()) != keyBytes {
			return nil, fmt.Errorf("app: secrets.keys: the key %q does not have 32 bytes", k.ID)
		}
		ring = append(ring, key)
	}
	return keyring.New(ring)
}

// operatorToken reads the operators' token, and makes it at the first start.
func operatorToken(c *config.Config) (core.Secret, error) {
	return ownSecret(c.Operator.TokenFile, "remove it to have a new one made")
}

// ownSecret reads a file that only its owner may read, and makes it with 256 random
// bits when there is none. Two starters at once agree on one file. Cure is what to do
// about one that was damaged.
func ownSecret(path, cure string) (core.Secret, error) {
	var raw [keyBytes]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("app: random: %w", err)
	}
	fresh, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		text := base64.RawURLEncoding.EncodeToString(raw[:])
		_, err = fresh.WriteString(text + "\n")
		if err := errors.Join(err, fresh.Close()); err != nil {
			return "", fmt.Errorf("app: write %s: %w", path, err)
		}
		return core.Secret(text), nil
	case !errors.Is(err, fs.ErrExist):
		return "", fmt.Errorf("app: make %s: %w", path, err)
	}
	return readSecret(path, cure)
}

func readSecret(path, cure string) (core.Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("app: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("app: %s can be read by others; run: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("app: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < 20 {
		return "", fmt.Errorf("app: %s is empty or too short for a secret; %s", path, cure)
	}
	return core.Secret(secret), nil
}

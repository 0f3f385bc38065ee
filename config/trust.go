package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"

	"github.com/usher-id/usher/plugins/signing"
)

// TrustedKey is one item of plugins.trust.keys.
type TrustedKey struct {
	ID     string // of the key
	Public []byte // 32 bytes, Ed25519
	File   string // where it was read; empty when it stands in the configuration
}

// decodeTrustedKeys reads the list of keys.
func decodeTrustedKeys(raw any) ([]TrustedKey, *wrong) {
	items, bad := sectionItems(raw, "key")
	if bad != nil {
		return nil, bad
	}
	list := make([]TrustedKey, 0, len(items))
	for i, item := range items {
		k, bad := decodeTrustedKey(item)
		if bad == nil && slices.ContainsFunc(list, func(earlier TrustedKey) bool { return earlier.ID == k.ID }) {
			bad = &wrong{"is a key that an earlier one is", "keep one of the two"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d: %s", i+1, bad.says), bad.fix}
		}
		list = append(list, k)
	}
	return list, nil
}

func decodeTrustedKey(raw any) (k TrustedKey, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return k, &wrong{"wants public_key or file, has " + nameOf(raw), "write one of them below the -"}
	}
	var id, public string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch value := m[key]; key {
		case "id":
			id, bad = decodeText(value)
		case "public_key":
			public, bad = decodeText(value)
		case "file":
			k.File, bad = decodeText(value)
		default:
			return k, unknownKey(key, "id", "public_key", "file")
		}
		if bad != nil {
			return k, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	if (public == "") == (k.File == "") {
		return k, &wrong{"wants one of public_key and file", "write the text of the .pub file that usher plugin keygen made, or name the file"}
	}
	key, bad := readTrustedKey(public, k.File)
	if bad != nil {
		return k, bad
	}
	if id != "" && id != key.ID {
		return k, &wrong{"id is not that of the key, which is " + key.ID, "correct it or leave it out"}
	}
	k.ID, k.Public = key.ID, key.Public
	return k, nil
}

func readTrustedKey(public, file string) (signing.Key, *wrong) {
	const fix = "take the .pub file that usher plugin keygen made: its whole text, or the base64 in it"
	if file != "" {
		key, err := signing.ReadPublicKey(file)
		if unread, ok := errors.AsType[*os.PathError](err); ok {
			return key, &wrong{"file cannot be read: " + unread.Err.Error(), "name the .pub file that usher plugin keygen made"}
		}
		if err != nil {
			return key, &wrong{"file has no Ed25519 public key in it", fix}
		}
		return key, nil
	}
	key, err := signing.ParsePublicKey([]byte(public))
	if err != nil {
		return key, &wrong{"public_key is no Ed25519 public key", fix}
	}
	return key, nil
}

// trust checks what is revoked.
func (p *pile) trust(c *Config) {
	digest := regexp.MustCompile(`^[0-9a-f]{64}$`)
	for i, one := range c.Plugins.Trust.Revoked {
		p.require(digest.MatchString(one), fmt.Sprintf("item %d is no digest", i+1),
			"write all 64 digits of the SHA-256, in small letters, as usher plugin list --json shows them", "plugins.trust.revoked")
	}
}

type trustedKeyView struct {
	ID        string `yaml:"id"`
	PublicKey string `yaml:"public_key,omitempty"`
	File      string `yaml:"file,omitempty"`
}

// shownTrustedKey is a key as it could be written: by its file, where it has one.
func shownTrustedKey(k TrustedKey) trustedKeyView {
	if k.File != "" {
		return trustedKeyView{ID: k.ID, File: k.File}
	}
	return trustedKeyView{ID: k.ID, PublicKey: base64.StdEncoding.EncodeToString(k.Public)}
}

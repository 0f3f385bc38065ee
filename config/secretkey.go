package config

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/usher-id/usher/core"
)

// keySize is the size of a key in bytes.
const keySize = 32

// maxKeysFile bounds secrets.keys_file, in bytes.
const maxKeysFile = 64 << 10

const keyFix = "write ID:BASE64 of 32 random bytes, such as k1:$(openssl rand -base64 32)"

// parseKey reads one ID:BASE64.
func parseKey(item string) (SecretKey, *wrong) {
	id, encoded, ok := strings.Cut(item, ":")
	if !ok || !regexp.MustCompile(`^[A-Za-z0-9_-]{1,16}$`).MatchString(id) {
		return SecretKey{}, &wrong{"has no id of 1 to 16 letters, digits, - or _", keyFix}
	}
	bytes, err := decodeBase64(encoded)
	if err != nil {
		return SecretKey{}, &wrong{"is not base64", keyFix}
	}
	if len(bytes) != keySize {
		return SecretKey{}, &wrong{fmt.Sprintf("has %d bytes, wants %d", len(bytes), keySize), keyFix}
	}
	if strings.Count(string(bytes), string(bytes[:1])) == keySize {
		return SecretKey{}, &wrong{"is not random", keyFix}
	}
	return SecretKey{ID: id, Material: core.Secret(bytes)}, nil
}

// decodeBase64 reads both alphabets, padded or not.
func decodeBase64(s string) ([]byte, error) {
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	return base64.RawStdEncoding.DecodeString(s)
}

// readKeys reads a file with one key on each line; empty lines and those that
// begin with # are passed over. No word of the file is in the error.
func readKeys(path string) ([]SecretKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	defer f.Close()
	var keys []SecretKey
	lines := bufio.NewScanner(io.LimitReader(f, maxKeysFile))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, bad := parseKey(line)
		if bad != nil {
			return nil, fmt.Errorf("line %d %s", n, bad.says)
		}
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(keys) == 0 {
		return nil, errors.New("has no key in it")
	}
	return keys, nil
}

// unwrapPath leaves the path out of an error that will be shown next to it.
func unwrapPath(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

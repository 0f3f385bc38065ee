package dkim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Check looks the key's record up and compares it. Its error says what to do.
func (k *Key) Check(ctx context.Context, lookup func(ctx context.Context, name string) ([]string, error)) error {
	name, want, err := k.Record()
	if err != nil {
		return err
	}
	found, err := lookup(ctx, name)
	if missing, ok := errors.AsType[*net.DNSError](err); ok && missing.IsNotFound || err == nil && len(found) == 0 {
		return fmt.Errorf("there is no TXT record %s; publish: %s", name, want)
	}
	if err != nil {
		return fmt.Errorf("look %s up: %w", name, err)
	}
	if len(found) > 1 {
		return fmt.Errorf("there are %d TXT records %s; servers take none of them, so keep one", len(found), name)
	}
	return k.compare(name, found[0], want)
}

func (k *Key) compare(name, found, want string) error {
	got, own := tags(found), tags(want)
	if got["k"] == "" {
		got["k"] = string(RSA) // RFC 6376 §3.6.1
	}
	switch {
	case got["v"] != "" && got["v"] != "DKIM1":
		return fmt.Errorf("the TXT record %s does not begin with v=DKIM1; publish: %s", name, want)
	case got["p"] == "":
		return fmt.Errorf("the TXT record %s has no key: it is revoked; publish: %s", name, want)
	case got["k"] != own["k"] || got["p"] != own["p"]:
		return fmt.Errorf("the TXT record %s has another key than the file; publish: %s", name, want)
	}
	return nil
}

// tags are those of a record, without the blanks that may stand anywhere.
func tags(text string) map[string]string {
	all := map[string]string{}
	for tag := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(tag, "=")
		all[strings.TrimSpace(key)] = strings.Join(strings.Fields(value), "")
	}
	return all
}

package signing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
)

// Facts are what the bytes of a module say.
type Facts struct {
	Plugin       string
	Version      string
	Digest       string // hex of the SHA-256 of the bytes
	Size         int    // bytes
	Hooks        []string
	Capabilities []string // as [Capabilities] gives them
}

// Statement is what a signature is about.
type Statement struct {
	ABI          string    `json:"abi"`
	Plugin       string    `json:"plugin"`
	Version      string    `json:"version"`
	Digest       string    `json:"digest"`
	Hooks        []string  `json:"hooks"`
	Capabilities []string  `json:"capabilities"`
	Size         int       `json:"size"`
	NotBefore    time.Time `json:"not_before"`
	NotAfter     time.Time `json:"not_after"`
}

// State makes a statement about a module, good from an instant for a time. Instants are whole
// seconds.
func State(f Facts, from time.Time, validFor time.Duration) (Statement, error) {
	from = from.UTC().Truncate(time.Second)
	s := Statement{
		ABI: hostapi.ABI, Plugin: f.Plugin, Version: f.Version, Digest: f.Digest, Size: f.Size,
		Hooks: sorted(f.Hooks), Capabilities: sorted(f.Capabilities), NotBefore: from, NotAfter: from.Add(validFor).Truncate(time.Second),
	}
	if !s.NotAfter.After(s.NotBefore) {
		return s, errors.New("a signature must be good for a second at least")
	}
	return s, nil
}

func sorted(list []string) []string {
	if list == nil {
		return []string{}
	}
	return slices.Sorted(slices.Values(list))
}

// Capabilities lists what a manifest asks for, a line each: "http https://api.example.com", or
// "http *" for origins of the operator's choice; "kv"; "secret NAME"; "metric NAME"; "spans".
func Capabilities(r hostapi.Requests) []string {
	list := []string{}
	if r.HTTP != nil {
		for _, origin := range r.HTTP.Origins {
			list = append(list, "http "+origin)
		}
		if len(r.HTTP.Origins) == 0 {
			list = append(list, "http *")
		}
	}
	if r.KV != nil {
		list = append(list, "kv")
	}
	for _, name := range r.Secrets {
		list = append(list, "secret "+name)
	}
	if r.Telemetry != nil {
		for _, m := range r.Telemetry.Metrics {
			list = append(list, "metric "+m.Name)
		}
		if r.Telemetry.Spans {
			list = append(list, "spans")
		}
	}
	slices.Sort(list)
	return list
}

// Hooks lists the names of hooks that a manifest has.
func Hooks(m map[hostapi.Hook]hostapi.HookNeeds) []string {
	list := make([]string, 0, len(m))
	for _, h := range slices.Sorted(maps.Keys(m)) {
		list = append(list, string(h))
	}
	return list
}

// check compares a statement with the module, and with the instant.
func (s Statement) check(f Facts, now time.Time) error {
	switch {
	case s.ABI != hostapi.ABI:
		return bad(WrongABI, "the signature is for the plugin contract %s, and this host speaks %s; sign the module again with this version of usher", quote(s.ABI), hostapi.ABI)
	case s.Digest != f.Digest:
		return bad(WrongDigest, "the signature is about other bytes: it names the digest %s, and the module's is %s; take the module that was signed, or sign this one with: usher plugin sign", quote(s.Digest), f.Digest)
	case s.Plugin != f.Plugin || s.Version != f.Version:
		return bad(WrongName, "the signature is for %s %s, and the module is %s %s; sign this module", quote(s.Plugin), quote(s.Version), f.Plugin, f.Version)
	case s.Size != f.Size:
		return bad(WrongSize, "the signature is for %d bytes, and the module has %d; sign this module", s.Size, f.Size)
	}
	if err := same(WrongHooks, "hooks", s.Hooks, f.Hooks); err != nil {
		return err
	}
	if err := same(WrongCapabilities, "capabilities", s.Capabilities, f.Capabilities); err != nil {
		return err
	}
	switch {
	case now.Before(s.NotBefore):
		return bad(NotYetValid, "the signature is good from %s on, and it is %s; wait, or set the clock of this machine right", instant(s.NotBefore), instant(now))
	case !now.Before(s.NotAfter):
		return bad(Expired, "the signature was good until %s, and it is %s; sign the module again with: usher plugin sign", instant(s.NotAfter), instant(now))
	}
	return nil
}

// same tells how two lists differ, whatever their order.
func same(kind Kind, what string, signed, has []string) error {
	var more, less []string
	for _, one := range has {
		if !slices.Contains(signed, one) {
			more = append(more, one)
		}
	}
	for _, one := range signed {
		if !slices.Contains(has, one) {
			less = append(less, quote(one))
		}
	}
	switch {
	case len(more) > 0:
		return bad(kind, "the module has %s that were not signed: %s; look at what it asks for, then sign it again with: usher plugin sign", what, strings.Join(more, ", "))
	case len(less) > 0:
		return bad(kind, "the signature names %s that the module does not have: %s; sign this module", what, strings.Join(less, ", "))
	}
	return nil
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// maxQuoted bounds what is repeated of a stranger's words, in bytes.
const maxQuoted = 100

func quote(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func (s Statement) bytes() ([]byte, error) { return json.Marshal(s, json.Deterministic(true)) }

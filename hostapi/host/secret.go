package host

import (
	"fmt"
	"log/slog"
)

// Secret is a value that the host uses for a guest and never shows, to the guest or
// to anyone: every way to print it gives "[secret]".
type Secret string

const hidden = "[secret]"

// String implements [fmt.Stringer].
func (Secret) String() string { return hidden }

// Format implements [fmt.Formatter] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText implements [encoding.TextMarshaler], and so covers JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Substitution is a text that a guest writes in place of one that it must not see.
type Substitution struct {
	Placeholder string
	Value       Secret
}

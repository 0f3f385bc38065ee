package signing

import "fmt"

// Kind says what is wrong with a signature, for programs.
type Kind string

// What can be wrong.
const (
	Malformed         Kind = "signature_malformed"
	UnknownKey        Kind = "signature_unknown_key"
	WrongSignature    Kind = "signature_wrong"
	WrongABI          Kind = "signature_of_other_abi"
	WrongDigest       Kind = "signature_of_other_bytes"
	WrongName         Kind = "signature_of_other_version"
	WrongSize         Kind = "signature_of_other_size"
	WrongHooks        Kind = "signature_of_other_hooks"
	WrongCapabilities Kind = "signature_of_other_capabilities"
	NotYetValid       Kind = "signature_not_yet_valid"
	Expired           Kind = "signature_expired"
)

// Error is a signature that proves nothing. Its words may be shown to anyone.
type Error struct {
	Kind Kind
	Says string // what differs, and what to do
}

// Error gives the words.
func (e *Error) Error() string { return e.Says }

func bad(kind Kind, format string, args ...any) error {
	return &Error{kind, fmt.Sprintf(format, args...)}
}

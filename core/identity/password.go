package identity

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/usher-id/usher/core"
)

// maxPassword is in bytes, as received. It bounds the work before hashing, no more:
// how long a new password must be is the policy of package activation.
const maxPassword = 1024

// clean checks the bounds and gives the bytes to hash: UTF-8 in Unicode's form C
// (RFC 8265, OpaqueString), so that a password typed on another keyboard is the
// same. The form is for ever: changing it locks people out.
func clean(password core.Secret) ([]byte, error) {
	text := password.Reveal()
	switch {
	case text == "":
		return nil, refuse("required", "A password is needed.")
	case len(text) > maxPassword:
		return nil, refuse("too_long", fmt.Sprintf("A password has at most %d bytes.", maxPassword))
	case !utf8.ValidString(text): // before norm, which must not meet anything else
		return nil, refuse("invalid", "The password is not valid UTF-8.")
	}
	return norm.NFC.AppendString(nil, text), nil
}

func refuse(code, message string) error {
	return core.Invalid(core.FieldError{Field: "password", Code: code, Message: message})
}

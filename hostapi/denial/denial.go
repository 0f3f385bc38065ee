package denial

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-id/usher/hostapi"
)

const (
	maxErrors  = 20
	maxName    = 64  // bytes, of a field or a code
	maxMessage = 500 // characters
)

// Check says how errors break the contract.
func Check(errors []hostapi.FieldError) error {
	if len(errors) > maxErrors {
		return fmt.Errorf("there are more than %d errors", maxErrors)
	}
	for _, e := range errors {
		if e.Field == "" || len(e.Field) > maxName || !IsOneLine(e.Field) {
			return fmt.Errorf("an error names no field, or not in one line of at most %d bytes", maxName)
		}
		if !IsCode(e.Code) {
			return fmt.Errorf("the code of an error is not in snake_case, or longer than %d bytes", maxName)
		}
		if e.Message == "" || utf8.RuneCountInString(e.Message) > maxMessage || !IsOneLine(e.Message) {
			return fmt.Errorf("the message of an error is empty, longer than %d characters, or not one line of printing ones", maxMessage)
		}
	}
	return nil
}

// IsCode tells whether a program can read a text as the name of something: snake_case.
func IsCode(s string) bool {
	return s != "" && len(s) <= maxName &&
		!strings.ContainsFunc(s, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' })
}

// IsOneLine tells whether a text shows as it is: no line breaks, no control characters, and
// nothing that turns the direction of what stands around it. The joiners are letters'.
func IsOneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d'
	})
}

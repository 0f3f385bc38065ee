package hook

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// The bounds of a denial, which the caller of the API gets to see.
const (
	maxErrors  = 20
	maxName    = 64
	maxMessage = 500
)

// decode reads an answer strictly: unknown and doubled fields, and anything but
// UTF-8, break the contract.
func decode[D any](output []byte) (hostapi.Output[D], error) {
	var o hostapi.Output[D]
	if err := json.Unmarshal(output, &o, json.RejectUnknownMembers(true)); err != nil {
		return o, fmt.Errorf("the answer is not of the hook's shape: %w", err)
	}
	if o.Outcome != hostapi.Continue && o.Outcome != hostapi.Deny {
		return o, errors.New("the outcome is neither continue nor deny")
	}
	if o.Outcome == hostapi.Continue && len(o.Errors) > 0 {
		return o, errors.New("there are errors but the outcome is not deny")
	}
	return o, nil
}

// fieldErrors takes over what a plugin found wrong with fields.
func fieldErrors(given []hostapi.FieldError) ([]core.FieldError, error) {
	if len(given) > maxErrors {
		return nil, fmt.Errorf("there are more than %d errors", maxErrors)
	}
	var fields []core.FieldError
	for _, e := range given {
		if e.Field == "" || len(e.Field) > maxName || !isOneLine(e.Field) {
			return nil, fmt.Errorf("an error names no field, or not in one line of at most %d bytes", maxName)
		}
		if !isCode(e.Code) {
			return nil, errors.New("the code of an error is not short and in snake_case")
		}
		if e.Message == "" || utf8.RuneCountInString(e.Message) > maxMessage || !isOneLine(e.Message) {
			return nil, fmt.Errorf("the message of an error is empty, longer than %d characters, or not one line of printing ones", maxMessage)
		}
		fields = append(fields, core.FieldError{Field: e.Field, Code: e.Code, Message: e.Message})
	}
	return fields, nil
}

func isCode(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

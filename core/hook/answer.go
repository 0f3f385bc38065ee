package hook

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/denial"
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
	if err := denial.Check(given); err != nil {
		return nil, err
	}
	var fields []core.FieldError
	for _, e := range given {
		fields = append(fields, core.FieldError{Field: e.Field, Code: e.Code, Message: e.Message})
	}
	return fields, nil
}

package core

import (
	"errors"
	"strings"
	"time"
)

// Code says what went wrong, for programs. Codes are stable: they stand in the
// HTTP contract and are never renamed.
type Code string

// The closed list of codes; http-api documents the status that each becomes.
const (
	MalformedRequest    Code = "malformed_request"
	Unauthenticated     Code = "unauthenticated"
	InvalidCredentials  Code = "invalid_credentials"
	Forbidden           Code = "forbidden"
	DeniedByPolicy      Code = "denied_by_policy"
	NotFound            Code = "not_found"
	MethodNotAllowed    Code = "method_not_allowed"
	Conflict            Code = "conflict"
	IdempotencyInFlight Code = "idempotency_in_flight"
	InvalidToken        Code = "invalid_token"
	PayloadTooLarge     Code = "payload_too_large"
	UnsupportedMedia    Code = "unsupported_media_type"
	ValidationFailed    Code = "validation_failed"
	IdempotencyMismatch Code = "idempotency_mismatch"
	RateLimited         Code = "rate_limited"
	Unavailable         Code = "unavailable"
	SignupClosed        Code = "signup_closed"
	Internal            Code = "internal"
)

// Error is the one error that crosses packages. Say and Fields are for the
// caller and may be shown to anyone; Reason and the cause are for the log only.
type Error struct {
	Code       Code
	Say        string        // one sentence for a person, safe to show
	Fields     []FieldError  // what is wrong with which field, safe to show
	Reason     string        // the true reason in snake_case, for log, trace and metric
	RetryAfter time.Duration // when trying again makes sense; 0 for never or unknown

	cause error
}

// FieldError says what is wrong with one field of a request. Field is its JSON
// name, with dots and indexes below the top level.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// E makes an error that says one sentence.
func E(code Code, say string) *Error { return &Error{Code: code, Say: say} }

// Invalid makes a validation error from what is wrong with the fields.
func Invalid(fields ...FieldError) *Error {
	return &Error{Code: ValidationFailed, Say: "Some fields are not valid.", Fields: fields, Reason: "validation_failed"}
}

// Because sets the true reason, which only log, trace and metric see.
func (e *Error) Because(reason string) *Error {
	e.Reason = reason
	return e
}

// Caused keeps the cause for the log.
func (e *Error) Caused(err error) *Error {
	e.cause = err
	return e
}

// Error gives the words for the log, cause included.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Reason != "" && e.Reason != string(e.Code) {
		b.WriteString(" (" + e.Reason + ")")
	}
	if e.Say != "" {
		b.WriteString(": " + e.Say)
	}
	for _, f := range e.Fields {
		b.WriteString("; " + f.Field + ": " + f.Code)
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf tells the code of an error: "" for nil and [Internal] for one that is
// not an [Error], whose words must not leave the process.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// ReasonOf tells the true reason of an error, or else its code.
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Reason != "" {
		return e.Reason
	}
	return string(CodeOf(err))
}

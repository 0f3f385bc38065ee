// Command moody is a guest for tests: its mood depends on what it is shown, so that
// one host meets an accepting, a denying and a broken plugin, and mails of its own and
// of the host's making.
package main

import (
	"errors"
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/renderer"
	"github.com/usher-id/usher/sdk/validator"
)

var (
	signups = validator.New(check)
	mails   = renderer.New(write)
)

func check(_ *sdk.Call, s validator.Signup) (validator.Verdict, error) {
	switch {
	case strings.HasSuffix(s.EmailDomain, "field.example"):
		return validator.Deny(validator.FieldError{Field: "email", Code: "not_today", Message: "Not today."}), nil
	case strings.HasSuffix(s.EmailDomain, "denied.example"):
		return validator.Deny(), nil
	case strings.HasSuffix(s.EmailDomain, "broken.example"):
		return validator.Verdict{}, errors.New("broken on purpose")
	}
	return validator.Accept(), nil
}

// write leaves the mails of a tenant called Native to the host.
func write(_ *sdk.Call, m renderer.Message) (renderer.Mail, error) {
	if strings.Contains(m.Tenant.Name, "Native") {
		return renderer.Mail{}, errors.New("broken on purpose")
	}
	return renderer.Mail{
		Subject: "A moody mail", Text: "Go to " + m.Link + "\n", HTML: `<p><a href="` + m.Link + `">Go</a></p>`,
	}, nil
}

//go:wasmexport usher_signup_validate
func signupValidate() int32 { return signups.Serve() }

//go:wasmexport usher_message_render
func messageRender() int32 { return mails.Serve() }

func main() {}

package manifest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
)

// form is what a hook asks with and is answered by.
type form struct {
	question reflect.Type
	answer   func([]byte) (hostapi.Outcome, []byte, error)
}

func formOf[Q, A any]() form { return form{reflect.TypeFor[Q](), output[A]} }

// formFor gives the form of a hook that the contract has.
func formFor(h hostapi.Hook) (form, bool) {
	f, ok := map[hostapi.Hook]form{
		hostapi.HookSignupValidate:     formOf[hostapi.SignupValidate, hostapi.SignupPatch](),
		hostapi.HookTenantProvision:    formOf[hostapi.TenantProvision, hostapi.TenantReferences](),
		hostapi.HookInvitationValidate: formOf[hostapi.InvitationValidate, hostapi.InvitationPatch](),
		hostapi.HookActivationValidate: formOf[hostapi.ActivationValidate, hostapi.ActivationPatch](),
		hostapi.HookPasswordCheck:      formOf[hostapi.PasswordCheck, hostapi.PasswordVerdict](),
		hostapi.HookMessageRender:      formOf[hostapi.MessageRender, hostapi.RenderedMessage](),
		hostapi.HookMessageRoute:       formOf[hostapi.MessageRoute, hostapi.MessageRouting](),
		hostapi.HookMessageSend:        formOf[hostapi.MessageSend, hostapi.MessageSent](),
		hostapi.HookMessageStatus:      formOf[hostapi.MessageStatus, hostapi.MessageReports](),
		hostapi.HookIdentityBegin:      formOf[hostapi.IdentityBegin, hostapi.IdentityRedirect](),
		hostapi.HookIdentityFinish:     formOf[hostapi.IdentityFinish, hostapi.Identity](),
		hostapi.HookSessionClaims:      formOf[hostapi.SessionClaims, hostapi.SessionClaimed](),
		hostapi.HookEventDeliver:       formOf[hostapi.EventDeliver, hostapi.EventDelivered](),
	}[h]
	return f, ok
}

// Fields lists the members of a hook's data; none for a hook that is not known.
func Fields(h hostapi.Hook) []string {
	f, ok := formFor(h)
	if !ok {
		return nil
	}
	names := make([]string, f.question.NumField())
	for i := range names {
		names[i] = jsonName(f.question.Field(i))
	}
	return names
}

// Answer judges the form of a guest's answer to a hook: a known outcome, and data that
// has no member but those of its closed type. It gives the answer in one form, so that
// two that mean the same have the same JSON.
func Answer(h hostapi.Hook, b []byte) (hostapi.Outcome, []byte, error) {
	f, ok := formFor(h)
	if !ok {
		return "", nil, fmt.Errorf("there is no hook %q", h)
	}
	return f.answer(b)
}

func output[A any](b []byte) (hostapi.Outcome, []byte, error) {
	var o hostapi.Output[A]
	if err := decode(b, &o); err != nil {
		return "", nil, err
	}
	if o.Outcome != hostapi.Continue && o.Outcome != hostapi.Deny {
		return "", nil, fmt.Errorf("the outcome is %s, not %s or %s", quote(string(o.Outcome)), hostapi.Continue, hostapi.Deny)
	}
	one, err := json.Marshal(o, json.Deterministic(true))
	return o.Outcome, one, err
}

// question decodes data of a hook as strictly as nothing else does: a fixture with a
// member that the host does not have is a mistake.
func question(h hostapi.Hook, data []byte) error {
	if jsontext.Value(data).Kind() != '{' {
		return fmt.Errorf("an object was expected")
	}
	f, _ := formFor(h)
	return decode(data, reflect.New(f.question).Interface())
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

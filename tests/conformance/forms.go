package conformance

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
)

// form has the types of a hook, and what the kit knows of it.
type form struct {
	hook             hostapi.Hook
	question, answer reflect.Type
	verdict          bool
	least            string // the data of its least answer to the question that has every member
}

func forms() []form {
	return []form{
		formOf[hostapi.SignupValidate, hostapi.SignupPatch](hostapi.HookSignupValidate, true, `{}`),
		formOf[hostapi.TenantProvision, hostapi.TenantReferences](hostapi.HookTenantProvision, false, `{}`),
		formOf[hostapi.InvitationValidate, hostapi.InvitationPatch](hostapi.HookInvitationValidate, true, `{}`),
		formOf[hostapi.ActivationValidate, hostapi.ActivationPatch](hostapi.HookActivationValidate, true, `{}`),
		formOf[hostapi.PasswordCheck, hostapi.PasswordVerdict](hostapi.HookPasswordCheck, true, `{}`),
		formOf[hostapi.MessageRender, hostapi.RenderedMessage](hostapi.HookMessageRender, false, `{"subject":"s","html":`+quote("<p>"+Text+"</p>")+`,"text":`+quote(Text)+`}`),
		formOf[hostapi.MessageRoute, hostapi.MessageRouting](hostapi.HookMessageRoute, false, `{}`),
		formOf[hostapi.MessageSend, hostapi.MessageSent](hostapi.HookMessageSend, false, `{"status":"accepted"}`),
		formOf[hostapi.MessageStatus, hostapi.MessageReports](hostapi.HookMessageStatus, true, `{}`),
		formOf[hostapi.IdentityBegin, hostapi.IdentityRedirect](hostapi.HookIdentityBegin, false, `{"url":`+quote("https://login.example/?state="+Text)+`}`),
		formOf[hostapi.IdentityFinish, hostapi.Identity](hostapi.HookIdentityFinish, false, `{"subject":"u","email":"a@b.example","email_verified":false}`),
		formOf[hostapi.SessionClaims, hostapi.SessionClaimed](hostapi.HookSessionClaims, false, `{}`),
		formOf[hostapi.EventDeliver, hostapi.EventDelivered](hostapi.HookEventDeliver, false, `{"acknowledged":true}`),
	}
}

func formOf[Q, A any](h hostapi.Hook, verdict bool, least string) form {
	return form{h, reflect.TypeFor[Q](), reflect.TypeFor[A](), verdict, least}
}

// last is the last value of each enumeration.
var last = map[reflect.Type]string{ //nolint:gochecknoglobals // a constant
	reflect.TypeFor[hostapi.Role]():              string(hostapi.RoleMember),
	reflect.TypeFor[hostapi.ActivationPurpose](): string(hostapi.PurposeInvitation),
	reflect.TypeFor[hostapi.PasswordPurpose]():   string(hostapi.PasswordReset),
	reflect.TypeFor[hostapi.MessageKind]():       string(hostapi.MessagePasswordReset),
	reflect.TypeFor[hostapi.SendStatus]():        string(hostapi.SendFailed),
	reflect.TypeFor[hostapi.DeliveryStatus]():    string(hostapi.DeliveryComplained),
	reflect.TypeFor[hostapi.SessionReason]():     string(hostapi.SessionSwitch),
}

// full is JSON of a type with every member set.
func full(t *testing.T, of reflect.Type) string {
	t.Helper()
	v := reflect.New(of).Elem()
	fill(t, v, "")
	return text(t, v.Interface())
}

func fill(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	if v.Type() == reflect.TypeFor[hostapi.RawJSON]() {
		v.SetBytes([]byte(`{"a":[1,null,"x"]}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(Text)
		if word, ok := last[v.Type()]; ok {
			v.SetString(word)
		} else if v.Type() != reflect.TypeFor[string]() {
			t.Fatalf("the kit does not know the values of %v", v.Type())
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
		if name == "ExpiresIn" {
			v.SetInt(3600)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), name)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"k1": Text, "k2": ""}))
	default:
		t.Fatalf("the kit has no %v to fill in", v.Type())
	}
}

// typed is JSON of a type with every member, of what some of them are.
func typed(t *testing.T, of reflect.Type, some string) string {
	t.Helper()
	v := reflect.New(of)
	if err := json.Unmarshal([]byte(some), v.Interface(), json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("what the kit wants, %s: %v", some, err)
	}
	return text(t, v.Interface())
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// quote writes a JSON string.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("%q is no string: %v", s, err)) // the kit's own strings are
	}
	return string(b)
}

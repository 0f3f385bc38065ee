// Command gate is a guest for tests that stands where people are let in: at invitations,
// activations, new passwords and sessions. What it does depends on what it is shown, so that
// one host meets all that a plugin can do there. It speaks the ABI without the SDK.
package main

import (
	"encoding/json"
	"strings"
	"unsafe"

	"github.com/usher-id/usher/hostapi"
)

//go:wasmimport usher:core/v1 input_len
func inputLen() int32

//go:wasmimport usher:core/v1 input_read
func inputRead(dst unsafe.Pointer, off, n int32) int32

//go:wasmimport usher:core/v1 output_write
func outputWrite(src unsafe.Pointer, n int32) int32

//go:wasmimport usher:core/v1 log
func logLine(level int32, ptr unsafe.Pointer, n int32)

// settings are the operator's.
type settings struct {
	Closed bool   `json:"closed"` // nobody is let in
	Plan   string `json:"plan"`   // said of every session
}

// serve answers one call and has what it was shown logged, for those who look for secrets there.
func serve[Q, A any](answer func(Q, settings) hostapi.Output[A]) int32 {
	input := make([]byte, inputLen())
	inputRead(unsafe.Pointer(unsafe.SliceData(input)), 0, int32(len(input)))
	var call hostapi.Envelope[Q]
	var set settings
	if json.Unmarshal(input, &call) != nil || json.Unmarshal(call.Config, &set) != nil {
		return hostapi.ReturnFailed
	}
	if shown, err := json.Marshal(call.Data); err == nil && call.Hook == hostapi.HookPasswordCheck {
		logLine(hostapi.LogInfo, unsafe.Pointer(unsafe.SliceData(shown)), int32(len(shown)))
	}
	output, err := json.Marshal(answer(call.Data, set))
	if err != nil || outputWrite(unsafe.Pointer(unsafe.SliceData(output)), int32(len(output))) < 0 {
		return hostapi.ReturnFailed
	}
	return hostapi.ReturnOK
}

func accept[A any](data A) hostapi.Output[A] {
	return hostapi.Output[A]{Outcome: hostapi.Continue, Data: data}
}

func deny[A any](field ...string) hostapi.Output[A] {
	o := hostapi.Output[A]{Outcome: hostapi.Deny}
	for _, f := range field {
		o.Errors = append(o.Errors, hostapi.FieldError{Field: f, Code: "not_today", Message: "Not today."})
	}
	return o
}

// crash is what none of the plugins of this world should do.
func crash() { panic("broken on purpose") }

func invite(q hostapi.InvitationValidate, _ settings) hostapi.Output[hostapi.InvitationPatch] {
	switch {
	case strings.HasSuffix(q.EmailDomain, "field.example"):
		return deny[hostapi.InvitationPatch]("email", "role")
	case strings.HasSuffix(q.EmailDomain, "denied.example"):
		return deny[hostapi.InvitationPatch]()
	case strings.HasSuffix(q.EmailDomain, "broken.example"):
		crash()
	case strings.HasSuffix(q.EmailDomain, "greedy.example"):
		owner := hostapi.RoleOwner
		return accept(hostapi.InvitationPatch{Role: &owner})
	case strings.HasSuffix(q.EmailDomain, "patched.example"):
		life, role, locale := q.ExpiresIn/2, hostapi.RoleMember, "fr"
		return accept(hostapi.InvitationPatch{
			ExpiresIn: &life, Role: &role, Locale: &locale, Metadata: map[string]string{"asked": string(q.Role) + " by " + string(q.InviterRole)},
		})
	}
	return accept(hostapi.InvitationPatch{})
}

func activate(q hostapi.ActivationValidate, set settings) hostapi.Output[hostapi.ActivationPatch] {
	switch {
	case set.Closed, q.DisplayName == "Denied":
		return deny[hostapi.ActivationPatch]()
	case q.DisplayName == "Field":
		return deny[hostapi.ActivationPatch]("display_name")
	case q.DisplayName == "Broken":
		crash()
	case q.DisplayName == "Patched":
		name, locale := string(q.Purpose)+" of "+q.Tenant.Name, "pt-br"
		return accept(hostapi.ActivationPatch{DisplayName: &name, Locale: &locale})
	}
	return accept(hostapi.ActivationPatch{})
}

// password goes by the number of capitals: nothing tells more of a password than facts.
func password(q hostapi.PasswordCheck, _ settings) hostapi.Output[hostapi.PasswordVerdict] {
	switch q.Facts.Upper {
	case 1:
		return deny[hostapi.PasswordVerdict]("password")
	case 2:
		return deny[hostapi.PasswordVerdict]()
	case 3:
		crash()
	}
	return accept(hostapi.PasswordVerdict{})
}

func claim(q hostapi.SessionClaims, set settings) hostapi.Output[hostapi.SessionClaimed] {
	switch {
	case strings.Contains(q.Tenant.Name, "Broken"):
		crash()
	case strings.Contains(q.Tenant.Name, "Talkative"):
		return accept(hostapi.SessionClaimed{Claims: hostapi.RawJSON(`{"word":"` + strings.Repeat("x", hostapi.MaxClaims) + `"}`)})
	}
	text, err := json.Marshal(map[string]string{"plan": set.Plan, "reason": string(q.Reason), "role": string(q.Role), "sub": "nobody"})
	if err != nil {
		crash()
	}
	return accept(hostapi.SessionClaimed{Claims: text})
}

//go:wasmexport usher_invitation_validate
func invitationValidate() int32 { return serve(invite) }

//go:wasmexport usher_activation_validate
func activationValidate() int32 { return serve(activate) }

//go:wasmexport usher_password_check
func passwordCheck() int32 { return serve(password) }

//go:wasmexport usher_session_claims
func sessionClaims() int32 { return serve(claim) }

func main() {}

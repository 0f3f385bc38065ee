// Command gate is a guest for tests that stands where people are let in: at invitations,
// activations, new passwords and sessions. What it does depends on what it is shown, so that
// one host meets all that a plugin can do there. It speaks the ABI without the SDK, and
// looks into the question as text: with a JSON package it would take twice as long to compile.
package main

import (
	"strconv"
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

// call is an envelope as the host writes it: compact, the operator's settings before the data.
type call struct{ settings, data string }

// serve answers one call.
func serve(answer func(call) string) int32 {
	input := make([]byte, inputLen())
	inputRead(unsafe.Pointer(unsafe.SliceData(input)), 0, int32(len(input)))
	settings, data, ok := strings.Cut(string(input), `,"data":`)
	if !ok {
		return hostapi.ReturnFailed
	}
	_, settings, _ = strings.Cut(settings, `"config":`)
	output := answer(call{settings, data})
	if outputWrite(unsafe.Pointer(unsafe.StringData(output)), int32(len(output))) < 0 {
		return hostapi.ReturnFailed
	}
	return hostapi.ReturnOK
}

// text is a member of an object as it stands there, without its quotes; none of these tests
// has one with a quote or a backslash in it.
func text(object, name string) string {
	_, rest, _ := strings.Cut(object, `"`+name+`":`)
	end := ",}"
	if strings.HasPrefix(rest, `"`) {
		rest, end = rest[1:], `"`
	}
	if i := strings.IndexAny(rest, end); i >= 0 {
		return rest[:i]
	}
	return ""
}

func accept(data string) string { return `{"outcome":"continue","data":{` + data + `}}` }

func deny(fields ...string) string {
	for i, f := range fields {
		fields[i] = `{"field":"` + f + `","code":"not_today","message":"Not today."}`
	}
	return `{"outcome":"deny","errors":[` + strings.Join(fields, ",") + `]}`
}

// crash is what none of the plugins of this world should do.
func crash() string { panic("broken on purpose") }

func invite(c call) string {
	domain := text(c.data, "email_domain")
	switch {
	case strings.HasSuffix(domain, "field.example"):
		return deny("email", "role")
	case strings.HasSuffix(domain, "denied.example"):
		return deny()
	case strings.HasSuffix(domain, "broken.example"):
		return crash()
	case strings.HasSuffix(domain, "greedy.example"):
		return accept(`"role":"owner"`)
	case strings.HasSuffix(domain, "patched.example"):
		life, _ := strconv.Atoi(text(c.data, "expires_in"))
		return accept(`"expires_in":` + strconv.Itoa(life/2) + `,"role":"member","locale":"fr","metadata":{"asked":"` +
			text(c.data, "role") + " by " + text(c.data, "inviter_role") + `"}`)
	}
	return accept("")
}

func activate(c call) string {
	switch name := text(c.data, "display_name"); {
	case text(c.settings, "closed") == "true", name == "Denied":
		return deny()
	case name == "Field":
		return deny("display_name")
	case name == "Broken":
		return crash()
	case name == "Patched":
		return accept(`"display_name":"` + text(c.data, "purpose") + " of " + text(c.data, "name") + `","locale":"pt-br"`)
	}
	return accept("")
}

// password goes by the number of capitals: nothing tells more of a password than facts. What
// it is shown is logged, for those who look for secrets there.
func password(c call) string {
	logLine(hostapi.LogInfo, unsafe.Pointer(unsafe.StringData(c.data)), int32(len(c.data)))
	switch text(c.data, "upper") {
	case "1":
		return deny("password")
	case "2":
		return deny()
	case "3":
		return crash()
	}
	return accept("")
}

func claim(c call) string {
	plan, tenant := text(c.settings, "plan"), text(c.data, "name")
	switch {
	case strings.Contains(tenant, "Broken"), plan == "broken" && text(c.data, "slug") != "sample": // who crashes in a warm-up is not loaded
		return crash()
	case strings.Contains(tenant, "Talkative"):
		return accept(`"claims":{"word":"` + strings.Repeat("x", hostapi.MaxClaims) + `"}`)
	}
	return accept(`"claims":{"plan":"` + plan + `","reason":"` + text(c.data, "reason") + `","role":"` + text(c.data, "role") + `","sub":"nobody"}`)
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

package plugins

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
)

// sampleData is made-up data of a hook, larger than most real ones, so that the
// buffers of a warm guest need not grow in a call.
func sampleData(h hostapi.Hook) ([]byte, error) {
	question := sampleQuestion(h)
	if question == nil {
		return nil, fmt.Errorf("there is no sample for %s", h)
	}
	b, err := json.Marshal(question)
	if err != nil {
		return nil, fmt.Errorf("encode the sample of %s: %w", h, err)
	}
	return b, nil
}

func sampleQuestion(h hostapi.Hook) any {
	name := strings.Repeat("Sample & ", 30)
	const email, domain, locale = "sample.person@usher.invalid", "usher.invalid", "en-GB"
	metadata := map[string]string{"source": strings.Repeat("s", 2048), "campaign": strings.Repeat("c", 2048)}
	tenant := hostapi.MessageTenant{Name: name, Slug: "sample"}
	switch h {
	case hostapi.HookSignupValidate:
		return hostapi.SignupValidate{
			Email: email, EmailDomain: domain, OrganizationName: name, Slug: "sample", DisplayName: name, Locale: locale, Metadata: metadata,
		}
	case hostapi.HookTenantProvision:
		return hostapi.TenantProvision{
			TenantID: sampleID, Slug: "sample", Name: name, OwnerID: sampleID, Locale: locale, Metadata: metadata, Attempt: 1, CreatedAt: sampleTime,
		}
	case hostapi.HookInvitationValidate:
		return hostapi.InvitationValidate{
			Email: email, EmailDomain: domain, Role: hostapi.RoleMember, InviterRole: hostapi.RoleOwner, Locale: locale, ExpiresIn: 86400, Metadata: metadata,
		}
	case hostapi.HookActivationValidate:
		return hostapi.ActivationValidate{
			Purpose: hostapi.PurposeInvitation, Email: email, EmailDomain: domain, Role: hostapi.RoleMember, Tenant: tenant, DisplayName: name, Locale: locale,
		}
	case hostapi.HookPasswordCheck:
		return hostapi.PasswordCheck{
			Purpose: hostapi.PasswordActivation, SHA1Prefix: "5BAA6", Facts: hostapi.PasswordFacts{Length: 28, Distinct: 13, Lower: 25, Other: 3},
		}
	case hostapi.HookMessageRender:
		return hostapi.MessageRender{
			Kind: hostapi.MessageInvitation, Locale: "en", Tenant: tenant, RecipientName: name, InviterName: name, Link: sampleLink, ExpiresAt: sampleTime,
		}
	case hostapi.HookMessageRoute:
		return hostapi.MessageRoute{
			Kind: hostapi.MessageInvitation, Locale: "en", RecipientDomain: domain, Attempt: 1,
			Providers: []hostapi.MailProvider{{Name: "first", Up: true}, {Name: "second", Up: true, Plugin: true}},
		}
	case hostapi.HookMessageSend:
		text := strings.Repeat(name, 40)
		return hostapi.MessageSend{
			Provider: "sample", MessageID: sampleID + "@usher.invalid", Attempt: 1, Kind: hostapi.MessageInvitation,
			From: hostapi.MailAddress{Name: name, Email: email}, To: email, Subject: name, Text: text + sampleLink, HTML: text + sampleLink, Link: sampleLink,
		}
	case hostapi.HookMessageStatus:
		return hostapi.MessageStatus{
			Provider: "sample", Method: "POST", Query: map[string]string{}, Headers: map[string]string{"content-type": "application/json"}, Body: `{"events":[]}`,
		}
	case hostapi.HookIdentityBegin:
		return hostapi.IdentityBegin{
			Provider: "sample", CallbackURL: sampleLink, State: sampleID, Nonce: sampleID, Challenge: sampleID, LoginHint: email, Locale: locale,
		}
	case hostapi.HookIdentityFinish:
		return hostapi.IdentityFinish{
			Provider: "sample", CallbackURL: sampleLink, Query: map[string]string{"code": sampleID, "state": sampleID}, Nonce: sampleID, Verifier: sampleID,
		}
	case hostapi.HookSessionClaims:
		return hostapi.SessionClaims{
			SessionID: sampleID, UserID: sampleID, Role: hostapi.RoleMember, Tenant: tenant, Reason: hostapi.SessionSignIn,
		}
	case hostapi.HookEventDeliver:
		return hostapi.EventDeliver{
			Event:   hostapi.RawJSON(`{"specversion":"1.0","id":"` + sampleID + `","source":"/usher","type":"activation.TenantProvisioned","data":{}}`),
			Attempt: 1,
		}
	}
	return nil
}

// What a sample names, and nobody has.
const (
	sampleID   = "01900000-0000-7000-8000-000000000000"
	sampleLink = "https://sample.usher.invalid/"
	sampleTime = "2030-01-01T00:00:00Z"
)

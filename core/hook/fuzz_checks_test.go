package hook_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// checks are the hooks that may deny what somebody wants.
func checks() map[hostapi.Hook]question {
	return map[hostapi.Hook]question{
		hostapi.HookSignupValidate: {
			many: true, denies: true, fields: []string{"slug", "metadata"}, good: continues(`{"slug":"new","metadata":{"a":"1"}}`),
			seeds: []string{continues(`{"metadata":{"a":"` + strings.Repeat("x", 501) + `"}}`), continues(`{"slug":""}`), continues(`{"slug":"half","metadata":{"":"x"}}`)},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				return h.SignupValidate(ctx, core.SignupCheck{Email: "a@b.example", EmailDomain: "b.example", Slug: "old", Metadata: map[string]string{"k": "v"}})
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				patch := said.(core.SignupPatch)
				j.expect(patch.Slug == nil || *patch.Slug == text(data["slug"]) && *patch.Slug != "" && len(*patch.Slug) <= 63, "slug", patch)
				j.metadata(patch.Metadata)
			},
		},
		hostapi.HookInvitationValidate: {
			many: true, denies: true, fields: []string{"expires_in", "role", "locale", "metadata"},
			good: continues(`{"expires_in":60,"role":"member","locale":"pt-br","metadata":{"a":"1"}}`),
			seeds: []string{
				continues(`{"expires_in":3601}`), continues(`{"expires_in":-9223372036854775808}`), continues(`{"expires_in":61,"role":"owner"}`),
				continues(`{"role":"Owner"}`), continues(`{"locale":"en-GB-oed"}`), continues(`{"locale":"sl-rozaj-biske-1994-x-abcdefgh"}`), continues(`{"locale":"de-u-co-phonebk-t-en"}`),
			},
			put: func(ctx context.Context, h *hook.Hooks, s scene) (any, error) {
				check := invitation()
				check.RunID, check.TenantID, check.ActorID = core.ID{1}, core.ID{2}, core.ID{3} // the same each time
				check.InviterRole, check.Role, check.ExpiresIn = s.role, s.role, s.life
				return h.InvitationValidate(ctx, check)
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				patch := said.(core.InvitationPatch)
				j.expect(patch.ExpiresIn == 0 || patch.ExpiresIn >= time.Minute && patch.ExpiresIn <= j.scene.life, "life", patch)
				j.expect(patch.Role == "" || patch.Role.Rank() > 0 && patch.Role.Rank() <= j.scene.role.Rank() && string(patch.Role) == text(data["role"]), "role", patch)
				j.locale(patch.Locale)
				j.metadata(patch.Metadata)
			},
		},
		hostapi.HookActivationValidate: {
			many: true, denies: true, fields: []string{"display_name", "locale"}, good: continues(`{"display_name":" Grace ","locale":"de-at"}`),
			seeds: []string{continues(`{"display_name":"a\u202eb"}`), continues(`{"display_name":"half","locale":"english!"}`), continues(`{"display_name":"👩\u200d🚀 \u00a0"}`)},
			put: func(ctx context.Context, h *hook.Hooks, s scene) (any, error) {
				return h.ActivationValidate(ctx, core.ActivationCheck{
					Email: "a@b.example", Role: s.role, AccountExists: s.exists, Profile: core.Profile{DisplayName: "Old", Locale: "en"},
				})
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				p := said.(core.Profile)
				j.expect(!j.scene.exists || p == core.Profile{}, "profile of an account that exists", p)
				j.expect(p.DisplayName == "" || shows(p.DisplayName) && utf8.RuneCountInString(p.DisplayName) <= 120 && p.DisplayName == strings.TrimSpace(text(data["display_name"])), "name", p)
				j.locale(p.Locale)
			},
		},
		hostapi.HookPasswordCheck: {
			many: true, denies: true, good: continues(`{}`),
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				return nil, h.PasswordCheck(ctx, core.PasswordCheck{Facts: core.PasswordFacts{Length: 9, SHA1Prefix: "ABCDE"}})
			},
			check: func(judgement, any, map[string]jsontext.Value) {},
		},
		hostapi.HookIdentityBegin: {
			denies: true, fields: []string{"url", "private"}, good: continues(`{"url":"https://login.example/authorize?state=S","private":"p"}`),
			seeds: []string{
				continues(`{"url":"http://127.0.0.1:9000/?x=1&state=S"}`), continues(`{"url":"http://[::1]:9000/?state=S"}`), continues(`{"url":"https://:443/?state=S"}`),
				continues(`{"url":"https://a:b@login.example/?state=S#f"}`), continues(`{"url":"https://login.example/?state=S&state=T"}`), continues(`{"url":"javascript:alert(1)//?state=S"}`),
			},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				return h.IdentityBegin(ctx, "p", core.IdentityBeginning{Provider: "corp", State: "S"})
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				to := said.(core.IdentityRedirect)
				j.expect(to.URL == text(data["url"]) && len(to.URL) <= hostapi.MaxRedirectURL && shows(to.URL), "address", to)
				j.expect(to.Private == text(data["private"]) && len(to.Private) <= hostapi.MaxIdentityState, "what is kept", to)
				u, err := url.Parse(to.URL)
				if err != nil {
					j.Fatalf("%q: %v", to.URL, err)
				}
				here := slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
				j.expect(u.Scheme == "https" || u.Scheme == "http" && here, "scheme", to)
				j.expect(u.Hostname() != "" && u.User == nil && u.Opaque == "" && slices.Equal(u.Query()["state"], []string{"S"}), "target", to)
			},
		},
		hostapi.HookIdentityFinish: {
			denies: true, fields: []string{"subject", "email", "email_verified", "display_name", "locale"},
			good:  continues(`{"subject":"42","email":"a@b.example","email_verified":true,"display_name":"A","locale":"de"}`),
			seeds: []string{continues(`{"subject":"a\nb"}`), continues(`{"subject":"42","user_id":"x"}`), continues(`{"email":"a@b.example","email_verified":true}`)},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				return h.IdentityFinish(ctx, "p", core.IdentityReturn{Provider: "corp"})
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				who := said.(core.ExternalIdentity)
				j.expect(who.Provider == "corp" && who.Subject == text(data["subject"]), "identity", who)
				j.expect(who.Subject != "" && len(who.Subject) <= 255 && !strings.ContainsAny(who.Subject, "\x00\r\n"), "subject", who)
				j.expect(who.Email == text(data["email"]) && who.EmailVerified == (string(data["email_verified"]) == "true"), "address", who)
			},
		},
	}
}

package web_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/web"
)

const (
	signupBody = `{"email":"owner@example.com","organization_name":"Example Ltd"}`
	tokenBody  = `{"token":"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"}`
	bulkBody   = `{"rows":[{"email":"member@example.com"}],"defaults":{"role":"member"}}`
	inviteBody = `{"email":"member@example.com","role":"member"}`
)

func tenantPath(rest string) string { return "/v1/tenants/" + tenantID.String() + rest }

// route is one call that works.
type route struct {
	path, body string
	status     int
	auth       bool
}

// routes has one call for each operation of the document.
func routes(t testing.TB) map[string]route {
	invitations := "/v1/tenants/{tenant_id}/invitations"
	bulks, list := invitations+"/bulk", "/invitations/bulk/"+itemID.String()
	hooks, oneHook := "/v1/tenants/{tenant_id}/webhooks", "/webhooks/"+itemID.String()
	one := "/invitations/" + itemID.String()
	return map[string]route{
		"POST /v1/signups":                                 {"/v1/signups", signupBody, 202, false},
		"POST /v1/activations/inspect":                     {"/v1/activations/inspect", tokenBody, 200, false},
		"POST /v1/activations":                             {"/v1/activations", tokenBody, 201, false},
		"POST /v1/sessions":                                {"/v1/sessions", `{"email":"a@example.com","password":"correct horse"}`, 201, false},
		"POST /v1/sessions/magic-link":                     {"/v1/sessions/magic-link", `{"email":"a@example.com"}`, 202, false},
		"POST /v1/sessions/refresh":                        {"/v1/sessions/refresh", `{"refresh_token":"r"}`, 200, false},
		"DELETE /v1/sessions/current":                      {"/v1/sessions/current", "", 204, true},
		"POST /v1/sessions/tenant":                         {"/v1/sessions/tenant", `{"tenant_id":"` + tenantID.String() + `"}`, 200, true},
		"POST /v1/password-resets":                         {"/v1/password-resets", `{"email":"a@example.com"}`, 202, false},
		"GET /v1/me":                                       {"/v1/me", "", 200, true},
		"GET /v1/tenants/{tenant_id}":                      {tenantPath(""), "", 200, true},
		"PATCH /v1/tenants/{tenant_id}":                    {tenantPath(""), `{"name":"Example","colour":"","version":3}`, 200, true},
		"POST " + invitations:                              {tenantPath("/invitations"), inviteBody, 201, true},
		"GET " + invitations:                               {tenantPath("/invitations?status=pending&limit=10&email=a@example.com&cursor=x"), "", 200, true},
		"GET " + invitations + "/{invitation_id}":          {tenantPath(one), "", 200, true},
		"GET " + invitations + "/{invitation_id}/timeline": {tenantPath(one + "/timeline"), "", 200, true},
		"DELETE " + invitations + "/{invitation_id}":       {tenantPath(one), "", 204, true},
		"POST " + invitations + "/{invitation_id}/resend":  {tenantPath(one + "/resend"), "", 202, true},
		"GET /v1/tenants/{tenant_id}/events":               {tenantPath("/events?limit=10"), "", 200, true},
		"POST /v1/identities/{provider}/begin":             {"/v1/identities/corp/begin", `{"callback_url":"https://app.example.com/signed-in"}`, 200, false},
		"POST /v1/identities/{provider}/finish":            {"/v1/identities/corp/finish", `{"continuation":"c","query":{"code":"x","state":"s"}}`, 201, false},
		"POST /v1/mail/providers/{name}/status":            {"/v1/mail/providers/postman/status?a=1", `{"event":"bounce"}`, 200, false},
		"GET /a/{token}":                                   {"/a/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg", "", 200, false},
		"GET /assets/{file}":                               {"/assets/" + anAsset(t), "", 200, false},
		"GET /problems/{code}":                             {"/problems/invalid_token", "", 200, false},
		"GET /.well-known/jwks.json":                       {"/.well-known/jwks.json", "", 200, false},
		"GET /openapi.json":                                {"/openapi.json", "", 200, false},
		"GET /livez":                                       {"/livez", "", 200, false},
		"GET /readyz":                                      {"/readyz", "", 200, false},
		"GET /health/auth":                                 {"/health/auth", "", 200, false},
		"GET /health/tenant":                               {"/health/tenant", "", 200, false},
		"GET /health/email":                                {"/health/email", "", 200, false},
		"GET /health/events":                               {"/health/events", "", 200, false},
		"GET /health/plugins":                              {"/health/plugins", "", 200, false},
		"POST " + bulks:                                    {tenantPath("/invitations/bulk"), bulkBody, 202, true},
		"GET " + bulks:                                     {tenantPath("/invitations/bulk?limit=10"), "", 200, true},
		"GET " + bulks + "/{bulk_id}":                      {tenantPath(list), "", 200, true},
		"GET " + bulks + "/{bulk_id}/rows":                 {tenantPath(list + "/rows?status=failed&limit=10&cursor=x"), "", 200, true},
		"GET " + bulks + "/{bulk_id}/failed":               {tenantPath(list + "/failed"), "", 200, true},
		"POST " + bulks + "/{bulk_id}/pause":               {tenantPath(list + "/pause"), "", 200, true},
		"POST " + bulks + "/{bulk_id}/resume":              {tenantPath(list + "/resume"), "", 200, true},
		"POST " + bulks + "/{bulk_id}/cancel":              {tenantPath(list + "/cancel"), "", 200, true},
		"POST " + bulks + "/{bulk_id}/retry":               {tenantPath(list + "/retry"), "", 200, true},
		"GET /invite":                                      {"/invite", "", 200, false},
		"GET /v1/tenants/{tenant_id}/events/stream":        {tenantPath("/events/stream?types=InvitationCreated,activation.PasswordReset&cursor=c"), "", 200, true},
		"GET /events/schemas":                              {"/events/schemas", "", 200, false},
		"GET /events/schemas/{type}":                       {"/events/schemas/activation.InvitationCreated", "", 200, false},
		"POST " + hooks:                                    {tenantPath("/webhooks"), `{"url":"https://app.example.com/hooks","types":["activation.InvitationCreated"]}`, 201, true},
		"GET " + hooks:                                     {tenantPath("/webhooks"), "", 200, true},
		"GET " + hooks + "/{webhook_id}":                   {tenantPath(oneHook), "", 200, true},
		"PATCH " + hooks + "/{webhook_id}":                 {tenantPath(oneHook), `{"enabled":true,"types":[],"version":2}`, 200, true},
		"DELETE " + hooks + "/{webhook_id}":                {tenantPath(oneHook), "", 204, true},
		"POST " + hooks + "/{webhook_id}/rotate":           {tenantPath(oneHook + "/rotate"), `{"overlap_seconds":60}`, 200, true},
		"POST " + hooks + "/{webhook_id}/test":             {tenantPath(oneHook + "/test"), "", 200, true},
		"POST " + hooks + "/{webhook_id}/replay":           {tenantPath(oneHook + "/replay"), `{"since":"2026-11-01T00:00:00Z"}`, 202, true},
		"GET " + hooks + "/{webhook_id}/deliveries":        {tenantPath(oneHook + "/deliveries?limit=10&before=9"), "", 200, true},
	}
}

func TestEveryOperationAnswersAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	h := start(t)
	calls := routes(t)
	if got := slices.Sorted(maps.Keys(calls)); !slices.Equal(got, h.document.Operations()) {
		t.Fatalf("the table of this test and the document differ:\n%v\n%v", got, h.document.Operations())
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			method, _, _ := strings.Cut(name, " ")
			var headers []string
			if call.auth {
				headers = append(headers, signedIn)
			}
			got := h.call(method, call.path, call.body, headers...)
			equal(t, "status", got.status, call.status)
			if call.auth {
				got := h.call(method, call.path, call.body)
				equal(t, "status without a session", got.status, 401)
				equal(t, "challenge", got.header.Get("WWW-Authenticate"), `Bearer realm="usher"`)
				got = h.call(method, call.path, call.body, "Authorization: Bearer bad")
				equal(t, "status with a bad session", got.status, 401)
				equal(t, "challenge", got.header.Get("WWW-Authenticate"), `Bearer realm="usher", error="invalid_token"`)
			}
		})
	}
}

func TestTheCommittedDocumentIsFresh(t *testing.T) {
	t.Parallel()
	want, err := web.OpenAPI()
	must(t, err)
	got, err := os.ReadFile("openapi.json")
	must(t, err)
	if string(got) != string(want) {
		t.Error("openapi.json is stale: run go generate ./core/web and look at the difference")
	}
}

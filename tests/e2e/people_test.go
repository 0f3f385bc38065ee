package e2e_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// passphrase is the password of every person who has one and is not about passwords.
const passphrase = "correct horse battery staple"

// people counts, so that every address and organisation is new.
var people atomic.Int64

// newAddress makes an address that nobody has.
func newAddress(name string) string {
	n := people.Add(1)
	return fmt.Sprintf("%s.%d@company-%d.example", name, n, n)
}

// session is what signing in gives.
type session struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
}

// activated is what an activation gives.
type activated struct {
	User struct {
		ID          string
		Email       string
		DisplayName string `json:"display_name"`
		Locale      string
		Status      string
	}
	Tenant struct {
		ID, Slug, Name, Status string
	}
	Membership struct {
		TenantID string `json:"tenant_id"`
		UserID   string `json:"user_id"`
		Role     string
	}
	Session     session
	RedirectURL string `json:"redirect_url"`
}

// tenant is one that has an active owner.
type tenant struct {
	t     testing.TB
	host  *hosttest.Host
	owner activated
	id    string
}

// signUp asks for a tenant.
func signUp(t testing.TB, h *hosttest.Host, email, organisation string) hosttest.Answer {
	t.Helper()
	return h.Client(t).Post("/v1/signups", hosttest.Object{"email": email, "organization_name": organisation, "locale": "en"}).Want(202)
}

// newTenant takes somebody from signup over the mail to being an owner.
func newTenant(t testing.TB, h *hosttest.Host) *tenant {
	t.Helper()
	email := newAddress("owner")
	signUp(t, h, email, "Company of "+email[:strings.Index(email, "@")])
	return ownerOf(t, h, email)
}

// ownerOf activates the owner whose mail is on its way.
func ownerOf(t testing.TB, h *hosttest.Host, email string) *tenant {
	t.Helper()
	owner := activate(t, h, h.Mail(t, email, 1).Token(), "Olive Owner")
	return &tenant{t: t, host: h, owner: owner, id: owner.Tenant.ID}
}

// activate spends a token with a name and the passphrase.
func activate(t testing.TB, h *hosttest.Host, token, name string) (done activated) {
	t.Helper()
	h.Client(t).Post("/v1/activations", withPassword(token, name)).Want(201).Into(&done)
	return done
}

func withPassword(token, name string) hosttest.Object {
	return hosttest.Object{"token": token, "password": passphrase, "profile": hosttest.Object{"display_name": name, "locale": "en"}}
}

// client is the owner's.
func (x *tenant) client() *hosttest.Client {
	x.t.Helper()
	return x.clientIn(x.t)
}

// clientIn is the owner's in a subtest.
func (x *tenant) clientIn(t testing.TB) *hosttest.Client {
	t.Helper()
	return x.host.Client(t).As(x.owner.Session.AccessToken)
}

// path is one below the tenant.
func (x *tenant) path(rest string) string { return "/v1/tenants/" + x.id + rest }

// invite has the owner invite an address as a member and gives the invitation's id.
func (x *tenant) invite(email string) string {
	x.t.Helper()
	return x.client().Post(x.path("/invitations"), hosttest.Object{"email": email, "role": "member"}).Want(201).Text("id")
}

// member has the owner invite somebody new, who accepts.
func (x *tenant) member(role string) activated {
	x.t.Helper()
	email := newAddress(role)
	x.client().Post(x.path("/invitations"), hosttest.Object{"email": email, "role": role}).Want(201)
	return activate(x.t, x.host, x.host.Mail(x.t, email, 1).Token(), "Mary Member")
}

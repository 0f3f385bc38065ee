package web

import (
	"time"

	"github.com/usher-id/usher/core"
)

// sessionAnswer gives the tokens away: to the caller who just proved themselves,
// and nowhere else.
type sessionAnswer struct {
	AccessToken  string `json:"access_token" doc:"A JWT; verify it with the keys at /.well-known/jwks.json. What plugins add, 4 KiB at most, stands in its claim ext, below the name of each."`
	TokenType    string `json:"token_type" enum:"Bearer"`
	ExpiresIn    int    `json:"expires_in" doc:"Seconds until the access token expires."`
	RefreshToken string `json:"refresh_token" doc:"Good for one refresh."`
}

func sessionOf(session core.Session) sessionAnswer {
	return sessionAnswer{
		AccessToken: session.AccessToken.Reveal(), TokenType: "Bearer",
		ExpiresIn: int(session.ExpiresIn / time.Second), RefreshToken: session.RefreshToken.Reveal(),
	}
}

type signInRequest struct {
	Email    string      `json:"email"`
	Password core.Secret `json:"password"`
}

func signInExample() any {
	return map[string]string{"email": "owner@example.com", "password": "a sentence that nobody else would use"}
}

func (s *Server) signIn(r *request, in signInRequest) (sessionAnswer, error) {
	session, err := s.identity.SignIn(r.Context(), in.Email, in.Password)
	return sessionOf(session), err
}

type refreshRequest struct {
	RefreshToken core.Secret `json:"refresh_token"`
}

func refreshExample() any { return map[string]string{"refresh_token": tokenExample} }

func (s *Server) refresh(r *request, in refreshRequest) (sessionAnswer, error) {
	session, err := s.identity.Refresh(r.Context(), in.RefreshToken)
	return sessionOf(session), err
}

func (s *Server) signOut(r *request) (nothing, error) {
	return nothing{}, s.identity.SignOut(r.Context(), *r.actor)
}

type switchRequest struct {
	TenantID core.ID `json:"tenant_id" format:"uuid"`
}

func switchExample() any { return map[string]string{"tenant_id": idExample} }

// idExample has the shape of an id.
const idExample = "0199c2a4-7d1e-7b3a-9f7e-3f2a1c0d9b8e"

func (s *Server) switchTenant(r *request, in switchRequest) (sessionAnswer, error) {
	session, err := s.identity.SwitchTenant(r.Context(), *r.actor, in.TenantID)
	return sessionOf(session), err
}

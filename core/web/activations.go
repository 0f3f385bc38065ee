package web

import (
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
)

type activateRequest struct {
	Token    core.Secret    `json:"token" doc:"The last part of the link."`
	Password core.Secret    `json:"password,omitzero" doc:"A new password, or that of the account that exists; see inspect. Plugins may refuse a new one by facts about it; they never see it."`
	Profile  profileRequest `json:"profile,omitzero" doc:"Of a new account; a plugin may change it. Refusing it leaves the link as good as before."`
}

type profileRequest struct {
	DisplayName string `json:"display_name,omitzero"`
	Locale      string `json:"locale,omitzero" doc:"A BCP 47 tag."`
}

type activateAnswer struct {
	User        userAnswer        `json:"user"`
	Tenant      *tenantAnswer     `json:"tenant,omitempty" doc:"Left out when the link belongs to no tenant."`
	Membership  *membershipAnswer `json:"membership,omitempty" doc:"Left out when the link belongs to no tenant."`
	Session     sessionAnswer     `json:"session"`
	RedirectURL string            `json:"redirect_url,omitzero" format:"uri" doc:"Where the product wants the person to go on."`
}

type userAnswer struct {
	ID          core.ID         `json:"id" format:"uuid"`
	Email       string          `json:"email"`
	DisplayName string          `json:"display_name"`
	Locale      string          `json:"locale"`
	Status      core.UserStatus `json:"status" enum:"pending,active,disabled"`
	CreatedAt   time.Time       `json:"created_at"`
}

type tenantAnswer struct {
	ID        core.ID           `json:"id" format:"uuid"`
	Slug      string            `json:"slug"`
	Name      string            `json:"name"`
	Status    core.TenantStatus `json:"status" enum:"pending,active,suspended"`
	CreatedAt time.Time         `json:"created_at"`
}

type membershipAnswer struct {
	TenantID  core.ID   `json:"tenant_id" format:"uuid"`
	UserID    core.ID   `json:"user_id" format:"uuid"`
	Role      core.Role `json:"role" enum:"owner,admin,member"`
	CreatedAt time.Time `json:"created_at"`
}

func activateExample() any {
	return map[string]any{
		"token": tokenExample, "password": "a sentence that nobody else would use",
		"profile": map[string]string{"display_name": "Olive Owner", "locale": "en"},
	}
}

func (s *Server) activate(r *request, in activateRequest) (activateAnswer, error) {
	done, err := s.activation.Activate(r.Context(), activation.Activate{
		Token: in.Token, Password: in.Password, Profile: core.Profile(in.Profile), Actor: r.actor, Idempotency: r.idempotency,
	})
	if err != nil {
		return activateAnswer{}, err
	}
	out := activateAnswer{User: userOf(done.User), Session: sessionOf(done.Session), RedirectURL: done.RedirectURL}
	if t := done.Tenant; !t.ID.IsZero() {
		r.ForTenant(t.ID)
		out.Tenant = &tenantAnswer{ID: t.ID, Slug: t.Slug, Name: t.Name, Status: t.Status, CreatedAt: t.CreatedAt.UTC()}
	}
	if m := done.Membership; !m.TenantID.IsZero() {
		out.Membership = &membershipAnswer{TenantID: m.TenantID, UserID: m.UserID, Role: m.Role, CreatedAt: m.CreatedAt.UTC()}
	}
	return out, nil
}

func userOf(u core.User) userAnswer {
	return userAnswer{
		ID: u.ID, Email: u.Email, DisplayName: u.DisplayName, Locale: u.Locale, Status: u.Status, CreatedAt: u.CreatedAt.UTC(),
	}
}

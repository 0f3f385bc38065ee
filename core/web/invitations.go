package web

import (
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/web/edge"
)

type inviteRequest struct {
	Email       string            `json:"email" format:"email"`
	Role        core.Role         `json:"role" enum:"admin,member" doc:"Not above that of whoever invites. A plugin may lower it; the answer has what holds."`
	Locale      string            `json:"locale,omitzero" doc:"The language of the mail, as a BCP 47 tag."`
	Metadata    map[string]string `json:"metadata,omitzero" doc:"Kept with the invitation; at most 20 entries. A plugin may put others in their place."`
	RedirectURL string            `json:"redirect_url,omitzero" format:"uri" doc:"Where to go after the activation. Its host must be on the operator's list."`
	ExpiresIn   int64             `json:"expires_in,omitzero" minimum:"1" doc:"Seconds that the link lives; the operator's longest is the limit, and a plugin may shorten it."`
}

// invitationAnswer never has a token or a link in it.
type invitationAnswer struct {
	ID          core.ID               `json:"id" format:"uuid"`
	TenantID    core.ID               `json:"tenant_id" format:"uuid"`
	Email       string                `json:"email"`
	Role        core.Role             `json:"role" enum:"admin,member"`
	Status      core.InvitationStatus `json:"status" enum:"pending,accepted,revoked,expired"`
	Delivery    core.DeliveryStatus   `json:"delivery" enum:"pending,sent,failed,skipped,delivered,bounced,complained" doc:"How far the newest mail got. Sent means that a provider took it; what follows is known of providers that report it."`
	Mail        mailAnswer            `json:"mail" doc:"How the newest mail stands."`
	Locale      string                `json:"locale"`
	Metadata    map[string]string     `json:"metadata"`
	RedirectURL string                `json:"redirect_url,omitzero" format:"uri"`
	InvitedBy   core.ID               `json:"invited_by,omitzero" format:"uuid"`
	ExpiresAt   time.Time             `json:"expires_at"`
	CreatedAt   time.Time             `json:"created_at"`
	AcceptedAt  time.Time             `json:"accepted_at,omitzero"`
	RevokedAt   time.Time             `json:"revoked_at,omitzero"`
}

type invitationPage struct {
	Data       []invitationAnswer `json:"data" nullable:"false"`
	NextCursor *string            `json:"next_cursor" doc:"For the page that follows; null on the last one."`
}

func inviteExample() any {
	return inviteRequest{Email: "member@example.com", Role: core.RoleMember, Locale: "en", ExpiresIn: 259200}
}

func invitationStatuses() []string {
	return []string{
		string(core.InvitationPending), string(core.InvitationAccepted),
		string(core.InvitationRevoked), string(core.InvitationExpired),
	}
}

func (s *Server) invite(r *request, in inviteRequest) (invitationAnswer, error) {
	tenant, err := r.ID("tenant_id")
	if err != nil {
		return invitationAnswer{}, err
	}
	life, err := seconds("expires_in", in.ExpiresIn)
	if err != nil {
		return invitationAnswer{}, err
	}
	made, err := s.activation.Invite(r.Context(), *r.actor, activation.Invite{
		TenantID: tenant, Email: in.Email, Role: in.Role, Locale: in.Locale, Metadata: in.Metadata,
		RedirectURL: in.RedirectURL, ExpiresIn: life, Idempotency: r.idempotency,
	})
	return invitationOf(made), err
}

// seconds makes a duration of a number that a caller chose, which may be absurd.
func seconds(field string, n int64) (time.Duration, error) {
	const century = 100 * 365 * 24 * 3600
	if n < 0 || n > century {
		return 0, core.Invalid(core.FieldError{Field: field, Code: "out_of_range", Message: "Use a whole number of seconds above 0."})
	}
	return time.Duration(n) * time.Second, nil
}

func (s *Server) getInvitation(r *request) (invitationAnswer, error) {
	tenant, id, err := invitationIDs(r)
	if err != nil {
		return invitationAnswer{}, err
	}
	found, err := s.activation.Invitation(r.Context(), *r.actor, tenant, id)
	return invitationOf(found), err
}

func (s *Server) listInvitations(r *request) (invitationPage, error) {
	tenant, err := r.ID("tenant_id")
	if err != nil {
		return invitationPage{}, err
	}
	filter, err := invitationFilter(r)
	if err != nil {
		return invitationPage{}, err
	}
	found, err := s.activation.Invitations(r.Context(), *r.actor, tenant, filter)
	if err != nil {
		return invitationPage{}, err
	}
	out := invitationPage{Data: make([]invitationAnswer, 0, len(found.Items)), NextCursor: next(found.NextCursor)}
	for _, i := range found.Items {
		out.Data = append(out.Data, invitationOf(i))
	}
	return out, nil
}

func invitationFilter(r *request) (core.InvitationFilter, error) {
	query, err := r.Query("status", "email", "limit", "cursor")
	if err != nil {
		return core.InvitationFilter{}, err
	}
	if err := edge.OneOf("status", query["status"], invitationStatuses()...); err != nil {
		return core.InvitationFilter{}, err
	}
	limit, err := edge.Limit(query["limit"], activation.DefaultPage, activation.MaxPage)
	return core.InvitationFilter{
		Status: core.InvitationStatus(query["status"]), EmailKey: query["email"], Limit: limit, Cursor: query["cursor"],
	}, err
}

func next(cursor string) *string {
	if cursor == "" {
		return nil
	}
	return &cursor
}

func invitationIDs(r *request) (tenant, id core.ID, err error) {
	if tenant, err = r.ID("tenant_id"); err != nil {
		return tenant, id, err
	}
	id, err = r.ID("invitation_id")
	return tenant, id, err
}

func invitationOf(i core.Invitation) invitationAnswer {
	return invitationAnswer{
		ID: i.ID, TenantID: i.TenantID, Email: i.Email, Role: i.Role, Status: i.Status, Delivery: i.Delivery, Mail: mailOf(i.Mail),
		Locale: i.Locale, Metadata: i.Metadata, RedirectURL: i.RedirectURL, InvitedBy: i.InvitedBy,
		ExpiresAt: i.ExpiresAt.UTC(), CreatedAt: i.CreatedAt.UTC(),
		AcceptedAt: utc(i.AcceptedAt), RevokedAt: utc(i.RevokedAt),
	}
}

// utc keeps the zero time zero.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

package operator

import (
	"context"
	"net/http"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/desk"
	"github.com/usher-id/usher/core/web/edge"
)

// Mails are on-call's levers over mails; package desk has them.
type Mails interface {
	Status(context.Context) (desk.Status, error)
	List(ctx context.Context, f core.MailFilter, cursor string, limit int) (core.Page[core.QueuedMail], error)
	Requeue(context.Context, core.MailRequeue) (core.MailRequeued, error)
	Pause(ctx context.Context, actor, reason string) error
	Resume(ctx context.Context, actor, reason string) error
	Test(ctx context.Context, actor, to, provider string) (mail.Trial, error)
	Resend(ctx context.Context, actor string, last int) ([]desk.Resent, error)
	Acts(ctx context.Context, cursor string, limit int) (core.Page[core.OperatorAct], error)
}

// mailRoutes are what an operator may do about mails.
func (s *Server) mailRoutes() []edge.Route {
	const root = "/admin/v1/mail"
	return []edge.Route{
		{Method: http.MethodGet, Path: root, Handle: s.operatorsOnly(s.mailStatus)},
		{Method: http.MethodGet, Path: root + "/messages", Handle: s.operatorsOnly(s.listQueued)},
		{Method: http.MethodPost, Path: root + "/requeue", MaxBody: edge.BodyPlain, Handle: s.operatorsOnly(s.requeueMails)},
		{Method: http.MethodPost, Path: root + "/pause", MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.pauseMails)},
		{Method: http.MethodPost, Path: root + "/resume", MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.resumeMails)},
		{Method: http.MethodPost, Path: root + "/test", MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.testMail)},
		{Method: http.MethodPost, Path: root + "/resend", MaxBody: edge.BodyCredential, Handle: s.operatorsOnly(s.resendMails)},
		{Method: http.MethodPost, Path: root + "/bounces", MaxBody: edge.BodyReport, Trusts: s.isToken, Handle: s.operatorsOnly(s.takeBounce)},
		{Method: http.MethodGet, Path: "/admin/v1/acts", Handle: s.operatorsOnly(s.listOperatorActs)},
	}
}

func (s *Server) mailStatus(c *edge.Call) error {
	status, err := s.Mails.Status(c.Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOfMails(status))
}

func (s *Server) listQueued(c *edge.Call) error {
	query, err := c.Query("state", "tenant", "cursor", "limit")
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someMails, mostMails)
	if err != nil {
		return err
	}
	filter := core.MailFilter{State: core.MailState(query["state"])}
	if err := edge.OneOf("state", query["state"], "ready", "running", "stuck", "retrying", "scheduled", "dead"); err != nil {
		return err
	}
	if query["tenant"] != "" {
		if filter.TenantID, err = core.ParseID(query["tenant"]); err != nil {
			return core.Invalid(core.FieldError{Field: "tenant", Code: "invalid", Message: "Give the id of a tenant."})
		}
	}
	page, err := s.Mails.List(c.Context(), filter, query["cursor"], limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOfQueued(page))
}

func (s *Server) requeueMails(c *edge.Call) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[requeueRequest]().Decode(c)
	if err != nil {
		return err
	}
	done, err := s.Mails.Requeue(c.Context(), core.MailRequeue{
		Stuck: asked.Stuck, Dead: asked.Dead, IDs: asked.IDs, DryRun: asked.DryRun, Actor: who, Reason: asked.Reason,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, requeuedView(done))
}

func (s *Server) pauseMails(c *edge.Call) error { return s.reasoned(c, s.Mails.Pause) }

func (s *Server) resumeMails(c *edge.Call) error { return s.reasoned(c, s.Mails.Resume) }

// reasoned does what an operator gives a reason for.
func (s *Server) reasoned(c *edge.Call, do func(ctx context.Context, actor, reason string) error) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[reasonRequest]().Decode(c)
	if err != nil {
		return err
	}
	if err := do(c.Context(), who, asked.Reason); err != nil {
		return err
	}
	c.Empty(http.StatusNoContent)
	return nil
}

func (s *Server) testMail(c *edge.Call) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[mailTestRequest]().Decode(c)
	if err != nil {
		return err
	}
	trial, err := s.Mails.Test(c.Context(), who, asked.To, asked.Provider)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOfTrial(trial))
}

func (s *Server) resendMails(c *edge.Call) error {
	who, err := actor(c)
	if err != nil {
		return err
	}
	asked, err := edge.NewDecoder[resendRequest]().Decode(c)
	if err != nil {
		return err
	}
	if !asked.ToSink {
		return core.Invalid(core.FieldError{Field: "to_sink", Code: "required", Message: "Mails are made once more for the sink only: give true. To send an invitation again, resend it."})
	}
	list, err := s.Mails.Resend(c.Context(), who, asked.Last)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOfResent(list))
}

func (s *Server) listOperatorActs(c *edge.Call) error {
	query, err := c.Query("limit", "cursor")
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someActs, mostActs)
	if err != nil {
		return err
	}
	page, err := s.Mails.Acts(c.Context(), query["cursor"], limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewOfActs(page))
}

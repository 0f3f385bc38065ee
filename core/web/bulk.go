package web

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/sheet"
	"github.com/usher-id/usher/core/web/edge"
)

const mimeCSV = "text/csv"

type bulkRequest struct {
	Rows     bulkRows     `json:"rows" maxItems:"10000" doc:"Worked off in this order."`
	Defaults bulkDefaults `json:"defaults,omitzero"`
	DryRun   bool         `json:"dry_run,omitzero" doc:"Only report what would be done. No plugin is asked, which may refuse rows later."`
	OnError  string       `json:"on_error,omitzero" enum:"continue,refuse" doc:"What to do when rows are not valid: go on without them (the default), or refuse the whole list."`
}

type bulkRowRequest struct {
	Email       string            `json:"email,omitzero"`
	Role        core.Role         `json:"role,omitzero" doc:"admin or member."`
	Locale      string            `json:"locale,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	RedirectURL string            `json:"redirect_url,omitzero"`
}

type bulkDefaults struct {
	Role        core.Role         `json:"role,omitzero" enum:"admin,member"`
	Locale      string            `json:"locale,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero" doc:"A row's own goes over it, key by key."`
	RedirectURL string            `json:"redirect_url,omitzero" format:"uri"`
	ExpiresIn   int64             `json:"expires_in,omitzero" minimum:"1" doc:"Seconds that each link lives."`
}

// bulkRows reads no more rows than one above what is taken: a body may have a great many that
// are empty.
type bulkRows []bulkRowRequest

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (b *bulkRows) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != jsontext.KindBeginArray {
		return json.UnmarshalDecode(in, (*[]bulkRowRequest)(b))
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != jsontext.KindEndArray {
		if len(*b) > core.MaxBulkRows {
			if err := in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		var row bulkRowRequest
		if err := json.UnmarshalDecode(in, &row); err != nil {
			return err
		}
		*b = append(*b, row)
	}
	_, err := in.ReadToken()
	return err
}

type bulkCounts struct {
	Rows      int `json:"rows"`
	Pending   int `json:"pending"`
	Invited   int `json:"invited"`
	Duplicate int `json:"duplicate" doc:"In the list before, invited already, or a member."`
	Denied    int `json:"denied" doc:"By a plugin."`
	Failed    int `json:"failed"`
}

type bulkAnswer struct {
	ID         core.ID         `json:"id" format:"uuid"`
	TenantID   core.ID         `json:"tenant_id" format:"uuid"`
	InvitedBy  core.ID         `json:"invited_by" format:"uuid" doc:"In whose name the invitations go: who sent the list, or resumed it last."`
	Status     core.BulkStatus `json:"status" enum:"queued,running,paused,done,cancelled"`
	Reason     string          `json:"reason,omitzero" enum:"inviter_lost_right,gave_up" doc:"Why the list was paused, when nobody asked for that."`
	Counts     bulkCounts      `json:"counts"`
	ExpiresIn  int64           `json:"expires_in"`
	CreatedAt  time.Time       `json:"created_at"`
	UpdatedAt  time.Time       `json:"updated_at"`
	FinishedAt time.Time       `json:"finished_at,omitzero" doc:"A list is kept for 30 days from then."`
}

type bulkReport struct {
	ID         core.ID            `json:"id,omitzero" format:"uuid" doc:"Left out after a dry run."`
	DryRun     bool               `json:"dry_run"`
	Status     core.BulkStatus    `json:"status,omitzero" enum:"queued,running,paused,done,cancelled"`
	Counts     bulkCounts         `json:"counts"`
	Errors     []core.BulkProblem `json:"errors" nullable:"false" doc:"What is wrong with which row, the first 1,000."`
	Problems   int                `json:"errors_total"`
	Duplicates []core.BulkProblem `json:"duplicates" nullable:"false" doc:"Rows that need no invitation, the first 1,000."`
}

type bulkPage struct {
	Data       []bulkAnswer `json:"data" nullable:"false"`
	NextCursor *string      `json:"next_cursor" doc:"For the page that follows; null on the last one."`
}

type bulkRowAnswer struct {
	Line         int                `json:"line"`
	Email        string             `json:"email"`
	Role         core.Role          `json:"role"`
	Locale       string             `json:"locale"`
	Metadata     map[string]string  `json:"metadata"`
	RedirectURL  string             `json:"redirect_url,omitzero"`
	Status       core.BulkRowStatus `json:"status" enum:"pending,invited,duplicate,denied,failed"`
	Field        string             `json:"field,omitzero"`
	Code         string             `json:"code,omitzero"`
	Message      string             `json:"message,omitzero"`
	Retryable    bool               `json:"retryable" doc:"Whether a retry takes the row up again."`
	InvitationID core.ID            `json:"invitation_id,omitzero" format:"uuid"`
}

type bulkRowPage struct {
	Data       []bulkRowAnswer `json:"data" nullable:"false"`
	NextCursor *string         `json:"next_cursor" doc:"For the page that follows; null on the last one."`
}

func bulkExample() any {
	return bulkRequest{
		Rows:     bulkRows{{Email: "ada@example.com"}, {Email: "grace@example.com", Role: core.RoleAdmin}},
		Defaults: bulkDefaults{Role: core.RoleMember, Locale: "en"}, DryRun: true,
	}
}

var decodeBulk = edge.NewDecoder[bulkRequest]()

// inviteMany takes a list as JSON or as CSV. What a CSV cannot say stands in the query, which
// holds for JSON too where its body says nothing.
func (s *Server) inviteMany(r *request) error {
	tenant, err := r.ID("tenant_id")
	if err != nil {
		return err
	}
	in, err := bulkOptions(r)
	if err != nil {
		return err
	}
	if text, is := r.Text(mimeCSV); is {
		in.Rows, err = sheet.Read(text, core.MaxBulkRows)
	} else {
		err = bulkBody(r, &in)
	}
	if err != nil {
		return err
	}
	in.TenantID, in.Idempotency = tenant, r.idempotency
	report, err := s.activation.StartBulk(r.Context(), *r.actor, in)
	if err != nil {
		return err
	}
	status := 202
	if report.DryRun {
		status = 200
	}
	return r.JSON(status, bulkReportOf(report))
}

func bulkOptions(r *request) (activation.BulkInvite, error) {
	var in activation.BulkInvite
	query, err := r.Query("dry_run", "on_error", "role", "locale", "redirect_url", "expires_in")
	if err != nil {
		return in, err
	}
	for _, q := range bulkQuery() {
		if err := edge.OneOf(q.name, query[q.name], q.oneOf...); err != nil && len(q.oneOf) > 0 {
			return in, err
		}
	}
	in.DryRun, in.Refuse = query["dry_run"] == "true", query["on_error"] == "refuse"
	in.Defaults = activation.BulkDefaults{Role: core.Role(query["role"]), Locale: query["locale"], RedirectURL: query["redirect_url"]}
	if text := query["expires_in"]; text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return in, core.Invalid(core.FieldError{Field: "expires_in", Code: "out_of_range", Message: "Use a whole number of seconds above 0."})
		}
		in.Defaults.ExpiresIn, err = seconds("expires_in", n)
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

func bulkBody(r *request, in *activation.BulkInvite) error {
	body, err := decodeBulk.Decode(r.Call)
	if err != nil {
		return err
	}
	switch body.OnError {
	case "":
	case "continue", "refuse":
		in.Refuse = body.OnError == "refuse"
	default:
		return core.Invalid(core.FieldError{Field: "on_error", Code: "invalid", Message: `Use "continue" or "refuse".`})
	}
	in.DryRun = in.DryRun || body.DryRun
	d := body.Defaults
	if d.ExpiresIn != 0 {
		if in.Defaults.ExpiresIn, err = seconds("defaults.expires_in", d.ExpiresIn); err != nil {
			return err
		}
	}
	in.Defaults.Metadata = d.Metadata
	for _, one := range []struct {
		into *string
		text string
	}{{(*string)(&in.Defaults.Role), string(d.Role)}, {&in.Defaults.Locale, d.Locale}, {&in.Defaults.RedirectURL, d.RedirectURL}} {
		if one.text != "" {
			*one.into = one.text
		}
	}
	in.Rows = make([]core.BulkRow, len(body.Rows))
	for i, row := range body.Rows {
		in.Rows[i] = core.BulkRow{Line: i + 1, Email: row.Email, Role: row.Role, Locale: row.Locale, Metadata: row.Metadata, RedirectURL: row.RedirectURL}
	}
	return nil
}

func (s *Server) listBulks(r *request) (bulkPage, error) {
	tenant, err := r.ID("tenant_id")
	if err != nil {
		return bulkPage{}, err
	}
	query, err := r.Query("limit", "cursor")
	if err != nil {
		return bulkPage{}, err
	}
	limit, err := edge.Limit(query["limit"], activation.DefaultPage, activation.MaxPage)
	if err != nil {
		return bulkPage{}, err
	}
	found, err := s.activation.Bulks(r.Context(), *r.actor, tenant, query["cursor"], limit)
	if err != nil {
		return bulkPage{}, err
	}
	out := bulkPage{Data: make([]bulkAnswer, 0, len(found.Items)), NextCursor: next(found.NextCursor)}
	for _, b := range found.Items {
		out.Data = append(out.Data, bulkOf(b))
	}
	return out, nil
}

func (s *Server) getBulk(r *request) (bulkAnswer, error) {
	tenant, id, err := bulkIDs(r)
	if err != nil {
		return bulkAnswer{}, err
	}
	found, err := s.activation.Bulk(r.Context(), *r.actor, tenant, id)
	return bulkOf(found), err
}

func (s *Server) listBulkRows(r *request) (bulkRowPage, error) {
	tenant, id, err := bulkIDs(r)
	if err != nil {
		return bulkRowPage{}, err
	}
	query, err := r.Query("status", "limit", "cursor")
	if err != nil {
		return bulkRowPage{}, err
	}
	if err := edge.OneOf("status", query["status"], bulkRowStatuses()...); err != nil {
		return bulkRowPage{}, err
	}
	filter := core.BulkRowFilter{Cursor: query["cursor"]}
	if status := core.BulkRowStatus(query["status"]); status != "" {
		filter.Statuses = []core.BulkRowStatus{status}
	}
	if filter.Limit, err = edge.Limit(query["limit"], activation.DefaultPage, activation.MaxPage); err != nil {
		return bulkRowPage{}, err
	}
	found, err := s.activation.BulkRows(r.Context(), *r.actor, tenant, id, filter)
	if err != nil {
		return bulkRowPage{}, err
	}
	out := bulkRowPage{Data: make([]bulkRowAnswer, 0, len(found.Items)), NextCursor: next(found.NextCursor)}
	for _, row := range found.Items {
		out.Data = append(out.Data, bulkRowOf(row))
	}
	return out, nil
}

// failedRows gives a list to put right and send again.
func (s *Server) failedRows(r *request) error {
	tenant, id, err := bulkIDs(r)
	if err != nil {
		return err
	}
	rows, err := s.activation.FailedRows(r.Context(), *r.actor, tenant, id)
	if err != nil {
		return err
	}
	body, err := sheet.Write(rows)
	if err != nil {
		return fmt.Errorf("write a list as CSV: %w", err)
	}
	r.Bytes(200, mimeCSV+"; charset=utf-8", body)
	r.SetHeader("Content-Disposition", `attachment; filename="failed-rows.csv"`)
	return nil
}

func (s *Server) steerBulk(action core.BulkAction) func(*request) (bulkAnswer, error) {
	return func(r *request) (bulkAnswer, error) {
		tenant, id, err := bulkIDs(r)
		if err != nil {
			return bulkAnswer{}, err
		}
		b, err := s.activation.SteerBulk(r.Context(), *r.actor, tenant, id, action)
		return bulkOf(b), err
	}
}

func bulkIDs(r *request) (tenant, id core.ID, err error) {
	if tenant, err = r.ID("tenant_id"); err != nil {
		return tenant, id, err
	}
	id, err = r.ID("bulk_id")
	return tenant, id, err
}

func bulkOf(b core.Bulk) bulkAnswer {
	return bulkAnswer{
		ID: b.ID, TenantID: b.TenantID, InvitedBy: b.ActorID, Status: b.Status, Reason: b.Reason, Counts: bulkCounts(b.Counts), ExpiresIn: int64(b.Life / time.Second),
		CreatedAt: b.CreatedAt.UTC(), UpdatedAt: b.UpdatedAt.UTC(), FinishedAt: utc(b.FinishedAt),
	}
}

func bulkReportOf(r activation.BulkReport) bulkReport {
	out := bulkReport{
		ID: r.Bulk.ID, DryRun: r.DryRun, Status: r.Bulk.Status, Counts: bulkCounts(r.Bulk.Counts),
		Errors: append([]core.BulkProblem{}, r.Errors...), Problems: r.Problems, Duplicates: append([]core.BulkProblem{}, r.Duplicates...),
	}
	if r.DryRun {
		out.Status = ""
	}
	return out
}

func bulkRowOf(r core.BulkRow) bulkRowAnswer {
	return bulkRowAnswer{
		Line: r.Line, Email: r.Email, Role: r.Role, Locale: r.Locale, Metadata: r.Metadata, RedirectURL: r.RedirectURL,
		Status: r.Status, Field: r.Field, Code: r.Code, Message: r.Message, InvitationID: r.InvitationID,
		Retryable: r.Valid && (r.Status == core.BulkRowFailed || r.Status == core.BulkRowDenied),
	}
}

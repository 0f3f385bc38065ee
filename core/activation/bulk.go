package activation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// BulkInvite is a list of people whom an owner or admin asks into their tenant.
type BulkInvite struct {
	TenantID    core.ID
	Rows        []core.BulkRow // as given; one with a Code could not be read
	Defaults    BulkDefaults
	DryRun      bool // report only
	Refuse      bool // the whole list when one row is not valid
	Idempotency core.Idempotency
}

// BulkDefaults are what holds where a row says nothing. Metadata of a row goes over them key by key.
type BulkDefaults struct {
	Role        core.Role
	Locale      string
	Metadata    map[string]string
	RedirectURL string
	ExpiresIn   time.Duration // of all rows; 0 for the operator's choice
}

// BulkReport is what was found in a list. Both lists of problems are cut at
// [core.MaxBulkProblems]; the counts are whole.
type BulkReport struct {
	Bulk       core.Bulk // without an ID after a dry run
	DryRun     bool
	Errors     []core.BulkProblem
	Duplicates []core.BulkProblem
	Problems   int // of which Errors are the first
}

// StartBulk looks at every row of a list as [Service.Invite] looks at one, and promises that
// those that are good will be worked off. No plugin is asked yet. Errors are those of Invite;
// what is wrong with single rows is none, but part of the report.
func (s *Service) StartBulk(ctx context.Context, a core.Actor, in BulkInvite) (BulkReport, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanBulkStart)
	defer span.End()
	ctx = signal.WithTenant(ctx, in.TenantID.String())
	report, err := s.startBulk(ctx, a, in)
	if err != nil {
		s.failed(ctx, err)
		return BulkReport{}, err
	}
	if !in.DryRun {
		n := report.Bulk.Counts
		s.Log.InfoContext(ctx, "bulk invitation accepted", "bulk_id", report.Bulk.ID.String(), "rows", n.Rows, "pending", n.Pending, "failed", n.Failed)
	}
	return report, nil
}

func (s *Service) startBulk(ctx context.Context, a core.Actor, in BulkInvite) (BulkReport, error) {
	// 1. Rights before anything is said of fields; a key that was used is answered as it was.
	policy := s.Policy()
	check := in.check(policy)
	if err := s.mayManage(ctx, a, in.TenantID, check); err != nil {
		return BulkReport{}, err
	}
	if !in.DryRun {
		first, found, err := s.Store.ReplayBulk(ctx, in.TenantID, in.Idempotency)
		if err != nil {
			return BulkReport{}, err
		}
		if found {
			return s.reported(ctx, first)
		}
	}
	// 2. Each row by the rules of a single invitation, then against the others and the tenant.
	in.Rows = slices.Clone(in.Rows) // what is written into them is ours
	report := BulkReport{DryRun: in.DryRun}
	for i := range in.Rows {
		report.check(&in.Rows[i], in, policy)
	}
	if in.Refuse && report.Problems > 0 {
		return BulkReport{}, report.refusal()
	}
	if err := s.findDuplicates(ctx, in, &report); err != nil {
		return BulkReport{}, err
	}
	report.Bulk = core.Bulk{TenantID: in.TenantID, ActorID: a.UserID, Status: core.BulkQueued, Life: cmp.Or(in.Defaults.ExpiresIn, policy.InvitationTTL), Counts: counted(in.Rows)}
	if in.DryRun {
		return report, nil
	}
	// 3. Commit: the list, its rows, its job and its event.
	report.Bulk.ID = core.NewID(s.Clock.Now())
	kept, err := s.Store.StartBulk(ctx, core.BulkStart{
		Bulk: report.Bulk, Actor: a, Rows: in.Rows, Traceparent: signal.Inject(ctx), Idempotency: in.Idempotency,
	})
	if err == nil && kept.ID != report.Bulk.ID { // another request with the same key was faster
		return s.reported(ctx, kept)
	}
	report.Bulk = kept
	return report, err
}

// check looks at what is said of all rows.
func (in BulkInvite) check(policy Policy) fields {
	var f fields
	d := in.Defaults
	switch {
	case len(in.Rows) == 0:
		f.add("rows", "required", "The list has no rows.")
	case len(in.Rows) > core.MaxBulkRows:
		f.add("rows", "too_many", fmt.Sprintf("A list has at most %d rows; send the rest as another.", core.MaxBulkRows))
	}
	if d.Role != "" && d.Role != core.RoleAdmin && d.Role != core.RoleMember {
		f.add("defaults.role", "invalid", `A role is "admin" or "member"; ownership is transferred, not invited.`)
	}
	f.locale("defaults.locale", d.Locale)
	f.redirect("defaults.redirect_url", d.RedirectURL, policy.RedirectHosts)
	f.metadata("defaults.metadata", d.Metadata)
	f.life("defaults.expires_in", d.ExpiresIn, policy)
	return f
}

// check completes a row with the defaults and finds out whether it is good.
func (r *BulkReport) check(row *core.BulkRow, in BulkInvite, policy Policy) {
	d := in.Defaults
	row.Role, row.Locale, row.RedirectURL = cmp.Or(row.Role, d.Role), cmp.Or(row.Locale, d.Locale), cmp.Or(row.RedirectURL, d.RedirectURL)
	if len(d.Metadata) > 0 {
		all := maps.Clone(d.Metadata)
		maps.Copy(all, row.Metadata)
		row.Metadata = all
	}
	row.Status, row.Valid = core.BulkRowPending, true
	var f fields
	if row.Code != "" {
		f.add(row.Field, row.Code, row.Message)
	} else {
		one := Invite{Email: row.Email, Role: row.Role, Locale: row.Locale, RedirectURL: row.RedirectURL, Metadata: row.Metadata}
		row.Address = f.invitation(&one, policy)
		if len(f) == 0 {
			row.Email, row.Locale = row.Address.Email, one.Locale
			return
		}
	}
	row.Address, row.Status, row.Valid = core.Address{}, core.BulkRowFailed, false
	row.Field, row.Code, row.Message = f[0].Field, f[0].Code, f[0].Message
	keepable(row)
	for _, e := range f {
		r.Problems++
		r.Errors = listed(r.Errors, core.BulkProblem{Line: row.Line, Field: e.Field, Code: e.Code, Message: e.Message})
	}
}

// keepable takes what the database cannot keep out of a row that is not valid.
func keepable(row *core.BulkRow) {
	row.Email, row.Role = withoutNUL(row.Email), core.Role(withoutNUL(string(row.Role)))
	row.Locale, row.RedirectURL = withoutNUL(row.Locale), withoutNUL(row.RedirectURL)
	kept := make(map[string]string, len(row.Metadata))
	for k, v := range row.Metadata {
		kept[withoutNUL(k)] = withoutNUL(v)
	}
	row.Metadata = kept
}

func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// findDuplicates marks the rows whose address is in the list before, is invited, or belongs to a member.
func (s *Service) findDuplicates(ctx context.Context, in BulkInvite, report *BulkReport) error {
	first := map[string]int{}
	keys := []string{}
	for i := range in.Rows {
		row := &in.Rows[i]
		if row.Status != core.BulkRowPending {
			continue
		}
		if line, twice := first[row.Address.Key]; twice {
			report.duplicate(row, "repeated", fmt.Sprintf("This address is in the list before, at line %d.", line))
			continue
		}
		first[row.Address.Key] = row.Line
		keys = append(keys, row.Address.Key)
	}
	known, err := s.Store.KnownAddresses(ctx, in.TenantID, keys)
	if err != nil {
		return err
	}
	for i := range in.Rows {
		row := &in.Rows[i]
		member, is := known[row.Address.Key]
		switch {
		case !is || row.Status != core.BulkRowPending:
		case member:
			report.duplicate(row, "already_member", core.SayMember)
		default:
			report.duplicate(row, "pending_invitation", core.SayPending)
		}
	}
	return nil
}

func (r *BulkReport) duplicate(row *core.BulkRow, code, message string) {
	row.Status, row.Field, row.Code, row.Message = core.BulkRowDuplicate, "email", code, message
	r.Duplicates = listed(r.Duplicates, core.BulkProblem{Line: row.Line, Field: "email", Code: code, Message: message})
}

func listed(list []core.BulkProblem, p core.BulkProblem) []core.BulkProblem {
	if len(list) >= core.MaxBulkProblems {
		return list
	}
	return append(list, p)
}

// refusal says of a list that is not to be taken in part what is wrong with its rows.
func (r *BulkReport) refusal() error {
	var f fields
	for _, p := range r.Errors {
		f.add(fmt.Sprintf("line %d: %s", p.Line, cmp.Or(p.Field, "row")), p.Code, p.Message)
	}
	e := core.Invalid(f...)
	e.Say = fmt.Sprintf("%d fields of the list are not valid, so no row was taken.", r.Problems)
	return e
}

// reported tells of a list that was begun before what was found in it, as far as that was kept.
func (s *Service) reported(ctx context.Context, b core.Bulk) (BulkReport, error) {
	report := BulkReport{Bulk: b}
	for _, status := range []core.BulkRowStatus{core.BulkRowFailed, core.BulkRowDuplicate} {
		page, err := s.Store.BulkRows(ctx, b.TenantID, b.ID, core.BulkRowFilter{Statuses: []core.BulkRowStatus{status}, Limit: core.MaxBulkProblems})
		if err != nil {
			return BulkReport{}, err
		}
		for _, row := range page.Items {
			problem := core.BulkProblem{Line: row.Line, Field: row.Field, Code: row.Code, Message: row.Message}
			if status == core.BulkRowFailed {
				report.Errors = append(report.Errors, problem)
			} else {
				report.Duplicates = append(report.Duplicates, problem)
			}
		}
	}
	report.Problems = b.Counts.Failed
	return report, nil
}

func counted(rows []core.BulkRow) core.BulkCounts {
	n := core.BulkCounts{Rows: len(rows)}
	for _, row := range rows {
		switch row.Status {
		case core.BulkRowDuplicate:
			n.Duplicate++
		case core.BulkRowFailed:
			n.Failed++
		default:
			n.Pending++
		}
	}
	return n
}

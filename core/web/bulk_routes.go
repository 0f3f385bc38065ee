package web

import (
	"net/http"
	"reflect"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// bulkCalls stand before the calls of single invitations: "bulk" is no invitation's id.
func (s *Server) bulkCalls() []operation {
	const bulks = "/v1/tenants/{tenant_id}/invitations/bulk"
	const bulk = bulks + "/{bulk_id}"
	managed := []core.Code{core.Forbidden, core.NotFound}
	steer := func(action core.BulkAction, id, summary string) operation {
		return get(operation{
			method: http.MethodPost, path: bulk + "/" + string(action), id: id, tag: tagInvitations, access: bySession,
			summary: summary, status: 200, errors: append(managed, core.Conflict),
		}, s.steerBulk(action))
	}
	return []operation{
		operation{
			method: http.MethodPost, path: bulks, id: "createBulkInvitation", tag: tagInvitations, access: bySession,
			summary: "Invite up to 10,000 people; the list is checked now and worked off in the background",
			body:    edge.BodyList, alsoTakes: mimeCSV, idempotent: true, status: 202, also: []int{200}, example: bulkExample(), query: bulkQuery(),
			errors: managed,
		}.handled(reflect.TypeFor[bulkRequest](), reflect.TypeFor[bulkReport](), s.inviteMany),
		get(operation{
			method: http.MethodGet, path: bulks, id: "listBulkInvitations", tag: tagInvitations, access: bySession,
			summary: "The lists of invitations, newest first", status: 200, errors: append(managed, core.ValidationFailed),
			query: []parameter{limitParameter(), cursorParameter()},
		}, s.listBulks),
		get(operation{
			method: http.MethodGet, path: bulk, id: "getBulkInvitation", tag: tagInvitations, access: bySession,
			summary: "One list of invitations and how far it is", status: 200, errors: managed,
		}, s.getBulk),
		get(operation{
			method: http.MethodGet, path: bulk + "/rows", id: "listBulkInvitationRows", tag: tagInvitations, access: bySession,
			summary: "The rows of a list in their order, with what became of each", status: 200, errors: append(managed, core.ValidationFailed),
			query: []parameter{
				{name: "status", says: "Only those with this status.", kind: reflect.TypeFor[string](), oneOf: bulkRowStatuses()}, limitParameter(), cursorParameter(),
			},
		}, s.listBulkRows),
		raw(operation{
			method: http.MethodGet, path: bulk + "/failed", id: "getFailedBulkInvitationRows", tag: tagInvitations, access: bySession,
			summary: "The failed and denied rows as CSV, to put right and send again; nothing in it is a formula", status: 200, media: mimeCSV, errors: managed,
		}, s.failedRows),
		steer(core.BulkPause, "pauseBulkInvitation", "Pause a list, at the end of the batch under way"),
		steer(core.BulkResume, "resumeBulkInvitation", "Go on with a paused list, in the name of who resumes it"),
		steer(core.BulkCancel, "cancelBulkInvitation", "End a list; the invitations that went out stay"),
		steer(core.BulkRetry, "retryBulkInvitation", "Try the rows again that failed or were denied and are valid"),
	}
}

func bulkQuery() []parameter {
	text := reflect.TypeFor[string]()
	return []parameter{
		{name: "dry_run", says: "As in the JSON body, for CSV.", kind: text, oneOf: []string{"true", "false"}},
		{name: "on_error", says: "As in the JSON body, for CSV.", kind: text, oneOf: []string{"continue", "refuse"}},
		{name: "role", says: "For rows without one.", kind: text, oneOf: []string{string(core.RoleAdmin), string(core.RoleMember)}},
		{name: "locale", says: "For rows without one.", kind: text},
		{name: "redirect_url", says: "For rows without one.", kind: text},
		{name: "expires_in", says: "Seconds that each link lives.", kind: reflect.TypeFor[int]()},
	}
}

func bulkRowStatuses() []string {
	return []string{
		string(core.BulkRowPending), string(core.BulkRowInvited), string(core.BulkRowDuplicate), string(core.BulkRowDenied), string(core.BulkRowFailed),
	}
}

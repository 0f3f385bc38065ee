package floor

import (
	"fmt"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/pipeline"
)

// Target asks a floor server for the steps of a run. It implements [drive.Target].
type Target struct {
	run     *pipeline.Run
	tenants []Refs
	guests  []Refs
}

// NewTarget makes the requests of a run. Its people must be the floor's alone.
func NewTarget(run *pipeline.Run) *Target {
	return &Target{run: run, tenants: make([]Refs, run.Tenants), guests: make([]Refs, run.Tenants*run.Invitations)}
}

// Prepare implements [drive.Target].
func (t *Target) Prepare(step drive.Step, i int, request *fasthttp.Request) bool {
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	request.SetRequestURI("/" + string(step))
	refs, email, name := t.subject(step, i)
	request.AppendBodyString(`{"email":"` + email + `"`)
	switch step {
	case drive.Signup:
		request.AppendBodyString(`,"organization_name":"` + t.run.Organization(i) + `","display_name":"` + name + `","locale":"en"`)
	case drive.Verify, drive.Activate:
		request.AppendBodyString(`,"display_name":"` + name + `"`)
		if t.run.Passwords {
			request.AppendBodyString(`,"password":"` + pipeline.Password + `"`)
		}
	case drive.Invite, drive.Inspect, drive.Page:
	}
	for _, f := range []struct{ key, value string }{
		{"tenant", refs.Tenant}, {"owner", refs.Owner}, {"token", refs.Token}, {"hash", refs.Hash}, {"invitation", refs.Invitation},
	} {
		if f.value != "" {
			request.AppendBodyString(`,"` + f.key + `":"` + f.value + `"`)
		}
	}
	request.AppendBodyString(`}`)
	return true
}

// subject is whom a step is about, and the rows that it must know.
func (t *Target) subject(step drive.Step, i int) (refs Refs, email, name string) {
	switch step {
	case drive.Signup, drive.Verify:
		return t.tenants[i], t.run.Owner(i), pipeline.OwnerName
	default:
		refs = t.guests[i]
		refs.Tenant, refs.Owner = t.tenants[t.run.TenantOf(i)].Tenant, t.tenants[t.run.TenantOf(i)].Owner
		return refs, t.run.Guest(i), pipeline.GuestName
	}
}

// Accept implements [drive.Target].
func (t *Target) Accept(step drive.Step, i int, _ time.Time, status int, body []byte) error {
	if status != fasthttp.StatusOK {
		return fmt.Errorf("%d %.200s", status, body)
	}
	refs := Refs{
		Tenant: drive.Text(body, "tenant"), Owner: drive.Text(body, "owner"), Token: drive.Text(body, "token"),
		Hash: drive.Text(body, "hash"), Invitation: drive.Text(body, "invitation"),
	}
	switch step {
	case drive.Signup:
		t.tenants[i] = refs
	case drive.Invite:
		t.guests[i] = refs
	case drive.Verify, drive.Page, drive.Inspect, drive.Activate:
	}
	return nil
}

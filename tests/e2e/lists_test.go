package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// listsOfPeople has lists of invitations go all the way: as CSV and as JSON, in one go and steered.
func listsOfPeople(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	first, second := newAddress("listed"), newAddress("listed")
	csv := x.client().With("Content-Type: text/csv")
	text := "email,role,metadata.team\r\n" + first + ",,\"a, b\"\r\n" + second + ",admin,\r\n" + first + ",,\r\nnobody,,\r\nfree@gmail.com,,\r\n"
	dry := csv.Post(x.path("/invitations/bulk?dry_run=true&role=member"), text).Want(200)
	equal(t, "dry run", dry.Text("counts", "duplicate")+dry.Text("counts", "failed")+dry.Text("errors", 0, "line")+dry.Text("errors", 0, "field"), "115email")
	equal(t, "lists after a dry run", x.client().Get(x.path("/invitations/bulk")).Want(200).Text("data"), "[]")
	csv.Post(x.path("/invitations/bulk?role=member&on_error=refuse"), text).Problem(422, "validation_failed")

	list := x.path("/invitations/bulk/" + csv.Post(x.path("/invitations/bulk?role=member"), text).Want(202).Text("id"))
	done := func() string {
		var b struct {
			Status string
			Counts struct{ Rows, Pending, Invited, Duplicate, Denied, Failed int }
		}
		hosttest.Until(t, "the list to be worked off", func() bool {
			x.client().Get(list).Want(200).Into(&b)
			return b.Status == "done"
		})
		return fmt.Sprint(b.Counts)
	}
	equal(t, "counts", done(), "{5 0 2 1 1 1}")
	equal(t, "role by mail", activate(t, h, h.Mail(t, second, 1).Token(), "Listed").Membership.Role, "admin")
	invited := x.client().Get(x.path("/invitations?email=" + first)).Want(200)
	equal(t, "metadata", invited.Text("data", 0, "metadata", "team"), "a, b")
	rows := x.client().Get(list + "/rows?status=denied").Want(200)
	equal(t, "what the plugin denied", rows.Text("data", 0, "email")+" "+rows.Text("data", 0, "retryable"), "free@gmail.com true")
	if failed := string(x.client().Get(list + "/failed").Want(200).Body); !strings.Contains(failed, "nobody") || strings.Contains(failed, first) {
		t.Errorf("the failed rows are %q", failed)
	}
	x.client().Post(list+"/retry", nil).Want(200)
	equal(t, "counts after another try", done(), "{5 0 2 1 1 1}")
	x.client().Post(list+"/pause", nil).Problem(409, "conflict")
	newTenant(t, h).client().Get(list).Problem(404, "not_found")
	t.Run("steered", func(t *testing.T) { steeredList(t, newTenant(t, h)) })
}

// steeredList stops a list that is under way, which is longer than any other body may be.
func steeredList(t *testing.T, x *tenant) {
	people := func(n int) hosttest.Object {
		rows := make([]hosttest.Object, n)
		for i := range rows {
			rows[i] = hosttest.Object{"email": fmt.Sprintf("person.%d@%s.example", i, x.id)}
		}
		return hosttest.Object{"rows": rows, "defaults": hosttest.Object{"role": "member"}}
	}
	x.client().Post(x.path("/invitations/bulk"), people(10001)).Problem(422, "validation_failed")
	list := x.path("/invitations/bulk/" + x.client().Post(x.path("/invitations/bulk"), people(10000)).Want(202).Text("id"))
	equal(t, "paused", x.client().Post(list+"/pause", nil).Want(200).Text("status"), "paused")
	equal(t, "resumed", x.client().Post(list+"/resume", nil).Want(200).Text("status"), "queued")
	equal(t, "cancelled", x.client().Post(list+"/cancel", nil).Want(200).Text("status"), "cancelled")
	x.client().Post(list+"/resume", nil).Problem(409, "conflict")
	equal(t, "listed", x.client().Get(x.path("/invitations/bulk?limit=1")).Want(200).Text("data", 0, "status"), "cancelled")
}

package policy_test

import (
	"invite-quota/policy"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/provisioner"
	"github.com/usher-id/usher/sdk/sdktest"
)

const plans = `{
	"plans": {"free": {"invitations": 2, "days": 30, "bulk": false}, "pro": {"invitations": 3, "days": 1}, "none": {"invitations": 0, "days": 1}},
	"default_plan": "free", "metadata_plan": "plan", "tenants": {"t-pro": "pro", "t-lost": "gold"}
}`

func begin() time.Time { return time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC) }

// invite asks about one invitation after another, each with what is kept of the one before, and gives what was said:
// ok or the code of a denial.
func invite(t *testing.T, s sdktest.Setting, times ...time.Time) string {
	t.Helper()
	var said []string
	for _, s.Now = range times {
		got := sdktest.Ask(t, invitation.New(policy.CheckInvitation), s, invitation.Invitation{})
		s.KV = got.KV
		switch {
		case got.Failure != "":
			said = append(said, got.Failure)
		case got.Output.Outcome == hostapi.Continue:
			said = append(said, "ok")
		default:
			said = append(said, got.Output.Errors[0].Code)
		}
	}
	return strings.Join(said, " ")
}

func TestWindows(t *testing.T) {
	t.Parallel()
	now, day := begin(), 24*time.Hour
	for name, tc := range map[string]struct {
		tenant string
		kept   string
		times  []time.Time
		want   string
	}{
		"the default plan":            {"t", "", []time.Time{now, now, now}, "ok ok invitation_quota_reached"},
		"until the window ends":       {"t", "", []time.Time{now, now, now.Add(30*day - 1), now.Add(30*day + 1e6)}, "ok ok invitation_quota_reached ok"},
		"a window begins when used":   {"t", "", []time.Time{now, now.Add(29 * day), now.Add(30 * day), now.Add(31 * day), now.Add(32 * day)}, "ok ok ok ok invitation_quota_reached"},
		"the operator's word":         {"t-pro", "", []time.Time{now, now, now, now}, "ok ok ok invitation_quota_reached"},
		"what it signed up for":       {"t", `{"plan":"pro"}`, []time.Time{now, now, now, now}, "ok ok ok invitation_quota_reached"},
		"a plan that is gone":         {"t", `{"plan":"gold"}`, []time.Time{now, now, now}, "ok ok invitation_quota_reached"},
		"a plan without any":          {"t", `{"plan":"none"}`, []time.Time{now}, "invitation_quota_reached"},
		"a plan that became smaller":  {"t", `{"plan":"","from":1893499200000,"used":7}`, []time.Time{now}, "invitation_quota_reached"},
		"a ledger that is none":       {"t", `nonsense`, []time.Time{now}, "ok"},
		"the operator's word is none": {"t-lost", "", []time.Time{now}, "config.tenants names the plan gold, which config.plans does not have"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sdktest.Setting{Config: plans, Tenant: tc.tenant}
			if tc.kept != "" {
				s.KV = map[string]string{"ledger": tc.kept}
			}
			if got := invite(t, s, tc.times...); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		setting sdktest.Setting
		want    string
	}{
		"the store is down":      {sdktest.Setting{Config: plans, KVRefused: hostapi.ReasonStore}, "usher:kv/v1.get: unavailable"},
		"the store is full":      {sdktest.Setting{Config: plans, KVRefused: hostapi.ReasonQuota}, "usher:kv/v1.put: quota_exceeded"},
		"no such default":        {sdktest.Setting{Config: `{"plans": {}, "default_plan": "x"}`}, "config.default_plan is x, which config.plans does not have"},
		"no config whatsoever":   {sdktest.Setting{}, "config.default_plan is , which config.plans does not have"},
		"a default that is \"\"": {sdktest.Setting{Config: `{"plans": {"": {}}, "default_plan": ""}`}, "config.default_plan is , which config.plans does not have"},
	} {
		if got := invite(t, tc.setting, begin()); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestBulk(t *testing.T) {
	t.Parallel()
	for tenant, want := range map[string]string{"t": "bulk_not_in_plan", "t-pro": ""} {
		got := sdktest.Ask(t, invitation.New(policy.CheckInvitation), sdktest.Setting{Config: plans, Tenant: tenant, Now: begin()}, invitation.Invitation{Bulk: true}).Output
		if code := append(got.Errors, hostapi.FieldError{})[0].Code; code != want {
			t.Errorf("%s: %q, want %q", tenant, code, want)
		}
	}
}

func TestKeepPlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config, plan, kept string
		want, failure      string
		refused            string
	}{
		"a plan":                  {config: plans, plan: "pro", want: `{"plan":"pro","from":0,"used":0}`},
		"after an invitation":     {config: plans, plan: "pro", kept: `{"from":5,"used":1}`, want: `{"plan":"pro","from":5,"used":1}`},
		"no plan":                 {config: plans},
		"an unknown plan":         {config: plans, plan: "gold"},
		"metadata are not obeyed": {config: `{"plans": {"pro": {}}, "default_plan": "pro"}`, plan: "pro"},
		"without the store":       {config: plans, plan: "pro", refused: hostapi.ReasonStore, failure: "usher:kv/v1.get: unavailable"},
	} {
		s := sdktest.Setting{Config: tc.config, KVRefused: tc.refused}
		if tc.kept != "" {
			s.KV = map[string]string{"ledger": tc.kept}
		}
		got := sdktest.Ask(t, provisioner.New(policy.KeepPlan), s, provisioner.Tenant{Metadata: map[string]string{"plan": tc.plan}})
		if got.KV["ledger"] != tc.want || got.Failure != tc.failure {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

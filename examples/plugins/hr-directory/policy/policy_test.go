package policy_test

import (
	"fmt"
	"hr-directory/policy"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/subscriber"
)

const config = `{"origin": "https://hr.example", "refresh_minutes": 60, "max_age_hours": 24}`

func name(n int) string { return fmt.Sprintf("person-%05d@engines.example", n) }

// directory answers with n people, in pages.
func directory(n int) (pages []hostapi.FixtureExchange) {
	for from := 0; from < n; from += 500 {
		to, next, after := min(from+500, n), `null`, ""
		if to < n {
			next = fmt.Sprint(to)
		}
		if from > 0 {
			after = fmt.Sprint("&after=", from)
		}
		var people []string
		for i := from; i < to; i++ {
			people = append(people, `{"email": "`+name(i)+`", "status": "active"}`)
		}
		pages = append(pages, hostapi.FixtureExchange{
			Request:  http.Request{URL: "https://hr.example/v1/employees?sort=email&limit=500" + after, Auth: &http.Auth{Secret: "hr_token", Prefix: "Bearer "}},
			Response: http.Response{Status: 200, Body: `{"employees": [` + strings.Join(people, ",") + `], "next": ` + next + `}`},
		})
	}
	return pages
}

// TestLargeDirectory copies one over several calls and finds everybody in it, before and after the next copy.
func TestLargeDirectory(t *testing.T) {
	t.Parallel()
	const people = 6203
	setting := sdktest.Setting{
		Config: config, Tenant: "t", Now: time.Date(2030, 1, 10, 12, 0, 0, 0, time.UTC), Secrets: map[string]string{"hr_token": "x"},
	}
	for _, letter := range []string{"a", "b", "a"} {
		pages := directory(people)
		for attempt := 1; ; attempt++ {
			now := min(5, len(pages))
			setting.HTTP, pages = pages[:now], pages[now:]
			got := sdktest.Ask(t, subscriber.New(policy.RefreshDirectory), setting, subscriber.Event{Attempt: attempt})
			setting.KV = got.KV
			if got.Failure != "" {
				t.Fatal(got.Failure)
			}
			if got.Output.Data.Acknowledged {
				break
			}
		}
		if len(pages) != 0 || !strings.Contains(setting.KV["index"], `"letter":"`+letter+`"`) {
			t.Fatalf("%d pages were not asked for; the index is %s", len(pages), setting.KV["index"])
		}
		setting.HTTP = nil
		for n := 0; n < people; n += 97 {
			asks(t, setting, name(n), hostapi.Continue)
		}
		asks(t, setting, name(people-1), hostapi.Continue)
		asks(t, setting, name(people), hostapi.Deny)
		setting.Now = setting.Now.Add(time.Hour)
	}
}

func asks(t *testing.T, s sdktest.Setting, email string, want hostapi.Outcome) {
	t.Helper()
	if got := sdktest.Ask(t, invitation.New(policy.CheckInvitation), s, invitation.Invitation{Email: email}); got.Output.Outcome != want {
		t.Errorf("%s: %+v", email, got.Output)
	}
}

// TestDraftThatIsOld begins anew rather than go on with a copy whose beginning is out of date.
func TestDraftThatIsOld(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 10, 12, 0, 0, 0, time.UTC)
	draft := fmt.Sprintf(`{"letter":"a","began":%d,"firsts":["a@b.example"],"last":"a@b.example","after":"500"}`, now.Add(-time.Hour).UnixMilli())
	got := sdktest.Ask(t, subscriber.New(policy.RefreshDirectory), sdktest.Setting{
		Config: config, Tenant: "t", Now: now, Secrets: map[string]string{"hr_token": "x"}, KV: map[string]string{"draft": draft}, HTTP: directory(3),
	}, subscriber.Event{Attempt: 1})
	if !got.Output.Data.Acknowledged || strings.Contains(got.KV["index"], "a@b.example") || got.KV["draft"] != "" {
		t.Errorf("%+v", got)
	}
}

// TestGrants has no patience with what only the operator can mend.
func TestGrants(t *testing.T) {
	t.Parallel()
	got := sdktest.Ask(t, subscriber.New(policy.RefreshDirectory), sdktest.Setting{Config: config, Tenant: "t"}, subscriber.Event{Attempt: 1})
	if got.Failure != "usher:http/v1.fetch: not_granted" {
		t.Errorf("%+v", got)
	}
}

package hook_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

func TestTenantProvision(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		plugins plugins
		want    map[string]string
		bound   bool
		fails   bool
	}{
		"no plugin":        {},
		"nothing to keep":  {plugins: plugins{`{"outcome":"continue"}`}, bound: true},
		"references":       {plugins: plugins{`{"outcome":"continue","data":{"references":{"crm_account":"42"}}}`}, want: map[string]string{"crm_account": "42"}, bound: true},
		"denied":           {plugins: plugins{`{"outcome":"deny"}`}, fails: true},
		"crashed":          {plugins: plugins{crash}, fails: true},
		"malformed name":   {plugins: plugins{`{"outcome":"continue","data":{"references":{"CRM account":"42"}}}`}, fails: true},
		"empty reference":  {plugins: plugins{`{"outcome":"continue","data":{"references":{"a":""}}}`}, fails: true},
		"long reference":   {plugins: plugins{`{"outcome":"continue","data":{"references":{"a":"` + strings.Repeat("x", hostapi.MaxReferenceValue+1) + `"}}}`}, fails: true},
		"another's tenant": {plugins: plugins{`{"outcome":"continue","data":{"tenant_id":"x"}}`}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := core.TenantProvisioning{TenantID: core.NewID(time.Now()), CreatedAt: time.Now()}
			got, bound, err := hooks(t, tc.plugins).TenantProvision(t.Context(), "p", tenant, 1)
			if (err != nil) != tc.fails {
				t.Fatalf("error %v", err)
			}
			if !tc.fails && (bound != tc.bound || !maps.Equal(got, tc.want)) {
				t.Errorf("got %v, bound %v", got, bound)
			}
		})
	}
}

func TestEventDeliver(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		plugins plugins
		fails   bool
		after   time.Duration
	}{
		"no plugin":         {},
		"acknowledged":      {plugins: plugins{`{"outcome":"continue","data":{"acknowledged":true}}`}},
		"not acknowledged":  {plugins: plugins{`{"outcome":"continue","data":{"acknowledged":false}}`}, fails: true},
		"later":             {plugins: plugins{`{"outcome":"continue","data":{"acknowledged":false,"retry_after_s":7}}`}, fails: true, after: 7 * time.Second},
		"in the past":       {plugins: plugins{`{"outcome":"continue","data":{"acknowledged":true,"retry_after_s":-1}}`}, fails: true},
		"in another decade": {plugins: plugins{`{"outcome":"continue","data":{"acknowledged":false,"retry_after_s":1000000}}`}, fails: true},
		"denied":            {plugins: plugins{`{"outcome":"deny"}`}, fails: true},
		"crashed":           {plugins: plugins{crash}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := hooks(t, tc.plugins).EventDeliver(t.Context(), "p", core.Event{ID: core.NewID(time.Now())}, []byte(`{}`), 1)
			if (err != nil) != tc.fails {
				t.Fatalf("error %v", err)
			}
			later, _ := errors.AsType[interface {
				error
				RetryAfter() time.Duration
			}](err)
			if later != nil && later.RetryAfter() != tc.after {
				t.Errorf("again after %s, want %s", later.RetryAfter(), tc.after)
			}
		})
	}
}

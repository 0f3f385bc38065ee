package hook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

func TestIdentityBegin(t *testing.T) {
	t.Parallel()
	to := func(url string) plugins { return plugins{`{"outcome":"continue","data":{"url":"` + url + `"}}`} }
	for name, tc := range map[string]struct {
		plugins plugins
		code    core.Code
	}{
		"good":                {to("https://login.example/authorize?state=S&x=1"), ""},
		"of this machine":     {to("http://127.0.0.1:9000/authorize?state=S"), ""},
		"nobody bound":        {nil, core.Unavailable},
		"crashed":             {plugins{crash}, core.Unavailable},
		"denied":              {plugins{`{"outcome":"deny"}`}, core.DeniedByPolicy},
		"denied with a field": {plugins{`{"outcome":"deny","errors":[{"field":"login_hint","code":"a","message":"b"}]}`}, core.ValidationFailed},
		"without the state":   {to("https://login.example/authorize"), core.Unavailable},
		"another state":       {to("https://login.example/authorize?state=T"), core.Unavailable},
		"a script":            {to("javascript:alert(1)//?state=S"), core.Unavailable},
		"no encryption":       {to("http://login.example/?state=S"), core.Unavailable},
		"with a user":         {to("https://a:b@login.example/?state=S"), core.Unavailable},
		"endless":             {to("https://login.example/?state=S&x=" + strings.Repeat("x", hostapi.MaxRedirectURL)), core.Unavailable},
	} {
		got, err := hooks(t, tc.plugins).IdentityBegin(t.Context(), "p", core.IdentityBeginning{RunID: core.NewID(time.Now()), State: "S"})
		if core.CodeOf(err) != tc.code || (err == nil) != (got.URL != "") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestIdentityFinish(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer string
		code   core.Code
	}{
		"good":              {`{"outcome":"continue","data":{"subject":"42","email":"a@b.example","email_verified":true}}`, ""},
		"no subject":        {`{"outcome":"continue","data":{"email":"a@b.example","email_verified":true}}`, core.Unavailable},
		"endless subject":   {`{"outcome":"continue","data":{"subject":"` + strings.Repeat("x", 256) + `"}}`, core.Unavailable},
		"subject of lines":  {`{"outcome":"continue","data":{"subject":"a\nb"}}`, core.Unavailable},
		"a user of ours":    {`{"outcome":"continue","data":{"subject":"42","user_id":"x"}}`, core.Unavailable},
		"denied":            {`{"outcome":"deny"}`, core.DeniedByPolicy},
		"neither yes or no": {`{}`, core.Unavailable},
	} {
		who, err := hooks(t, plugins{tc.answer}).IdentityFinish(t.Context(), "p", core.IdentityReturn{Provider: "corp"})
		if core.CodeOf(err) != tc.code || (err == nil) != (who.Provider == "corp") {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

package hook_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

func TestMessageRoute(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		plugins   plugins
		policy    hook.OnFailure
		providers []string
		delay     time.Duration
		routed    bool
		code      core.Code
	}{
		"no plugin":         {},
		"order":             {plugins: plugins{`{"outcome":"continue","data":{"providers":["b","a"]}}`}, providers: []string{"b", "a"}, routed: true},
		"one of them":       {plugins: plugins{`{"outcome":"continue","data":{"providers":["b"]}}`}, providers: []string{"b"}, routed: true},
		"delay":             {plugins: plugins{`{"outcome":"continue","data":{"delay_s":60}}`}, delay: time.Minute, routed: true},
		"no opinion":        {plugins: plugins{`{"outcome":"continue"}`}, routed: true},
		"first one decides": {plugins: plugins{`{"outcome":"continue","data":{"providers":["a"]}}`, crash}, providers: []string{"a"}, routed: true},
		"unknown provider":  {plugins: plugins{`{"outcome":"continue","data":{"providers":["a","c"]}}`}},
		"named twice":       {plugins: plugins{`{"outcome":"continue","data":{"providers":["a","a"]}}`}},
		"endless delay":     {plugins: plugins{`{"outcome":"continue","data":{"delay_s":3601}}`}},
		"negative delay":    {plugins: plugins{`{"outcome":"continue","data":{"delay_s":-1}}`}},
		"denied":            {plugins: plugins{`{"outcome":"deny"}`}},
		"nonsense":          {plugins: plugins{`{"outcome":"continue","data":{"to":"x"}}`}},
		"crashed":           {plugins: plugins{crash}},
		"crashed, retry":    {plugins: plugins{crash}, policy: hook.Retry, code: core.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := chain{outputs: tc.plugins, onFailure: hook.Native}
			if tc.policy != "" {
				asked.onFailure = tc.policy
			}
			view := core.RouteView{Providers: []core.ProviderView{{Name: "a"}, {Name: "b"}}}
			got, routed, err := hooks(t, asked).MessageRoute(t.Context(), view)
			if routed != tc.routed || core.CodeOf(err) != tc.code || !slices.Equal(got.Providers, tc.providers) || got.Delay != tc.delay {
				t.Errorf("got %+v, routed %v: %v", got, routed, err)
			}
		})
	}
}

func TestRouteQuestion(t *testing.T) {
	t.Parallel()
	var asked hook.Question
	spy := runner(func(q hook.Question) (hook.Reply, error) { asked = q; return hook.Reply{}, nil })
	_, _, err := hooks(t, spy).MessageRoute(t.Context(), core.RouteView{
		Kind: core.MessageInvitation, RecipientDomain: "b.example", Attempt: 2, Age: 90 * time.Second,
		Providers: []core.ProviderView{{Name: "a", Up: true, Plugin: true}, {Name: "b", Failed: true}},
	})
	want := `{"kind":"invitation","locale":"","recipient_domain":"b.example","attempt":2,"age_s":90,"providers":[` +
		`{"name":"a","up":true,"plugin":true,"refused":false},{"name":"b","up":false,"plugin":false,"refused":true}]}`
	if err != nil || string(asked.Data) != want || asked.TenantID != "" || asked.RunID != "" {
		t.Errorf("asked %s: %v", asked.Data, err)
	}
}

// post answers one question with an output, after so many requests with the link.
type post struct {
	output string
	left   int
	reply  hook.Reply
	err    error
	asked  *hook.Question
}

func (post) Bound(hostapi.Hook, string) bool { return true }

func (post) Release() int64 { return 0 }

func (p post) Ask(_ context.Context, q hook.Question) (hook.Reply, error) {
	*p.asked, *q.Substituted = q, p.left
	if p.err != nil {
		return p.reply, p.err
	}
	_, err := q.Judge("adapter", []byte(p.output))
	return p.reply, err
}

const realLink = "https://id.example.com/a/t0ken"

func TestMessageSend(t *testing.T) {
	t.Parallel()
	bound := hook.Reply{Bound: true}
	answered := func(data string) string { return `{"outcome":"continue","data":` + data + `}` }
	for name, tc := range map[string]struct {
		post   post
		noLink bool
		want   core.HandoverAnswer
		fails  bool
	}{
		"accepted":              {post: post{output: answered(`{"status":"accepted","provider_id":"x 1"}`), left: 1}, want: core.HandoverAnswer{Status: "accepted", ProviderID: "x 1", Left: true}},
		"accepted without link": {post: post{output: answered(`{"status":"accepted"}`)}, noLink: true, want: core.HandoverAnswer{Status: "accepted"}},
		"link did not leave":    {post: post{output: answered(`{"status":"accepted"}`)}, fails: true},
		"retry":                 {post: post{output: answered(`{"status":"retry","retry_after_s":30,"reason":"busy"}`)}, want: core.HandoverAnswer{Status: "retry", RetryAfter: 30 * time.Second, Reason: "busy"}},
		"refused":               {post: post{output: answered(`{"status":"refused","reason":"bad_key"}`)}, want: core.HandoverAnswer{Status: "refused", Reason: "bad_key"}},
		"failed":                {post: post{output: answered(`{"status":"failed","reason":"no_such_mailbox"}`)}, want: core.HandoverAnswer{Status: "failed", Reason: "no_such_mailbox"}},
		"failed for a while":    {post: post{output: answered(`{"status":"failed","retry_after_s":1}`)}, fails: true},
		"endless retry":         {post: post{output: answered(`{"status":"retry","retry_after_s":86401}`)}, fails: true},
		"unknown status":        {post: post{output: answered(`{"status":"lost"}`)}, fails: true},
		"no status":             {post: post{output: answered(`{}`), left: 1}, fails: true, want: core.HandoverAnswer{Left: true}},
		"reason as a sentence":  {post: post{output: answered(`{"status":"failed","reason":"Unknown a@b.example"}`)}, fails: true},
		"endless id":            {post: post{output: answered(`{"status":"accepted","provider_id":"` + strings.Repeat("x", 257) + `"}`), left: 1}, fails: true, want: core.HandoverAnswer{Left: true}},
		"id with a line break":  {post: post{output: answered(`{"status":"accepted","provider_id":"x\ny"}`), left: 1}, fails: true, want: core.HandoverAnswer{Left: true}},
		"denied":                {post: post{output: `{"outcome":"deny"}`}, fails: true},
		"crashed":               {post: post{err: errCrash}, fails: true},
		"crashed afterwards":    {post: post{err: errCrash, left: 1}, fails: true, want: core.HandoverAnswer{Left: true}},
		"too late to be free":   {post: post{err: errCrash, left: 1, reply: hook.Reply{Bound: true, Unasked: true}}, fails: true, want: core.HandoverAnswer{Left: true}},
		"switched off":          {post: post{reply: hook.Reply{Off: true}, output: answered(`{"status":"retry"}`)}, fails: true, want: core.HandoverAnswer{Unasked: true}},
		"no instance free":      {post: post{err: errCrash, reply: hook.Reply{Bound: true, Unasked: true}}, fails: true, want: core.HandoverAnswer{Unasked: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked hook.Question
			tc.post.asked = &asked
			if !tc.post.reply.Bound && !tc.post.reply.Off {
				tc.post.reply = bound
			}
			m := core.Handover{Provider: "api", MessageID: "1@x", To: "a@b.example", Text: core.LinkPlaceholder, HTML: core.LinkPlaceholder, Link: realLink}
			if tc.noLink {
				m.Link = ""
			}
			got, err := hooks(t, tc.post).MessageSend(t.Context(), "adapter", m)
			if (err != nil) != tc.fails || got != tc.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tc.want)
			}
			if asked.Plugin != "adapter" || strings.Contains(string(asked.Data), "t0ken") || strings.Contains(fmt.Sprintf("%+v", asked.Substitutions), "t0ken") {
				t.Errorf("asked %s with %s and %+v", asked.Plugin, asked.Data, asked.Substitutions)
			}
			if !tc.noLink && (len(asked.Substitutions) != 1 || asked.Substitutions[0].Value.Reveal() != realLink || asked.Substitutions[0].Placeholder != core.LinkPlaceholder) {
				t.Error("the link is not put in the place of its placeholder")
			}
		})
	}
}

func TestMessageSendWithoutPlugin(t *testing.T) {
	t.Parallel()
	got, err := hooks(t, plugins{}).MessageSend(t.Context(), "gone", core.Handover{})
	if err == nil || !got.Unasked {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMessageStatus(t *testing.T) {
	t.Parallel()
	id := core.NewID(time.Now())
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	many := make([]hostapi.MessageReport, hostapi.MaxStatusReports+1)
	for i := range many {
		many[i] = hostapi.MessageReport{ProviderID: "x", Status: hostapi.DeliveryBounced}
	}
	answered := func(reports ...hostapi.MessageReport) plugins {
		b, err := json.Marshal(hostapi.Output[hostapi.MessageReports]{Outcome: hostapi.Continue, Data: hostapi.MessageReports{Reports: reports}})
		if err != nil {
			t.Fatal(err)
		}
		return plugins{string(b)}
	}
	for name, tc := range map[string]struct {
		plugins plugins
		want    []core.MailReport
		code    core.Code
	}{
		"no plugin": {code: core.NotFound},
		"nothing":   {plugins: plugins{`{"outcome":"continue"}`}},
		"by our name": {
			plugins: answered(hostapi.MessageReport{MessageID: "<" + id.String() + "@example.com>", Status: "bounced", Reason: "full", At: "2026-11-01T12:00:00Z"}),
			want:    []core.MailReport{{MessageID: id, Status: core.DeliveryBounced, Reason: "full", At: at}},
		},
		"by theirs": {
			plugins: answered(hostapi.MessageReport{ProviderID: "x", Status: "complained"}, hostapi.MessageReport{ProviderID: "y", Status: "deferred"}),
			want:    []core.MailReport{{ProviderID: "x", Status: core.DeliveryComplained}, {ProviderID: "y", Status: core.DeliveryDeferred}},
		},
		"somebody else's":    {plugins: answered(hostapi.MessageReport{MessageID: "123@other.example", Status: "delivered"}), want: []core.MailReport{{Status: core.DeliveryDelivered}}},
		"denied":             {plugins: plugins{`{"outcome":"deny"}`}, code: core.Unauthenticated},
		"crashed":            {plugins: plugins{crash}, code: core.Unavailable},
		"nameless":           {plugins: answered(hostapi.MessageReport{Status: "delivered"}), code: core.Unavailable},
		"unknown status":     {plugins: answered(hostapi.MessageReport{ProviderID: "x", Status: "opened"}), code: core.Unavailable},
		"reason with spaces": {plugins: answered(hostapi.MessageReport{ProviderID: "x", Status: "bounced", Reason: "user a@b.example"}), code: core.Unavailable},
		"malformed time":     {plugins: answered(hostapi.MessageReport{ProviderID: "x", Status: "bounced", At: "now"}), code: core.Unavailable},
		"too many":           {plugins: answered(many...), code: core.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := hooks(t, tc.plugins).MessageStatus(t.Context(), "p", core.Callback{Provider: "api"})
			if core.CodeOf(err) != tc.code || !slices.Equal(got, tc.want) {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, tc.want, tc.code)
			}
			if e, ok := errors.AsType[*core.Error](err); ok && tc.code == core.Unavailable && e.RetryAfter == 0 {
				t.Error("nothing says when to try again")
			}
		})
	}
}

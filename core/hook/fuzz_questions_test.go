package hook_test

import (
	"context"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// scene is what an answer is about.
type scene struct {
	role   core.Role // asked for, and the inviter's
	life   time.Duration
	exists bool // the account
	link   bool
	left   int // requests with the link
}

func sceneOf(variant uint8) scene {
	return scene{
		role: []core.Role{core.RoleOwner, core.RoleAdmin, core.RoleMember}[variant%3],
		life: []time.Duration{time.Minute, time.Hour, 30 * 24 * time.Hour}[variant/3%3],
		link: variant&0x20 != 0, left: int(variant >> 6 & 1), exists: variant&0x80 != 0,
	}
}

// question is how one hook is asked, and what it may be answered.
type question struct {
	put    func(context.Context, *hook.Hooks, scene) (said any, err error)
	good   string   // an answer that is taken in every scene
	seeds  []string // others, taken or not
	fields []string // that data may have, written down here once more on purpose
	many   bool     // all plugins are asked, not the first alone
	apart  bool     // and each says something of its own
	denies bool
	check  func(j judgement, said any, data map[string]jsontext.Value)
}

func continues(data string) string { return `{"outcome":"continue","data":` + data + `}` }

func questions() map[hostapi.Hook]question {
	all := map[hostapi.Hook]question{}
	for _, some := range []map[hostapi.Hook]question{checks(), mails(), others()} {
		maps.Copy(all, some)
	}
	return all
}

// whether is what was said when somebody said it.
func whether(said any, somebody bool) any {
	if !somebody {
		return nil
	}
	return said
}

func (j judgement) expect(good bool, what string, got any) {
	j.Helper()
	if !good {
		j.Errorf("%q passes with the %s of %+v, %+v", j.answer, what, got, j.scene)
	}
}

func (j judgement) metadata(m map[string]string) {
	j.Helper()
	good := len(m) <= 20
	for k, v := range m {
		good = good && k != "" && utf8.RuneCountInString(k) <= 40 && utf8.RuneCountInString(v) <= 500 && !strings.Contains(k+v, "\x00")
	}
	j.expect(good, "metadata", m)
}

func (j judgement) locale(tag string) {
	j.Helper()
	parsed, err := language.Parse(tag)
	j.expect(tag == "" || err == nil && parsed.String() == tag && len(tag) <= 35, "locale", tag)
}

func (j judgement) providerID(got, given string) {
	j.Helper()
	j.expect(got == given && len(got) <= hostapi.MaxProviderID && !strings.ContainsAny(got, "\x00\r\n"), "provider_id", got)
}

func (j judgement) code(s string) {
	j.Helper()
	j.expect(len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "", "code", s)
}

// text is a JSON string's; empty when there is none.
func text(v jsontext.Value) (s string) {
	if json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

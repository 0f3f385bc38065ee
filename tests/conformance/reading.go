package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// edge is an envelope that is not as usual. Where want is empty it may be answered or fail, but not crash.
type edge struct {
	name     string
	hook     hostapi.Hook
	envelope string
	want     string // members of the question that are not zero
	fails    bool
}

// reading looks whether envelopes that another host may write are read as the contract says.
func reading(t *testing.T, s *stage) {
	for _, e := range slices.Concat(strange(), textual(), numeric(), deep(), broken()) {
		t.Run(e.name, func(t *testing.T) {
			r := s.ask(t, question{hook: e.hook, envelope: e.envelope})
			if r.failure != nil && r.failure.Kind != plugins.Failed {
				t.Fatalf("it crashed: %v", r.failure)
			}
			if e.fails != (r.failure != nil) && (e.fails || e.want != "") {
				t.Fatalf("it is to fail: %v; it failed: %v, and answered %s", e.fails, r.failure, r.form)
			}
			if e.fails && r.failure.Detail == "" {
				t.Error("it does not say why it failed")
			}
			i := slices.IndexFunc(forms(), func(f form) bool { return f.hook == e.hook })
			if e.want != "" {
				heard(t, forms()[i], r, e.want)
			}
		})
	}
}

// with is an envelope of the hook with that data.
func with(h hostapi.Hook, data string) string {
	return `{"abi":"usher/v1","hook":"` + string(h) + `","call_id":"c","run_id":"","tenant":"","actor":{"kind":"system"},"traceparent":"","config":{},"data":` + data + `}`
}

// strange are members that are too many, too few, twice, null and in any order.
func strange() []edge {
	const unknown = `"later":{"a":[1,-2.5e-3,true,false,null,"\"}]",{"b":[{}]}],"":[]}`
	return []edge{
		{
			"unknown members", hostapi.HookActivationValidate,
			`{` + unknown + `,"abi":"usher/v1","hook":"activation.validate","actor":{"kind":"user",` + unknown + `},"config":{` + unknown + `},
			"data":{` + unknown + `,"email":"a","tenant":{"name":"b",` + unknown + `,"slug":"c"},"locale":"d",` + unknown[:6] + `0":0}}`,
			`{"email":"a","tenant":{"name":"b","slug":"c"},"locale":"d"}`, false,
		},
		{"little", hostapi.HookMessageRoute, `{"hook":"message.route","data":{"providers":[{}]}}`, `{"providers":[{}]}`, false},
		{"less", hostapi.HookMessageRoute, `{"hook":"message.route"}`, `{}`, false},
		{"another order", hostapi.HookMessageSend, `{"data":{"from":{"email":"e"},"attempt":2},"config":{"do":"echo"},"hook":"message.send"}`, `{"from":{"email":"e"},"attempt":2}`, false},
		{
			"null", hostapi.HookInvitationValidate,
			`{"abi":null,"hook":"invitation.validate","call_id":null,"run_id":null,"tenant":null,"actor":null,"traceparent":null,"config":null,
			"data":{"email":null,"role":null,"expires_in":null,"bulk":null,"metadata":null}}`, `{}`, false,
		},
		{"no data", hostapi.HookPasswordCheck, with(hostapi.HookPasswordCheck, `null`), `{}`, false},
		{"null within", hostapi.HookMessageRoute, with(hostapi.HookMessageRoute, `{"providers":[{"name":null,"up":null},null]}`), `{"providers":[{},{}]}`, false},
		{"null in a map", hostapi.HookMessageStatus, with(hostapi.HookMessageStatus, `{"query":{"a":null,"b":"c"},"headers":null}`), `{"query":{"a":"","b":"c"}}`, false},
		{"nothing within", hostapi.HookMessageStatus, with(hostapi.HookMessageStatus, `{"query":{},"headers":{ },"body":""}`), `{}`, false},
		{
			"white space", hostapi.HookMessageRoute,
			" \t\r\n{ \"hook\" : \"message.route\" ,\n\"data\"\t:\r{ \"attempt\" : 3 , \"providers\" : [ { \"name\" : \"a\" } , { } ] , \"kind\" : null } } \n",
			`{"attempt":3,"providers":[{"name":"a"},{}]}`, false,
		},
		{
			"twice", hostapi.HookMessageRoute,
			with(hostapi.HookMessageRoute, `{"locale":"a","attempt":1,"providers":[{"name":"a"},{"name":"b"}],"locale":"b","attempt":2,"providers":[{"name":"c","name":"d"}]}`),
			`{"locale":"b","attempt":2,"providers":[{"name":"d"}]}`, false,
		},
		{
			"twice, an object", hostapi.HookSessionClaims, with(hostapi.HookSessionClaims, `{"tenant":{"name":"a","slug":"s"},"role":"owner","tenant":{"name":"b"},"role":null}`),
			`{"tenant":{"name":"b"}}`, false,
		},
		{"twice in a map", hostapi.HookSignupValidate, with(hostapi.HookSignupValidate, `{"metadata":{"a":"1","a":"2"}}`), `{"metadata":{"a":"2"}}`, false},
		{"a later value", hostapi.HookMessageRender, with(hostapi.HookMessageRender, `{"kind":"later_kind"}`), `{"kind":"later_kind"}`, false},
		{"raw JSON", hostapi.HookEventDeliver, with(hostapi.HookEventDeliver, `{"event":{"a":[1,2.50,1e3,"é\u00e9\/"],"b":{"c":null}},"attempt":1}`), `{"event":{"a":[1,2.50,1e3,"éé/"],"b":{"c":null}},"attempt":1}`, false},
	}
}

// textual are strings in every form. DEL and U+2028 need no escape in JSON.
func textual() []edge {
	in := func(name, escaped, want string) edge {
		return edge{
			name, hostapi.HookSignupValidate, with(hostapi.HookSignupValidate, `{"email":"`+escaped+`","metadata":{"k`+escaped+`":"`+escaped+`"},"slug":"end"}`),
			`{"email":` + quote(want) + `,"metadata":{` + quote("k"+want) + `:` + quote(want) + `},"slug":"end"}`, false,
		}
	}
	return []edge{
		in("escapes", `\"\\\/\b\f\n\r\t\u0000\u001F\u00e9\u20AC`, "\"\\/\b\f\n\r\t\x00\x1fé€"),
		in("as it is", "/\x7f\u00a0é€\u2028\ufeff\uffff😀𐍈", "/\x7f\u00a0é€\u2028\ufeff\uffff😀𐍈"),
		in("pairs", `\ud83d\ude00\uD800\uDF48a`, "😀𐍈a"),
		in("half a pair", `a\ud83d`, "a\ufffd"),
		in("the other half", `\ude00a`, "\ufffda"),
		in("halves", `\ud83d\ud83d\ude00\ud83dx\ud83d\n\ud83d\u0041`, "\ufffd😀\ufffdx\ufffd\n\ufffdA"),
		in("long", strings.Repeat(`ab\n`, 70)+"c", strings.Repeat("ab\n", 70)+"c"),
		{"escaped names", hostapi.HookSignupValidate, `{"\u0068ook":"signup\u002evalidate","d\u0061ta":{"sl\u0075g":"a"}}`, `{"slug":"a"}`, false},
	}
}

// numeric are whole numbers in every form.
func numeric() []edge {
	in := func(name, number, want string) edge {
		e := edge{name, hostapi.HookInvitationValidate, with(hostapi.HookInvitationValidate, `{"expires_in":`+number+`,"bulk":true}`), want, false}
		if want != "" {
			e.want = `{"expires_in":` + want + `,"bulk":true}`
		}
		return e
	}
	return []edge{
		in("zero", `0`, `0`), in("minus zero", `-0`, `0`), in("negative", `-60`, `-60`), in("great", `9007199254740991`, `9007199254740991`),
		in("greatly negative", `-9007199254740991`, `-9007199254740991`),
		in("an exponent", `1e3`, ``), in("a fraction of zero", `1.0`, ``), in("beyond 64 bits", `123456789012345678901234567890`, ``), in("beyond all", `1e999`, ``),
	}
}

// deep are members that are not known, with much in them.
func deep() []edge {
	in := func(name, before, after string, levels int, want string) edge {
		value := strings.Repeat(before, levels) + strings.Repeat(after, levels)
		return edge{name, hostapi.HookSessionClaims, with(hostapi.HookSessionClaims, `{"later":`+value+`,"tenant":{"later":`+value+`,"name":"a"}}`), want, false}
	}
	const want = `{"tenant":{"name":"a"}}`
	return []edge{
		in("lists in lists", `[`, `]`, 100, want),
		in("objects in lists", `[0,{"a":`+`[`, `]}]`, 33, want),
		in("very deep", `[[`, `]]`, 2500, ``),
		in("very wide", `[[],{},"`+strings.Repeat("x", 100)+`",`+strings.Repeat("1,", 500)+`[`, `]]`, 20, want),
	}
}

// broken is what is no JSON.
func broken() []edge {
	list := []edge{
		{"no list", hostapi.HookSignupValidate, `[]`, ``, true},
		{"a text", hostapi.HookSignupValidate, `hello`, ``, true},
		{"white space alone", hostapi.HookSignupValidate, ` `, ``, true},
	}
	whole := with(hostapi.HookSignupValidate, `{"email":"aé\n","metadata":{"k":"v"}}`)
	for name, cut := range map[string]string{
		"cut in a text": `"v`, "cut in an escape": `é\`, "cut after a name": `"k"`, "cut after a colon": `"k":`, "cut after an object": `"v"}`, "cut before the end": `"v"}}`,
	} {
		at := strings.Index(whole, cut) + len(cut)
		list = append(list, edge{name, hostapi.HookSignupValidate, whole[:at], ``, true})
	}
	for name, data := range map[string]string{
		"no comma": `{"email":"a" "slug":"b"}`, "no colon": `{"email" "a"}`, "no quotes": `{email:"a"}`, "an escape that is none": `{"email":"\q"}`,
		"digits that are none": `{"email":"\u00g0"}`, "a raw line end": "{\"email\":\"\n\"}", "a comma too many": `{"email":"a",}`,
	} {
		list = append(list, edge{name, hostapi.HookSignupValidate, with(hostapi.HookSignupValidate, data), ``, true})
	}
	return list
}

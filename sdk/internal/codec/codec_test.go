package codec_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/usher-id/usher/sdk/internal/codec"
)

func TestReaderReads(t *testing.T) {
	t.Parallel()
	const input = ` {"text":"a\"\\\/\b\f\n\r\té\ud83d\ude00\ud83dx ü","list":["a",null,"b"],"none":null,"empty":[],"map":{"k":"v","e":""},
		"skip":{"a":[1,-2.5e3,true,false,null,{"}":"]"}],"b":"\"}"},"flag":true,"off":false,"raw": {"x" : [1,2]} ,"last":"end"} `
	var text, last, raw string
	var list []string
	var m map[string]string
	var flag, off bool
	r := codec.NewReader(input)
	for more := r.Object(); more; more = r.Member() {
		switch r.Name() {
		case "text":
			text = r.String()
		case "list":
			list = r.Strings()
		case "map":
			m = r.StringMap()
		case "flag":
			flag = r.Bool()
		case "off":
			off = r.Bool()
		case "raw":
			raw = r.Raw()
		case "last":
			last = r.String()
		default:
			r.Skip()
		}
	}
	if !r.OK() || text != "a\"\\/\b\f\n\r\té😀\ufffdx ü" || !slices.Equal(list, []string{"a", "", "b"}) ||
		!maps.Equal(m, map[string]string{"k": "v", "e": ""}) || !flag || off || raw != `{"x" : [1,2]}` || last != "end" {
		t.Errorf("read %v: %q %q %q %v %v %q %q", r.OK(), text, list, m, flag, off, raw, last)
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		``, `{`, `{"a"`, `{"a":`, `{"a":"b`, `{"a":"b",`, `{"a":"b" "c"`, `{a:1}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\`, "{\"a\":\"\n\"}", `[]`, `"a"`, `{"a":]}`, `{null:"a"}`, `{"a":"b",}`,
	} {
		r := codec.NewReader(input)
		for more := r.Object(); more; more = r.Member() {
			_ = r.String()
		}
		if r.OK() {
			t.Errorf("%q is read", input)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]int64{
		"0": 0, "-0": 0, " 42 ": 42, "null": 0, "-1": -1, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64,
	} {
		r := codec.NewReader(input)
		if got := r.Int(); got != want || !r.OK() {
			t.Errorf("%s is %d (%v)", input, got, r.OK())
		}
	}
	for _, input := range []string{"", "-", "x", "01", "-01", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "true", `"1"`} {
		r := codec.NewReader(input)
		if got := r.Int(); got != 0 || r.OK() {
			t.Errorf("%q is %d", input, got)
		}
	}
	for _, input := range []string{"[1.5]", "[1e3]", "[1 2]"} {
		r := codec.NewReader(input)
		for more := r.Array(); more; more = r.Element() {
			r.Int()
		}
		if r.OK() {
			t.Errorf("%s is read", input)
		}
	}
	for v, want := range map[float64]string{1: "1", -0.25: "-0.25", 1e21: "1e+21", math.NaN(): "null", math.Inf(-1): "null"} {
		if got := string(codec.AppendFloat(nil, v)); got != want {
			t.Errorf("%v is %s", v, got)
		}
	}
}

// FuzzCodec holds the codec to encoding/json: what that reads, this reads as the
// same, and nothing makes it panic or hang.
func FuzzCodec(f *testing.F) {
	f.Add([]byte(`{"a":"b","c":"\u00e9\ud83d\ude00"}`), "x\x00\"\\\n\u2028é\xff")
	f.Add([]byte(`{"a":["b",{}]}`), "")
	f.Fuzz(func(t *testing.T, input []byte, text string) {
		skip := codec.NewReader(string(input))
		skip.Skip()
		r := codec.NewReader(string(input))
		got := r.StringMap()
		var want map[string]string
		if err := json.Unmarshal(input, &want); err == nil && utf8.Valid(input) && (!r.OK() || !maps.Equal(got, want)) {
			t.Errorf("%q is %v (%v), want %v", input, got, r.OK(), want)
		}
		var back string
		if err := json.Unmarshal(codec.AppendString(nil, text), &back); err != nil || back != toValid(text) {
			t.Errorf("%q comes back as %q: %v", text, back, err)
		}
	})
}

func toValid(s string) string {
	out := []rune{}
	for _, r := range s {
		out = append(out, r)
	}
	return string(out)
}

func TestAppendStringMap(t *testing.T) {
	t.Parallel()
	want := map[string]string{"a\"": "1", "b": "ü\n"}
	var got map[string]string
	if err := json.Unmarshal(codec.AppendStringMap(nil, want), &got); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v: %v", got, err)
	}
	if s := string(codec.AppendStringMap(nil, nil)); s != "{}" {
		t.Errorf("no map is %s", s)
	}
}

func BenchmarkRead(b *testing.B) {
	const input = `{"email":"someone@acme.example","email_domain":"acme.example","organization_name":"Acme","slug":"acme","metadata":{"plan":"pro"}}`
	b.ReportAllocs()
	for b.Loop() {
		r := codec.NewReader(input)
		for more := r.Object(); more; more = r.Member() {
			r.Skip()
		}
	}
}

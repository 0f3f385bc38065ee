package wire_test

import (
	v1 "encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/codec"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// readers hold each generated reader to a decoder with reflection: what that reads
// without a doubt (no member twice, no broken UTF-8), this reads as the same.
func readers() map[string]func(*testing.T, []byte) {
	return map[string]func(*testing.T, []byte){
		"SignupValidate":     reads(wire.ReadSignupValidate),
		"TenantProvision":    reads(wire.ReadTenantProvision),
		"InvitationValidate": reads(wire.ReadInvitationValidate),
		"ActivationValidate": reads(wire.ReadActivationValidate),
		"PasswordCheck":      reads(wire.ReadPasswordCheck),
		"MessageRender":      reads(wire.ReadMessageRender),
		"MessageRoute":       reads(wire.ReadMessageRoute),
		"MessageSend":        reads(wire.ReadMessageSend),
		"MessageStatus":      reads(wire.ReadMessageStatus),
		"IdentityBegin":      reads(wire.ReadIdentityBegin),
		"IdentityFinish":     reads(wire.ReadIdentityFinish),
		"SessionClaims":      reads(wire.ReadSessionClaims),
		"EventDeliver":       reads(wire.ReadEventDeliver),
		"Actor":              reads(wire.ReadActor),
		"Refusal":            reads(wire.ReadRefusal),
		"HTTPResponse":       reads(wire.ReadHTTPResponse),
		"KVValue":            reads(wire.ReadKVValue),
		"HMACResult":         reads(wire.ReadHMACResult),
	}
}

// appenders hold each generated writer to the same decoder: it reads back what was
// written.
func appenders() map[string]func(*testing.T, *rand.Rand) {
	return map[string]func(*testing.T, *rand.Rand){
		"SignupPatch":      appends(wire.AppendSignupPatch),
		"TenantReferences": appends(wire.AppendTenantReferences),
		"InvitationPatch":  appends(wire.AppendInvitationPatch),
		"ActivationPatch":  appends(wire.AppendActivationPatch),
		"PasswordVerdict":  appends(wire.AppendPasswordVerdict),
		"RenderedMessage":  appends(wire.AppendRenderedMessage),
		"MessageRouting":   appends(wire.AppendMessageRouting),
		"MessageSent":      appends(wire.AppendMessageSent),
		"MessageReports":   appends(wire.AppendMessageReports),
		"IdentityRedirect": appends(wire.AppendIdentityRedirect),
		"Identity":         appends(wire.AppendIdentity),
		"SessionClaimed":   appends(wire.AppendSessionClaimed),
		"EventDelivered":   appends(wire.AppendEventDelivered),
		"FieldError":       appends(wire.AppendFieldError),
		"HTTPRequest":      appends(wire.AppendHTTPRequest),
		"KVKey":            appends(wire.AppendKVKey),
		"KVEntry":          appends(wire.AppendKVEntry),
		"HMACRequest":      appends(wire.AppendHMACRequest),
		"Metric":           appends(wire.AppendMetric),
		"Span":             appends(wire.AppendSpan),
		"SpanEnd":          appends(wire.AppendSpanEnd),
	}
}

func reads[T any](read func(*codec.Reader, *T)) func(*testing.T, []byte) {
	return func(t *testing.T, input []byte) {
		t.Helper()
		if input == nil {
			v := fill[T](rand.New(rand.NewPCG(1, 2)))
			input, _ = json.Marshal(v)
		}
		var want, got T
		r := codec.NewReader(string(input))
		read(r, &got)
		if json.Unmarshal(input, &want) == nil && (!r.OK() || full(got) != full(want)) {
			t.Errorf("%T of %s (readable: %v)\n got %s\nwant %s", got, input, r.OK(), full(got), full(want))
		}
	}
}

func appends[T any](write func([]byte, *T) []byte) func(*testing.T, *rand.Rand) {
	return func(t *testing.T, random *rand.Rand) {
		t.Helper()
		v := fill[T](random)
		b := write([]byte("before"), &v)[len("before"):]
		var back T
		if err := json.Unmarshal(b, &back, json.RejectUnknownMembers(true)); err != nil || text(back) != text(v) {
			t.Errorf("%T: %v\n got %s\nwant %s", v, err, b, text(v))
		}
	}
}

// full writes what was read; no list is an empty one.
func full(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// text writes what is to be written; a pointer to nothing is not no pointer.
func text(v any) string {
	b, err := v1.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func fill[T any](random *rand.Rand) T {
	var v T
	fields := reflect.ValueOf(&v).Elem()
	for i := range fields.NumField() {
		fillValue(fields.Field(i), random)
	}
	return v
}

func fillValue(v reflect.Value, random *rand.Rand) {
	if v.Type() == reflect.TypeFor[hostapi.RawJSON]() {
		v.SetBytes([]byte([]string{`{"a":[1,"b\n"]}`, `null`, `"x"`, `[]`}[random.IntN(4)]))
		return
	}
	if random.IntN(4) == 0 {
		return // zero
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"plain", "a\"\\/\b\f\n\r\t\x00\x1f", "ü😀\u2028<&>", ""}[random.IntN(4)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(random.Uint64()) >> random.IntN(64))
	case reflect.Float64:
		v.SetFloat(random.NormFloat64() * 1e9)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), random)
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), random)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(4), 4))
		for i := range v.Len() {
			fillValue(v.Index(i), random)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range random.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillValue(key, random)
			fillValue(value, random)
			v.SetMapIndex(key, value)
		}
	default:
		panic(v.Kind())
	}
}

func TestReaders(t *testing.T) {
	t.Parallel()
	for name, read := range readers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read(t, nil)
			for _, input := range []string{`null`, `{}`, `{"unknown":{"x":[1,{}]},"kind":null,"metadata":null,"providers":null,"facts":null}`} {
				read(t, []byte(input))
			}
		})
	}
}

func TestAppenders(t *testing.T) {
	t.Parallel()
	for name, write := range appenders() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(3, 4))
			for range 200 {
				write(t, random)
			}
		})
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"kind":"invitation","attempt":1,"providers":[{"name":"a","up":true}],"metadata":{"a":"b"},"tenant":{"name":"\u00fc"}}`))
	f.Add([]byte(`{"facts":{"length":12,"contains_org":true},"sha1_prefix":"5BAA6","event":{"specversion":"1.0"},"expires_in":86400}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		if input == nil {
			input = []byte{}
		}
		for _, read := range readers() {
			read(t, input)
		}
	})
}

func FuzzAppenders(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, write := range appenders() {
			write(t, rand.New(rand.NewPCG(seed, 0)))
		}
	})
}

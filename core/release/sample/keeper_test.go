package sample_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/release/redact"
	"github.com/usher-id/usher/core/release/sample"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func ring(t *testing.T, id string, secret byte) *keyring.Ring {
	t.Helper()
	r, err := keyring.New([]keyring.Key{{ID: id, Secret: [32]byte{secret, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keeper(t *testing.T, d sample.Deps) *sample.Keeper {
	t.Helper()
	if d.Clock == nil {
		d.Clock = core.SystemClock{}
	}
	d.Log = slog.New(slog.DiscardHandler)
	if d.Keep == nil {
		d.Keep = func() time.Duration { return time.Hour }
	}
	k, err := sample.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// run runs a keeper to the end of what it was given.
func run(t *testing.T, k *sample.Keeper) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it still writes what it has
	k.Run(ctx)
}

func call(plugin, name string) sample.Call {
	data, _ := json.Marshal(hostapi.SignupValidate{Email: name + "@company.example", EmailDomain: "company.example", OrganizationName: name, DisplayName: name})
	return sample.Call{
		Hook: hostapi.HookSignupValidate, Plugin: plugin, Digest: strings.Repeat("ab", 32), Release: 3, Run: "run", ActorKind: "anonymous", At: time.Now(), Data: data,
		Tape: host.Tape{Entries: []host.TapeEntry{
			{Module: hostapi.ModuleKV, Function: hostapi.FuncKVGet, Request: []byte(`{"key":"` + name + `"}`), Answer: []byte(`{"value":"` + name + ` was here","expires_at":""}`)},
			{
				Module: hostapi.ModuleHTTP, Function: hostapi.FuncHTTPFetch,
				Request: []byte(`{"method":"GET","url":"https://api.example/` + name + `","headers":{"authorization":"Token5ecretCanary"}}`),
				Answer:  []byte(`{"status":200,"headers":{"x-session":"Token5ecretCanary"},"body":"{\"who\":\"` + name + `\",\"key\":\"Token5ecretCanary\",\"state\":\"active\"}"}`),
			},
		}},
	}
}

const denial = `{"outcome":"deny","errors":[{"field":"email","code":"blocked","message":"Canary, anna.canary@company.example is not welcome"}]}`

// What goes in is found neither in the database nor in what is sealed there, and comes out
// as a call that can be asked again.
func TestNoCanaryIsKept(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	keys := ring(t, "k1", 1)
	k := keeper(t, sample.Deps{Store: storetest.OpenAt(t, url), Keys: keys})
	k.Take(call("p", "Canary"), []byte(denial))
	run(t, k)

	var plain []byte
	for _, row := range dump(t, url) {
		if row.kid != "k1" || row.plugin != "p" || row.hook != "signup.validate" {
			t.Errorf("%+v", row)
		}
		var err error
		if plain, err = keys.Open("plugin_samples/"+row.id, row.kid, row.sealed); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Open("plugin_samples/"+core.NewID(time.Now()).String(), row.kid, row.sealed); err == nil {
			t.Error("it opens as another row")
		}
		for _, text := range []string{row.text, string(row.sealed), string(plain)} {
			for _, word := range []string{"canary", "token5ecret", "was here", "api.example"} {
				if strings.Contains(strings.ToLower(text), word) {
					t.Errorf("%q is kept: %s", word, text)
				}
			}
		}
	}
	var got []sample.Call
	lost, err := k.Each(t.Context(), "p", time.Hour, 10, func(c sample.Call) bool { got = append(got, c); return true })
	if err != nil || len(lost) != 0 || len(got) != 1 {
		t.Fatalf("%d calls, %v, %v: %s", len(got), lost, err, plain)
	}
	var data hostapi.SignupValidate
	if err := json.Unmarshal(got[0].Data, &data); err != nil || !strings.HasSuffix(data.Email, "@company.example") || data.OrganizationName != data.DisplayName {
		t.Errorf("%+v, %v", data, err)
	}
	if v := got[0].Verdict; v.Outcome != "deny" || len(v.Errors) != 1 || v.Errors[0].Code != "blocked" || got[0].Release != 3 || len(got[0].Tape.Entries) != 2 {
		t.Errorf("%+v", got[0])
	}
	if want := redact.Form([]byte(`{"key":"` + data.DisplayName + `"}`)); string(got[0].Tape.Entries[0].Request) != string(want) {
		t.Error("the request does not go with the data")
	}
}

type stored struct {
	id, plugin, hook, kid, text string
	sealed                      []byte
}

func dump(t *testing.T, url string) (rows []stored) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	found, err := db.Query(t.Context(), "SELECT id::text, plugin, hook, key_id, sealed, s::text FROM plugin_samples s ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		var r stored
		if err := found.Scan(&r.id, &r.plugin, &r.hook, &r.kid, &r.sealed, &r.text); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if found.Err() != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), found.Err())
	}
	return rows
}

// What is too much is dropped and counted, and one plugin does not use up another's share.
func TestBounds(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(1000, 0)}
	k := keeper(t, sample.Deps{Store: storetest.Open(t), Keys: ring(t, "k1", 1), Clock: c})
	cut, large, broken := call("p", "a"), call("p", "a"), call("broken", "a")
	cut.Tape.Cut = true
	large.Data = []byte(`{"email":"` + strings.Repeat("x", 256<<10) + `"}`)
	broken.Data = []byte("nonsense")
	k.Take(cut, nil)
	k.Take(large, nil)
	k.Take(broken, nil)
	for range 61 {
		k.Take(call("p", "a"), []byte(denial))
	}
	for range 4 { // three are taken: 64 wait at most
		k.Take(call("q", "a"), []byte(denial))
	}
	run(t, k)
	want := map[string]int64{sample.DroppedLarge: 2, sample.DroppedForm: 1, sample.DroppedMany: 1, sample.DroppedBusy: 1, sample.DroppedStore: 0}
	if got := k.Dropped(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("dropped %v, want %v", got, want)
	}
	if n := total(t, k, "p"); n != 60 {
		t.Errorf("%d of the plugin are kept", n)
	}
	c.mu.Lock()
	c.now = c.now.Add(time.Minute)
	c.mu.Unlock()
	k.Take(call("p", "a"), []byte(denial))
	run(t, k)
	if n, q := total(t, k, "p"), total(t, k, "q"); n != 61 || q != 3 {
		t.Errorf("a minute later: %d, %d", n, q)
	}
}

func total(t *testing.T, k *sample.Keeper, plugin string) (n int) {
	t.Helper()
	if _, err := k.Each(t.Context(), plugin, time.Hour, 1000, func(sample.Call) bool { n++; return true }); err != nil {
		t.Fatal(err)
	}
	return n
}

// Samples end with their time, and with their key.
func TestSamplesEnd(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	keep := time.Hour
	k := keeper(t, sample.Deps{Store: s, Keys: ring(t, "k1", 1), Keep: func() time.Duration { return keep }})
	for i := range 20 { // more than a page
		k.Take(call("p", fmt.Sprint("name", i)), []byte(denial))
	}
	run(t, k)
	keep = -time.Second
	k.Take(call("p", "late"), []byte(denial))
	run(t, k)
	if n := total(t, k, "p"); n != 20 {
		t.Errorf("%d samples, an expired one with them", n)
	}
	some := 0
	if _, err := k.Each(t.Context(), "p", time.Hour, 18, func(sample.Call) bool { some++; return true }); err != nil || some != 18 {
		t.Errorf("%d of 18, %v", some, err)
	}
	if n, err := s.PurgePluginSamples(t.Context()); err != nil || n != 1 {
		t.Errorf("purged %d, %v", n, err)
	}
	for name, keys := range map[string]*keyring.Ring{"another key": ring(t, "k2", 2), "another secret": ring(t, "k1", 9)} {
		other := keeper(t, sample.Deps{Store: s, Keys: keys})
		lost, err := other.Each(t.Context(), "p", time.Hour, 100, func(sample.Call) bool { t.Error("it was opened"); return true })
		if err != nil || lost["k1"] != 20 {
			t.Errorf("%s: %v, %v", name, lost, err)
		}
	}
}

// A database that is away costs samples and nothing else.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	k := keeper(t, sample.Deps{Store: s, Keys: ring(t, "k1", 1)})
	s.Close()
	k.Take(call("p", "a"), []byte(denial))
	run(t, k)
	if got := k.Dropped()[sample.DroppedStore]; got != 1 {
		t.Errorf("dropped %d", got)
	}
}

package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/otlptest"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/smtptest"
)

// canary is a host with a flow behind it, and what must lie nowhere.
type canary struct {
	host      *hosttest.Host
	mail      *smtptest.Server
	collector *otlptest.Receiver
	secrets   *needles
	personal  *needles // addresses
	tokens    []string
}

// TestTokenNeverAtRest has everything happen that knows a secret, errors and refusals
// included, and then looks through all that is kept or sent anywhere.
func TestTokenNeverAtRest(t *testing.T) {
	t.Parallel()
	c := newCanary(t)
	c.live(t)
	c.collect(t)

	places := c.places(t)
	for name, p := range places {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(p.text, []byte(p.holds)) {
				t.Fatalf("%q is not in it: this was no search (%d bytes)", p.holds, len(p.text))
			}
			for what, at := range c.secrets.find(p.text) {
				t.Errorf("%s is there: %q", what, around(p.text, at))
			}
			if p.people {
				return
			}
			for what, at := range c.personal.find(p.text) {
				t.Errorf("%s is there: %q", what, around(p.text, at))
			}
		})
	}
	t.Run("control", func(t *testing.T) { c.control(t) })
}

// around shows where a find is without showing it.
func around(text []byte, at int) string {
	return string(text[max(0, at-120):at]) + "…"
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	var key [32]byte
	_, _ = rand.Read(key[:])
	c := &canary{mail: smtptest.Start(t, smtptest.Options{}), collector: otlptest.New(t), secrets: newNeedles(), personal: newNeedles()}
	c.host = hosttest.Start(t, hosttest.Options{Settings: by(through(c.mail), map[string]string{
		"database.url":              pgtest.New(t),
		"database.lock_timeout":     "100ms",
		"plugins.load":              loads(plugin{Name: "moody", File: hosttest.Guest(t, moody)}, plugin{Name: "gate", File: hosttest.Guest(t, gate)}),
		"secrets.keys":              "k1:" + base64.StdEncoding.EncodeToString(key[:]),
		"log.level":                 "debug",
		"log.format":                "json",
		"telemetry.otlp_endpoint":   c.collector.URL(),
		"telemetry.metric_interval": "1s",
	})})
	c.secrets.add("the root key", string(key[:]))
	c.secrets.add("the root key as written", base64.StdEncoding.EncodeToString(key[:]))
	c.secrets.add("the operator token", c.host.OperatorToken(t))
	return c
}

// person makes an address that is looked for.
func (c *canary) person(name string) string {
	email := newAddress("canary-" + name)
	c.personal.add("an address", email)
	return email
}

// password makes one that is looked for.
func (c *canary) password() string {
	password := "canary " + strings.ToLower(rand.Text())
	c.secrets.add("a password", password)
	sum := sha1.Sum([]byte(password)) // of which plugins are told five digits
	c.secrets.add("the SHA-1 of a password", hex.EncodeToString(sum[:]))
	c.secrets.add("the SHA-1 of a password, raw", string(sum[:]))
	return password
}

// letters has every token that was mailed so far be looked for, and gives the newest to
// an address.
func (c *canary) letter(t *testing.T, to string, n int) letter {
	t.Helper()
	l := letterTo(t, c.mail, to, n)
	if l.token == "" {
		t.Fatalf("a mail without a link: %s", l.subject)
	}
	c.secrets.add("the token of a link", l.token)
	c.tokens = append(c.tokens, l.token)
	return l
}

// keep has the tokens of a session be looked for.
func (c *canary) keep(t *testing.T, answer hosttest.Answer, at ...any) session {
	t.Helper()
	var s session
	text, err := json.Marshal(answer.At(at...))
	if err != nil {
		t.Fatal(err)
	}
	read(t, string(text), &s)
	c.secrets.add("a refresh token", s.RefreshToken)
	if parts := strings.Split(s.AccessToken, "."); len(parts) == 3 { // the header names the public key
		c.secrets.add("an access token", parts[1]+"."+parts[2])
	}
	return s
}

// live is the flow.
func (c *canary) live(t *testing.T) {
	t.Helper()
	c.personal.add("an address in the words of a mail server", greylisted)
	c.mail.Script(stumbling())
	for _, organisation := range []string{"Rendered Canaries", "Native Canaries"} { // by the plugin, and by the host
		c.story(t, organisation)
	}
	c.refusals(t)
	c.brokenDown(t)
}

const greylisted = "canary-reader@company.example"

// stumbling is a mail server that refuses now and then, and repeats the address in its
// words as many do.
func stumbling() func(smtptest.Stage, int) *smtptest.Reply {
	return func(stage smtptest.Stage, n int) *smtptest.Reply {
		switch {
		case stage == smtptest.Rcpt && n%3 == 1:
			return &smtptest.Reply{Code: 451, Enhanced: [3]int{4, 3, 0}, Text: "<" + greylisted + "> cannot be checked now"}
		case stage == smtptest.Accept && n%5 == 2:
			return &smtptest.Reply{Code: 451, Text: "try again"}
		}
		return nil
	}
}

func (c *canary) story(t *testing.T, organisation string) {
	h, password := c.host, c.password()
	owner, colleague := c.person("owner"), c.person("colleague")
	keyed := func(key string) *hosttest.Client { return h.Client(t).With("Idempotency-Key: " + key + organisation) }
	keyed("s").Post("/v1/signups", hosttest.Object{"email": owner, "organization_name": organisation}).Want(202)
	keyed("s").Post("/v1/signups", hosttest.Object{"email": owner, "organization_name": organisation}).Want(202)
	link := c.letter(t, owner, 1)
	body := hosttest.Object{"token": link.token, "password": password, "profile": hosttest.Object{"display_name": "Olive"}}
	done := keyed("a").Post("/v1/activations", body).Want(201)
	s := c.keep(t, done, "session")
	c.keep(t, keyed("a").Post("/v1/activations", body).Want(201), "session")

	tenant := "/v1/tenants/" + done.Text("tenant", "id")
	as := h.Client(t).As(s.AccessToken)
	id := as.With("Idempotency-Key: i").Post(tenant+"/invitations", hosttest.Object{"email": colleague, "role": "member"}).Want(201).Text("id")
	first := c.letter(t, colleague, 1)
	as.Post(tenant+"/invitations/"+id+"/resend", nil).Want(202)
	hosttest.Until(t, "the new link", func() bool {
		all := lettersTo(t, c.mail, colleague)
		return all[len(all)-1].token != first.token
	})
	all := lettersTo(t, c.mail, colleague)
	second := c.letter(t, colleague, len(all))
	h.Client(t).Get("/a/" + second.token).Want(200)
	h.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": second.token}).Want(200)
	joined := h.Client(t).Post("/v1/activations", hosttest.Object{"token": second.token, "password": c.password(), "profile": hosttest.Object{"display_name": "Carl"}}).Want(201)
	c.keep(t, joined, "session")

	as.Get(tenant + "/events").Want(200)
	revoked := c.person("revoked")
	id = as.Post(tenant+"/invitations", hosttest.Object{"email": revoked, "role": "admin"}).Want(201).Text("id")
	c.letter(t, revoked, 1)
	as.Delete(tenant + "/invitations/" + id).Want(204)
	for _, token := range []string{link.token, first.token, second.token} {
		h.Client(t).Post("/v1/activations", withPassword(token, "X")).Problem(410, "invalid_token")
	}
	c.sessions(t, owner, password)
}

// sessions signs in each way, and out.
func (c *canary) sessions(t *testing.T, email, password string) {
	h := c.host
	s := c.keep(t, h.Client(t).Post("/v1/sessions", hosttest.Object{"email": email, "password": password}).Want(201))
	next := c.keep(t, refresh(t, h, s.RefreshToken).Want(200))
	refresh(t, h, s.RefreshToken).Problem(401, "unauthenticated")
	refresh(t, h, next.RefreshToken).Problem(401, "unauthenticated")
	sent := len(lettersTo(t, c.mail, email))
	h.Client(t).Post("/v1/sessions/magic-link", hosttest.Object{"email": email}).Want(202)
	link := c.letter(t, email, sent+1)
	s = c.keep(t, h.Client(t).Post("/v1/activations", hosttest.Object{"token": link.token}).Want(201), "session")
	h.Client(t).As(s.AccessToken).Delete("/v1/sessions/current").Want(204)
	sent = len(lettersTo(t, c.mail, email))
	h.Client(t).Post("/v1/password-resets", hosttest.Object{"email": email}).Want(202)
	hosttest.Until(t, "the link to a new password", func() bool {
		all := lettersTo(t, c.mail, email)
		return len(all) > sent && all[len(all)-1].token != link.token
	})
	all := lettersTo(t, c.mail, email)
	reset := c.letter(t, email, len(all))
	c.keep(t, h.Client(t).Post("/v1/activations", hosttest.Object{"token": reset.token, "password": c.password()}).Want(201), "session")
}

// refusals sends secrets to where they do not belong.
func (c *canary) refusals(t *testing.T) {
	h := c.host
	token, password := c.tokens[0], c.password()
	email := c.person("refused")
	raw := h.Client(t)
	raw.Post("/v1/activations", `{"token": "`+token+`", "password": "`+password+`", "`+password+`": 1}`).Problem(400, "malformed_request")
	raw.Post("/v1/activations", `{"token": "`+token+`", "token": "`+token+`"}`).Problem(400, "malformed_request")
	raw.Post("/v1/activations", `{"token": ["`+token+`"]}`).Problem(400, "malformed_request")
	raw.Post("/v1/activations", `{"token": "`+token).Problem(400, "malformed_request")
	raw.Post("/v1/sessions", hosttest.Object{"email": email, "password": password}).Problem(401, "invalid_credentials")
	raw.Post("/v1/sessions", hosttest.Object{"email": password, "password": email}).Want(422)
	raw.Post("/v1/signups", hosttest.Object{"email": email + "@" + token, "organization_name": "x"}).Want(422)
	raw.As(token).Get("/v1/me").Problem(401, "unauthenticated")
	raw.With("Authorization: Basic "+token).Get("/v1/me").Problem(401, "unauthenticated")
	raw.With("Idempotency-Key: "+strings.Repeat("k", 300), "traceparent: "+token, "X-Request-Id: "+token, "User-Agent: "+token).
		Post("/v1/signups", signupBody()).Want(400)
	for _, path := range []string{"/livez?token=" + token, "/b/" + token, "/a/" + token + "/more", "/?token=" + token, "/v1/me?access_token=" + token, "/assets/" + token, "/problems/" + token} {
		raw.Get(path)
	}
	raw.Do("DELETE", "/a/"+token, nil).Problem(405, "method_not_allowed")
	for _, domain := range []string{"field.example", "denied.example", "broken.example"} {
		signup := c.person("judged") + "." + domain
		c.personal.add("an address", signup)
		raw.Post("/v1/signups", hosttest.Object{"email": signup, "organization_name": "Judged"})
	}
	h.Operators(t).Get("/admin/v1/config").Want(200)
	h.Operators(t).Get("/admin/v1/nothing/" + token)
	h.Client(t).As(h.OperatorToken(t)).Get("/v1/me").Problem(401, "unauthenticated")
}

// brokenDown has the database fail in the middle of requests.
func (c *canary) brokenDown(t *testing.T) {
	h := c.host
	holder, err := database(t, h).Begin(t.Context())
	if err == nil {
		_, err = holder.Exec(t.Context(), "LOCK TABLE tenants, tokens, users, sessions IN ACCESS EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	email, password := c.person("unlucky"), c.password()
	h.Client(t).Post("/v1/signups", hosttest.Object{"email": email, "organization_name": "Unlucky"}).Problem(503, "unavailable")
	h.Client(t).Post("/v1/activations", withPassword(c.tokens[0], "X")).Problem(503, "unavailable")
	h.Client(t).Post("/v1/sessions", hosttest.Object{"email": email, "password": password}).Problem(503, "unavailable")
	h.Client(t).Post("/v1/sessions/magic-link", hosttest.Object{"email": email}).Problem(503, "unavailable")
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// collect waits until everything has left and been told.
func (c *canary) collect(t *testing.T) {
	t.Helper()
	db := database(t, c.host)
	hosttest.Until(t, "the queue to be empty", func() bool {
		return one[int](t, db, "SELECT count(*) FROM messages WHERE status = 'pending'") == 0
	})
	for _, m := range c.mail.Mails() {
		if l := opened(t, m); l.token != "" {
			c.secrets.add("the token of a link", l.token)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), hosttest.Patience)
	defer cancel()
	last := c.host.Client(t).Post("/v1/activations/inspect", hosttest.Object{"token": c.tokens[0]}).Want(410).Text("trace_id")
	if _, err := c.collector.WaitSpans(ctx, last, "POST /v1/activations/inspect"); err != nil {
		t.Fatal(err)
	}
	if err := c.collector.Wait(ctx, func() bool { return c.collector.Metric("usher_funnel_total") != nil }); err != nil {
		t.Fatal(err)
	}
}

// place is somewhere to look, and something that must be there if the looking is to
// mean anything.
type place struct {
	text   []byte
	holds  string
	people bool // addresses belong there
}

func (c *canary) places(t *testing.T) map[string]place {
	t.Helper()
	h := c.host
	places := map[string]place{
		"log":             {text: []byte(h.Log.String()), holds: `"level":"DEBUG"`},
		"log of plugins":  {text: []byte(strings.Join(h.Log.Lines("sha1_prefix"), "\n")), holds: "contains_user"},
		"start-up lines":  {text: []byte(h.Out.String()), holds: "is ready"},
		"telemetry":       {text: c.collector.Raw(), holds: "activation.activate"},
		"metrics":         {text: h.Operators(t).Get("/metrics").Want(200).Body, holds: "usher_funnel_total"},
		"OpenAPI":         {text: h.Client(t).Get("/openapi.json").Want(200).Body, holds: "/v1/activations"},
		"configuration":   {text: h.Operators(t).Get("/admin/v1/config").Want(200).Body, holds: "[redacted]"},
		"running queries": {text: []byte(strings.Join(all[string](t, database(t, h), "SELECT query FROM pg_stat_activity"), "\n")), holds: "SELECT"},
		"database files":  {text: c.files(t), holds: "Rendered Canaries", people: true},
	}
	people := []string{"users", "invitations"}
	for table, text := range dump(t, database(t, h)) {
		places["table "+table] = place{text: text, people: slices.Contains(people, table)}
	}
	for table, holds := range map[string]string{
		"users": "@company-", "invitations": "@company-", "tokens": "owner_verification", "events": "InvitationAccepted",
		"idempotency_keys": "signup_id", "river_job": "message_id", "messages": "existing", "tenants": "Native Canaries", "sessions": "refresh_token_reused",
	} {
		p, ok := places["table "+table]
		if p.holds = holds; table == "messages" {
			p.holds = "password_reset"
		}
		if !ok {
			t.Errorf("there is no table %s", table)
		}
		places["table "+table] = p
	}
	return places
}

// dump is every table of the database as pg_dump would write it.
func dump(t *testing.T, db *pgx.Conn) map[string][]byte {
	t.Helper()
	tables := map[string][]byte{}
	for _, name := range all[string](t, db, `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`) {
		var text bytes.Buffer
		if _, err := db.PgConn().CopyTo(t.Context(), &text, "COPY (SELECT * FROM "+name+") TO STDOUT WITH (HEADER)"); err != nil {
			t.Fatal(err)
		}
		tables[strings.TrimPrefix(name, "public.")] = text.Bytes()
	}
	return tables
}

// files is what Postgres keeps on disk for this database, with what was deleted or
// rolled back, and the log of all that was ever written.
func (c *canary) files(t *testing.T) []byte {
	t.Helper()
	db := database(t, c.host)
	if _, err := db.Exec(t.Context(), "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	dir := one[string](t, db, "SELECT setting FROM pg_settings WHERE name = 'data_directory'")
	oid := one[int](t, db, "SELECT oid::int FROM pg_database WHERE datname = current_database()")
	var all bytes.Buffer
	for _, folder := range []string{filepath.Join(dir, "base", fmt.Sprint(oid)), filepath.Join(dir, "pg_wal")} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil // a file that went away meanwhile
			}
			text, _ := os.ReadFile(path)
			all.Write(text)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}

// control plants one token where nobody would look, and finds it.
func (c *canary) control(t *testing.T) {
	db := database(t, c.host)
	_, err := db.Exec(t.Context(), "CREATE TABLE planted AS SELECT jsonb_build_object('args', encode(convert_to($1, 'UTF8'), 'base64')) AS args", "x"+c.tokens[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(c.secrets.find(dump(t, db)["planted"])) == 0 {
		t.Error("a planted token is not found in its table")
	}
	if _, err := db.Exec(t.Context(), "DROP TABLE planted"); err != nil {
		t.Fatal(err)
	}
	if len(c.secrets.find(c.files(t))) == 0 {
		t.Error("a planted token is not found in the log of what was written")
	}
	for kind := range maps.Values(c.secrets.grams) {
		if kind == "" {
			t.Error("a needle without a name")
		}
	}
}

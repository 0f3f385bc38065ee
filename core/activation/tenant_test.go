package activation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-id/usher/core"
)

func TestChangeTenant(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	before, err := p.Tenant(t.Context(), boss, boss.TenantID)
	if err != nil || before.Name != "Engines" || before.Branding != (core.Branding{}) || before.Status != core.TenantActive {
		t.Fatalf("read %+v, %v", before, err)
	}
	changed, err := p.ChangeTenant(t.Context(), boss, boss.TenantID, core.TenantChange{
		Name: new(" Analytical Engines "), LogoURL: new("https://cdn.example.com/l('1').png"), Colour: new("#00AA55"), Version: before.Version,
	})
	want := core.Branding{LogoURL: "https://cdn.example.com/l%28%271%27%29.png", Colour: "#00aa55"}
	if err != nil || changed.Name != "Analytical Engines" || changed.Branding != want || changed.Version != before.Version+1 || changed.Slug != before.Slug {
		t.Fatalf("changed to %+v, %v", changed, err)
	}
	if read, err := p.Tenant(t.Context(), boss, boss.TenantID); err != nil || read.Branding != want || read.Version != changed.Version {
		t.Errorf("kept %+v, %v", read, err)
	}
	var data, subject, actor string
	p.query(t, `SELECT data::text || '|' || aggregate_version || '|' || actor_id FROM events WHERE type = 'TenantChanged'`, &data)
	data, rest, _ := strings.Cut(data, "|")
	subject, actor, _ = strings.Cut(rest, "|")
	if data != `{"name": "Analytical Engines", "colour": "#00aa55", "logo_url": "`+want.LogoURL+`"}` ||
		subject != fmt.Sprint(changed.Version) || actor != boss.UserID.String() {
		t.Errorf("the event is %s of version %s by %s", data, subject, actor)
	}

	// The same again is no change.
	same, err := p.ChangeTenant(t.Context(), boss, boss.TenantID, core.TenantChange{Colour: new("#00aa55")})
	if err != nil || same.Version != changed.Version || same.Branding != want {
		t.Errorf("the same again: %+v, %v", same, err)
	}
	if none, err := p.ChangeTenant(t.Context(), boss, boss.TenantID, core.TenantChange{}); err != nil || none.Version != changed.Version {
		t.Errorf("nothing: %+v, %v", none, err)
	}
	// Empty takes away, and what is not named stays.
	less, err := p.ChangeTenant(t.Context(), boss, boss.TenantID, core.TenantChange{LogoURL: new("")})
	if err != nil || less.Branding != (core.Branding{Colour: "#00aa55"}) || less.Name != "Analytical Engines" {
		t.Errorf("without a logo: %+v, %v", less, err)
	}
	p.query(t, `SELECT data::text FROM events WHERE type = 'TenantChanged' ORDER BY position DESC LIMIT 1`, &data)
	if n := p.count(t, "events WHERE type = 'TenantChanged'"); n != 2 || data != `{"logo_url": ""}` {
		t.Errorf("%d events, the last with %s", n, data)
	}
	// The link shows it.
	p.policy.Branding = core.Branding{Name: "House", SupportURL: "https://help.example.com/"}
	p.invite(t, boss, "grace@example.com")
	in, err := p.Inspect(t.Context(), p.link(t, "grace@example.com"))
	if err != nil || in.Branding != (core.Branding{Name: "Analytical Engines", Colour: "#00aa55", SupportURL: "https://help.example.com/"}) {
		t.Errorf("the link shows %+v, %v", in.Branding, err)
	}
}

// TestChangeTenantIsRefused has each way, and that nothing comes of it.
func TestChangeTenantIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	other := p.owner(t, "grace@example.com", "Compilers")
	read, err := p.Tenant(t.Context(), boss, boss.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	name := core.TenantChange{Name: new("New")}
	stranger := other
	stranger.TenantID = boss.TenantID
	for _, row := range []struct {
		name   string
		actor  core.Actor
		change core.TenantChange
		want   string
	}{
		{"another's session", other, name, "not_found"},
		{"a stranger's claim", stranger, name, "not_found"},
		{"a session that ended", core.Actor{UserID: boss.UserID, TenantID: boss.TenantID}, name, "unauthenticated"},
		{"an old version", boss, core.TenantChange{Name: new("New"), Version: read.Version + 1}, "conflict"},
		{"no version", boss, core.TenantChange{Version: -1}, "validation_failed version:out_of_range"},
		{
			"everything wrong", boss,
			core.TenantChange{Name: new(" "), LogoURL: new("http://cdn.example.com/"), Colour: new("red"), SupportURL: new("javascript:alert(1)")},
			"validation_failed name:required logo_url:invalid support_url:invalid colour:invalid",
		},
		{"a link as a name", boss, core.TenantChange{Name: new("https://evil.example")}, "validation_failed name:invalid"},
		{"a header in a name", boss, core.TenantChange{Name: new("a\r\nBcc: b")}, "validation_failed name:invalid"},
		{"a name that turns", boss, core.TenantChange{Name: new("\u202egnp")}, "validation_failed name:invalid"},
		{"a logo with credentials", boss, core.TenantChange{LogoURL: new("https://u:p@cdn.example.com/")}, "validation_failed logo_url:invalid"},
		{"a logo with a tag", boss, core.TenantChange{LogoURL: new(`https://cdn.example.com/"><img>`)}, "validation_failed logo_url:invalid"},
		{"a long logo", boss, core.TenantChange{LogoURL: new("https://cdn.example.com/" + strings.Repeat("a", 2048))}, "validation_failed logo_url:invalid"},
		{"a colour with more", boss, core.TenantChange{Colour: new("#00aa55;}")}, "validation_failed colour:invalid"},
	} {
		_, err := p.ChangeTenant(t.Context(), row.actor, boss.TenantID, row.change)
		if got := codes(err); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	after, err := p.Tenant(t.Context(), boss, boss.TenantID)
	if err != nil || after.Version != read.Version || after.Name != read.Name || after.Branding != read.Branding || p.count(t, "events WHERE type = 'TenantChanged'") != 0 {
		t.Errorf("after refusals: %+v, %v", after, err)
	}
	if _, err := p.Tenant(t.Context(), other, boss.TenantID); core.CodeOf(err) != core.NotFound {
		t.Errorf("another's tenant: %v", err)
	}
}

func codes(err error) string {
	e, ok := errors.AsType[*core.Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	words := []string{string(e.Code)}
	for _, f := range e.Fields {
		words = append(words, f.Field+":"+f.Code)
	}
	return strings.Join(words, " ")
}

// TestChangesAtOnce: of several who read the same version one is heard, and the others are told.
func TestChangesAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t)
	boss := p.owner(t, "ada@example.com", "Engines")
	read, err := p.Tenant(t.Context(), boss, boss.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	const n = 4
	outcomes := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_, err := p.ChangeTenant(t.Context(), boss, boss.TenantID, core.TenantChange{Name: new(fmt.Sprint("Engines ", i)), Version: read.Version})
			outcomes[i] = codes(err)
		})
	}
	all.Wait()
	slices.Sort(outcomes)
	if want := []string{"<nil>", "conflict", "conflict", "conflict"}; !slices.Equal(outcomes, want) || p.count(t, "events WHERE type = 'TenantChanged'") != 1 {
		t.Errorf("outcomes %q", outcomes)
	}
}

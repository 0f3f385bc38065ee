package manifest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-id/usher/hostapi"
)

// The bounds of the fixtures of a manifest.
const (
	maxFixtures    = 100
	maxFixtureName = 100 // bytes
)

func (p *problems) fixtures(m hostapi.Manifest, schema *jsonschema.Schema) {
	p.atMost("fixtures", len(m.Fixtures), maxFixtures)
	seen := map[string]bool{}
	for i, f := range m.Fixtures {
		at := fmt.Sprintf("fixtures[%d]", i)
		if f.Name == "" || len(f.Name) > maxFixtureName || !isPrintable(f.Name) || seen[f.Name] {
			p.add(at+".name", "%s is not a name of its own, a line of 1 to %d bytes", quote(f.Name), maxFixtureName)
		}
		seen[f.Name] = true
		if _, served := m.Hooks[f.Hook]; !served {
			p.add(at+".hook", "%s is none of the hooks of this manifest", quote(string(f.Hook)))
			continue
		}
		p.fixture(at, f, schema)
	}
}

func (p *problems) fixture(at string, f hostapi.Fixture, schema *jsonschema.Schema) {
	if !f.Hook.Known() {
		return // said among the hooks
	}
	if err := question(f.Hook, f.Data); err != nil {
		p.add(at+".data", "%s; it is to be what %s asks with", firstLine(err.Error()), f.Hook)
	}
	config := f.Config
	if len(config) == 0 {
		config = hostapi.RawJSON("{}")
	}
	if jsontext.Value(config).Kind() != '{' {
		p.add(at+".config", "an object was expected")
	} else if schema != nil {
		if err := fit(schema, config, at+".config"); err != nil {
			p.list = append(p.list, err.Error())
		}
	}
	if (len(f.Want) == 0) == (f.Fails == "") {
		p.add(at, "one of want and fails was expected")
	} else if len(f.Want) > 0 {
		if _, _, err := Answer(f.Hook, f.Want); err != nil {
			p.add(at+".want", "%s; it is to be an answer to %s", firstLine(err.Error()), f.Hook)
		}
	}
	for j, x := range f.HTTP {
		if reflect.DeepEqual(x.Request, hostapi.HTTPRequest{}) {
			p.add(fmt.Sprintf("%s.http[%d].request", at, j), "a method or a url was expected at least")
		}
		switch {
		case x.Refused != "" && !slices.Contains(noAnswer, x.Refused):
			p.add(fmt.Sprintf("%s.http[%d].refused", at, j), "%s is none of %s", quote(x.Refused), strings.Join(noAnswer, ", "))
		case x.Refused == "" && (x.Response.Status < 100 || x.Response.Status > 599):
			p.add(fmt.Sprintf("%s.http[%d].response.status", at, j), "%d is not from 100 to 599", x.Response.Status)
		}
	}
	p.surroundings(at, f)
}

// noAnswer are the reasons for which an exchange of a fixture has no response, and noStore those for which its store refuses.
var (
	noAnswer = []string{hostapi.ReasonNoSuchName, hostapi.ReasonNoAnswer, hostapi.ReasonTLS, hostapi.ReasonBroken}
	noStore  = []string{hostapi.ReasonStore, hostapi.ReasonQuota}
)

// surroundings judges the clock and the entries of a fixture.
func (p *problems) surroundings(at string, f hostapi.Fixture) {
	if _, err := time.Parse(time.RFC3339, f.Now); f.Now != "" && err != nil {
		p.add(at+".now", "%s is no time as in RFC 3339, such as 2030-01-31T12:00:00Z", quote(f.Now))
	}
	for _, key := range slices.Sorted(maps.Keys(f.KV)) {
		if key == "" || len(key) > hostapi.MaxKVKey || len(f.KV[key]) > hostapi.MaxKVValue {
			p.add(at+".kv", "%s is empty, or it or its value is too long", quote(key))
		}
	}
	if f.KVRefused != "" && !slices.Contains(noStore, f.KVRefused) {
		p.add(at+".kv_refused", "%s is none of %s", quote(f.KVRefused), strings.Join(noStore, ", "))
	}
}

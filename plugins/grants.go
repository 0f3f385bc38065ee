package plugins

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/egress"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/module"
)

// Grants are what an operator lets one plugin do. The zero value is nothing.
type Grants struct {
	// Origins are whom it may speak to, such as https://api.example.com.
	Origins []string
	// KV lets it keep entries, and Telemetry lets it report metrics and spans.
	KV, Telemetry bool
	// Secrets are values by the names under which the plugin asks for them.
	Secrets map[string]host.Secret
}

// fingerprint is the same for the same grants, and tells nothing of a secret.
func (g Grants) fingerprint() string {
	if len(g.Origins)+len(g.Secrets) == 0 && !g.KV && !g.Telemetry {
		return "" // as most plugins are
	}
	h := sha256.New()
	say := func(s string) { fmt.Fprintf(h, "%d %s\n", len(s), s) }
	for _, o := range g.Origins {
		say(o)
	}
	say(fmt.Sprint(g.KV, g.Telemetry))
	for _, name := range slices.Sorted(maps.Keys(g.Secrets)) {
		say(name)
		say(string(g.Secrets[name]))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// isCapability tells whether an import is a function of a capability of the contract.
func isCapability(i module.Import) bool {
	return slices.ContainsFunc(hostapi.Capabilities(), func(c hostapi.Capability) bool {
		return c.Module == i.Module && slices.Contains(c.Functions, i.Name)
	})
}

// lentModules names what a guest can import, for a message.
func lentModules() string {
	names := []string{hostapi.ModuleCore}
	for _, c := range hostapi.Capabilities() {
		names = append(names, c.Module+" ("+strings.Join(c.Functions, ", ")+")")
	}
	return strings.Join(names, ", ") + " and the harmless part of " + moduleWASI
}

// grant gives what a plugin may do: what its manifest asks for, all of which it must
// import and must have been granted.
func (s Source) grant(imports []module.Import, said *hostapi.Manifest) (host.Grant, error) {
	if said == nil {
		for _, i := range imports {
			if isCapability(i) {
				return host.Grant{}, fmt.Errorf("it imports %s.%s, and a plugin without a manifest (the custom section %s) is granted nothing",
					i.Module, i.Name, hostapi.ManifestSection)
			}
		}
		return host.Grant{}, nil
	}
	if err := matchImports(imports, said.Requests); err != nil {
		return host.Grant{}, err
	}
	return s.allow(said.Requests)
}

// allow gives what is asked for, all of it or an error.
func (s Source) allow(r hostapi.Requests) (host.Grant, error) {
	g, missing, err := s.granted(r)
	if err == nil && len(missing) > 0 {
		err = errors.New(strings.Join(missing, "; "))
	}
	return g, err
}

// Lacks lists what a plugin asks for that its source was not granted, and what to write for
// it: why it would not be loaded.
func (s Source) Lacks(r hostapi.Requests) []string {
	_, missing, err := s.granted(r)
	if err != nil {
		return []string{err.Error()}
	}
	return missing
}

// matchImports refuses an import that the manifest does not ask for, and the reverse.
func matchImports(imports []module.Import, r hostapi.Requests) error {
	imported := map[string]string{} // by module, one function to name it by
	for _, i := range imports {
		if isCapability(i) {
			imported[i.Module] = i.Module + "." + i.Name
		}
	}
	_, fetches := imported[hostapi.ModuleHTTP]
	for _, c := range []struct {
		module, member string
		asked, needed  bool
	}{
		{hostapi.ModuleHTTP, "http", r.HTTP != nil, r.HTTP != nil},
		{hostapi.ModuleKV, "kv", r.KV != nil, r.KV != nil},
		{hostapi.ModuleSecret, "secrets", len(r.Secrets) > 0, len(r.Secrets) > 0 && !fetches}, // a fetch uses them too
		{hostapi.ModuleTelemetry, "telemetry", r.Telemetry != nil, r.Telemetry != nil},
	} {
		name, has := imported[c.module]
		if has && !c.asked {
			return fmt.Errorf("it imports %s, which its manifest does not ask for; it would have %q below \"capabilities\"", name, c.member)
		}
		if !has && c.needed {
			return fmt.Errorf("its manifest asks for the capability %q, and it does not import %s", c.member, c.module)
		}
	}
	return nil
}

// granted compares what is asked with what was granted, and tells all that is missing and
// what to write for it.
func (s Source) granted(r hostapi.Requests) (g host.Grant, missing []string, err error) {
	g.Plugin = s.Name
	lacks := func(asked, write string) {
		missing = append(missing, fmt.Sprintf("it asks for %s, which was not granted; to grant it, write %s at %s in plugins.load", asked, write, s.Name))
	}
	if r.HTTP != nil {
		if g.Origins, err = s.Grants.origins(*r.HTTP, lacks); err != nil {
			return g, nil, err
		}
	}
	if g.KV = r.KV != nil; g.KV && !s.Grants.KV {
		lacks("entries of its own ("+hostapi.ModuleKV+")", "grants: {kv: true}")
	}
	if g.Telemetry = r.Telemetry; g.Telemetry != nil && !s.Grants.Telemetry {
		lacks("metrics and spans ("+hostapi.ModuleTelemetry+")", "grants: {telemetry: true}")
	}
	g.Secrets = make(map[string]host.Secret, len(r.Secrets))
	for _, name := range r.Secrets {
		if g.Secrets[name] = s.Grants.Secrets[name]; g.Secrets[name] == "" {
			lacks("the secret "+name, "secrets: {"+name+": its value}")
		}
	}
	return g, missing, nil
}

// origins are those that a plugin may speak to: those that it asks for, or, when it
// leaves them to the operator, all that were granted.
func (g Grants) origins(asked hostapi.HTTPGrant, lacks func(asked, write string)) ([]egress.Origin, error) {
	granted, err := parseOrigins("grants.http.origins", g.Origins)
	if err != nil {
		return nil, err
	}
	if len(asked.Origins) == 0 {
		if len(granted) == 0 {
			lacks("an origin of the operator's choice ("+hostapi.ModuleHTTP+")", "grants: {http: {origins: [https://…]}}")
		}
		return granted, nil
	}
	wanted, err := parseOrigins("its manifest", asked.Origins)
	for _, o := range wanted {
		if !slices.Contains(granted, o) {
			lacks("the origin "+o.String(), "grants: {http: {origins: ["+o.String()+"]}}")
		}
	}
	return wanted, err
}

func parseOrigins(where string, list []string) ([]egress.Origin, error) {
	origins := make([]egress.Origin, 0, len(list))
	for _, s := range list {
		o, err := egress.ParseOrigin(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		origins = append(origins, o)
	}
	return origins, nil
}

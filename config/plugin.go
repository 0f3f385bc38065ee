package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"

	"github.com/usher-id/usher/core"
)

// decodePlugins reads the list of plugins.
func decodePlugins(raw any) ([]Plugin, *wrong) {
	items, bad := sectionItems(raw, "plugin")
	if bad != nil {
		return nil, bad
	}
	list := make([]Plugin, 0, len(items))
	named := map[string]bool{}
	for i, item := range items {
		p, bad := decodePlugin(item)
		if bad == nil && named[p.Name] {
			bad = &wrong{"has a name that an earlier one has", "give each its own name"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("plugin %d %s", i+1, bad.says), bad.fix}
		}
		named[p.Name] = true
		list = append(list, p)
	}
	return list, nil
}

func decodePlugin(raw any) (p Plugin, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return p, &wrong{"wants name and file, has " + nameOf(raw), "write name: below the -, and file: unless it comes from the registry"}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		switch key {
		case "name":
			p.Name, bad = decodeText(value)
		case "file":
			p.File, bad = decodeText(value)
		case "hooks":
			p.Hooks, bad = listItems(value)
		case "tenants":
			bad = &wrong{"belongs to a binding", "write tenants: below an item of plugins.bindings"}
		case "config":
			p.Config, bad = decodePluginConfig(value)
		case "grants":
			p.Grants, bad = decodeGrants(value)
		case "secrets":
			p.Secrets, bad = decodePluginSecrets(value)
		case "reuse":
			p.Reuse, bad = decodeReuse(value)
		default:
			return p, unknownKey(key, "name", "file", "hooks", "config", "grants", "secrets", "reuse")
		}
		if bad != nil {
			return p, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`).MatchString(p.Name) {
		return p, &wrong{"has no good name", "name it with small letters, digits and -"}
	}
	return p, nil
}

func decodeReuse(raw any) (string, *wrong) {
	if raw != "tenant" {
		return "", &wrong{"wants tenant", "write reuse: tenant, or leave it out to have it reset after each call"}
	}
	return "tenant", nil
}

func unknownKey(key string, known ...string) *wrong {
	return &wrong{fmt.Sprintf("has the unknown key %q", key), "did you mean " + nearest(key, known) + "?"}
}

// decodeGrants reads what a plugin may do.
func decodeGrants(raw any) (g Grants, bad *wrong) {
	m, bad := decodeSection(raw)
	if bad != nil {
		return g, bad
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch value := m[key]; key {
		case "http":
			g.Origins, bad = decodeHTTPGrant(value)
		case "kv":
			g.KV, bad = decodeBool(value)
		case "telemetry":
			g.Telemetry, bad = decodeBool(value)
		default:
			return g, unknownKey(key, "http", "kv", "telemetry")
		}
		if bad != nil {
			return g, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	return g, nil
}

func decodeHTTPGrant(raw any) (origins []string, bad *wrong) {
	m, bad := decodeSection(raw)
	if bad != nil {
		return nil, bad
	}
	for key, value := range m {
		if key != "origins" {
			return nil, unknownKey(key, "origins")
		}
		if origins, bad = listItems(value); bad != nil {
			return nil, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	return origins, nil
}

// decodePluginSecrets reads values by name. No value is in what it says is wrong.
func decodePluginSecrets(raw any) (map[string]core.Secret, *wrong) {
	m, bad := decodeSection(raw)
	if bad != nil {
		return nil, bad
	}
	secrets := make(map[string]core.Secret, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		value, bad := decodeText(m[name])
		if bad != nil {
			return nil, &wrong{name + " " + bad.says, bad.fix}
		}
		if value == "" {
			return nil, &wrong{name + " has no value", "write it in quotes, or leave the name out"}
		}
		secrets[name] = core.Secret(value)
	}
	return secrets, nil
}

func decodeSection(raw any) (map[string]any, *wrong) {
	m, ok := raw.(map[string]any)
	if !ok && raw != nil {
		return nil, &wrong{"wants a section, has " + nameOf(raw), "write its keys below it"}
	}
	return m, nil
}

func decodeBool(raw any) (bool, *wrong) {
	b, ok := raw.(bool)
	if !ok {
		return false, &wrong{"wants true or false, has " + nameOf(raw), "write true to grant it"}
	}
	return b, nil
}

// decodePluginConfig takes any map that can be handed over as JSON.
func decodePluginConfig(raw any) (map[string]any, *wrong) {
	m, bad := decodeSection(raw)
	if bad != nil {
		return nil, bad
	}
	if _, err := json.Marshal(m); err != nil {
		return nil, &wrong{"cannot be written as JSON", "leave .inf and .nan out"}
	}
	return m, nil
}

// maxPlugin bounds what is read of a plugin's file, in bytes: more than any host loads.
const maxPlugin = 256 << 20

// look remembers what the files of the plugins have in them, so that other bytes
// under the same name are a difference. Whether a file can be loaded is the host's to say.
func (p *Plugins) look() {
	for i := range p.Load {
		if p.Load[i].File != "" {
			p.Load[i].digest = digestOf(p.Path(p.Load[i]))
		}
	}
}

// Path is where the file of a plugin is that has one.
func (p *Plugins) Path(one Plugin) string {
	if filepath.IsAbs(one.File) {
		return one.File
	}
	return filepath.Join(p.Dir, one.File)
}

// Digest is that of the file's bytes when the configuration was read; empty when there is no
// file, or it could not be read.
func (p Plugin) Digest() string { return p.digest }

func digestOf(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.LimitReader(f, maxPlugin)); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// SameLoad tells whether two configurations load, bind and bar the same, apart from safe mode,
// the guardrail, trusted keys and what is sampled; written tells whether they do but for the
// bytes in the files.
func (p Plugins) SameLoad(o Plugins) (same, written bool) {
	p.SafeMode, o.SafeMode = nil, nil
	p.Guardrail, o.Guardrail = "", ""
	p.Trust, o.Trust = Trust{Revoked: p.Trust.Revoked}, Trust{Revoked: o.Trust.Revoked}
	p.Samples, o.Samples = Samples{}, Samples{}
	same = reflect.DeepEqual(p, o)
	p.Load, o.Load = withoutDigests(p.Load), withoutDigests(o.Load)
	return same, same || reflect.DeepEqual(p, o)
}

func withoutDigests(list []Plugin) []Plugin {
	list = slices.Clone(list)
	for i := range list {
		list[i].digest = ""
	}
	return list
}

package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

const delimiter = "."

// layer is what one source says, by key.
type layer struct {
	source string
	values map[string]any
	where  func(key string) string
}

func nowhere(string) string { return "" }

// embedded is a layer of our own YAML.
func embedded(source string, content []byte) (layer, error) {
	k := koanf.New(delimiter)
	if err := k.Load(rawbytes.Provider(content), yaml.Parser()); err != nil {
		return layer{}, fmt.Errorf("read the embedded %s: %w", source, err)
	}
	return layer{source: source, values: k.All(), where: nowhere}, nil
}

func preset(values map[string]string) layer {
	y := layer{source: "host", values: map[string]any{}, where: nowhere}
	for key, value := range values {
		y.values[key] = text(value)
	}
	return y
}

// pile is the layers so far, in a koanf of its own for each load: koanf merges,
// and never forgets a key that a file no longer has.
type pile struct {
	table
	problems
	merged  *koanf.Koanf
	origins map[string]Origin
	lines   func(key string) string // where the file has a key, items of lists included; nil without a file
	partial bool                    // the file could not be read: rules between keys would mislead
}

func newPile() *pile {
	return &pile{table: newTable(), merged: koanf.New(delimiter), origins: map[string]Origin{}}
}

// put lays a layer over the others; its unknown keys become problems.
func (p *pile) put(y layer) error {
	good := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(y.values)) {
		value := y.values[key]
		if isEmpty(value) && (p.section(key) || p.known(key)) {
			continue // "http:" with nothing below it says nothing
		}
		if !p.known(key) {
			p.add(p.unknown(key, y.where(key)))
			continue
		}
		good[key] = value
		p.origins[key] = Origin{Source: y.source, Where: y.where(key)}
	}
	if err := p.merged.Load(confmap.Provider(good, delimiter), nil); err != nil {
		return fmt.Errorf("merge %s: %w", y.source, err)
	}
	return nil
}

func isEmpty(v any) bool {
	m, isMap := v.(map[string]any)
	return v == nil || isMap && len(m) == 0
}

func (t table) known(key string) bool {
	_, ok := t.byPath[key]
	return ok
}

// unknown tells what is wrong with a key that is no setting.
func (t table) unknown(key, where string) Problem {
	if t.section(key) {
		return Problem{Key: key, Where: where, Says: "is a section, not a value", Fix: "write its keys below it"}
	}
	if s, ok := t.within(key); ok {
		return Problem{Key: s.Path, Where: where, Says: "is one " + s.Kind + ", not a section", Fix: "write its value on its line"}
	}
	return Problem{Key: key, Where: where, Says: "unknown key", Fix: "did you mean " + nearest(key, t.paths()) + "?"}
}

// decode fills a configuration from what lies on the pile.
func (p *pile) decode() *Config {
	c := &Config{origins: p.origins}
	for _, s := range p.list {
		if p.about(s.Path) {
			continue
		}
		if s.typ == bindingsType {
			set(s.of(c), p.decodeBindings(p.merged.Get(s.Path)))
			continue
		}
		value, bad := decode(s, p.merged.Get(s.Path))
		if bad == nil {
			bad = bounds(s, value)
		}
		if bad != nil {
			p.add(Problem{Key: s.Path, Where: p.origins[s.Path].Where, Says: bad.says, Fix: bad.fix})
			continue
		}
		set(s.of(c), value)
	}
	return c
}

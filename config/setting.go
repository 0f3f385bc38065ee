package config

import (
	"reflect"
	"strings"
)

// envPrefix begins the name of every variable that is ours.
const envPrefix = "USHER_"

// Setting is one key of the configuration.
type Setting struct {
	Path    string // "http.listen"
	Env     string // "USHER_HTTP_LISTEN"
	Alias   string // a second variable, or ""
	Usage   string // what it means, from defaults.yaml
	Default string // as defaults.yaml has it
	Kind    string // "duration", "list", …: what a person calls the type
	Secret  bool   // its value is never shown
	Live    bool   // a reload applies it; else a restart is needed
	Flag    bool   // it can be a flag

	typ      reflect.Type
	index    []int // of the field in Config
	min, max string
	oneOf    []string
}

// Settings returns every key in the order of [Config].
func Settings() ([]Setting, error) {
	table := settings()
	said, err := reference()
	if err != nil {
		return nil, err
	}
	for i := range table {
		entry := said[table[i].Path]
		table[i].Usage, table[i].Default = entry.usage, entry.value
	}
	return table, nil
}

// settings walks the tags of Config.
func settings() []Setting { return walk(reflect.TypeFor[Config](), "", nil) }

func walk(t reflect.Type, prefix string, index []int) []Setting {
	var table []Setting
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("key")
		if name == "" {
			continue
		}
		at := append(index[:len(index):len(index)], i)
		if isSection(f.Type) {
			table = append(table, walk(f.Type, prefix+name+".", at)...)
			continue
		}
		table = append(table, newSetting(f, prefix+name, at))
	}
	return table
}

func isSection(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("key") != "" {
			return true
		}
	}
	return false
}

func newSetting(f reflect.StructField, path string, index []int) Setting {
	s := Setting{
		Path:   path,
		Env:    envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_")),
		Alias:  f.Tag.Get("env"),
		Kind:   kindOf(f.Type),
		Secret: f.Type == secretType || f.Tag.Get("secret") == "yes",
		Live:   f.Tag.Get("live") == "yes",
		Flag:   !ofSections(f.Type),
		typ:    f.Type,
		index:  index,
		min:    f.Tag.Get("min"),
		max:    f.Tag.Get("max"),
	}
	if list := f.Tag.Get("oneof"); list != "" {
		s.oneOf = strings.Split(list, ",")
	}
	return s
}

// of returns the setting's field of a configuration.
func (s Setting) of(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByIndex(s.index) }

// equal tells whether two configurations agree on the setting.
func (s Setting) equal(a, b *Config) bool {
	return reflect.DeepEqual(s.of(a).Interface(), s.of(b).Interface())
}

// table is the settings by path.
type table struct {
	list   []Setting
	byPath map[string]Setting
}

func newTable() table {
	t := table{list: settings(), byPath: map[string]Setting{}}
	for _, s := range t.list {
		t.byPath[s.Path] = s
	}
	return t
}

// section tells whether keys stand below path.
func (t table) section(path string) bool {
	for _, s := range t.list {
		if strings.HasPrefix(s.Path, path+".") {
			return true
		}
	}
	return false
}

// within returns the setting that path lies below, as in data_dir.x.
func (t table) within(path string) (Setting, bool) {
	for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
		if s, ok := t.byPath[path[:i]]; ok {
			return s, true
		}
	}
	return Setting{}, false
}

func (t table) paths() []string {
	paths := make([]string, len(t.list))
	for i, s := range t.list {
		paths[i] = s.Path
	}
	return paths
}

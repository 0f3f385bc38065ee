package config

import (
	"fmt"
	"strings"

	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// BindFlags adds --config and a flag for each key that is a single value or a
// plain list: --http.listen for http.listen. What a flag is given is checked by
// [Load], with everything else.
func BindFlags(flags *pflag.FlagSet) error {
	all, err := Settings()
	if err != nil {
		return err
	}
	flags.String(fileFlag, "", "YAML `file` to read the configuration from ("+FileVariable+")")
	for _, s := range all {
		if s.Flag {
			flags.Var(&flagValue{given: s.Default, kind: s.Kind}, s.Path, usageOf(s))
		}
	}
	return nil
}

// usageOf is the first sentence of what a setting means, and its variable.
func usageOf(s Setting) string {
	sentence, _, _ := strings.Cut(s.Usage, ". ")
	usage := strings.TrimSuffix(sentence, ".") + " (" + s.Env + ")"
	if s.Secret {
		usage += "; a flag can be seen by other users of this machine, so prefer the variable"
	}
	return usage
}

// flagValue keeps what a flag was given as it stands.
type flagValue struct{ given, kind string }

// String implements [pflag.Value].
func (v *flagValue) String() string { return v.given }

// Set implements [pflag.Value].
func (v *flagValue) Set(s string) error {
	v.given = s
	return nil
}

// Type implements [pflag.Value].
func (v *flagValue) Type() string { return v.kind }

// flagLayer takes the flags that were given.
func flagLayer(flags *pflag.FlagSet) (layer, error) {
	k := koanf.New(delimiter)
	given := func(f *pflag.Flag) (string, any) {
		v, ours := f.Value.(*flagValue)
		if !ours || !f.Changed {
			return "", nil
		}
		return f.Name, text(v.given)
	}
	if err := k.Load(posflag.ProviderWithFlag(flags, delimiter, nil, given), nil); err != nil {
		return layer{}, fmt.Errorf("read the flags: %w", err)
	}
	return layer{source: "flag", values: k.All(), where: func(key string) string { return "--" + key }}, nil
}

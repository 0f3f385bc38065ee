package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/v2"
)

// environLayer reads the variables that begin with USHER_. Keys have underscores
// themselves, so a variable is looked up in the list of keys, never taken apart.
func environLayer(t table, environ []string) (layer, problems, error) {
	var bad problems
	keyOf, usedFor := variables(t), map[string]string{}
	take := func(name, value string) (string, any) {
		key, known := keyOf[name]
		switch {
		case known && usedFor[key] != "":
			bad.add(Problem{
				Key: key, Where: name, Says: "is set by " + usedFor[key] + " too", Fix: "keep one of the two",
			})
		case known:
			usedFor[key] = name
			return key, text(value)
		case name != FileVariable && !serviceLink(name, value):
			names := slices.Sorted(maps.Keys(keyOf))
			bad.add(Problem{Where: name, Says: "unknown variable", Fix: fmt.Sprintf("did you mean %s?", nearest(name, names))})
		}
		return "", nil
	}
	k := koanf.New(delimiter)
	provider := env.Provider(delimiter, env.Opt{
		Prefix: envPrefix, TransformFunc: take, EnvironFunc: func() []string { return environ },
	})
	if err := k.Load(provider, nil); err != nil {
		return layer{}, nil, fmt.Errorf("read the environment: %w", err)
	}
	return layer{source: "env", values: k.All(), where: func(key string) string { return usedFor[key] }}, bad, nil
}

func variables(t table) map[string]string {
	keyOf := map[string]string{}
	for _, s := range t.list {
		keyOf[s.Env] = s.Path
		if s.Alias != "" {
			keyOf[s.Alias] = s.Path
		}
	}
	return keyOf
}

// serviceLink tells whether Kubernetes set a variable because a Service of the
// namespace is called usher or usher-something: those are not ours.
func serviceLink(name, value string) bool {
	link := regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	address := regexp.MustCompile(`^(tcp|udp|sctp)://`)
	return link.MatchString(name) || strings.HasSuffix(name, "_PORT") && address.MatchString(value)
}

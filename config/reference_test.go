package config_test

import (
	"strings"
	"testing"

	"github.com/usher-id/usher/config"
)

// TestReferenceIsWhole keeps defaults.yaml and the typed settings together: each
// key has its meaning there, and what the tags know is said there too.
func TestReferenceIsWhole(t *testing.T) {
	t.Parallel()
	all, err := config.Settings()
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for _, s := range all {
		if !strings.HasSuffix(s.Usage, ".") {
			t.Errorf("%s: no sentence in defaults.yaml: %q", s.Path, s.Usage)
		}
		if strings.Contains(s.Usage, "Live.") != s.Live {
			t.Errorf("%s: live is %v, and defaults.yaml says otherwise", s.Path, s.Live)
		}
		if strings.Contains(s.Usage, "A secret.") != s.Secret {
			t.Errorf("%s: secret is %v, and defaults.yaml says otherwise", s.Path, s.Secret)
		}
		for _, v := range []string{s.Env, s.Alias} {
			if other, taken := variables[v]; taken && v != "" {
				t.Errorf("%s is the variable of %s and of %s", v, other, s.Path)
			}
			variables[v] = s.Path
		}
	}
	if len(all) < 60 {
		t.Errorf("%d settings", len(all))
	}
}

func TestReferenceIsAFileToStartFrom(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sources{File: "defaults.yaml"})
	if d := config.Diff(c, load(t, config.Sources{})); len(d) > 0 {
		t.Errorf("the reference is not the defaults: %v", d)
	}
}

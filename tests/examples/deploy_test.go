package examples_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
	"github.com/usher-id/usher/tests/hosttest"
)

// loaded is what a configuration says of one plugin.
type loaded struct {
	Name   string
	Config map[string]any
	Grants struct {
		HTTP      struct{ Origins []string }
		KV        bool
		Telemetry bool
	}
	Secrets map[string]any
}

// needed is what no host can do without, and no example is about.
var needed = map[string]string{
	"database.url": "postgres://usher@localhost/usher", "public_url": "https://id.example.com",
	"secrets.keys": "k1:" + base64.StdEncoding.EncodeToString([]byte(rand.Text() + rand.Text())[:32]),
}

// TestDeployment reads the configuration that each README tells an operator to write: the host knows its settings, the
// plugin's fit its schema, and the grants are what its manifest asks for, no more and no less.
func TestDeployment(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(hosttest.Root(t), "examples", "plugins", name)
			text := configuration(t, folder)
			file := filepath.Join(t.TempDir(), "usher.yaml")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if said := hosttest.Run(t, filepath.Dir(file), needed, "config", "check", "--config", file); said.Code != 0 {
				t.Errorf("usher config check: %s%s", said.Stdout, said.Stderr)
			}
			var c struct{ Plugins struct{ Load []loaded } }
			if err := yaml.Unmarshal(text, &c); err != nil || len(c.Plugins.Load) != 1 {
				t.Fatalf("it loads %d plugins: %v", len(c.Plugins.Load), err)
			}
			judge(t, c.Plugins.Load[0], manifestOf(t, folder))
		})
	}
}

// configuration is the one block of YAML in a README.
func configuration(t *testing.T, folder string) []byte {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllSubmatch(readme, -1)
	if len(blocks) != 1 {
		t.Fatalf("the README has %d blocks of YAML, not one", len(blocks))
	}
	return blocks[0][1]
}

func manifestOf(t *testing.T, folder string) hostapi.Manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func judge(t *testing.T, said loaded, m hostapi.Manifest) {
	t.Helper()
	if said.Config == nil {
		said.Config = map[string]any{}
	}
	config, err := json.Marshal(said.Config)
	if err != nil {
		t.Fatal(err)
	}
	if err := manifest.Fit(m.ConfigSchema, config); err != nil {
		t.Error(err)
	}
	var secrets []string
	for name := range said.Secrets {
		secrets = append(secrets, name)
	}
	slices.Sort(secrets)
	asked := slices.Sorted(slices.Values(m.Requests.Secrets))
	switch g := said.Grants; {
	case said.Name != m.Name:
		t.Errorf("it loads %s, not %s", said.Name, m.Name)
	case g.KV != (m.Requests.KV != nil), g.Telemetry != (m.Requests.Telemetry != nil), (len(g.HTTP.Origins) > 0) != (m.Requests.HTTP != nil):
		t.Errorf("the manifest asks for %+v, and granted is %+v", m.Requests, g)
	case !slices.Equal(secrets, asked):
		t.Errorf("the manifest asks for the secrets %q, and given are %q", asked, secrets)
	}
}

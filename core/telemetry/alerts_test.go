package telemetry_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestAlertsNameMetricsThatExist: a rule on a metric that nobody reports never fires.
func TestAlertsNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../config/alerts/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	metric := regexp.MustCompile(`\busher_[a-z0-9_]+`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rules struct {
			Groups []struct {
				Name  string
				Rules []struct {
					Alert       string
					Expr        string
					For         string
					Labels      map[string]string
					Annotations map[string]string
				}
			}
		}
		if err := yaml.Unmarshal(text, &rules); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, g := range rules.Groups {
			for _, r := range g.Rules {
				named := metric.FindAllString(r.Expr, -1)
				if r.Alert == "" || len(named) == 0 || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
					t.Errorf("%s: %s: a rule has a name, metrics, a severity, a summary and what to do: %+v", file, g.Name, r)
				}
				for _, name := range named {
					if !slices.Contains(exposed(), name) {
						t.Errorf("%s: %s asks for %s, which nobody reports", file, r.Alert, name)
					}
				}
			}
		}
	}
}

// TestAlertsFire runs the unit tests of the rules: that each fires, keeps silent, and bears that data are missing.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../config/alerts/tests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed; it comes with Prometheus (apt-get install prometheus)")
	}
	out, err := exec.CommandContext(t.Context(), promtool, append([]string{"test", "rules"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

package e2e_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// series is one line of /metrics.
type series struct {
	name   string
	labels map[string]string
	value  float64
}

// scrape is what /metrics said.
type scrape []series

func metricsOf(t testing.TB, h *hosttest.Host) (all scrape) {
	t.Helper()
	text := h.Operators(t).Get("/metrics").Want(200).Body
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			t.Fatalf("not a line of Prometheus: %s", line)
		}
		name, rest, _ := strings.Cut(line[:at], "{")
		s := series{name: name, value: value, labels: map[string]string{}}
		for _, pair := range strings.Split(strings.TrimSuffix(rest, "}"), `",`) {
			key, text, _ := strings.Cut(strings.TrimSuffix(pair, `"`), `="`)
			if key != "" && !strings.HasPrefix(key, "otel_scope") {
				s.labels[key] = text
			}
		}
		all = append(all, s)
	}
	return all
}

// value adds up the series of a name that have these labels, written key=value. That there is
// none ends the test: an alert on it could never fire.
func (all scrape) value(t testing.TB, name string, labels ...string) (sum float64) {
	t.Helper()
	found := false
	for _, s := range all {
		if s.name == name && s.has(labels) {
			found = true
			sum += s.value
		}
	}
	if !found {
		t.Fatalf("there is no series %s with %v", name, labels)
	}
	return sum
}

func (s series) has(labels []string) bool {
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		if s.labels[key] != value {
			return false
		}
	}
	return true
}

// keys are the labels that a name has, in any series.
func (all scrape) keys(name string) string {
	keys := map[string]bool{}
	for _, s := range all {
		if s.name == name {
			for key := range s.labels {
				keys[key] = true
			}
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(keys)), " ")
}

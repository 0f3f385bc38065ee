package manifest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/egress"
)

// The bounds of what a manifest may ask for.
const (
	maxOrigins = 32
	maxSecrets = 32
	maxHelp    = 200 // bytes
)

func (p *problems) requests(r hostapi.Requests) {
	if r.HTTP != nil {
		p.origins(r.HTTP.Origins)
	}
	p.secrets(r.Secrets)
	if r.Telemetry != nil {
		p.metrics(r.Telemetry.Metrics)
	}
}

func (p *problems) origins(origins []string) {
	const where = "capabilities.http.origins"
	p.atMost(where, len(origins), maxOrigins)
	seen := map[egress.Origin]bool{}
	for i, text := range origins[:min(len(origins), maxOrigins)] {
		at := fmt.Sprintf("%s[%d]", where, i)
		origin, err := egress.ParseOrigin(text)
		if err != nil {
			p.add(at, "%s", firstLine(err.Error()))
			continue
		}
		if seen[origin] {
			p.add(at, "%s is named twice", origin)
		}
		seen[origin] = true
	}
}

// snakeCase is the form of the names of secrets, metrics and labels.
func snakeCase(s string) bool {
	return len(s) <= hostapi.MaxMetricLabel && regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`).MatchString(s)
}

func (p *problems) secrets(names []string) {
	const where = "capabilities.secrets"
	p.atMost(where, len(names), maxSecrets)
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", where, i)
		if !snakeCase(name) {
			p.add(at, "%s is not snake_case, %d bytes at most", quote(name), hostapi.MaxMetricLabel)
		}
		if slices.Contains(names[:i], name) {
			p.add(at, "%s is named twice", quote(name))
		}
	}
}

func (p *problems) metrics(metrics []hostapi.MetricNeeds) {
	const where = "capabilities.telemetry.metrics"
	p.atMost(where, len(metrics), hostapi.MaxMetricNames)
	seen := map[string]bool{}
	for i, m := range metrics {
		at := fmt.Sprintf("%s[%d]", where, i)
		if !snakeCase(m.Name) {
			p.add(at+".name", "%s is not snake_case, %d bytes at most", quote(m.Name), hostapi.MaxMetricLabel)
		}
		if seen[m.Name] {
			p.add(at+".name", "%s is declared twice", quote(m.Name))
		}
		seen[m.Name] = true
		if m.Kind != hostapi.MetricCounter && m.Kind != hostapi.MetricHistogram {
			p.add(at+".kind", "%s is neither %s nor %s", quote(string(m.Kind)), hostapi.MetricCounter, hostapi.MetricHistogram)
		}
		if m.Help == "" || len(m.Help) > maxHelp || !isPrintable(m.Help) {
			p.add(at+".help", "a line of 1 to %d bytes was expected: what the metric means", maxHelp)
		}
		p.labels(at+".labels", m.Labels)
	}
}

// labels bounds the time series that a metric can make.
func (p *problems) labels(where string, labels map[string][]string) {
	p.atMost(where, len(labels), hostapi.MaxMetricLabels)
	series := 1
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		values := labels[name]
		if !snakeCase(name) || slices.Contains([]string{"le", "quantile", "plugin", "synthetic"}, name) {
			p.add(where, "the label %s is not snake_case, or the host's own", quote(name))
		}
		for i, v := range values {
			if len(v) > hostapi.MaxMetricLabel || !isPrintable(v) || slices.Contains(values[:i], v) {
				p.add(fmt.Sprintf("%s.%s[%d]", where, name, i), "%s is doubled, not printable or longer than %d bytes", quote(v), hostapi.MaxMetricLabel)
			}
			if i > hostapi.MaxMetricSeries {
				break
			}
		}
		if series *= len(values); series == 0 || series > hostapi.MaxMetricSeries {
			p.add(where, "%s has no value, or makes more than %d series", quote(name), hostapi.MaxMetricSeries)
			return
		}
	}
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (p *problems) atMost(where string, n, most int) {
	if n > most {
		p.add(where, "%d are more than the limit of %d", n, most)
	}
}

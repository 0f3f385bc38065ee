package kit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-id/usher/plugins"
)

// repetitions is how often a probe plays each fixture.
const repetitions = 20

// Report is what came of one fixture of a version that is about to be released.
type Report struct {
	Plugin   string
	Version  string
	Digest   string
	Role     plugins.Role
	Result                   // of the first time that it did not pass, or of the last time
	P50, P99 time.Duration   // of a call
	Times    []time.Duration // of each call, the fastest first
}

// Probe plays the fixtures of the versions that were made for a release and are wanted, as
// [Run] does, against that very version and before anybody depends on it; nil wants all. The error names each
// fixture that did not pass, with plugin, version and what differs. A version without
// fixtures, and a fixture of a hook at which the plugin is not to be asked, say nothing.
func Probe(ctx context.Context, p *plugins.Prepared, wanted func(plugins.Trial) bool) (reports []Report, err error) {
	for _, t := range p.Trials() {
		if !t.Fresh || t.Manifest == nil || wanted != nil && !wanted(t) {
			continue
		}
		list, wrong := probe(ctx, t)
		reports = append(reports, list...)
		err = errors.Join(err, wrong)
	}
	return reports, err
}

func probe(ctx context.Context, t plugins.Trial) (reports []Report, wrong error) {
	s := newStage()
	leave, err := s.enter(t, t.Manifest.Fixtures)
	if err != nil {
		return nil, fmt.Errorf("plugin %s %s: %w", t.Plugin, t.Version, err)
	}
	defer leave()
	for _, f := range t.Manifest.Fixtures {
		if !slices.Contains(t.Hooks, f.Hook) {
			continue
		}
		r := Report{Plugin: t.Plugin, Version: t.Version, Digest: t.Digest, Role: t.Role}
		times := make([]time.Duration, 0, repetitions)
		for len(times) < repetitions {
			if r.Result, err = s.play(ctx, t, f); err == nil {
				err = ctx.Err() // which is why it did not pass, then
			}
			if err != nil {
				return reports, errors.Join(wrong, fmt.Errorf("plugin %s %s: fixture %q: %w", t.Plugin, t.Version, f.Name, err))
			}
			times = append(times, r.Duration)
			if !r.Passed() {
				wrong = errors.Join(wrong, fmt.Errorf("plugin %s %s: fixture %q: %s", t.Plugin, t.Version, f.Name, strings.Join(r.Problems, "; ")))
				break
			}
		}
		slices.Sort(times)
		r.Times = times
		r.P50, r.P99 = times[len(times)/2], times[len(times)-1-len(times)/100]
		reports = append(reports, r)
	}
	return reports, wrong
}

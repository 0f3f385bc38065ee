package kit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
)

// notes says of a fixture what its author may not see.
func notes(m *hostapi.Manifest, f hostapi.Fixture, r Result) (list []string) {
	if m == nil {
		return nil
	}
	if limit := wall(m.Limits, f.Hook); r.Duration > limit {
		list = append(list, fmt.Sprintf("it took %v, and a host ends a call of %s after %v: limits.wall_ms of the manifest says otherwise",
			r.Duration.Round(time.Millisecond), f.Hook, limit))
	}
	if hidden := hidden(m, f); len(hidden) > 0 && !r.Passed() {
		list = append(list, fmt.Sprintf("it was not shown %s of the data, which hooks.%s.fields of the manifest does not name",
			strings.Join(hidden, ", "), f.Hook))
	}
	return list
}

// wall is how long a host lets a call take, unless its operator shortens it.
func wall(l hostapi.Limits, h hostapi.Hook) time.Duration {
	usual := hostapi.DefaultLimits()
	if h.CallsOut() {
		usual = hostapi.IOLimits()
	}
	return time.Duration(cmp.Or(l.WallMS, usual.WallMS)) * time.Millisecond
}

// hidden are the members of a fixture's data that the plugin is not given.
func hidden(m *hostapi.Manifest, f hostapi.Fixture) (names []string) {
	var data map[string]jsontext.Value
	if json.Unmarshal(f.Data, &data) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if !slices.Contains(m.Hooks[f.Hook].Fields, name) {
			names = append(names, name)
		}
	}
	return names
}

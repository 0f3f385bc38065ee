package policy

import (
	"slices"
	"strings"
	"testing"
)

// TestDomains keeps the list in the order and the form that it is searched in.
func TestDomains(t *testing.T) {
	t.Parallel()
	lines := strings.Split(domains, "\n")
	if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) {
		t.Error("the list is not sorted, or has a line twice")
	}
	for _, line := range lines {
		if line != fold(line) || !strings.Contains(line, ".") || !listed(line) {
			t.Errorf("%q is no domain in lower case, or is not found", line)
		}
		if above := parent(line); above != "" && listed(above) {
			t.Errorf("%q stands below %q, which is enough", line, above)
		}
	}
}

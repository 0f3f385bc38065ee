package release

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-id/usher/core"
)

const (
	digestDigits = 64
	fewestDigits = 8 // of a digest that is shortened
)

// List gives the versions of a plugin, or of all when it is empty, the newest first, without
// manifest and signature.
func (r *Registry) List(ctx context.Context, plugin string) ([]core.PluginVersion, error) {
	trust := r.Trust()
	list, err := r.Store.PluginVersions(ctx, plugin)
	for i := range list {
		list[i] = trust.seen(list[i])
	}
	return list, err
}

// Labels gives the version that each of the digests is; those that are not in the registry are left out.
func (r *Registry) Labels(ctx context.Context, digests []string) (map[string]string, error) {
	return r.Store.PluginVersionLabels(ctx, digests)
}

// Find gives the version that an operator names: as plugin@version; as a plugin, whose newest
// good version it is then, or the newest when none is good; or as a digest, of which eight
// digits do when no other begins with them. What could be both is a plugin.
func (r *Registry) Find(ctx context.Context, name string) (core.PluginVersion, error) {
	v, err := r.find(ctx, name)
	return r.Trust().seen(v), err
}

func (r *Registry) find(ctx context.Context, name string) (core.PluginVersion, error) {
	digits, marked := strings.CutPrefix(name, "sha256:")
	if !marked {
		plugin, version, _ := strings.Cut(name, "@")
		if v, found, err := r.Store.PluginVersionNamed(ctx, plugin, version); err != nil || found {
			return v, err
		}
	}
	if !isDigest(digits) {
		return core.PluginVersion{}, unknown("name", name)
	}
	list, err := r.Store.PluginVersionsByDigest(ctx, digits, 2)
	switch {
	case err != nil:
		return core.PluginVersion{}, err
	case len(list) == 0:
		return core.PluginVersion{}, unknown("digest", digits)
	case len(list) > 1:
		return core.PluginVersion{}, core.E(core.Conflict, fmt.Sprintf("Several digests begin with %s, such as %s and %s. Give more digits.",
			digits, nameOf(list[0]), nameOf(list[1]))).Because("ambiguous_digest")
	}
	return list[0], nil
}

func isDigest(s string) bool {
	return len(s) >= fewestDigits && len(s) <= digestDigits && strings.Trim(s, "0123456789abcdef") == ""
}

// longestName bounds what is repeated of a caller's words, in bytes.
const longestName = 100

func unknown(what, name string) error {
	if len(name) > longestName {
		name = strings.ToValidUTF8(name[:longestName], "") + "…"
	}
	return core.E(core.NotFound, fmt.Sprintf("The registry has no version with the %s %q. List what there is with: usher plugin list.", what, name)).
		Because("unknown_version")
}

// Acts gives one page of the audit, the newest first.
func (r *Registry) Acts(ctx context.Context, limit int, cursor string) (core.Page[core.PluginAct], error) {
	return r.Store.PluginActs(ctx, cursor, limit)
}

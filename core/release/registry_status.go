package release

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
)

// longestReason bounds a reason, in characters.
const longestReason = 500

// SetStatus changes whether a version may serve, and why. The status that it has already is
// a success that changes nothing; a revoked version stays revoked. One that serves cannot be
// stopped before another serves in its place; a candidate can, and nobody is asked of it any
// more. name is as in [Registry.Find].
func (r *Registry) SetStatus(ctx context.Context, name string, to core.VersionStatus, reason, actor string) (core.PluginVersion, error) {
	if err := checkReason(reason); err != nil {
		return core.PluginVersion{}, err
	}
	v, err := r.find(ctx, name)
	if err != nil {
		return core.PluginVersion{}, err
	}
	trust := r.Trust()
	for {
		// One that the configuration revokes may be revoked for good, and nothing else.
		if seen := trust.seen(v); seen.Status == core.VersionRevoked && to != core.VersionRevoked {
			return core.PluginVersion{}, barred(seen)
		}
		if v.Status == to {
			return trust.seen(v), nil
		}
		next, from := v, v.Status
		next.Status, next.Reason, next.StatusBy = to, reason, actor
		act := core.PluginAct{Actor: actor, Action: actOf(to), Plugin: v.Plugin, Digest: v.Digest, Reason: reason}
		kept, done, err := r.Store.SetPluginStatus(ctx, next, from, act)
		if err != nil || done {
			return trust.seen(kept), err
		}
		v = kept // somebody was faster: look at what they left
	}
}

func actOf(to core.VersionStatus) string {
	switch to {
	case core.VersionQuarantined:
		return ActQuarantine
	case core.VersionRevoked:
		return ActRevoke
	}
	return ActClear
}

func checkReason(reason string) error {
	wrong := func(code, message string) error {
		return core.Invalid(core.FieldError{Field: "reason", Code: code, Message: message})
	}
	switch {
	case strings.TrimSpace(reason) == "":
		return wrong("required", "Say why: it stays with the version and in the audit.")
	case utf8.RuneCountInString(reason) > longestReason:
		return wrong("too_long", fmt.Sprintf("Say it in %d characters at most.", longestReason))
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(c rune) bool { return !unicode.IsPrint(c) }):
		return wrong("not_printable", "Use printable characters, on one line.")
	}
	return nil
}

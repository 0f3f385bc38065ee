package plugins

import (
	"context"
	"errors"
	"fmt"
)

// member is a version of a set, with the first of the roles that it is there for.
type member struct {
	version *version
	role    Role
}

// roster takes one reference to each version of a release.
type roster struct {
	engine  *Engine
	members []member
	at      map[*version]struct{}
	fresh   []*version // that were not live before

	optional bool // candidates
	left     []LeftOut
}

// cast is who is asked for each plugin under one release.
type cast struct {
	release int64
	plugins map[string]actors
	order   []*version // those that serve, as they were listed
}

type actors struct {
	serving, candidate, shadow *version

	portion portion
}

// open finds or makes every version of a release. On an error it has let go of all.
func (r *roster) open(ctx context.Context, release Release) (casts []cast, err error) {
	defer func() {
		if err != nil {
			r.engine.letGo(r.versions()...)
		}
	}()
	own, err := r.cast(ctx, Earlier{release.Number, release.Sources, release.Candidates}, RoleServing)
	if err != nil {
		return nil, err
	}
	casts = append(casts, own)
	seen := map[int64]bool{0: true, release.Number: true}
	for _, e := range release.Earlier {
		if seen[e.Number] {
			return nil, fmt.Errorf("earlier release %d: its number is zero or taken", e.Number)
		}
		seen[e.Number] = true
		c, err := r.cast(ctx, e, RoleEarlier)
		if err != nil {
			return nil, fmt.Errorf("earlier release %d: %w", e.Number, err)
		}
		casts = append(casts, c)
	}
	for _, s := range release.Warm {
		if _, err := r.add(ctx, s, RoleWarm); err != nil && !r.dispensable(ctx, err, RoleWarm, s) {
			return nil, err
		}
	}
	return casts, nil
}

// cast finds or makes the versions of one release, the current or an earlier one.
func (r *roster) cast(ctx context.Context, e Earlier, role Role) (cast, error) {
	c := cast{release: e.Number, plugins: make(map[string]actors, len(e.Sources))}
	for _, s := range e.Sources {
		if _, twice := c.plugins[s.Name]; twice {
			return c, fmt.Errorf("plugin %s: it is loaded twice", s.Name)
		}
		v, err := r.add(ctx, s, role)
		if r.dispensable(ctx, err, role, s) {
			continue
		}
		if err != nil {
			return c, fmt.Errorf("plugin %s: %w", s.Name, err)
		}
		c.plugins[s.Name] = actors{serving: v}
		c.order = append(c.order, v)
	}
	for _, candidate := range e.Candidates {
		if err := r.try(ctx, &c, candidate, role); err != nil {
			return c, fmt.Errorf("plugin %s: its candidate: %w", candidate.Source.Name, err)
		}
	}
	return c, nil
}

// try adds a candidate to the cast.
func (r *roster) try(ctx context.Context, c *cast, candidate Candidate, role Role) error {
	if err := candidate.check(); err != nil {
		return err
	}
	a, ok := c.plugins[candidate.Source.Name]
	if !ok && role == RoleEarlier { // it was left out
		return nil
	}
	if !ok {
		return errors.New("no plugin of that name is loaded")
	}
	if candidate.Shadow && a.shadow != nil || !candidate.Shadow && a.candidate != nil {
		return errors.New("there is another; a plugin has one that answers and one shadow at most")
	}
	switch {
	case role == RoleEarlier:
	case candidate.Shadow:
		role = RoleShadow
	default:
		role = RoleCandidate
	}
	v, err := r.add(ctx, candidate.Source, role)
	if r.dispensable(ctx, err, role, candidate.Source) {
		return nil
	}
	if err != nil && r.optional && ctx.Err() == nil {
		r.leaveOut(ctx, role, candidate.Source, err)
		return nil
	}
	if err != nil {
		return err
	}
	if candidate.Shadow {
		a.shadow = v
	} else {
		a.candidate, a.portion = v, newPortion(candidate, v.digest)
	}
	c.plugins[v.name] = a
	return nil
}

func (r *roster) add(ctx context.Context, s Source, role Role) (*version, error) {
	v, fresh, err := r.engine.obtain(ctx, s)
	if err != nil {
		return nil, err
	}
	if _, has := r.at[v]; has {
		r.engine.letGo(v) // one reference is enough
		return v, nil
	}
	r.at[v] = struct{}{}
	r.members = append(r.members, member{v, role})
	if fresh {
		r.fresh = append(r.fresh, v)
	}
	return v, nil
}

// dispensable tells whether a release can do without a version that cannot be made, and logs it:
// runs that began with it go on with what serves. What serves or is tried it needs.
func (r *roster) dispensable(ctx context.Context, err error, role Role, s Source) bool {
	if err == nil || ctx.Err() != nil || role != RoleEarlier && role != RoleWarm {
		return false
	}
	r.engine.deps.Log.WarnContext(ctx, "version not kept", "plugin", s.Name, "digest", s.Digest, "role", role, "error", err)
	return true
}

// leaveOut goes on without a candidate.
func (r *roster) leaveOut(ctx context.Context, role Role, s Source, cause error) {
	r.left = append(r.left, LeftOut{s.Name, s.key().digest, cause})
	r.engine.deps.Log.ErrorContext(ctx, "candidate left out, what serves answers in its place", "plugin", s.Name, "digest", s.Digest,
		"role", role, "error", cause)
}

func (r *roster) versions() []*version { return versionsOf(r.members) }

func versionsOf(members []member) []*version {
	list := make([]*version, len(members))
	for i, m := range members {
		list[i] = m.version
	}
	return list
}

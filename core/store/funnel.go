package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
)

// What one answer holds at most; the busiest groups come first.
const (
	mostRuns   = 200_000 // of each kind
	mostGroups = 500
)

// dimensions are what runs are told apart by: t is the run's tenant, m its first mail.
var dimensions = map[core.FunnelDimension]string{ //nolint:gochecknoglobals // a constant
	core.FunnelByTemplate:      `coalesce(split_part(m.rendered_by, ' ', 1), '')`,
	core.FunnelByProvider:      `coalesce(m.provider, '')`,
	core.FunnelByPluginVersion: `CASE WHEN strpos(m.rendered_by, ' ') > 0 THEN m.rendered_by ELSE '' END`,
	core.FunnelByLocale:        `coalesce(m.locale, '')`,
	core.FunnelByTenant:        `coalesce(t.id::text, '')`,
}

// signupRuns follow a signup to its tenant, and to the first invitation from that. One for an
// address that has an account goes no further.
const signupRuns = `runs AS (
	SELECT %s AS key, e.time AS first, p.time AS second, n.created_at AS third
	FROM (SELECT * FROM events WHERE type = 'SignupStarted' AND time >= $1 AND time < $2 ORDER BY time LIMIT $3) e
	LEFT JOIN tenants t ON t.id = e.tenant_id
	LEFT JOIN events p ON p.aggregate_id = e.tenant_id AND p.aggregate_version = 1 AND p.type = 'TenantProvisioned'
	LEFT JOIN LATERAL (SELECT created_at FROM invitations WHERE tenant_id = t.id ORDER BY id LIMIT 1) n ON true
	LEFT JOIN LATERAL (SELECT rendered_by, provider, locale FROM messages WHERE tenant_id = t.id AND kind = 'owner_verification' ORDER BY created_at LIMIT 1) m ON true
	WHERE t.synthetic IS NOT TRUE)`

// invitationRuns follow an invitation to the account that it made active.
const invitationRuns = `runs AS (
	SELECT %s AS key, e.time AS first, a.time AS second, c.time AS third
	FROM (SELECT * FROM events WHERE type = 'InvitationCreated' AND time >= $1 AND time < $2 ORDER BY time LIMIT $3) e
	JOIN tenants t ON t.id = e.tenant_id
	LEFT JOIN LATERAL (SELECT time, actor_id FROM events WHERE aggregate_id = e.aggregate_id AND type = 'InvitationAccepted' LIMIT 1) a ON true
	LEFT JOIN LATERAL (SELECT time FROM events WHERE aggregate_id = a.actor_id AND type = 'ActivationCompleted' AND time = a.time LIMIT 1) c ON true
	LEFT JOIN LATERAL (SELECT rendered_by, provider, locale FROM messages WHERE invitation_id = e.aggregate_id ORDER BY created_at, id LIMIT 1) m ON true
	WHERE NOT t.synthetic)`

const countRuns = `
SELECT key, count(*), count(second), count(third),
	coalesce(percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM second - first)), ARRAY[0, 0]),
	coalesce(percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM third - second)), ARRAY[0, 0])
FROM runs GROUP BY key ORDER BY count(*) DESC, key LIMIT $4`

// FunnelSQL is the statement for runs that are signups, or else invitations.
func FunnelSQL(signups bool, by []core.FunnelDimension) (string, error) {
	keys := make([]string, len(by))
	for i, d := range by {
		key, ok := dimensions[d]
		if !ok {
			return "", core.Invalid(core.FieldError{Field: "by", Code: "invalid", Message: "A funnel is told apart by " + dimensionNames() + "."})
		}
		keys[i] = key
	}
	runs := invitationRuns
	if signups {
		runs = signupRuns
	}
	return "WITH " + fmt.Sprintf(runs, "ARRAY["+strings.Join(keys, ", ")+"]::text[]") + countRuns, nil
}

func dimensionNames() string {
	var names []string
	for _, d := range core.FunnelDimensions() {
		names = append(names, string(d))
	}
	return strings.Join(names, ", ")
}

// ran is how far the runs of a group came.
type ran struct {
	counts [3]int64
	times  [2][]float64 // median and the ninth decile, in seconds
}

// Funnel tells how far the runs came that began in a time. Synthetic ones are left out. A
// dimension that there is not is [core.ValidationFailed].
func (s *Store) Funnel(ctx context.Context, q core.FunnelQuery) (core.Funnel, error) {
	var f core.Funnel
	var order []string // of the groups, by their keys
	by := map[string]*[2]ran{}
	keys := map[string][]string{}
	for kind, signups := range []bool{true, false} {
		sql, err := FunnelSQL(signups, q.By)
		if err != nil {
			return f, err
		}
		rows, err := s.cold.Query(ctx, sql, q.Since, q.Until, mostRuns, mostGroups)
		if err != nil {
			return f, failure("count the runs of a funnel", err)
		}
		var key []string
		var r ran
		runs, groups := int64(0), 0
		_, err = pgx.ForEachRow(rows, []any{&key, &r.counts[0], &r.counts[1], &r.counts[2], &r.times[0], &r.times[1]}, func() error {
			name := strings.Join(key, "\x00")
			if by[name] == nil {
				by[name], keys[name] = &[2]ran{}, slices.Clone(key)
				order = append(order, name)
			}
			by[name][kind] = ran{r.counts, [2][]float64{slices.Clone(r.times[0]), slices.Clone(r.times[1])}}
			runs, groups = runs+r.counts[0], groups+1
			return nil
		})
		if err != nil {
			return f, failure("count the runs of a funnel", err)
		}
		f.Truncated = f.Truncated || runs >= mostRuns || groups >= mostGroups
	}
	busy := func(name string) int64 { return by[name][0].counts[0] + by[name][1].counts[0] }
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(busy(b), busy(a)) })
	for _, name := range order {
		f.Groups = append(f.Groups, core.FunnelGroup{By: keys[name], Steps: funnelSteps(by[name][0], by[name][1])})
	}
	return f, nil
}

// funnelSteps puts both kinds of runs into one row of steps.
func funnelSteps(signups, invitations ran) []core.FunnelStep {
	step := func(name string, count, from, converted int64, times []float64) core.FunnelStep {
		s := core.FunnelStep{Name: name, Count: count, From: from, Converted: converted}
		if len(times) == 2 {
			s.Median, s.P90 = time.Duration(times[0]*float64(time.Second)), time.Duration(times[1]*float64(time.Second))
		}
		return s
	}
	su, in := signups.counts, invitations.counts
	return []core.FunnelStep{
		step("signup_started", su[0], 0, 0, nil),
		step("tenant_provisioned", su[1], su[0], su[1], signups.times[0]),
		step("invitation_created", in[0], su[1], su[2], signups.times[1]),
		step("invitation_accepted", in[1], in[0], in[1], invitations.times[0]),
		step("activation_completed", in[2], in[1], in[2], invitations.times[1]),
	}
}

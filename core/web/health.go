package web

import (
	"net/http"
)

// Health are the checks behind /readyz and the /health pages. A page without
// checks says ok.
type Health struct {
	Ready   []Check // whether traffic should come here
	Auth    []Check
	Tenant  []Check
	Email   []Check
	Events  []Check
	Plugins func() []Check // asked at each look, because plugins come and go; nil for none
}

// health is what a health page says. It names checks, never hosts or causes.
type health struct {
	Status condition     `json:"status" enum:"ok,degraded,down"`
	Checks []checkAnswer `json:"checks" nullable:"false"`
}

type checkAnswer struct {
	Name      string    `json:"name"`
	Status    condition `json:"status" enum:"ok,degraded,down"`
	LatencyMS float64   `json:"latency_ms"`
}

// condition is a verdict, the worst of its parts.
type condition string

const (
	ok       condition = "ok"
	degraded condition = "degraded" // works, but an operator should look
	down     condition = "down"
)

func worse(a, b condition) condition {
	if a == down || b == down {
		return down
	}
	if a == degraded || b == degraded {
		return degraded
	}
	return ok
}

// livez looks at nothing: a restart would mend no dependency.
func livez(*request) (health, error) { return health{Status: ok, Checks: []checkAnswer{}}, nil }

// healthPage makes the row of one page. Down is 503, with the same body.
func healthPage(path, id, summary string, p *probe) operation {
	o := operation{
		method: http.MethodGet, path: path, id: id, tag: tagHealth, summary: summary, quiet: true,
		status: http.StatusOK, also: []int{http.StatusServiceUnavailable},
	}
	return reported(o, func(r *request) error {
		found := p.look()
		if found.Status == down {
			return r.JSON(http.StatusServiceUnavailable, found)
		}
		return r.JSON(http.StatusOK, found)
	})
}

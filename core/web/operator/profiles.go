package operator

import (
	"net/http"
	"net/http/pprof"

	"github.com/usher-id/usher/core/web/edge"
)

// profiles are the calls that "go tool pprof" makes.
func (s *Server) profiles() []edge.Route {
	const root = "/debug/pprof/"
	rows := []struct {
		path    string
		handler http.HandlerFunc
	}{
		{root, pprof.Index},
		{root + "cmdline", pprof.Cmdline},
		{root + "profile", pprof.Profile},
		{root + "symbol", pprof.Symbol},
		{root + "trace", pprof.Trace},
		{root + "{name}", pprof.Index}, // heap, goroutine and the others
	}
	routes := make([]edge.Route, 0, len(rows))
	for _, r := range rows {
		routes = append(routes, edge.Route{Method: http.MethodGet, Path: r.path, Handle: s.operatorsOnly(edge.HTTP(r.handler))})
	}
	return routes
}

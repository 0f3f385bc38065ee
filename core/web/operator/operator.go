package operator

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/trial"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/page"
)

// Sink keeps mails for development; package sink has it.
type Sink interface {
	List(to string, limit int) []sink.Mail // newest first; "" means every address, 0 all
	Clear()
}

// Releases are the ledger; package release has it.
type Releases interface {
	Make(context.Context, release.Change) (core.PluginRelease, error)
	ServeNow(ctx context.Context, number int64) (core.PluginRelease, error)
	Find(ctx context.Context, number int64) (core.PluginRelease, error)
	List(ctx context.Context, below, limit int64) ([]core.PluginRelease, error)
	Standing(context.Context) (core.PluginLedger, []core.PluginReplica, error)
	BackTo(context.Context, core.PluginLedger) (core.PluginRelease, error)
}

// Registry has the versions of plugins; package release has it.
type Registry interface {
	Push(ctx context.Context, wasm, signature []byte, actor string) (v core.PluginVersion, added bool, err error)
	List(ctx context.Context, plugin string) ([]core.PluginVersion, error)
	Find(ctx context.Context, name string) (core.PluginVersion, error)
	Labels(ctx context.Context, digests []string) (map[string]string, error)
	SetStatus(ctx context.Context, name string, to core.VersionStatus, reason, actor string) (core.PluginVersion, error)
	Acts(ctx context.Context, limit int, cursor string) (core.Page[core.PluginAct], error)
}

// Trials are the candidates and what they and others cost; package trial has them.
type Trials interface {
	Standings(ctx context.Context, serving core.PluginRelease) ([]trial.Standing, error)
	EvidenceOf(ctx context.Context, r core.PluginRelease) (*trial.Evidence, error)
	Cards(ctx context.Context, v core.PluginVersion) (map[core.TallyRole]cost.Card, error)
}

// Deps are the parts that the operator's listener needs; all but Sink are required.
type Deps struct {
	edge.Deps
	Pages   *page.Page
	Metrics http.Handler
	// Token lets an operator in.
	Token core.Secret
	// Sink keeps mails that operators may read. Its calls are not there when it is nil.
	Sink Sink
	// Effective gives the configuration in force without its secrets, as a value
	// that has a JSON form.
	Effective func() (any, error)
	// Reload reads the configuration again and gives what changed. Its error is
	// shown to the operator, so it has no secrets in it.
	Reload func(context.Context) (any, error)
	// Plugins and Hooks list what is loaded and who is asked where, without anything
	// secret, as values that have a JSON form.
	Plugins, Hooks func() any
	// Calls gives the calls of plugins on this replica after the one of a number, and waits for one at most so long; a
	// negative number begins to keep them. last is the number to ask after next, lost how many are kept no more.
	Calls   func(ctx context.Context, after int64, wait time.Duration) (calls []PluginCall, last, lost int64)
	Letters Letters
	// Tenant finds any tenant, whose look a preview has.
	Tenant   func(context.Context, core.ID) (core.Tenant, error)
	Registry Registry
	Releases Releases
	Trials   Trials
	Shadows  Shadows
	Replays  Replays
	Events   Events
	Webhooks Webhooks
	Mails    Mails
	Bounces  Bounces
	Stories  Stories
}

// Config says how the listener behaves. The zero value works.
type Config struct{ edge.Config }

// Server is the operator's listener.
type Server struct {
	Deps
	token [sha256.Size]byte
	edge  *edge.Edge
}

// New makes the operator's listener; [Server.Serve] opens it.
func New(d Deps, c Config) (*Server, error) {
	if d.Pages == nil || d.Metrics == nil || d.Token.IsZero() || d.Effective == nil || d.Reload == nil || d.Plugins == nil ||
		d.Hooks == nil || d.Calls == nil || d.Registry == nil || d.Releases == nil || d.Trials == nil || d.Shadows == nil || d.Replays == nil ||
		d.Letters == nil || d.Tenant == nil || d.Mails == nil || d.Bounces == nil || d.Stories == nil ||
		d.Events == nil || d.Webhooks == nil {
		return nil, errors.New("operator: every part of Deps but the sink is required")
	}
	listener, err := edge.New(d.Deps, c.Config)
	if err != nil {
		return nil, err
	}
	s := &Server{Deps: d, token: sha256.Sum256([]byte(d.Token.Reveal())), edge: listener}
	listener.Mount(s.routes())
	return s, nil
}

// Serve serves a bound listener until [Server.Shutdown], which closes it. It does not wait.
func (s *Server) Serve(listener net.Listener) { s.edge.Serve(listener) }

// Shutdown takes no more connections and waits for the requests under way, at
// most until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.edge.Shutdown(ctx) }

func (s *Server) routes() []edge.Route {
	routes := []edge.Route{
		{Method: http.MethodGet, Path: "/admin/v1/config", Handle: s.operatorsOnly(s.config)},
		{Method: http.MethodPost, Path: "/admin/v1/config/reload", Handle: s.operatorsOnly(s.reload)},
		{Method: http.MethodGet, Path: "/admin/v1/plugins", Handle: s.operatorsOnly(s.plugins)},
		{Method: http.MethodGet, Path: "/admin/v1/plugins/calls", Quiet: true, Handle: s.operatorsOnly(s.listCalls)},
		{Method: http.MethodGet, Path: "/admin/v1/hooks", Handle: s.operatorsOnly(s.hooks)},
		{Method: http.MethodGet, Path: "/metrics", Quiet: true, Handle: edge.HTTP(s.Metrics)},
		{Method: http.MethodGet, Path: "/plugins", Handle: s.pluginsPage},
		{Method: http.MethodGet, Path: "/assets/{file}", Handle: s.asset},
		{Method: http.MethodGet, Path: "/problems/{code}", Handle: s.explainProblem},
	}
	routes = append(routes, s.releaseRoutes()...)
	routes = append(routes, s.letterRoutes()...)
	routes = append(routes, s.profiles()...)
	routes = append(routes, s.versions()...)
	routes = append(routes, s.replayRoutes()...)
	routes = append(routes, s.eventRoutes()...)
	routes = append(routes, s.webhookRoutes()...)
	routes = append(routes, s.mailRoutes()...)
	routes = append(routes, s.storyRoutes()...)
	if s.Sink != nil {
		routes = append(routes,
			edge.Route{Method: http.MethodGet, Path: "/admin/v1/sink/messages", Handle: s.operatorsOnly(s.listMails)},
			edge.Route{Method: http.MethodDelete, Path: "/admin/v1/sink/messages", Handle: s.operatorsOnly(s.clearMails)},
			edge.Route{Method: http.MethodGet, Path: "/sink", Handle: s.sinkPage})
	}
	return routes
}

// operatorsOnly lets in whoever has the token. Hashes are compared, so that
// neither the content nor the length of the token shows in the time it takes.
func (s *Server) operatorsOnly(next func(*edge.Call) error) func(*edge.Call) error {
	return func(c *edge.Call) error {
		given, ok, err := c.Bearer()
		if err != nil {
			return err
		}
		if !ok {
			return core.E(core.Unauthenticated, "This call needs the operator token: Authorization: Bearer, a space, and the token.").
				Because(edge.ReasonNoToken)
		}
		if !s.isToken(given) {
			return core.E(core.Unauthenticated, "This is not the operator token.").Because("wrong_operator_token")
		}
		return next(c)
	}
}

func (s *Server) isToken(given core.Secret) bool {
	sum := sha256.Sum256([]byte(given.Reveal()))
	return subtle.ConstantTimeCompare(sum[:], s.token[:]) == 1
}

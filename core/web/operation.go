package web

import (
	"context"
	"net/http"
	"reflect"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// operation is one row of the table of calls.
type operation struct {
	method, path string
	id           string // the operation's name in generated clients
	tag          string
	summary      string
	access       access
	body         int // the longest body, as in package edge
	idempotent   bool
	quiet        bool // asked every second: logged only when it goes wrong
	query        []parameter
	errors       []core.Code // besides those that access, body and method bring
	example      any         // of the request
	status       int         // of success
	alsoTakes    string      // another media type beside JSON, for the same request
	takes        string      // of a request whose body is read as it is: its media type
	media        string      // of success, when it is not JSON
	also         []int       // other statuses with the same body
	in, out      reflect.Type
	run          func(*request) error
}

// access says who may make a call.
type access int

const (
	anyone    access = iota
	ifPresent        // a session is taken into account when there is one
	bySession        // a valid access token
)

// parameter is one of a query.
type parameter struct {
	name, says string
	kind       reflect.Type
	oneOf      []string
}

// request is a call that was let in.
type request struct {
	*edge.Call
	actor       *core.Actor // nil without a session
	idempotency core.Idempotency
}

// nothing is the type of a body that is not there.
type nothing = struct{}

// handled gives a row its types and its handler, which takes the decoded body
// and gives the value of the answer.
func (o operation) handled(in, out reflect.Type, run func(*request) error) operation {
	o.in, o.out, o.run = in, out, run
	return o
}

// call is a row whose request has a body.
func call[In, Out any](o operation, handler func(*request, In) (Out, error)) operation {
	decoder := edge.NewDecoder[In]()
	return o.handled(reflect.TypeFor[In](), reflect.TypeFor[Out](), func(r *request) error {
		in, err := decoder.Decode(r.Call)
		if err != nil {
			return err
		}
		out, err := handler(r, in)
		if err != nil {
			return err
		}
		return answer(r, o.status, out)
	})
}

// get is a row whose request has no body.
func get[Out any](o operation, handler func(*request) (Out, error)) operation {
	return o.handled(nil, reflect.TypeFor[Out](), func(r *request) error {
		out, err := handler(r)
		if err != nil {
			return err
		}
		return answer(r, o.status, out)
	})
}

// raw is a row that writes its answer itself.
func raw(o operation, handler func(*request) error) operation {
	return o.handled(nil, nil, handler)
}

// reported is a row that writes its answer, a health, itself.
func reported(o operation, handler func(*request) error) operation {
	return o.handled(nil, reflect.TypeFor[health](), handler)
}

func answer[Out any](r *request, status int, out Out) error {
	if _, empty := any(out).(nothing); empty {
		r.Empty(status)
		return nil
	}
	return r.JSON(status, out)
}

// route makes a row servable.
func (s *Server) route(o operation) edge.Route {
	route := edge.Route{Method: o.method, Path: o.path, MaxBody: o.body, Quiet: o.quiet}
	if o.body > edge.BodyPlain {
		route.Trusts = func(token core.Secret) bool {
			_, err := s.identity.Authenticate(context.Background(), token)
			return err == nil
		}
	}
	route.Handle = func(c *edge.Call) error {
		r := &request{Call: c}
		if err := s.authenticate(r, o.access); err != nil {
			return err
		}
		if o.idempotent {
			var err error
			if r.idempotency, err = c.Idempotency(scope(r.actor)); err != nil {
				return err
			}
		}
		return o.run(r)
	}
	return route
}

// authenticate lets a request in. A token that is presented must be good, even
// where none is needed.
func (s *Server) authenticate(r *request, needs access) error {
	if needs == anyone {
		return nil
	}
	token, given, err := r.Bearer()
	switch {
	case err != nil:
		return err
	case !given && needs == ifPresent:
		return nil
	case !given:
		return core.E(core.Unauthenticated, "This call needs an access token: Authorization: Bearer, a space, and the token.").
			Because(edge.ReasonNoToken)
	}
	actor, err := s.identity.Authenticate(r.Context(), token)
	if err != nil {
		return err
	}
	r.ForTenant(actor.TenantID)
	r.actor = &actor
	return nil
}

// scope keeps the idempotency keys of one caller from meeting another's.
func scope(actor *core.Actor) string {
	if actor == nil {
		return "anonymous"
	}
	return actor.UserID.String()
}

// unsafe tells whether a call may change something.
func (o operation) unsafe() bool { return o.method != http.MethodGet }

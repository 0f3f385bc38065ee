package edge

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Problem is the body of every answer that is an error (RFC 9457).
type Problem struct {
	Type    string            `json:"type" doc:"The path of a page that explains the code." example:"/problems/validation_failed"`
	Title   string            `json:"title" doc:"The same for every problem of one code."`
	Status  int               `json:"status" doc:"The status of the answer."`
	Detail  string            `json:"detail,omitzero" doc:"One sentence for a person about this case."`
	Code    core.Code         `json:"code" doc:"Stable and for programs: decide by this."`
	TraceID string            `json:"trace_id,omitzero" doc:"Tell it to the operator, who finds what happened by it."`
	Errors  []core.FieldError `json:"errors,omitzero" doc:"What is wrong with which field."`
}

// MIMEProblem is the media type of a [Problem].
const MIMEProblem = "application/problem+json"

// fail answers with an error. It is the only place that writes one, and the only
// place that logs one: a failure of ours with its cause here, a refusal with its
// reason on the line of the request.
func (c *Call) fail(err error) {
	if c.route == nil {
		c.enter(c.edge.unmatched, nil)
	}
	e, status := publicError(err)
	c.refusal = e
	if status >= 500 && e.Code != core.SignupClosed { // which is the operator's own wish
		c.edge.log.LogAttrs(c.ctx, slog.LevelError, "request failed",
			slog.String("route", c.route.Path), slog.String("code", string(e.Code)),
			slog.String("reason", core.ReasonOf(e)), slog.String("error", err.Error()))
	}
	c.write(e, status)
}

func (c *Call) write(e *core.Error, status int) {
	kind := KindOf(e.Code)
	problem := Problem{
		Type: "/problems/" + string(kind.Code), Title: kind.Title, Status: status,
		Detail: e.Say, Code: kind.Code, TraceID: signal.TraceID(c.ctx), Errors: e.Fields,
	}
	body, err := json.Marshal(problem)
	if err != nil { // a plugin's words that are not UTF-8: say the rest
		problem.Detail, problem.Errors = "", nil
		body, _ = json.Marshal(problem)
	}
	c.Bytes(status, MIMEProblem, body)
	c.SetHeader("Cache-Control", "no-store")
	if status == 401 {
		c.SetHeader("WWW-Authenticate", challenge(e))
	}
	if e.RetryAfter > 0 {
		c.SetHeader("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
}

// challenge is RFC 6750's: no error is named when no token was given.
func challenge(e *core.Error) string {
	if e.Code == core.Unauthenticated && e.Reason != ReasonNoToken {
		return `Bearer realm="usher", error="invalid_token"`
	}
	return `Bearer realm="usher"`
}

// ReasonNoToken is the reason of an [core.Unauthenticated] when no token was given.
const ReasonNoToken = "no_token"

// publicError gives what may be said of an error, and the status. The words of an
// error that is not ours never leave the process.
func publicError(err error) (*core.Error, int) {
	if f, ok := errors.AsType[readFailure](err); ok {
		return f.says, f.status
	}
	e, ok := errors.AsType[*core.Error](err)
	switch {
	case ok && KindOf(e.Code).Code == e.Code:
	case !ok && errors.Is(err, context.DeadlineExceeded):
		e = core.E(core.Unavailable, "It took too long. Try again.").Because("deadline_exceeded")
	default:
		e = core.E(core.Internal, "Something broke here. The operator has been told.").Because("internal")
	}
	return withRetry(e), KindOf(e.Code).Status
}

// withRetry fills in when to try again where the contract promises it.
func withRetry(e *core.Error) *core.Error {
	switch e.Code {
	case core.RateLimited, core.Unavailable, core.SignupClosed, core.IdempotencyInFlight:
		if e.RetryAfter == 0 {
			copied := *e
			copied.RetryAfter = time.Second
			return &copied
		}
	}
	return e
}

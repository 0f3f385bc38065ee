package edge

import (
	"bytes"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/core"
)

// longRead is the time that a long body may take to arrive.
const longRead = 30 * time.Second

// patience says how much is read of a body, and for how long, once the header is there. Only
// who is trusted may send more than [BodyPlain]; nobody else has it kept in memory.
func (e *Edge) patience(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if r := e.longRoute(header); r != nil && r.trusts(header) {
		return fasthttp.RequestConfig{MaxRequestBodySize: r.MaxBody, ReadTimeout: max(longRead, e.config.ReadTimeout)}
	}
	return fasthttp.RequestConfig{}
}

func (e *Edge) longRoute(header *fasthttp.RequestHeader) *Route {
	path, _, _ := bytes.Cut(header.RequestURI(), []byte{'?'})
	at := string(header.Method()) + " " + string(path)
	if r, ok := e.long[at]; ok {
		return r
	}
	for template, r := range e.long {
		if fits(template, at) {
			return r
		}
	}
	return nil
}

// fits tells whether a path is one of a template, whose parameters stand in braces.
func fits(template, path string) bool {
	for {
		want, wanted, more := strings.Cut(template, "/")
		got, given, goesOn := strings.Cut(path, "/")
		if more != goesOn || (want != got && (!strings.HasPrefix(want, "{") || got == "")) {
			return false
		}
		if !more {
			return true
		}
		template, path = wanted, given
	}
}

func (r *Route) trusts(header *fasthttp.RequestHeader) bool {
	token, given, err := bearer(header.Peek(fiber.HeaderAuthorization))
	return err == nil && given && r.Trusts(token)
}

// tooLong says how much would have been read.
func (e *Edge) tooLong(header *fasthttp.RequestHeader) error {
	r := e.longRoute(header)
	switch {
	case r == nil:
		return tooLarge(BodyPlain)
	case !r.trusts(header):
		return core.E(core.Unauthenticated, "This call takes a long body only with the token that it needs.").Because("long_body_without_token")
	}
	return tooLarge(r.MaxBody)
}

package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/core"
)

// readFailure is a request that could not be read, with the status that HTTP has
// for that, where it is more exact than the code's own.
type readFailure struct {
	says   *core.Error
	status int
}

func (f readFailure) Error() string { return f.says.Error() }
func (f readFailure) Unwrap() error { return f.says }

// readError says what fasthttp could not read. Its own words quote the request,
// which may hold a token, so that only their kind is kept.
func readError(err error) error {
	_, header := errors.AsType[*fasthttp.ErrSmallBuffer](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case header:
		return readFailure{core.E(core.MalformedRequest,
			fmt.Sprintf("The request line and the headers are longer than %d KiB together.", maxHeader>>10)).Because("header_too_large"), 431}
	case isNetwork && network.Timeout():
		return readFailure{core.E(core.MalformedRequest, "The request did not arrive in time.").Because("read_timeout"), 408}
	case errors.Is(err, io.ErrUnexpectedEOF), isNetwork:
		return core.E(core.MalformedRequest, "The request ended too early.").Because("connection_lost")
	}
	return core.E(core.MalformedRequest, "This is not a valid HTTP request.").Because("malformed_http")
}

// NoRoute is what is said of an address that no route has.
const NoRoute = "There is nothing at this address."

// routeError turns Fiber's own errors into ours. What a handler returned is left
// as it is.
func routeError(err error) error {
	f, ok := errors.AsType[*fiber.Error](err)
	if !ok {
		return err
	}
	switch f.Code {
	case fiber.StatusNotFound:
		return core.E(core.NotFound, NoRoute).Because("no_route")
	case fiber.StatusMethodNotAllowed:
		return core.E(core.MethodNotAllowed, "This address knows other methods only; see the Allow header.").Because("method_not_allowed")
	}
	return err
}

// wellFormed refuses what fasthttp lets pass, in its own way, but another server
// in front of it may read in another. The connection ends with it.
func wellFormed(http *fasthttp.RequestCtx) error {
	err := ambiguous(&http.Request.Header)
	if err != nil {
		http.SetConnectionClose()
	}
	return err
}

func ambiguous(header *fasthttp.RequestHeader) error {
	switch {
	case !slices.Contains(fiber.DefaultMethods, string(header.Method())):
		return core.E(core.MalformedRequest, "HTTP has no such method.").Because("unknown_method")
	case !header.IsHTTP11() && string(header.Protocol()) != "HTTP/1.0":
		return core.E(core.MalformedRequest, "Speak HTTP/1.1 here.").Because("http_version")
	case header.ContentLength() == chunked && hasLength(header.RawHeaders()):
		return core.E(core.MalformedRequest, "A request has a Content-Length or a Transfer-Encoding, never both.").Because("ambiguous_length")
	}
	return nil
}

// chunked is what fasthttp gives as the length of a chunked body.
const chunked = -1

func hasLength(raw []byte) bool {
	for line := range bytes.Lines(raw) {
		name, _, _ := bytes.Cut(line, []byte{':'})
		if bytes.EqualFold(name, []byte(fiber.HeaderContentLength)) {
			return true
		}
	}
	return false
}

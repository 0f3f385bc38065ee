package edge

import (
	"net/http"

	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// HTTP makes a handler of one for net/http, which writes its own errors.
func HTTP(h http.Handler) func(*Call) error {
	serve := fasthttpadaptor.NewFastHTTPHandler(h)
	return func(c *Call) error {
		serve(c.http)
		return nil
	}
}

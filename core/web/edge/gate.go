package edge

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/usher-id/usher/core"
)

// gate refuses what no handler should see.
func (c *Call) gate() error {
	if err := c.sameSite(); err != nil {
		return err
	}
	body := c.http.Request.Body()
	if c.route.MaxBody == BodyNone {
		return noBody(body)
	}
	// The body is never decompressed: a small one could become a very large one.
	if len(c.http.Request.Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return core.E(core.UnsupportedMedia, "Send the body as it is, without a Content-Encoding.").Because("content_encoding")
	}
	if len(body) > c.route.MaxBody {
		return tooLarge(c.route.MaxBody)
	}
	return nil
}

// sameSite refuses a change of state that a browser made for another site, unless
// that site's origin is allowed. Only browsers send the header; the content type
// that a body must have keeps older ones from posting across sites.
func (c *Call) sameSite() error {
	if c.route.Method == fiber.MethodGet || c.route.Method == fiber.MethodHead {
		return nil
	}
	if string(c.http.Request.Header.Peek("Sec-Fetch-Site")) != "cross-site" {
		return nil
	}
	if slices.Contains(c.edge.config.AllowedOrigins, c.Header(fiber.HeaderOrigin)) {
		return nil
	}
	return core.E(core.Forbidden, "This call cannot be made from another site.").Because("cross_site")
}

func noBody(body []byte) error {
	if len(body) == 0 || string(bytes.TrimSpace(body)) == "{}" {
		return nil
	}
	return core.E(core.MalformedRequest, "This call takes no body. Send none.").Because("unexpected_body")
}

func tooLarge(most int) *core.Error {
	return core.E(core.PayloadTooLarge, fmt.Sprintf("The body is longer than this call takes: %d KiB at most.", most>>10)).
		Because("payload_too_large")
}

package edge

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
)

// JSON answers with a value. Its strings and secrets are written as they are, so
// a value has no [core.Secret] in it but what the caller is meant to get.
func (c *Call) JSON(status int, value any) error {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	c.Bytes(status, fiber.MIMEApplicationJSONCharsetUTF8, body)
	return nil
}

// Bytes answers with a body as it is; the caller no longer changes it.
func (c *Call) Bytes(status int, contentType string, body []byte) {
	c.http.Response.SetStatusCode(status)
	c.http.Response.Header.SetContentType(contentType)
	c.http.Response.SetBodyRaw(body)
}

// Empty answers without a body.
func (c *Call) Empty(status int) { c.http.Response.SetStatusCode(status) }

// SetHeader sets a header of the answer, in place of one that is there.
func (c *Call) SetHeader(name, value string) { c.http.Response.Header.Set(name, value) }

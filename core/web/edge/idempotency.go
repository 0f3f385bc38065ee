package edge

import (
	"crypto/sha256"

	"github.com/usher-id/usher/core"
)

// longestKey is how many characters an Idempotency-Key may have.
const longestKey = 255

// Idempotency reads the Idempotency-Key of a call for the scope of one caller.
// The hash covers the address besides the body: the same body posted to another
// tenant is another request.
func (c *Call) Idempotency(scope string) (core.Idempotency, error) {
	keys := c.http.Request.Header.PeekAll("Idempotency-Key")
	if len(keys) == 0 {
		return core.Idempotency{}, nil
	}
	key := string(keys[0])
	if len(keys) > 1 || key == "" || len(key) > longestKey || !printable(key) {
		return core.Idempotency{}, malformedField("Idempotency-Key", "not_a_key",
			"The Idempotency-Key must be given once and have 1 to 255 printing ASCII characters.")
	}
	h := sha256.New()
	h.Write(c.http.Method())
	h.Write([]byte{'\n'})
	h.Write(c.http.URI().PathOriginal())
	if query := c.http.URI().QueryString(); len(query) > 0 {
		h.Write([]byte{'?'})
		h.Write(query)
	}
	h.Write([]byte{'\n'})
	h.Write(c.http.Request.Body())
	result := core.Idempotency{Scope: scope, Route: c.route.spanName, Key: key}
	h.Sum(result.Hash[:0])
	return result, nil
}

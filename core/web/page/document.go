package page

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
)

// Header is one response header.
type Header struct{ Name, Value string }

// Document is an HTML page with every header that its answer must carry.
type Document struct {
	Body    []byte
	Headers []Header
}

// The policies allow what the build in dist uses and nothing else. There is no
// nonce and no hash because nothing is inline.
const (
	scriptedPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"

	// The document is the same for every link, so its policy cannot name the host of one tenant's logo: it lets images,
	// and nothing but images, come from any https address. What an image could carry out of the page is nothing:
	// scripts are ours alone, the token is in no address by the time the page asks for the logo, and no
	// referrer goes with it. Fetching logos for the reader instead would make the host ask whatever a
	// tenant names.
	activationPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; " +
		"form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"

	// As the sink's, with the logos of letters.
	lettersPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; connect-src 'self'; " +
		"frame-src 'self'; form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

	// The frame that shows a mail inherits the policy of the sink's page: mails
	// have inline styles and inline images, so these are let in. Scripts are not,
	// and the frame is sandboxed besides.
	sinkPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
		"frame-src 'self'; form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

	problemPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; " +
		"form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)

func readDocument(dist fs.FS, name, policy string) (Document, error) {
	body, err := fs.ReadFile(dist, name)
	if err != nil {
		return Document{}, fmt.Errorf("page: read the embedded build: %w", err)
	}
	return newDocument(body, policy, "no-store"), nil
}

func newDocument(body []byte, policy, cache string) Document {
	return Document{Body: body, Headers: []Header{
		{"Content-Type", "text/html; charset=utf-8"},
		{"ETag", etag(body)},
		{"Cache-Control", cache},
		{"Content-Security-Policy", policy},
		{"Referrer-Policy", "no-referrer"},
		{"X-Content-Type-Options", "nosniff"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Robots-Tag", "noindex, nofollow"},
	}}
}

// etag gives a weak entity tag, quotes included: it stands for the body in any encoding.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

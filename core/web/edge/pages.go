package edge

import (
	"strings"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/page"
)

// Document answers with a page and the headers that belong to it.
func (c *Call) Document(d page.Document) {
	c.Bytes(200, "", d.Body)
	c.setAll(d.Headers)
}

// Asset answers with what a page refers to by a path under /assets/, compressed
// when the client takes that, and not at all when the client has it.
func (c *Call) Asset(pages *page.Page, file string) error {
	asset, ok := pages.Asset("/assets/" + file)
	if !ok {
		return core.E(core.NotFound, "There is nothing at this address.").Because("no_asset")
	}
	body := asset.Body
	if asset.Gzip != nil && c.http.Request.Header.HasAcceptEncoding("gzip") {
		body = asset.Gzip
		c.SetHeader("Content-Encoding", "gzip")
	}
	c.Bytes(200, "", body)
	c.setAll(asset.Headers)
	if strings.Contains(c.Header("If-None-Match"), asset.ETag) {
		c.http.Response.ResetBody()
		c.Empty(304)
	}
	return nil
}

// Explain answers with the page behind the type of a problem.
func (c *Call) Explain(pages *page.Page, code core.Code) error {
	kind := KindOf(code)
	if kind.Code != code {
		return core.E(core.NotFound, "There is no problem of that name.").Because("no_such_code")
	}
	document, err := pages.Problem(string(kind.Code), kind.Title, kind.Advice)
	if err != nil {
		return err
	}
	c.Document(document)
	return nil
}

func (c *Call) setAll(headers []page.Header) {
	for _, h := range headers {
		c.SetHeader(h.Name, h.Value)
	}
}

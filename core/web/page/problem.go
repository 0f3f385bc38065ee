package page

import (
	"bytes"
	"fmt"
)

// Problem renders the readable page behind a problem type: GET /problems/{code}.
// The texts are escaped; the caller decides which codes there are.
func (p *Page) Problem(code, title, explanation string) (Document, error) {
	var body bytes.Buffer
	words := struct{ Code, Title, Explanation string }{code, title, explanation}
	if err := p.problem.Execute(&body, words); err != nil {
		return Document{}, fmt.Errorf("page: render the problem page: %w", err)
	}
	return newDocument(body.Bytes(), problemPolicy, "no-cache"), nil
}

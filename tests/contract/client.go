package contract

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Client returns a client like base that reports every exchange that the document
// does not allow as an error of the test. It follows no redirects.
func (d *Document) Client(t testing.TB, base http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     &transport{t: t, document: d, base: base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type transport struct {
	t        testing.TB
	document *Document
	base     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	var sent []byte
	if request.Body != nil {
		var err error
		if sent, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request = request.Clone(request.Context())
		request.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(got))
	x := Exchange{
		Method: request.Method, Path: request.URL.RequestURI(), RequestHeader: request.Header, RequestBody: sent,
		Status: response.StatusCode, ResponseHeader: response.Header, ResponseBody: got,
	}
	if err := t.document.Check(x); err != nil {
		// The path may have a token in it: the error names the schema's place.
		t.t.Errorf("%s answered %d against the contract: %v", request.Method, response.StatusCode, err)
	}
	return response, nil
}

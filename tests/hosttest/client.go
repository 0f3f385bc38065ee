package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/contract"
)

// Object is a JSON object to send.
type Object map[string]any

// Client calls a host. It is safe for concurrent use and follows no redirects.
type Client struct {
	t       testing.TB
	host    *Host
	base    string
	http    *http.Client
	headers []string
}

// Client calls the public listener; whatever the OpenAPI document does not allow in an
// answer fails the test.
func (h *Host) Client(t testing.TB) *Client {
	t.Helper()
	document, err := h.document()
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return &Client{t: t, host: h, base: h.URL, http: document.Client(t, transport(t))}
}

// Operators calls the operators' listener with their token.
func (h *Host) Operators(t testing.TB) *Client {
	t.Helper()
	c := &Client{t: t, host: h, base: h.Operator, http: &http.Client{Transport: transport(t)}}
	return c.With("Authorization: Bearer " + h.OperatorToken(t))
}

// transport has connections of its own, so that no test meets another's.
func transport(t testing.TB) *http.Transport {
	own := http.DefaultTransport.(*http.Transport).Clone()
	own.MaxIdleConnsPerHost = 64
	t.Cleanup(own.CloseIdleConnections)
	return own
}

func (h *Host) readDocument() (*contract.Document, error) {
	answer, err := http.Get(h.URL + "/openapi.json") //nolint:noctx // a test's own host
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return contract.Load(text)
}

// Answered are the calls through clients that did not end with an error, with their
// paths, such as "GET /livez".
func (h *Host) Answered() (calls []string) {
	h.answered.Range(func(call, _ any) bool {
		calls = append(calls, call.(string))
		return true
	})
	return calls
}

// Document is the host's OpenAPI document.
func (h *Host) Document(t testing.TB) *contract.Document {
	t.Helper()
	document, err := h.document()
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	return document
}

// With is the same client that sends these headers too, written "Name: value".
func (c *Client) With(headers ...string) *Client {
	other := *c
	other.headers = append(append([]string(nil), c.headers...), headers...)
	return &other
}

// As is the same client with an access token.
func (c *Client) As(accessToken string) *Client {
	return c.With("Authorization: Bearer " + accessToken)
}

// Get asks for a path.
func (c *Client) Get(path string) Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil)
}

// Post sends a body as JSON; nil sends none, and a string is sent as it is.
func (c *Client) Post(path string, body any) Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body)
}

// Delete asks for a path to be gone.
func (c *Client) Delete(path string) Answer {
	c.t.Helper()
	return c.Do(http.MethodDelete, path, nil)
}

// Do makes one request. That there is no answer ends the test.
func (c *Client) Do(method, path string, body any) Answer {
	c.t.Helper()
	answer, err := c.Try(c.t.Context(), method, path, body)
	if err != nil {
		c.t.Fatalf("hosttest: %s: %v", method, err)
	}
	return answer
}

// Try makes one request; the error says that there was no answer.
func (c *Client) Try(ctx context.Context, method, path string, body any) (Answer, error) {
	var sent io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		sent = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return Answer{}, err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range c.headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode < http.StatusBadRequest {
		c.host.answered.Store(method+" "+request.URL.Path, true)
	}
	return Answer{t: c.t, Status: response.StatusCode, Header: response.Header, Body: text}, err
}

// Answer is what the host answered.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Want ends the test unless the status is this one.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("the answer is %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Problem ends the test unless the answer is a problem of this status and code.
func (a Answer) Problem(status int, code string) Answer {
	a.t.Helper()
	a.Want(status)
	if got := a.Text("code"); got != code || a.Header.Get("Content-Type") != "application/problem+json" {
		a.t.Fatalf("the problem is %s (%s), want %s: %s", got, a.Header.Get("Content-Type"), code, a.Body)
	}
	return a
}

// At is the value below names and indexes of the body; nil when there is none.
func (a Answer) At(path ...any) any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal(a.Body, &value); err != nil {
		a.t.Fatalf("the answer is not JSON: %v: %s", err, a.Body)
	}
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[s]
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil
			}
			value = list[s]
		}
	}
	return value
}

// Text is [Answer.At] as text; "" when there is nothing.
func (a Answer) Text(path ...any) string {
	a.t.Helper()
	value := a.At(path...)
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// Into reads the body.
func (a Answer) Into(value any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, value); err != nil {
		a.t.Fatalf("the answer is not what was expected: %v: %s", err, a.Body)
	}
}

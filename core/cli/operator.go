package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/operator"
)

// operatorTimeout bounds one call of the operator API, a module's way there included.
const operatorTimeout = time.Minute

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// host is a running host, as an operator asks it over its API.
type host struct {
	url       string // of the operators' listener, without a slash at its end
	found     string // how it was found, for when nobody answers
	token     core.Secret
	tokenFile string
	as        string // who asks

	raw io.Writer // gets each answer as it came; nil for what the commands make of it
	out io.Writer
}

// get asks for what is at a path, which begins with /admin/v1/.
func (h *host) get(ctx context.Context, path string, into any) error {
	return h.call(ctx, http.MethodGet, path, nil, into)
}

// post sends a body as JSON, or none when it is nil; into may be nil too.
func (h *host) post(ctx context.Context, path string, body, into any) error {
	return h.call(ctx, http.MethodPost, path, body, into)
}

// send posts a body that is not JSON.
func (h *host) send(ctx context.Context, path, contentType string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, operatorTimeout)
	defer cancel()
	request, err := h.request(ctx, http.MethodPost, path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return h.ask(request, into)
}

func (h *host) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, operatorTimeout)
	defer cancel()
	request, err := h.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	return h.ask(request, into)
}

func (h *host) ask(request *http.Request, into any) error {
	response, err := direct().Do(request)
	if err != nil {
		return h.unreachable(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return h.unreachable(err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return h.refusal(response.StatusCode, text)
	}
	if h.raw != nil && len(text) > 0 {
		if _, err := fmt.Fprintf(h.raw, "%s\n", bytes.TrimSpace(text)); err != nil {
			return err
		}
	}
	if into == nil || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("the host at %s answers what this program does not understand; use the same version of both: %w", h.url, err)
	}
	return nil
}

func (h *host) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, h.url+path, content)
	if err != nil {
		return nil, fmt.Errorf("--operator: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	request.Header.Set(operator.NameHeader, h.as)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// direct goes to the host and nowhere else: the token must not pass a proxy that the
// environment names, or follow a redirect.
func direct() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// unreachable says that no host answers, and what to do.
func (h *host) unreachable(err error) error {
	if _, network := errors.AsType[*net.OpError](err); network {
		return fmt.Errorf("no host answers at %s (%s): %w; start one with usher dev or usher serve, or name another with --operator HOST:PORT",
			h.url, h.found, unwrapURL(err))
	}
	return fmt.Errorf("the host at %s: %w", h.url, unwrapURL(err))
}

// unwrapURL leaves out of an error what stands beside it anyway.
func unwrapURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// refusal is an answer that is an error, in the host's words.
func (h *host) refusal(status int, text []byte) error {
	var p edge.Problem
	if err := json.Unmarshal(text, &p); err != nil || p.Code == "" {
		return fmt.Errorf("%s answers with status %d; is it the operators' listener of a host?", h.url, status)
	}
	switch {
	case p.Code == core.Unauthenticated:
		return fmt.Errorf("the token in %s is not that of the host at %s; name the right file with --token-file", h.tokenFile, h.url)
	case p.Code == core.NotFound && p.Detail == edge.NoRoute:
		return fmt.Errorf("the host at %s does not know this call; use the same version of both", h.url)
	}
	lines := []string{p.Detail}
	if p.Detail == "" {
		lines[0] = p.Title
	}
	for _, f := range p.Errors {
		if f.Message != p.Detail {
			lines = append(lines, fmt.Sprintf("  %s: %s", f.Field, f.Message))
		}
	}
	if status >= http.StatusInternalServerError && p.TraceID != "" {
		lines = append(lines, "  the host's log has more, with the trace_id "+p.TraceID)
	}
	return errors.New(strings.Join(lines, "\n"))
}

package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/usher-id/usher/hostapi/egress"
)

const (
	contentType = "application/cloudevents+json; charset=utf-8"
	userAgent   = "Usher-Webhooks/1"

	// readMost is how much of an answer is read, so that the connection can be used again.
	readMost = 64 << 10
)

// Why an attempt failed, as the log of deliveries says it.
const (
	failStatus   = "status"          // an answer that is not 2xx
	failGone     = "gone"            // 410: the endpoint wants nothing more
	failRedirect = "redirect"        // 3xx, which is not followed
	failTimeout  = "timeout"         // no answer in time
	failName     = "no_such_name"    // the name has no address
	failAddress  = "address_refused" // the name leads to an address that may not be reached
	failTLS      = "tls"             // the certificate or the TLS is not good
	failConnect  = "no_connection"
	failBroken   = "broken" // the exchange ended before its end
	failURL      = "url_refused"
	failSecret   = "secret_unreadable"
	failDisabled = "disabled"
)

// answer is what came of one attempt.
type answer struct {
	status int
	took   time.Duration
	why    string        // empty when the event was taken
	wish   time.Duration // Retry-After
}

// post sends a body once.
func (s *Service) post(ctx context.Context, e *endpoint, id string, body []byte) (a answer) {
	began := s.Clock.Now()
	defer func() { a.took = s.Clock.Now().Sub(began) }()
	if err := s.config.checkURL(e.URL); err != nil { // the settings may have changed since
		return answer{why: failURL}
	}
	secrets := e.secrets(began)
	if len(secrets) == 0 {
		return answer{why: failSecret}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return answer{why: failURL}
	}
	for name, value := range sign(secrets, id, began, body) {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("User-Agent", userAgent)
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		return answer{why: whyLost(err)}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, readMost))
	return judge(response, began)
}

func judge(r *http.Response, now time.Time) answer {
	a := answer{status: r.StatusCode}
	switch {
	case r.StatusCode >= 200 && r.StatusCode < 300:
	case r.StatusCode == http.StatusGone:
		a.why = failGone
	case r.StatusCode >= 300 && r.StatusCode < 400:
		a.why = failRedirect
	default:
		a.why, a.wish = failStatus, retryAfter(r.Header.Get("Retry-After"), now)
	}
	return a
}

// whyLost names an error in words of ours: those of the libraries hold addresses.
func whyLost(err error) string {
	if errors.Is(err, egress.ErrAddress) {
		return failAddress
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return failTimeout
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return failName
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	if certificate || record || alert {
		return failTLS
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return failConnect
	}
	return failBroken
}

// notTaken is an attempt that failed.
type notTaken struct {
	answer answer
	wait   time.Duration
	dead   bool
}

func (n notTaken) Error() string {
	if n.answer.status != 0 {
		return fmt.Sprintf("the endpoint answered %d", n.answer.status)
	}
	return "the endpoint was not reached: " + n.answer.why
}

// RetryAfter is when the event is sent again.
func (n notTaken) RetryAfter() time.Duration { return n.wait }

// GivesUp tells that it is not.
func (n notTaken) GivesUp() bool { return n.dead }

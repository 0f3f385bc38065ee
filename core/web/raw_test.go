package web_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core/web"
	"github.com/usher-id/usher/core/web/edge"
)

// raw sends bytes as they are and reads the first answer.
func (h *host) raw(text string) answer {
	h.t.Helper()
	connection := h.dial()
	_, err := io.WriteString(connection, text)
	must(h.t, err)
	a, _ := h.read(bufio.NewReader(connection))
	return a
}

func (h *host) dial() net.Conn {
	h.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	must(h.t, err)
	h.t.Cleanup(func() { _ = connection.Close() })
	must(h.t, connection.SetDeadline(time.Now().Add(10*time.Second)))
	return connection
}

// read reads an answer and tells whether the connection is closed after it.
func (h *host) read(r *bufio.Reader) (answer, bool) {
	h.t.Helper()
	response, err := http.ReadResponse(r, nil)
	must(h.t, err)
	body, err := io.ReadAll(response.Body)
	must(h.t, err)
	a := answer{status: response.StatusCode, header: response.Header, body: body}
	if response.Header.Get("Content-Type") == edge.MIMEProblem {
		must(h.t, json.Unmarshal(body, &a.problem))
		must(h.t, h.document.CheckProblem(body))
	}
	if !response.Close {
		return a, false
	}
	_, err = r.ReadByte()
	return a, err != nil
}

// TestAmbiguousRequestsAreRefused is about what two servers in a row could read
// differently. Each is refused or read the one safe way, and the connection ends.
func TestAmbiguousRequestsAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t)
	const post = "POST /v1/signups HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	const hidden = "GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n"
	rows := []struct {
		name, text string
		status     int
	}{
		{"both lengths", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
		{"both lengths, other order", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + hidden, 400},
		{"two lengths", post + "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + hidden, 400},
		{"two equal lengths", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + hidden, 400},
		{"a signed length", post + "Content-Length: +2\r\n\r\n{}", 400},
		{"a list of lengths", post + "Content-Length: 2, 2\r\n\r\n{}", 400},
		{"a huge length", post + "Content-Length: 99999999999999999999\r\n\r\n{}", 400},
		{"two transfer encodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
		{"an unknown transfer encoding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
		{"gzip before chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
		{"chunked in HTTP/1.0", strings.Replace(post, "1.1", "1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"a space before the colon", post + "Content-Length : 2\r\n\r\n{}", 400},
		{"a folded header", post + "X-Long: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", 422},
		{"two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		{"no host", "GET /livez HTTP/1.1\r\n\r\n", 400},
		{"a bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400},
		{"a bare line feed in a chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n2;\nx\r\n{}\r\n0\r\n\r\n", 400},
		{"no request line", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"an unknown method", "BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"an unknown version", "GET /livez HTTP/3.0\r\nHost: x\r\n\r\n", 400},
		{"a control character in the path", "GET /li\x00vez HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"headers too long", "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("a", 9000) + "\r\n\r\n", 431},
		{"a body too long", post + "Content-Length: 65537\r\n\r\n" + strings.Repeat("a", 65537), 413},
		{"a chunked body too long", post + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + strings.Repeat("a", 65537) + "\r\n0\r\n\r\n", 413},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			connection := h.dial()
			_, err := io.WriteString(connection, row.text)
			must(t, err)
			got, closed := h.read(bufio.NewReader(connection))
			equal(t, "status", got.status, row.status)
			if row.status != 422 && !closed {
				t.Error("the connection is still open")
			}
			equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), "nosniff")
		})
	}
}

// TestABodyOfAGetIsConsumed: what is left of it would be read as the next request.
func TestABodyOfAGetIsConsumed(t *testing.T) {
	t.Parallel()
	h := start(t)
	const hidden = "DELETE /v1/sessions/current HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n"
	connection := h.dial()
	_, err := io.WriteString(connection, "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: "+strconv.Itoa(len(hidden))+"\r\n\r\n"+hidden+"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	must(t, err)
	r := bufio.NewReader(connection)
	first, _ := h.read(r)
	equal(t, "status", first.status, 400)
	second, _ := h.read(r)
	equal(t, "status of the second", second.status, 200)
	equal(t, "calls of use cases", h.use.calls.Load(), 0)
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	h := start(t)
	connection := h.dial()
	_, err := io.WriteString(connection, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
	must(t, err)
	r := bufio.NewReader(connection)
	first, _ := h.read(r)
	second, _ := h.read(r)
	equal(t, "first", first.status, 200)
	equal(t, "second", second.status, 404)
}

func TestASlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	h := start(t, func(_ *web.Deps, c *web.Config) { c.ReadTimeout = 100 * time.Millisecond })
	for name, text := range map[string]string{
		"silent":      "",
		"in a header": "POST /v1/signups HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"in the body": "POST /v1/signups HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
	} {
		connection := h.dial()
		_, err := io.WriteString(connection, text)
		must(t, err)
		got, closed := h.read(bufio.NewReader(connection))
		equal(t, name, got.status, 408)
		equal(t, name+": closed", closed, true)
	}
	equal(t, "calls of use cases", h.use.calls.Load(), 0)
}

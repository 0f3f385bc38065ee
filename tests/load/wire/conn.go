package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
)

// conn is one connection of the host.
type conn struct {
	client, server net.Conn
	background     func(string) bool

	mu    sync.Mutex
	count Count
	named map[string]string // prepared statements by their name
	back  bool              // carried a statement of the background
	wrote bool              // in the transaction that is open
}

func (c *conn) close() {
	_ = c.client.Close()
	_ = c.server.Close()
}

// kind is 0 for requests, 1 for the background.
func (c *conn) kind() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.back {
		return 1
	}
	return 0
}

func (c *conn) take() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.count
	c.count = Count{}
	return taken
}

// requests passes on what the host sends. The first message has no type.
func (c *conn) requests() {
	from, to := bufio.NewReader(c.client), bufio.NewWriter(c.server)
	first := true
	for {
		if err := pass(from, to, first, c.request); err != nil {
			return
		}
		first = false
	}
}

// answers passes on what Postgres sends.
func (c *conn) answers() {
	from, to := bufio.NewReader(c.server), bufio.NewWriter(c.client)
	for {
		if err := pass(from, to, false, c.answer); err != nil {
			return
		}
	}
}

// pass moves one message and flushes when no other follows at once. It is counted
// before it goes on, so that whoever has an answer finds its round trip counted.
func pass(from *bufio.Reader, to *bufio.Writer, untyped bool, count func(kind byte, body []byte)) (err error) {
	var kind byte
	if !untyped {
		if kind, err = from.ReadByte(); err != nil {
			return err
		}
	}
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < 4 {
		return errBroken
	}
	body, err := readFull(from, n-4)
	if err != nil {
		return err
	}
	count(kind, body)
	if !untyped {
		_ = to.WriteByte(kind) // Flush has the error
	}
	_, _ = to.Write(length[:])
	_, _ = to.Write(body)
	if from.Buffered() == 0 {
		err = to.Flush()
	}
	return err
}

func (c *conn) request(kind byte, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch kind {
	case 'P': // name, statement
		name, rest, _ := bytes.Cut(body, []byte{0})
		statement, _, _ := bytes.Cut(rest, []byte{0})
		c.named[string(name)] = string(statement)
	case 'B': // portal, name
		_, rest, _ := bytes.Cut(body, []byte{0})
		name, _, _ := bytes.Cut(rest, []byte{0})
		c.executes(c.named[string(name)])
	case 'Q':
		statement, _, _ := bytes.Cut(body, []byte{0})
		c.executes(string(statement))
		c.count.RoundTrips++
	case 'S':
		c.count.RoundTrips++
	}
}

func (c *conn) executes(statement string) {
	c.back = c.back || c.background(statement)
	if statement == "" || strings.HasPrefix(statement, "--") && !strings.Contains(statement, "\n") {
		return // a ping
	}
	c.count.Statements++
	if c.count.Calls == nil {
		c.count.Calls = map[string]int{}
	}
	c.count.Calls[statement]++
	if strings.Contains(statement, "INSERT INTO") || strings.Contains(statement, "UPDATE ") || strings.Contains(statement, "DELETE FROM") {
		c.wrote = true
	}
}

func (c *conn) answer(kind byte, body []byte) {
	if kind == 'Z' && len(body) == 1 {
		c.ready(body[0])
	}
}

// ready is told after each round trip whether a transaction is open.
func (c *conn) ready(status byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if status != 'I' {
		return
	}
	if c.wrote {
		c.count.Commits++
	}
	c.wrote = false
}

package smtptest

import (
	"bytes"
	"net"
)

// wire lies between the server and its clients, under SMTP and above implicit TLS.
// It looks on, and keeps what must not be said from being said.
type wire struct {
	net.Listener
	server *Server
}

// Accept implements [net.Listener].
func (w wire) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wireConn{Conn: c, server: w.server}, nil
}

type wireConn struct {
	net.Conn
	server *Server
}

// Read counts the pieces in which commands come. One that the client wrote at once
// comes at once: the library reads more at a time than commands are long.
func (c *wireConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if bytes.HasPrefix(b[:n], []byte("MAIL FROM:")) && bytes.Contains(b[:n], []byte("\r\nDATA\r\n")) {
		c.server.change(func() { c.server.grouped++ })
	}
	return n, err
}

// Write drops the line with which the library announces PIPELINING, where it must not.
func (c *wireConn) Write(b []byte) (int, error) {
	if !c.server.options.OneByOne {
		return c.Conn.Write(b)
	}
	if _, err := c.Conn.Write(bytes.ReplaceAll(b, []byte("250-PIPELINING\r\n"), nil)); err != nil {
		return 0, err
	}
	return len(b), nil
}

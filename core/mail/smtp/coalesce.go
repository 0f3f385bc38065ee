package smtp

import "net"

// coalesced holds back what is written until something is to be read, so that a
// message's headers, parts and final dot leave in one piece instead of one for each. SMTP
// never waits for the other side without reading. It is for one goroutine, except Close.
type coalesced struct {
	net.Conn
	held []byte
}

// heldMost is when what is held is sent without waiting for a read, in bytes.
const heldMost = 64 << 10

// Write implements [net.Conn]. An error of the network shows at a later call.
func (c *coalesced) Write(b []byte) (int, error) {
	c.held = append(c.held, b...)
	if len(c.held) < heldMost {
		return len(b), nil
	}
	return len(b), c.flush()
}

// Read implements [net.Conn].
func (c *coalesced) Read(b []byte) (int, error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *coalesced) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}

package main

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
)

// connection is one of the operator's TCP connections, below TLS.
type connection struct {
	net.Conn
	id       int64
	owner    *connections
	isHushed atomic.Bool // half open: it stays, and nothing passes in either direction
}

func (c *connection) Read(into []byte) (int, error) {
	for {
		n, err := c.Conn.Read(into)
		if err != nil || !c.isHushed.Load() {
			return n, err
		}
	}
}

func (c *connection) Write(bytes []byte) (int, error) {
	if c.isHushed.Load() {
		return len(bytes), nil
	}
	return c.Conn.Write(bytes)
}

func (c *connection) Close() error {
	c.owner.forget(c)
	return c.Conn.Close()
}

// connections is the listener: it knows every connection that is open.
type connections struct {
	net.Listener
	address atomic.Pointer[string] // nil: any of this host
	mutex   sync.Mutex
	open    map[*connection]bool
	last    int64
}

func newConnections(listener net.Listener) *connections {
	return &connections{Listener: listener, open: map[*connection]bool{}}
}

func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if address := c.address.Load(); address != nil && conn.LocalAddr().(*net.TCPAddr).IP.String() != *address {
		_ = conn.Close()
		return c.Accept()
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.last++
	one := &connection{Conn: conn, id: c.last, owner: c}
	c.open[one] = true
	return one, nil
}

func (c *connections) forget(one *connection) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.open, one)
}

// each does something to every connection that is open.
func (c *connections) each(do func(*connection)) {
	c.mutex.Lock()
	var all []*connection
	for one := range c.open {
		all = append(all, one)
	}
	c.mutex.Unlock()
	for _, one := range all {
		do(one)
	}
}

type connectionKey struct{}

func withConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn.(*tls.Conn).NetConn())
}

func connectionOf(ctx context.Context) *connection {
	return ctx.Value(connectionKey{}).(*connection)
}

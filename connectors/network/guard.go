package network

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// GuardConfig is what a Guard works with.
type GuardConfig struct {
	// Grace is how long a driver may take to come back by itself, after its
	// context has ended and at the close of its pool. Defaults to 1 s.
	Grace time.Duration
}

func (c GuardConfig) withDefaults() GuardConfig {
	if c.Grace <= 0 {
		c.Grace = time.Second
	}
	return c
}

// Guard makes deadlines hold whatever a driver does: it makes the driver's
// connections, and closes them under the driver when a read is past its time. A
// driver that waits for a server or for a network that says nothing, and forgets
// its context over it, so gets an error to return with.
//
// One Guard serves one pool. Its DialContext is the DialFunc of pgx and of
// go-sql-driver/mysql, and a Guard is a Dialer of go-mssqldb. Its methods may be
// called at the same time.
type Guard struct {
	grace   time.Duration
	dialer  net.Dialer
	started atomic.Uint64 // the number of the latest read
	heard   atomic.Uint64 // the number of the latest read when the server last said something

	mu      sync.Mutex
	conns   map[*guarded]struct{}
	running map[uint64]context.Context // reads under way
	stalled bool                       // the last read to end was past its limit
	closed  bool
}

// NewGuard returns a guard without connections.
func NewGuard(c GuardConfig) *Guard {
	return &Guard{grace: c.withDefaults().Grace, conns: map[*guarded]struct{}{}, running: map[uint64]context.Context{}}
}

// readKey is under what a context holds the context of its read: a pool may dial
// under another one, which ends later or never.
type readKey struct{}

var (
	errLimit  = errors.New("the limit of a read has passed")
	errClosed = fmt.Errorf("the source is closed: %w", net.ErrClosed)
	// errSilent ends what a driver begins behind a read that was past its limit,
	// such as the polite cancel request of pgx, which waits 15 s for an answer.
	errSilent = errors.New("the server does not answer")
)

// Within runs one read. Its context ends after limit; a driver that has not come
// back a short grace later finds its connections closed. The connections that
// other reads have used since this one began are closed with it: they get an
// error, and are tried again.
//
// What failed for the limit is ErrUnreachable when the server has not said a word
// meanwhile, otherwise ErrTransient. Any other error is that of read, also when
// the caller's own context has ended.
func (g *Guard) Within(ctx context.Context, op string, limit time.Duration, read func(context.Context) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, limit, errLimit)
	defer cancel()
	n := g.begin(limited)
	returned, watched := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(limited, func() {
		defer close(watched)
		grace := time.NewTimer(g.grace)
		defer grace.Stop()
		select {
		case <-returned:
		case <-grace.C:
			g.closeUsedSince(n)
		}
	})
	err := read(context.WithValue(limited, readKey{}, limited))
	if due, ok := limited.Deadline(); err != nil && ok && time.Until(due) <= 0 {
		<-limited.Done() // package net has a timer of its own, which may be a little ahead
	}
	close(returned)
	if !stop() {
		<-watched
	}
	past := pastLimit(limited)
	g.end(n, past)
	if err == nil || !past {
		return err
	}
	return g.noAnswer(op, n, limit)
}

func pastLimit(read context.Context) bool { return errors.Is(context.Cause(read), errLimit) }

func (g *Guard) begin(read context.Context) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.started.Add(1)
	g.running[n], g.stalled = read, false
	return n
}

// end forgets a read. One that was past its limit leaves no connection it used:
// the server's answer may still come, and nobody waits for it.
func (g *Guard) end(n uint64, past bool) {
	g.mu.Lock()
	delete(g.running, n)
	g.stalled = past
	g.mu.Unlock()
	if past {
		g.closeUsedSince(n)
	}
}

func (g *Guard) noAnswer(op string, n uint64, limit time.Duration) error {
	if g.heard.Load() < n {
		return &connectors.Error{
			Kind: connectors.ErrUnreachable, Op: op, Err: fmt.Errorf("no word from it in %s", limit),
			Hint: "is it the right port, and does the server run well? a firewall or a VPN on the way may swallow what is sent",
		}
	}
	return &connectors.Error{
		Kind: connectors.ErrTransient, Op: op, Err: fmt.Errorf("no whole answer in %s", limit),
		Hint: "it is tried again; if it stays so: is the server or the network overloaded, and is there an index on the time of change?",
	}
}

// DialContext makes a connection that the guard can close. Dialling ends with the
// read that wants it.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	read, of := ctx.Value(readKey{}).(context.Context)
	if err := g.mayDial(of); err != nil {
		return nil, err
	}
	if of {
		with, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(read, cancel)() //nolint:contextcheck // the read ends before the context that a pool dials under
		ctx = with
	}
	conn, err := g.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return g.guard(conn)
}

func (g *Guard) mayDial(ofRead bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errClosed
	}
	if ofRead {
		return nil
	}
	for read := range maps.Values(g.running) {
		if pastLimit(read) {
			return errSilent
		}
	}
	if g.stalled {
		return errSilent
	}
	return nil
}

func (g *Guard) guard(conn net.Conn) (net.Conn, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, errors.Join(errClosed, conn.Close())
	}
	c := &guarded{Conn: conn, guard: g}
	c.used.Store(g.started.Load())
	g.conns[c] = struct{}{}
	return c, nil
}

// Close calls shut, which closes the driver's pool and may wait for connections
// that never end: after the grace they are closed under it. Then the guard makes
// no more, and closes what is left. Reads under way fail.
func (g *Guard) Close(shut func()) {
	done := make(chan struct{})
	timer := time.AfterFunc(g.grace, func() {
		defer close(done)
		g.refuse()
	})
	shut()
	if !timer.Stop() {
		<-done
	}
	g.refuse()
}

// refuse lets no new connection be made, and closes all.
func (g *Guard) refuse() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.closeUsedSince(0)
}

// closeUsedSince closes the connections on which something was read or written
// since the read of that number began. One that lay idle in its pool stays.
func (g *Guard) closeUsedSince(n uint64) {
	g.mu.Lock()
	var used []*guarded
	for c := range g.conns {
		if c.used.Load() >= n {
			used = append(used, c)
		}
	}
	g.mu.Unlock()
	for _, c := range used {
		_ = c.Close() // the driver gets an error from its own call
	}
}

// guarded is a connection that knows in the time of which read it was last used.
type guarded struct {
	net.Conn
	guard *Guard
	used  atomic.Uint64
}

// Read notes that the connection is used, and whether the server said something.
func (c *guarded) Read(b []byte) (int, error) {
	c.used.Store(c.guard.started.Load())
	n, err := c.Conn.Read(b)
	if n > 0 {
		now := c.guard.started.Load()
		c.used.Store(now)
		c.guard.heard.Store(now)
	}
	return n, err
}

// Write notes that the connection is used.
func (c *guarded) Write(b []byte) (int, error) {
	c.used.Store(c.guard.started.Load())
	return c.Conn.Write(b)
}

// SyscallConn lets a driver see whether an idle connection was closed, by the
// server or by the guard, before it uses it.
func (c *guarded) SyscallConn() (syscall.RawConn, error) {
	raw, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return raw.SyscallConn()
}

// Close may be called by the driver and by the guard.
func (c *guarded) Close() error {
	c.guard.mu.Lock()
	delete(c.guard.conns, c)
	c.guard.mu.Unlock()
	return c.Conn.Close()
}

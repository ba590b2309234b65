package network_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
	"github.com/loyalsync/loyalsync/connectors/network/networktest"
)

const (
	short = 50 * time.Millisecond // a limit that is meant to pass
	long  = time.Minute           // and one that is not
)

// echo is a server that says back each line.
func echo(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

// client is a driver that keeps one connection and never looks at its context,
// except to dial.
type client struct {
	guard   *network.Guard
	address string
	conn    net.Conn
}

func (c *client) ask(ctx context.Context) error {
	if c.conn == nil {
		conn, err := c.guard.DialContext(ctx, "tcp", c.address)
		if err != nil {
			return err
		}
		c.conn = conn
	}
	_, err := io.WriteString(c.conn, "hello\n")
	if err == nil {
		_, err = bufio.NewReader(c.conn).ReadString('\n')
	}
	if err != nil {
		c.conn = nil
	}
	return err
}

// stalling is a guarded client of an echo server behind a bad network.
func stalling(t *testing.T) (*client, *networktest.Proxy) {
	t.Helper()
	others := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, others) })
	p := networktest.NewProxy(t, echo(t))
	g := network.NewGuard(network.GuardConfig{Grace: short})
	t.Cleanup(func() { g.Close(func() {}) })
	return &client{guard: g, address: p.Address()}, p
}

func TestGuardEndsWhatADriverDoesNot(t *testing.T) {
	for name, tc := range map[string]struct {
		network networktest.Network
		kind    error
	}{
		"never answers":    {networktest.Network{Silent: true}, connectors.ErrUnreachable},
		"stops midway":     {networktest.Network{StopAfter: 3}, connectors.ErrTransient},
		"a byte at a time": {networktest.Network{Drip: time.Second}, connectors.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := stalling(t)
			if err := c.guard.Within(t.Context(), "greet", long, c.ask); err != nil {
				t.Fatal(err)
			}
			for range 2 { // over the connection that stands, and over a new one
				p.Become(tc.network)
				err := c.guard.Within(t.Context(), "greet", short, c.ask)
				var told *connectors.Error
				if !errors.Is(err, tc.kind) || !errors.As(err, &told) || told.Op != "greet" || told.Hint == "" {
					t.Fatalf("got %#v, want %v with a hint", err, tc.kind)
				}
			}
			p.Become(networktest.Network{})
			if err := c.guard.Within(t.Context(), "greet", long, c.ask); err != nil {
				t.Errorf("over a network that works again: %v", err)
			}
		})
	}
}

// The caller's own end is told by the caller's context, not as a fault of the server.
func TestGuardObeysTheCaller(t *testing.T) {
	c, p := stalling(t)
	p.Become(networktest.Network{Silent: true})
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	err := c.guard.Within(ctx, "greet", long, c.ask)
	if told := (*connectors.Error)(nil); err == nil || errors.As(err, &told) {
		t.Errorf("got %v, want the driver's error", err)
	}
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("the read ended before its time: %v", ctx.Err())
	}
}

// A read that is past its limit closes nothing that lay idle meanwhile.
func TestGuardLeavesIdleConnectionsAlone(t *testing.T) {
	c, p := stalling(t)
	idle := &client{guard: c.guard, address: c.address}
	if err := c.guard.Within(t.Context(), "greet", long, idle.ask); err != nil {
		t.Fatal(err)
	}
	kept := idle.conn
	p.Become(networktest.Network{Silent: true})
	if err := c.guard.Within(t.Context(), "greet", short, c.ask); !errors.Is(err, connectors.ErrUnreachable) {
		t.Fatal(err)
	}
	p.Become(networktest.Network{})
	if err := c.guard.Within(t.Context(), "greet", long, idle.ask); err != nil || idle.conn != kept {
		t.Errorf("the idle connection was closed: %v", err)
	}
}

// What a driver begins behind a read that was past its limit is refused, such as
// asking the silent server to cancel; until the next read.
func TestGuardRefusesAfterthoughts(t *testing.T) {
	c, p := stalling(t)
	p.Become(networktest.Network{Silent: true})
	var during error
	err := c.guard.Within(t.Context(), "greet", short, func(ctx context.Context) error {
		<-ctx.Done()
		_, during = c.guard.DialContext(t.Context(), "tcp", c.address) //nolint:contextcheck // that is the point
		return ctx.Err()
	})
	if !errors.Is(err, connectors.ErrUnreachable) || during == nil {
		t.Errorf("the read: %v; dialled beside it: %v", err, during)
	}
	if _, err := c.guard.DialContext(t.Context(), "tcp", c.address); err == nil {
		t.Error("dialled behind a read that was past its limit")
	}
	p.Become(networktest.Network{})
	if err := c.guard.Within(t.Context(), "greet", long, c.ask); err != nil {
		t.Error(err)
	}
	conn, err := c.guard.DialContext(t.Context(), "tcp", c.address)
	if err != nil {
		t.Errorf("a pool may dial on its own when all is well: %v", err)
	} else if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// A pool that dials under a context of its own does not outlive the read.
func TestDiallingEndsWithItsRead(t *testing.T) {
	c, _ := stalling(t)
	err := c.guard.Within(t.Context(), "greet", short, func(ctx context.Context) error {
		<-ctx.Done()
		_, err := c.guard.DialContext(context.WithoutCancel(ctx), "tcp", c.address)
		return err
	})
	if !errors.Is(err, connectors.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestGuardClosesUnderThePool(t *testing.T) {
	c, p := stalling(t)
	if err := c.guard.Within(t.Context(), "greet", long, c.ask); err != nil {
		t.Fatal(err)
	}
	conn := c.conn
	p.Become(networktest.Network{Silent: true})
	var waited atomic.Bool
	c.guard.Close(func() { // a pool that waits for its connection to end
		_, _ = conn.Read(make([]byte, 1))
		waited.Store(true)
	})
	if !waited.Load() {
		t.Error("Close did not wait for the pool")
	}
	if _, err := c.guard.DialContext(t.Context(), "tcp", c.address); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dialled after Close: %v", err)
	}
	c.guard.Close(func() {})
}

// Drivers look into connections that lay idle before they use them.
func TestGuardedConnectionsCanBeLookedInto(t *testing.T) {
	c, _ := stalling(t)
	if err := c.guard.Within(t.Context(), "greet", long, c.ask); err != nil {
		t.Fatal(err)
	}
	raw, err := c.conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(uintptr) {}); err != nil {
		t.Errorf("while it is open: %v", err)
	}
	c.guard.Close(func() {})
	if err := raw.Control(func(uintptr) {}); err == nil {
		t.Error("closed, and does not say so")
	}
}

// A driver that gives up in time leaves a connection on which an answer may still
// come, for nobody: it is closed with its read.
func TestGuardClosesWhatAFailedReadUsed(t *testing.T) {
	c, p := stalling(t)
	if err := c.guard.Within(t.Context(), "greet", long, c.ask); err != nil {
		t.Fatal(err)
	}
	conn := c.conn
	p.Become(networktest.Network{Silent: true})
	err := c.guard.Within(t.Context(), "greet", short, func(ctx context.Context) error {
		_, err := io.WriteString(conn, "hello\n")
		<-ctx.Done()
		return errors.Join(err, ctx.Err())
	})
	if !errors.Is(err, connectors.ErrUnreachable) {
		t.Error(err)
	}
	if _, err := conn.Write([]byte("more")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection is still open: %v", err)
	}
}

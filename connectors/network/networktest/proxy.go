package networktest

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Network is how a Proxy treats what the server says.
type Network struct {
	// Silent lets connections be made and nothing through, either way.
	Silent bool
	// StopAfter, when not 0, lets that many bytes of the server through on each
	// connection, counted from when the network became so, and then nothing.
	StopAfter int
	// Drip, when not 0, is the pause between two bytes of the server.
	Drip time.Duration
}

// Proxy is a TCP proxy whose network can be made bad, and well again, at any time;
// connections that stand are treated so too.
type Proxy struct {
	target   string
	listener net.Listener
	all      sync.WaitGroup
	ended    chan struct{}

	mu      sync.Mutex
	network Network
	changed chan struct{} // closed when the network becomes another
	conns   []net.Conn
	closed  bool
}

// NewProxy stands before target, a host and a port, until the test ends.
func NewProxy(t *testing.T, target string) *Proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: target, listener: listener, changed: make(chan struct{}), ended: make(chan struct{})}
	p.all.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Address is where the proxy listens, as host and port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Before returns the URL with the proxy's address in place of a server's.
func (p *Proxy) Before(server url.URL) url.URL {
	server.Host = p.Address()
	return server
}

// Become changes the network; the zero Network is a good one.
func (p *Proxy) Become(n Network) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.network = n
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	close(p.ended)
	for _, c := range p.conns {
		_ = c.Close() // ends what reads from it
	}
	p.mu.Unlock()
	_ = p.listener.Close()
	p.all.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target) //nolint:noctx // ends with the proxy
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.keep(client, server) {
			return
		}
		p.all.Go(func() { p.copy(server, client, false) })
		p.all.Go(func() { p.copy(client, server, true) })
	}
}

// keep notes two connections to be closed at the end.
func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conns...)
	if p.closed {
		for _, c := range conns {
			_ = c.Close()
		}
	}
	return !p.closed
}

// copy passes on what the network lets through. When one side hangs up, so does
// the other.
func (p *Proxy) copy(to, from net.Conn, ofServer bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	f := flow{proxy: p, ofServer: ofServer}
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			now := f.await(len(rest))
			if now == 0 {
				return
			}
			if _, err := to.Write(rest[:now]); err != nil {
				return
			}
			rest = rest[now:]
		}
		if err != nil {
			return
		}
	}
}

// flow is one direction of one connection.
type flow struct {
	proxy    *Proxy
	ofServer bool
	since    chan struct{} // of the network in which through is counted
	through  int
}

// await returns how many of n bytes may go through now; 0 is the end of the proxy.
func (f *flow) await(n int) int {
	for {
		now, pause, changed := f.allowed(n)
		var timer <-chan time.Time
		if now > 0 {
			timer = time.After(pause)
		}
		select {
		case <-timer:
			f.through += now
			return now
		case <-changed:
		case <-f.proxy.ended:
			return 0
		}
	}
}

// allowed returns how many of n bytes go through, after which pause, in the
// network as it is until changed is closed.
func (f *flow) allowed(n int) (now int, pause time.Duration, changed chan struct{}) {
	p := f.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.since != p.changed {
		f.since, f.through = p.changed, 0
	}
	switch {
	case p.network.Silent:
		n = 0
	case !f.ofServer:
	case p.network.StopAfter > 0:
		n = min(n, p.network.StopAfter-f.through)
	case p.network.Drip > 0:
		n, pause = 1, p.network.Drip
	}
	return n, pause, p.changed
}

// VerifyNone wants nothing running but what ran before, and the proxies
// themselves, which still hold the connections that a driver was to let go of.
func VerifyNone(t *testing.T, before goleak.Option) {
	t.Helper()
	const proxy = "github.com/loyalsync/loyalsync/connectors/network/networktest.(*Proxy)."
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction(proxy+"accept"), goleak.IgnoreAnyFunction(proxy+"copy"))
}

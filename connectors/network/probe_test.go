package network_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

func lookup(err error, addresses ...string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) {
		var out []netip.Addr
		for _, a := range addresses {
			out = append(out, netip.MustParseAddr(a))
		}
		return out, err
	}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name, host string
		lookup     func(context.Context, string) ([]netip.Addr, error)
		condition  connectors.Condition
		code       string
	}{
		{"found", "erp", lookup(nil, "10.0.0.5", "::ffff:10.0.0.6"), connectors.Fine, network.CodeResolved},
		{"an address", "10.0.0.5", lookup(&net.DNSError{IsNotFound: true}), connectors.Fine, network.CodeAddress},
		{"nowhere by address", "0.0.0.0", lookup(nil, "0.0.0.0"), connectors.Broken, network.CodeUselessAddress},
		{"unknown", "epr", lookup(&net.DNSError{Err: "no such host", Name: "epr", IsNotFound: true}), connectors.Broken, network.CodeUnknownHost},
		{"nothing found", "erp", lookup(nil), connectors.Broken, network.CodeUnknownHost},
		{"not named", "", lookup(nil, "10.0.0.5"), connectors.Broken, network.CodeUnknownHost},
		{"DNS silent", "erp", lookup(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), connectors.Broken, network.CodeResolverSilent},
		{"past the deadline", "erp", lookup(context.DeadlineExceeded), connectors.Broken, network.CodeResolverSilent},
		{"nowhere", "erp", lookup(nil, "0.0.0.0", "::"), connectors.Broken, network.CodeUselessAddress},
		{"somewhere among nowhere", "erp", lookup(nil, "0.0.0.0", "10.0.0.5"), connectors.Fine, network.CodeResolved},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := network.Resolve(t.Context(), network.Target{Host: tt.host, Lookup: tt.lookup})
			if f.Check != network.CheckResolve || f.Condition != tt.condition || f.Code != tt.code {
				t.Fatalf("got %+v", f)
			}
			if f.Condition == connectors.Broken && f.Hint == "" {
				t.Error("a fault without a cure")
			}
		})
	}
}

func TestPort(t *testing.T) {
	opErr := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		name string
		err  error
		code string
		hint string
	}{
		{"refused", opErr(os.NewSyscallError("connect", syscall.ECONNREFUSED)), network.CodeRefused, "look at the server"},
		{"refused by Windows", opErr(os.NewSyscallError("connectex", syscall.Errno(10061))), network.CodeRefused, "look at the server"},
		{"dropped", opErr(os.ErrDeadlineExceeded), network.CodeDropped, "look at the firewall"},
		{"deadline", opErr(context.DeadlineExceeded), network.CodeDropped, "look at the firewall"},
		{"no route", opErr(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), network.CodeNoRoute, "VPN"},
		{"no network", opErr(os.NewSyscallError("connect", syscall.ENETUNREACH)), network.CodeNoRoute, "VPN"},
		{"anything", errors.New("pas de réseau"), network.CodeUnreachable, "look at the firewall"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := network.Port(t.Context(), network.Target{
				Host: "erp", Port: 5432, Refused: "look at the server", Dropped: "look at the firewall",
				Dial: func(context.Context, string, string) (net.Conn, error) { return nil, tt.err },
			})
			if f.Check != network.CheckPort || f.Condition != connectors.Broken || f.Code != tt.code || !strings.Contains(f.Hint, tt.hint) {
				t.Fatalf("got %+v", f)
			}
			if strings.Contains(f.Message, "pas de") {
				t.Errorf("the system's text is passed on: %s", f.Message)
			}
		})
	}
}

// TestReach: a real port, open and then closed.
func TestReach(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, text, _ := net.SplitHostPort(l.Addr().String())
	port, _ := strconv.Atoi(text)
	target := network.Target{Host: host, Port: port}
	found := network.Reach(t.Context(), target)
	if len(found) != 2 || !network.Reached(found) || found[1].Code != network.CodeOpen {
		t.Fatalf("open port: %+v", found)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if found = network.Reach(t.Context(), target); network.Reached(found) || found[1].Code != network.CodeRefused {
		t.Errorf("closed port: %+v", found)
	}
	target.Host, target.Lookup = "erp.invalid", lookup(&net.DNSError{IsNotFound: true})
	if found = network.Reach(t.Context(), target); network.Reached(found) || found[1].Condition != connectors.Skipped {
		t.Errorf("unknown host: %+v", found)
	}
	if found = network.Reach(t.Context(), network.Target{Host: "/var/run/postgresql"}); found != nil {
		t.Errorf("Unix socket: %+v", found)
	}
}

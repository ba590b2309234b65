package network

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// The names of what is looked at before a login, in the order in which one
// depends on the other.
const (
	CheckResolve = "resolve"
	CheckPort    = "port"
	CheckTLS     = "tls"
)

// The codes of the findings of Reach.
const (
	CodeResolved       = "resolved"
	CodeAddress        = "host-address"
	CodeUnknownHost    = "host-unknown"
	CodeResolverSilent = "resolver-silent"
	CodeUselessAddress = "host-useless"
	CodeOpen           = "port-open"
	CodeRefused        = "port-refused"
	CodeDropped        = "port-dropped"
	CodeNoRoute        = "port-no-route"
	CodeUnreachable    = "port-unreachable"
	CodeSkipped        = "skipped"
)

// Target is a server to reach.
type Target struct {
	Host string
	Port int
	// Refused and Dropped say what to look at, at this kind of server, when its
	// port refuses or never answers. Each has a default.
	Refused, Dropped string
	// Timeout of each step. Default 5 s.
	Timeout time.Duration
	// Lookup and Dial are the system's unless a test gives its own.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

func (t Target) withDefaults() Target {
	if t.Timeout == 0 {
		t.Timeout = 5 * time.Second
	}
	if t.Refused == "" {
		t.Refused = "is the server running, and is port: the one it listens on?"
	}
	if t.Dropped == "" {
		t.Dropped = "a firewall drops the calls: let this machine through to the port, here, on the way and on the server"
	}
	if t.Lookup == nil {
		t.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if t.Dial == nil {
		t.Dial = new(net.Dialer).DialContext
	}
	return t
}

// Reach looks the host up and opens the port: one finding of each. A host that is
// the folder of a Unix socket has nothing to be reached, and no finding.
func Reach(ctx context.Context, t Target) []connectors.Finding {
	if strings.HasPrefix(t.Host, "/") || strings.HasPrefix(t.Host, "@") {
		return nil
	}
	resolved := Resolve(ctx, t)
	if resolved.Condition == connectors.Broken {
		return []connectors.Finding{resolved, Skip(CheckPort)}
	}
	return []connectors.Finding{resolved, Port(ctx, t)}
}

// Reached says whether what comes after the given findings is worth asking.
func Reached(findings []connectors.Finding) bool {
	return !slices.ContainsFunc(findings, func(f connectors.Finding) bool { return f.Condition == connectors.Broken })
}

// Skip is the finding of what was not asked.
func Skip(check string) connectors.Finding {
	return connectors.Finding{Check: check, Condition: connectors.Skipped, Code: CodeSkipped, Message: "not asked: what comes before it is broken"}
}

// Resolve looks the host up, and needs no port.
func Resolve(ctx context.Context, t Target) connectors.Finding {
	t = t.withDefaults()
	f := connectors.Finding{Check: CheckResolve, Data: map[string]string{"host": t.Host}}
	if t.Host == "" {
		f.Condition, f.Code = connectors.Broken, CodeUnknownHost
		f.Message, f.Hint = "no host is named", "name it in host, server or url of the source"
		return f
	}
	if ip, err := netip.ParseAddr(t.Host); err == nil && !ip.IsUnspecified() && !ip.IsMulticast() {
		f.Condition, f.Code, f.Message = connectors.Fine, CodeAddress, t.Host+" is an address, no name to look up"
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	found, err := t.Lookup(ctx, t.Host)
	if err != nil || len(found) == 0 {
		return unresolved(f, t.Host, err)
	}
	var addresses []string
	useful := false
	for _, ip := range found {
		ip = ip.Unmap()
		useful = useful || !ip.IsUnspecified() && !ip.IsMulticast()
		addresses = append(addresses, ip.String())
	}
	all := strings.Join(addresses[:min(len(addresses), 5)], ", ")
	f.Data["addresses"] = all
	if !useful {
		f.Condition, f.Code = connectors.Broken, CodeUselessAddress
		f.Message, f.Hint = t.Host+" leads to "+all+", where no server can be", "correct the name in DNS or in this machine's hosts file, or give the address itself"
		return f
	}
	f.Condition, f.Code, f.Message = connectors.Fine, CodeResolved, t.Host+" is "+all
	return f
}

func unresolved(f connectors.Finding, host string, err error) connectors.Finding {
	f.Condition = connectors.Broken
	var dns *net.DNSError
	if errors.As(err, &dns) && !dns.IsNotFound || errors.Is(err, context.DeadlineExceeded) {
		f.Code, f.Message = CodeResolverSilent, "nobody answers what address "+host+" has"
		f.Hint = "this machine's DNS server does not answer: check its network settings, or give the address itself"
		return f
	}
	f.Code, f.Message = CodeUnknownHost, "the name "+host+" is not known"
	f.Hint = "check its spelling; a short name may need its domain (name.company.local); or give the address itself"
	return f
}

// Port opens the port and closes it again. It does not look at who answers.
func Port(ctx context.Context, t Target) connectors.Finding {
	t = t.withDefaults()
	address := net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	f := connectors.Finding{Check: CheckPort, Condition: connectors.Broken, Data: map[string]string{"address": address}}
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	conn, err := t.Dial(ctx, "tcp", address)
	switch {
	case err == nil:
		_ = conn.Close() // nothing was said on it
		f.Condition, f.Code, f.Message = connectors.Fine, CodeOpen, address+" is open"
	case is(err, syscall.ECONNREFUSED, 10061):
		f.Code, f.Message, f.Hint = CodeRefused, address+" refuses: nothing listens there", t.Refused
	case is(err, syscall.EHOSTUNREACH, 10065), is(err, syscall.ENETUNREACH, 10051):
		f.Code, f.Message = CodeNoRoute, "no way leads to "+address
		f.Hint = "check this machine's network, and the VPN or the route to the server"
	case timedOut(err):
		f.Code, f.Message, f.Hint = CodeDropped, address+" does not answer", t.Dropped
	default:
		f.Code, f.Message, f.Hint = CodeUnreachable, address+" cannot be reached", t.Dropped
	}
	return f
}

// is matches an error of the system by its number here, or by the one that
// Windows Sockets uses for it, which package syscall does not know as the same.
func is(err error, here, windows syscall.Errno) bool {
	return errors.Is(err, here) || errors.Is(err, windows)
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

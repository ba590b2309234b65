package sqlserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The Browser service's protocol, SQL Server Resolution Protocol (MC-SQLR 2.2).
const (
	askAll        = 0x03 // CLNT_UCAST_EX: every instance of the machine
	browserAnswer = 0x05 // SVR_RESP
	maxAnswer     = 64 << 10
)

// Instance is what the Browser service tells about an instance.
type Instance struct {
	Name    string
	Version string // as installed; updates are not in it
	Port    int    // where it listens on TCP/IP; 0 where it does not
}

// parseBrowser reads an answer of the Browser service: instances as name;value
// pairs, each closed by two semicolons. What cannot be read is left out, for the
// answer comes from whoever holds the address.
func parseBrowser(answer []byte) []Instance {
	if len(answer) < 3 || answer[0] != browserAnswer {
		return nil
	}
	text := answer[3:]
	text = text[:min(len(text), int(binary.LittleEndian.Uint16(answer[1:3])))]
	var found []Instance
	parts := strings.Split(string(bytes.ToValidUTF8(text, []byte("?"))), ";;")
	for _, part := range parts[:len(parts)-1] { // what is not closed may be cut
		fields := strings.Split(part, ";")
		values := make(map[string]string, len(fields)/2)
		for i := 0; i+1 < len(fields); i += 2 {
			values[strings.ToLower(fields[i])] = fields[i+1]
		}
		if values["instancename"] == "" {
			continue
		}
		instance := Instance{Name: values["instancename"], Version: values["version"]}
		if port, err := strconv.ParseUint(values["tcp"], 10, 16); err == nil {
			instance.Port = int(port)
		}
		found = append(found, instance)
	}
	return found
}

// instances asks the Browser service of a host for its instances, at each of its
// addresses in turn: the service may listen on IPv4 alone. An error is a *fault
// when nobody answers.
func (t target) instances(ctx context.Context) ([]Instance, error) {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", t.host)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	for i, address := range addresses {
		share := time.Until(deadline) / time.Duration(len(addresses)-i)
		answer, err := t.askBrowser(ctx, netip.AddrPortFrom(address.Unmap(), uint16(t.browserPort)), share) //nolint:gosec // a port
		if err == nil {
			return parseBrowser(answer), nil
		}
	}
	return nil, browserSilent(t.address)
}

func (t target) askBrowser(ctx context.Context, address netip.AddrPort, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "udp", address.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost with a datagram socket
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err = conn.Write([]byte{askAll}); err != nil {
		return nil, err
	}
	answer := make([]byte, maxAnswer)
	n, err := conn.Read(answer)
	return answer[:n], err
}

// locate returns the port of the target, from the Browser service if need be.
func (t target) locate(ctx context.Context) (int, error) {
	if t.port != 0 {
		return t.port, nil
	}
	if !t.asksBrowser() {
		return defaultPort, nil
	}
	limit, cancel := context.WithTimeout(ctx, t.ConnectTimeout/3)
	defer cancel()
	found, err := t.instances(limit)
	if err != nil {
		return 0, err
	}
	return t.choose(found)
}

// choose finds the target's instance among those of its machine.
func (t target) choose(found []Instance) (int, error) {
	var names []string
	for _, i := range found {
		if !strings.EqualFold(i.Name, t.instance) {
			names = append(names, i.Name)
			continue
		}
		if i.Port == 0 {
			return 0, noTCP(t.address)
		}
		return i.Port, nil
	}
	return 0, noInstance(t.address, names)
}

package network_test

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// full listens with a queue of one that is full: Linux drops what else calls, as a
// firewall does.
func full(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err = errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(at.(*syscall.SockaddrInet4).Port))
	queued, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = queued.Close() })
	return address
}

func TestGuardEndsDialling(t *testing.T) {
	others := goleak.IgnoreCurrent()
	g := network.NewGuard(network.GuardConfig{Grace: short})
	c := &client{guard: g, address: full(t)}
	if err := g.Within(t.Context(), "greet", short, c.ask); !errors.Is(err, connectors.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	g.Close(func() {})
	goleak.VerifyNone(t, others)
}

package sqlserver

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen accepts connections on loopback and hands each to serve.
func listen(t *testing.T, serve func(net.Conn)) (host string, port int) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close() //nolint:errcheck // the test is over with it
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		served.Wait()
	})
	address, _ := l.Addr().(*net.TCPAddr)
	return "127.0.0.1", address.Port
}

func swallow(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// TestOpenEnds: a server that accepts and never answers, one that answers
// something else, and one that hangs up.
func TestOpenEnds(t *testing.T) {
	tests := []struct {
		name  string
		serve func(net.Conn)
		want  string
	}{
		{"never answers", swallow, "does not answer"},
		{"hangs up", func(net.Conn) {}, ""},
		{"is a web server", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 100))
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		}, ""},
	}
	for _, tt := range tests {
		for _, encrypt := range []string{EncryptFull, EncryptLogin, EncryptDisable, EncryptStrict} {
			t.Run(tt.name+" "+encrypt, func(t *testing.T) {
				host, port := listen(t, tt.serve)
				limit := time.Minute
				if tt.name == "never answers" {
					limit = 100 * time.Millisecond
				}
				_, err := Open(t.Context(), Config{Host: host, Port: port, Database: "CDN", User: "reader", Password: secret, Encrypt: encrypt, ConnectTimeout: limit})
				want := connectors.ErrUnreachable
				if tt.name == "is a web server" && encrypt == EncryptStrict {
					want = connectors.ErrSettings // strict speaks TLS from the first byte, and knows
				}
				if !errors.Is(err, want) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), host) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

func TestOpenRefused(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, _ := l.Addr().(*net.TCPAddr)
	_ = l.Close() // nobody else takes the port so soon
	_, err = Open(t.Context(), Config{Host: "127.0.0.1", Port: address.Port, Database: "CDN", User: "reader", Password: secret})
	if !errors.Is(err, connectors.ErrUnreachable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
}

func TestCloseTwice(t *testing.T) {
	db, err := New(Config{Host: "127.0.0.1", Database: "CDN", User: "reader", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err = db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	err = db.Read(t.Context(), "read", func(context.Context, *sql.Tx) error { return nil })
	if !errors.Is(err, connectors.ErrTransient) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed source says %v", err)
	}
}

func TestReadCancelled(t *testing.T) {
	host, port := listen(t, swallow)
	db, err := New(Config{Host: host, Port: port, Database: "CDN", User: "reader", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is lost with it
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = db.Read(ctx, "read", func(context.Context, *sql.Tx) error { return nil })
	if !errors.Is(err, connectors.ErrTransient) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

package sqlserver

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// shape writes findings as check:condition.
func shape(found []connectors.Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, f.Check+":"+string(f.Condition))
	}
	return strings.Join(all, " ")
}

const restSkipped = " tls:skipped login:skipped database:skipped version:skipped"

// TestProbe: one step is broken, what depends on it is skipped.
func TestProbe(t *testing.T) {
	right := Config{Host: "127.0.0.1", Database: "CDN", User: "reader", Password: secret, ConnectTimeout: 300 * time.Millisecond}
	cert := certificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(soon / 2) })
	tests := []struct {
		name  string
		setUp func(c *Config)
		want  string
		says  string // of the broken one
	}{
		{"settings", func(c *Config) { c.Database = "" }, "settings:fault resolve:skipped port:skipped" + restSkipped, "database"},
		{"ca_file", func(c *Config) { c.CAFile = "absent.pem" }, "settings:fault resolve:skipped port:skipped" + restSkipped, "ca_file"},
		{"host", func(c *Config) { c.Host = "no-such-host.invalid" }, "resolve:fault port:skipped" + restSkipped, ""},
		{"browser", func(c *Config) {
			c.Host, c.Server, c.browserPort = "", `127.0.0.1\OPTIMA`, browser(t, "")
		}, "resolve:ok instance:fault port:skipped" + restSkipped, "Browser"},
		{"TCP/IP off", func(c *Config) {
			c.Host, c.Server, c.browserPort, c.ConnectTimeout = "", `127.0.0.1\SQLEXPRESS`, browser(t, twoInstances), time.Minute
		}, "resolve:ok instance:fault port:skipped" + restSkipped, "does not listen on TCP/IP"},
		{"port", func(c *Config) { c.Port = 1; c.browserPort = browser(t, "") }, "resolve:ok port:fault" + restSkipped, "nothing listens"},
		{"silent server", func(c *Config) { _, c.Port = listen(t, swallow) }, "resolve:ok port:ok tls:skipped login:fault database:skipped version:skipped", "does not answer"},
		{"no TLS, silent", func(c *Config) {
			c.Encrypt = EncryptDisable
			_, c.Port = listen(t, swallow)
		}, "resolve:ok port:ok tls:warning login:fault database:skipped version:skipped", "does not answer"},
		{"TLS that ends soon, silent", func(c *Config) {
			*c = strictServer(t, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"tds/8.0"}, MinVersion: tls.VersionTLS12})
			c.CAFile, c.ConnectTimeout = pemFile(t, cert), 2*time.Second // the handshake has to end in it
		}, "resolve:ok port:ok tls:warning login:fault database:skipped version:skipped", "does not answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := right
			tt.setUp(&c)
			found := Probe(t.Context(), c)
			if got := shape(found); got != tt.want {
				t.Fatalf("got  %s\nwant %s", got, tt.want)
			}
			for _, f := range found {
				if f.Condition == connectors.Broken && (f.Code == "" || f.Hint == "" || !strings.Contains(f.Message, tt.says)) {
					t.Errorf("%+v does not say %q", f, tt.says)
				}
				if strings.Contains(f.Message+f.Hint, secret) {
					t.Errorf("%+v holds the password", f)
				}
			}
		})
	}
}

// TestProbeNamesTheInstances: where the default instance does not listen, the
// machine may have a named one.
func TestProbeNamesTheInstances(t *testing.T) {
	c := Config{Host: "127.0.0.1", Database: "CDN", User: "reader", Password: secret, ConnectTimeout: 2 * time.Second}
	c.browserPort = browser(t, twoInstances)
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:1433"); err == nil {
		_ = conn.Close()
		t.Skip("a server listens on this machine's port 1433")
	}
	found := Probe(t.Context(), c)
	i := indexOf(found, "port")
	if found[i].Condition != connectors.Broken || !strings.Contains(found[i].Hint, `server: '127.0.0.1\OPTIMA'`) {
		t.Errorf("got %+v", found[i])
	}
}

package sqlserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

func TestParseServer(t *testing.T) {
	tests := []struct {
		server string
		want   address
		fails  bool
	}{
		{server: "erp", want: address{host: "erp"}},
		{server: `SERWER\OPTIMA`, want: address{host: "SERWER", instance: "OPTIMA"}},
		{server: `serwer.firma.local\OPTIMA`, want: address{host: "serwer.firma.local", instance: "OPTIMA"}},
		{server: "erp,1500", want: address{host: "erp", port: 1500}},
		{server: "erp, 1500", want: address{host: "erp", port: 1500}},
		{server: `erp\OPTIMA,1500`, want: address{host: "erp", instance: "OPTIMA", port: 1500}},
		{server: "tcp:erp,1500", want: address{host: "erp", port: 1500}},
		{server: ".", want: address{host: "localhost"}},
		{server: `.\SQLEXPRESS`, want: address{host: "localhost", instance: "SQLEXPRESS"}},
		{server: `(local)\SQLEXPRESS`, want: address{host: "localhost", instance: "SQLEXPRESS"}},
		{server: `erp\MSSQLSERVER`, want: address{host: "erp"}},
		{server: "10.0.0.5", want: address{host: "10.0.0.5"}},
		{server: "fe80::1", want: address{host: "fe80::1"}},
		{server: "[fe80::1],1500", want: address{host: "fe80::1", port: 1500}},
		{server: `SERWER\KSIĘGA`, want: address{host: "SERWER", instance: "KSIĘGA"}},
		{server: "", fails: true},
		{server: `\OPTIMA`, fails: true},
		{server: `erp\`, fails: true},
		{server: `erp\a\b`, fails: true},
		{server: "erp:1433", fails: true},
		{server: "erp,0", fails: true},
		{server: "erp,99999", fails: true},
		{server: "erp,x", fails: true},
		{server: "erp/OPTIMA", fails: true},
		{server: "sqlserver://erp", fails: true},
		{server: "np:erp", fails: true},
		{server: `(localdb)\MSSQLLocalDB`, fails: true},
		{server: "two words", fails: true},
	}
	for _, tt := range tests {
		got, err := parseServer(tt.server)
		if (err != nil) != tt.fails || got != tt.want {
			t.Errorf("%q: got %+v, %v", tt.server, got, err)
		}
		if err != nil {
			wantSettings(t, err)
		}
	}
}

// FuzzParseServer: what is taken has a host, and means the same when written out.
func FuzzParseServer(f *testing.F) {
	for _, s := range []string{"erp", `SERWER\OPTIMA`, "erp,1500", "[::1],1433", "tcp:erp", `(local)\X`, `a\b\c`, ",", `\`, "[[", "[erp"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseServer(s)
		if err != nil {
			wantSettings(t, err)
			return
		}
		if a.host == "" || a.port < 0 || a.port > 65535 {
			t.Fatalf("%q gives %+v", s, a)
		}
		if again, err := parseServer(a.String()); err != nil || again != a {
			t.Fatalf("%q gives %+v, which written out gives %+v, %v", s, a, again, err)
		}
	})
}

func wantSettings(t *testing.T, err error) {
	t.Helper()
	var e *connectors.Error
	if !errors.As(err, &e) || !errors.Is(err, connectors.ErrSettings) || e.Hint == "" {
		t.Errorf("%v is no fault of the settings with a hint", err)
	}
}

const secret = "h#u/n%t?e:r@2"

func TestConfigFaults(t *testing.T) {
	right := Config{Server: `SERWER\OPTIMA`, Database: "CDN", User: "reader", Password: secret}
	if err := right.Validate(); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Config)) Config { c := right; change(&c); return c }
	url := func(u string) Config { return Config{URL: u, Password: secret} }
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"no server", with(func(c *Config) { c.Server = "" }), "not named"},
		{"two servers", with(func(c *Config) { c.Host = "erp" }), "named twice"},
		{"two ports", with(func(c *Config) { c.Server, c.Port = "erp,1500", 1500 }), "port is given twice"},
		{"port", with(func(c *Config) { c.Port = 70000 }), "between 1 and 65535"},
		{"no database", with(func(c *Config) { c.Database = "" }), "database is not named"},
		{"no user", with(func(c *Config) { c.User = "" }), "user is missing"},
		{"Windows user as login", with(func(c *Config) { c.User = `FIRMA\anna` }), "account of Windows"},
		{"Windows user without domain", with(func(c *Config) { c.Auth = AuthWindows }), "no domain"},
		{"Windows user without password", with(func(c *Config) { c.Auth, c.User, c.Password = AuthWindows, `FIRMA\anna`, "" }), "password of the Windows account"},
		{"auth", with(func(c *Config) { c.Auth = "kerberos" }), `"kerberos" is not known`},
		{"encrypt", with(func(c *Config) { c.Encrypt = "true" }), `"true" is not known`},
		{"tls_min", with(func(c *Config) { c.TLSMin = "2.0" }), `"2.0" is not known`},
		{"isolation", with(func(c *Config) { c.Isolation = "dirty" }), `"dirty" is not known`},
		{"TLS settings without TLS", with(func(c *Config) { c.Encrypt, c.CAFile = EncryptDisable, "ca.pem" }), "beside encrypt: disable"},
		{"trust and authority", with(func(c *Config) { c.TrustServerCertificate, c.CAFile = true, "ca.pem" }), "beside trust_server_certificate"},
		{"strict and trust", with(func(c *Config) { c.TrustServerCertificate, c.Encrypt = true, EncryptStrict }), "no effect with encrypt: strict"},
		{"timeout", with(func(c *Config) { c.StatementTimeout = -time.Second }), "negative"},
		{"url with a bad escape", url("sqlserver://reader:" + secret + "@erp?database=CDN"), "cannot be read"},
		{"url of another kind", url("postgres://reader@erp/CDN"), "cannot be read"},
		{"url with settings", url("sqlserver://reader@erp?database=CDN&encrypt=disable"), "only database is taken"},
		{"url without database", url("sqlserver://reader@erp"), "database is not named"},
		{"url with a second password", url("sqlserver://reader:other@erp?database=CDN"), "password is given twice"},
		{"url and user", Config{URL: "sqlserver://reader@erp?database=CDN", User: "reader"}, "user is named twice"},
		{"url and port", Config{URL: "sqlserver://reader@erp?database=CDN", Port: 1500}, "port stands beside the url"},
		{"url and database", Config{URL: "sqlserver://reader@erp?database=CDN", Database: "CDN"}, "database is named twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.c.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			wantSettings(t, err)
			if _, openErr := New(tt.c); openErr == nil || openErr.Error() != err.Error() {
				t.Errorf("New says %v", openErr)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
				t.Errorf("%v holds the password", err)
			}
		})
	}
}

func TestWindowsLogins(t *testing.T) {
	tests := []struct {
		user, password, system string
		right                  bool
	}{
		{"", "", "windows", true},
		{"", "", "linux", false},
		{"", secret, "windows", false},
		{`FIRMA\anna`, secret, "windows", true},
		{`FIRMA\anna`, secret, "linux", true},
		{"anna", secret, "windows", false},
	}
	for _, tt := range tests {
		c := target{Config: Config{Database: "CDN", Auth: AuthWindows, User: tt.user, Password: tt.password}}
		if err := c.checkLoginOn(tt.system); (err == nil) != tt.right {
			t.Errorf("%q on %s: %v", tt.user, tt.system, err)
		}
	}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		c    Config
		want address
		db   string
	}{
		{Config{URL: "sqlserver://reader:pass@erp:1500?database=CDN"}, address{host: "erp", port: 1500}, "CDN"},
		{Config{URL: "sqlserver://reader:pass@erp/OPTIMA?database=CDN_Firma%20Sp.%20z%20o.o."}, address{host: "erp", instance: "OPTIMA"}, "CDN_Firma Sp. z o.o."},
		{Config{URL: "sqlserver://reader:pass@[::1]:1500?Database=CDN"}, address{host: "::1", port: 1500}, "CDN"},
		{Config{Host: "erp", Port: 1500, User: "reader", Database: "CDN"}, address{host: "erp", port: 1500}, "CDN"},
		{Config{Server: `erp\OPTIMA`, Port: 1500, User: "reader", Database: "CDN"}, address{host: "erp", instance: "OPTIMA", port: 1500}, "CDN"},
	}
	for _, tt := range tests {
		got, err := tt.c.withDefaults().resolve()
		if err != nil || got.address != tt.want || got.Database != tt.db || got.User != "reader" {
			t.Errorf("%+v: got %+v %q, %v", tt.want, got.address, got.Database, err)
		}
	}
}

// TestConfigKeepsSecrets: neither text nor log of a Config holds the password.
func TestConfigKeepsSecrets(t *testing.T) {
	c := Config{URL: "sqlserver://reader:" + secret + "@erp", Password: secret}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("source", "config", c)
	if all := c.String() + fmt.Sprintf("%v %s", c, c) + log.String(); strings.Contains(all, secret) {
		t.Errorf("the password is in %q", all)
	}
}

func TestDefaultsAreSafe(t *testing.T) {
	c := Config{}.withDefaults()
	if c.Encrypt != EncryptFull || c.TrustServerCertificate || c.TLSMin != "1.2" || c.Auth != AuthSQL || c.StatementTimeout <= 0 || c.ConnectTimeout <= 0 {
		t.Errorf("defaults are %+v", c)
	}
	conf, err := target{Config: c, address: address{host: "erp"}}.tlsConfig()
	if err != nil || conf.MinVersion != tls.VersionTLS12 || conf.CipherSuites != nil || conf.ServerName != "erp" {
		t.Errorf("TLS begins with %+v, %v", conf, err)
	}
	c.TLSMin = "1.0"
	if conf, err = (target{Config: c}).tlsConfig(); err != nil || conf.MinVersion != tls.VersionTLS10 || len(conf.CipherSuites) == 0 {
		t.Errorf("TLS of old servers begins with %+v, %v", conf, err)
	}
}

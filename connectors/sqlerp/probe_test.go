package sqlerp

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// probed gives what Probe found as "check condition" and holds it to be without
// secrets and with a cure for each fault.
func probed(t *testing.T, c Config) string {
	t.Helper()
	var out []string
	for _, f := range Probe(t.Context(), c) {
		out = append(out, f.Check+" "+string(f.Condition))
		if f.Condition == connectors.Broken && f.Hint == "" {
			t.Errorf("no hint: %+v", f)
		}
		if strings.Contains(f.Message+f.Hint, "geheim") {
			t.Errorf("the password: %+v", f)
		}
	}
	return strings.Join(out, ", ")
}

// probeServer breaks the way to a server step by step.
func probeServer(t *testing.T, server url.URL, right string) {
	t.Helper()
	c := minimal()
	at := func(change func(*url.URL)) Config {
		u := server
		change(&u)
		c.URL = u.String()
		return c
	}
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		config Config
		want   string
	}{
		"right":    {at(func(*url.URL) {}), right},
		"name":     {at(func(u *url.URL) { u.Host = "no-such-host.invalid" }), "resolve fault, port skipped, login skipped, database skipped"},
		"port":     {at(func(u *url.URL) { u.Host = free }), "resolve ok, port fault, login skipped, database skipped"},
		"login":    {at(func(u *url.URL) { u.User = url.UserPassword("sqlerp_nobody_here", "geheim") }), "resolve ok, port ok, login fault, database skipped"},
		"database": {at(func(u *url.URL) { u.Path = "/no_such_database_here" }), "resolve ok, port ok, login ok, database fault"},
		"settings": {at(func(u *url.URL) { u.Path, u.RawQuery = "", "tls=never&sslmode=never" }), ""},
	} {
		got := probed(t, tc.config)
		if name == "settings" {
			if !strings.HasPrefix(got, "settings fault") {
				t.Errorf("%s: %s", name, got)
			}
			continue
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestProbePostgres(t *testing.T) {
	probeServer(t, *serverURL(t, "LOYALSYNC_TEST_POSTGRES"), "resolve ok, port ok, login ok, database ok")
}

func TestProbeMySQL(t *testing.T) {
	probeServer(t, *newMySQL(t), "resolve ok, port ok, login ok, database ok")
}

func TestProbeSQLServer(t *testing.T) {
	c := minimal()
	c.URL, c.Dialect, c.Server = "", SQLServer, mssqlReader(tdstest.Database(t, ""))
	if got := probed(t, c); !strings.Contains(got, "login ok") || strings.Contains(got, "fault") {
		t.Error(got)
	}
}

func TestProbeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "erp.db")
	c := minimal()
	c.URL = "sqlite:" + path
	if got := probed(t, c); got != "file fault" {
		t.Errorf("no file: %s", got)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := probed(t, c); got != "file ok" {
		t.Errorf("a file: %s", got)
	}
}

package compiere_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// probed lists the findings as "check code", and holds each to what a finding is.
func probed(t *testing.T, c compiere.Config) string {
	t.Helper()
	var all []string
	for _, f := range compiere.Probe(t.Context(), c) {
		if f.Check == network.CheckResolve && f.Condition == connectors.Fine {
			f.Code = "ok" // whether the server is named or given by its address
		}
		all = append(all, f.Check+" "+f.Code)
		if (f.Condition == connectors.Broken || f.Condition == connectors.Remark) && f.Hint == "" {
			t.Errorf("no hint in %+v", f)
		}
		if f.Message == "" || f.Code == "" {
			t.Errorf("%+v says nothing", f)
		}
		for _, text := range []string{f.Message, f.Hint, f.Data["cause"]} {
			if strings.Contains(text, "choose-a-password") || strings.Contains(text, "hunter2") {
				t.Errorf("the password is in %+v", f)
			}
		}
	}
	return strings.Join(all, ", ")
}

func TestProbe(t *testing.T) {
	e := setupERP(t, "adempiere")
	changed := func(change func(u *url.URL)) compiere.Config {
		c := e.config()
		u, err := url.Parse(c.URL)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		c.URL = u.String()
		return c
	}
	const reached = "resolve ok, port port-open, "
	same(t, "all well", probed(t, e.config()), reached+"tls tls-local, login login-accepted, database database-open")
	same(t, "no such database", probed(t, changed(func(u *url.URL) { u.Path = "/ls_no_such_database" })),
		reached+"login login-accepted, database database-unknown")
	same(t, "no such user", probed(t, changed(func(u *url.URL) { u.User = url.UserPassword("ls_nobody", "hunter2") })),
		reached+"login login-refused, database skipped")
	same(t, "TLS where there is none", probed(t, changed(func(u *url.URL) { u.RawQuery = "sslmode=require" })),
		reached+"tls tls-none, login skipped, database skipped")
	same(t, "another port", probed(t, changed(func(u *url.URL) { u.Host = "127.0.0.1:1" })),
		"resolve ok, port port-refused, tls skipped, login skipped, database skipped")
	same(t, "another host", probed(t, changed(func(u *url.URL) { u.Host = "no-such-host.invalid:5432" })),
		"resolve host-unknown, port skipped, tls skipped, login skipped, database skipped")
	wrong := e.config()
	wrong.URL = "postgres://ro:hunter2/#%zz@erp:x/db"
	same(t, "settings", probed(t, wrong), "settings settings, resolve skipped, port skipped, tls skipped, login skipped, database skipped")

	e.must(t, "REVOKE CONNECT ON DATABASE "+e.db.name+" FROM PUBLIC, "+e.role)
	same(t, "no CONNECT", probed(t, e.config()), reached+"login login-accepted, database database-refused")
	e.must(t, "GRANT CONNECT ON DATABASE "+e.db.name+" TO "+e.role+"; ALTER ROLE "+e.role+" CONNECTION LIMIT 0")
	same(t, "no connection left", probed(t, e.config()), reached+"login login-full, database skipped")
	e.must(t, "ALTER ROLE "+e.role+" NOLOGIN")
	same(t, "no LOGIN", probed(t, e.config()), reached+"login login-refused, database skipped")
}

// A server that opens its port and says something else than PostgreSQL does.
func TestProbeOfAnotherServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 mail ESMTP\r\n"))
			_ = conn.Close()
		}
	}()
	got := probed(t, compiere.Config{URL: "postgres://ro:hunter2@" + listener.Addr().String() + "/erp?sslmode=disable"})
	same(t, "findings", got, "resolve ok, port port-open, login server-failed, database skipped")
}

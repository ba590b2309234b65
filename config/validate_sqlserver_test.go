package config_test

import (
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/config"
)

// TestSQLServer: what a source on SQL Server says about the way there.
func TestSQLServer(t *testing.T) {
	t.Parallel()
	const source, url = "connector: compiere\n    url: postgres://ro@db.local/idempiere", "url: sqlserver://ro@db.local/OPTIMA?database=CDN"
	const server = `server: 'SERWER\OPTIMA'
    database: CDN
    `
	const login = server + "user: ro\n    password: x\n    "
	tests := []struct {
		name, text string
		want       []string // beginnings of the faults
	}{
		{"server", login, nil},
		{"server and port", "server: SERWER\n    port: 1500\n    database: CDN\n    user: ro", nil},
		{"host", "host: serwer\n    database: CDN\n    user: ro", nil},
		{"url", url, nil},
		{"url by port", "url: sqlserver://ro@db.local:1500?database=CDN", nil},
		{"TLS", login + "encrypt: full\n    server_name: serwer.local\n    tls_min: \"1.0\"", nil},
		{"the service's account", server + "auth: windows", nil},
		{"another account", server + "auth: windows\n    user: 'FIRMA\\anna'\n    password: x", nil},
		{"nothing", "auth: windows", []string{"sources[0].database: is missing", "sources[0].server: is missing"}},
		{"no user", server, []string{"sources[0].user: is missing"}},
		{"server and host", login + "host: db", []string{"sources[0].host: has no effect beside server"}},
		{"no instance", "server: 'SERWER\\'\n    database: CDN\n    user: ro", []string{`sources[0].server: SERWER\ is not a server`}},
		{"two ports", "server: SERWER,1500\n    port: 1500\n    database: CDN\n    user: ro", []string{"sources[0].port: is given twice"}},
		{"url and server", url + "\n    server: SERWER", []string{"sources[0].server: has no effect beside url"}},
		{"url of another kind", "url: postgres://ro@db.local/CDN", []string{"sources[0].url: is not an address this connector knows"}},
		{"url without database", "url: sqlserver://ro@db.local/OPTIMA", []string{"sources[0].url: is not an address of the form sqlserver:"}},
		{"url that does not parse", "url: 'sqlserver://ro:a b@db.local?database=CDN'", []string{"sources[0].url: is not an address of the form sqlserver:"}},
		{"url with settings", url + "&encrypt=disable", []string{"sources[0].url: says more than the database"}},
		{"two passwords", "url: sqlserver://ro:y@db.local?database=CDN\n    password: x", []string{"sources[0].url: holds a password"}},
		{"url without user", "url: sqlserver://db.local?database=CDN", []string{"sources[0].user: is missing"}},
		{"Windows account as login", server + "user: 'FIRMA\\anna'", []string{"sources[0].user: is an account of Windows"}},
		{"no domain", server + "auth: windows\n    user: anna\n    password: x", []string{"sources[0].user: has no domain"}},
		{"account without password", server + "auth: windows\n    user: 'FIRMA\\anna'", []string{"sources[0].password_file: is missing"}},
		{"password without account", server + "auth: windows\n    password: x", []string{"sources[0].user: is missing beside the password"}},
		{"encrypt", login + "encrypt: on", []string{"sources[0].encrypt: on is not"}},
		{"TLS without TLS", login + "encrypt: disable\n    tls_min: \"1.0\"", []string{"sources[0].tls_min: has no effect with encrypt: disable"}},
		{"trust and authority", login + "trust_server_certificate: true\n    ca_file: ca.pem", []string{"sources[0].ca_file: has no effect beside trust_server_certificate"}},
		{"strict and trust", login + "encrypt: strict\n    trust_server_certificate: true", []string{"sources[0].trust_server_certificate: has no effect with encrypt: strict"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f.yaml", []byte(edit(t, valid, source, "connector: optima\n    "+strings.TrimRight(tt.text, " \n"))))
			var got []string
			for _, f := range faultsOf(t, err) {
				if f.Path != "sources[0].connector" && f.Path != "sources[0].documents" {
					got = append(got, f.Path+": "+f.Message)
				}
			}
			for i, want := range tt.want {
				if i >= len(got) || !strings.HasPrefix(got[i], want) {
					t.Fatalf("got %q, want %q", got, tt.want)
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

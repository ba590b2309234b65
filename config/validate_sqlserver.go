package config

import (
	"net/url"
	"strings"
)

const (
	sqlserver  = "sqlserver" // scheme and dialect
	serverHint = `write server: 'HOST\INSTANCE' or 'HOST,PORT' in single quotes`
)

// sqlServerKeys are the keys that only SQL Server knows, and whether they say
// something.
func (s *Source) sqlServerKeys() map[string]bool {
	return map[string]bool{
		"server": s.Server != "", "auth": s.Auth != "", "encrypt": s.Encrypt != "", "trust_server_certificate": s.TrustServerCertificate,
		"ca_file": s.CAFile != "", "server_name": s.ServerName != "", "tls_min": s.TLSMin != "",
	}
}

// sqlServer checks how a source reaches and enters SQL Server.
func (k checker) sqlServer(s *Source, path string) {
	user, password := s.User, s.Password.Reveal()
	if s.URL.IsZero() {
		k.sqlServerPlace(s, path)
	} else {
		k.noEffect(path, "beside url", map[string]bool{
			"server": s.Server != "", "host": s.Host != "", "port": s.Port != 0, "database": s.Database != "", "user": s.User != "",
		})
		in, ok := k.sqlServerURL(s, path+".url")
		if !ok {
			return
		}
		user = in.Username()
		if p, has := in.Password(); has && password != "" {
			k.faultAt(path+".url", "holds a password, and another one is written beside it", "leave it out of the url")
		} else if has {
			password = p
		}
	}
	k.sqlServerLogin(s, path, user, password)
	k.sqlServerTLS(s, path)
}

// sqlServerPlace checks server, host, port and database.
func (k checker) sqlServerPlace(s *Source, path string) {
	if s.Database == "" {
		k.faultAt(path+".database", "is missing", "write the name of the ERP's database")
	}
	switch {
	case s.Server == "" && s.Host == "":
		k.faultAt(path+".server", "is missing", serverHint+", or host, or one url")
		return
	case s.Server == "":
		return
	}
	k.noEffect(path, "beside server", map[string]bool{"host": s.Host != ""})
	host, _, comma := strings.Cut(s.Server, ",")
	host, instance, named := strings.Cut(host, `\`)
	if host == "" || named && instance == "" || strings.ContainsAny(s.Server, "/;@") || strings.Contains(instance, `\`) {
		k.faultAt(path+".server", k.quote(path+".server", s.Server)+" is not a server", serverHint)
	}
	if comma && s.Port != 0 {
		k.faultAt(path+".port", "is given twice", "leave the port out of server, or remove the key")
	}
}

// sqlServerURL checks the address, which faults never quote, and returns who
// signs in.
func (k checker) sqlServerURL(s *Source, path string) (who *url.Userinfo, ok bool) {
	if s.URL.Scheme() != sqlserver {
		k.faultAt(path, "is not an address this connector knows", "it begins with sqlserver:")
		return nil, false
	}
	u, err := url.Parse(s.URL.Reveal())
	if err != nil || u.Host == "" || u.Query().Get("database") == "" {
		k.faultAt(path, "is not an address of the form sqlserver://user@host/instance?database=NAME",
			"percent-encode special characters (# is %23, @ is %40, \\ is %5C), or write server, database, user and password_file instead")
		return nil, false
	}
	if len(u.Query()) > 1 {
		k.faultAt(path, "says more than the database after the question mark", "encrypt, trust_server_certificate, ca_file, server_name, tls_min and auth are keys of the source")
	}
	return u.User, true
}

func (k checker) sqlServerLogin(s *Source, path, user, password string) {
	domain := strings.Contains(user, `\`)
	switch {
	case s.Auth != "windows" && user == "":
		k.faultAt(path+".user", "is missing", "write user and password_file, or auth: windows to sign in as the account that loyalsync runs under")
	case s.Auth != "windows" && domain:
		k.faultAt(path+".user", "is an account of Windows", "write auth: windows beside it, or a login of the server")
	case s.Auth == "windows" && user != "" && !domain:
		k.faultAt(path+".user", "has no domain", `write user: 'DOMAIN\user' in single quotes`)
	case s.Auth == "windows" && user == "" && password != "":
		k.faultAt(path+".user", "is missing beside the password", `write user: 'DOMAIN\user', or remove the password to sign in as the account that loyalsync runs under`)
	case s.Auth == "windows" && user != "" && password == "":
		k.secretMissing(path, "password")
	}
}

func (k checker) sqlServerTLS(s *Source, path string) {
	tls := map[string]bool{"ca_file": s.CAFile != "", "server_name": s.ServerName != ""}
	switch {
	case s.Encrypt == "disable":
		tls["trust_server_certificate"], tls["tls_min"] = s.TrustServerCertificate, s.TLSMin != ""
		k.noEffect(path, "with encrypt: disable", tls)
	case s.TrustServerCertificate && s.Encrypt == "strict":
		k.noEffect(path, "with encrypt: strict, which always checks the certificate", map[string]bool{"trust_server_certificate": true})
	case s.TrustServerCertificate:
		k.noEffect(path, "beside trust_server_certificate: true, which looks at nothing of the certificate", tls)
	}
}

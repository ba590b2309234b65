package sqlserver

import (
	"net"
	"net/url"
	"runtime"
	"strconv"
	"strings"
)

// defaultPort is where SQL Server's default instance listens.
const defaultPort = 1433

// address is where an instance is. A port of 0 is that of the default instance,
// or, for a named one, what the Browser service answers.
type address struct {
	host, instance string
	port           int
}

// String is the address as SQL Server's own tools write it.
func (a address) String() string {
	s := a.host
	if a.instance != "" {
		s += `\` + a.instance
	}
	if a.port != 0 {
		s += "," + strconv.Itoa(a.port)
	}
	return s
}

// asksBrowser reports whether only the Browser service knows the port.
func (a address) asksBrowser() bool { return a.instance != "" && a.port == 0 }

// parseServer reads HOST, HOST\INSTANCE, HOST,PORT and HOST\INSTANCE,PORT, with
// tcp: before it where a connection string was copied. (local) and . are this
// machine, as in SQL Server's tools.
func parseServer(s string) (address, error) {
	const hint = `write server: 'HOST\INSTANCE', 'HOST,PORT' or 'HOST', in single quotes`
	s = strings.TrimSpace(s)
	if prefix, rest, found := strings.Cut(s, ":"); found && !strings.ContainsAny(prefix, `\,[`) {
		switch strings.ToLower(prefix) {
		case "tcp":
			s = rest
		case "np", "lpc", "admin":
			return address{}, settingsError("server: "+strings.ToLower(prefix)+": is another protocol than TCP/IP", "remove it; the instance must listen on TCP/IP")
		}
	}
	var a address
	rest, port, hasPort := strings.Cut(s, ",")
	if hasPort {
		n, err := strconv.ParseUint(strings.TrimSpace(port), 10, 16)
		if err != nil || n == 0 {
			return address{}, settingsError("server: the port after the comma is not between 1 and 65535", hint)
		}
		a.port = int(n)
	}
	host, instance, named := strings.Cut(rest, `\`)
	a.host, a.instance = strings.TrimSpace(host), strings.TrimSpace(instance)
	if inner, open := strings.CutPrefix(a.host, "["); open && strings.HasSuffix(inner, "]") {
		a.host = strings.TrimSuffix(inner, "]") // an IPv6 address, as in a URL
	}
	switch strings.ToLower(a.host) {
	case ".", "(local)":
		a.host = "localhost"
	case "(localdb)":
		return address{}, settingsError("server: LocalDB has no network", "use an instance of SQL Server or SQL Server Express")
	case "":
		return address{}, settingsError("server: the host is missing", hint)
	}
	switch {
	case named && a.instance == "", strings.ContainsAny(a.host+a.instance, `/\;@?#"'`), strings.ContainsAny(a.host, "[] \t\r\n\x00"),
		!isName(a.instance), strings.Contains(a.host, ":") && net.ParseIP(a.host) == nil:
		return address{}, settingsError("server: the name cannot be read", hint)
	}
	if strings.EqualFold(a.instance, "MSSQLSERVER") { // the default instance's own name: it has no entry at the Browser of its own
		a.instance = ""
	}
	return a, nil
}

// isName reports whether an instance may be called so: at most 16 letters,
// digits, underscores, dollar and number signs. "" is the default instance.
func isName(instance string) bool {
	return len(instance) <= 64 && !strings.ContainsFunc(instance, func(r rune) bool { return r <= ' ' || r == 0x7f || r == ';' || r == ':' })
}

// fromURL takes a URL apart. It never quotes it: it may hold the password.
func (t *target) fromURL(raw string) error {
	const hint = `write url: sqlserver://user@host:1433?database=NAME, or sqlserver://user@host/INSTANCE?database=NAME, with # / % ? : @ \ in names percent-encoded, and the password in password_file:`
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "sqlserver" || u.Hostname() == "" {
		return settingsError("the server's address cannot be read", hint)
	}
	server := u.Hostname()
	if strings.Contains(server, ":") {
		server = "[" + server + "]"
	}
	if instance := strings.Trim(u.Path, "/"); instance != "" {
		server += `\` + instance
	}
	if port := u.Port(); port != "" {
		server += "," + port
	}
	if t.address, err = parseServer(server); err != nil {
		return settingsError("the server's address cannot be read", hint)
	}
	for key, values := range u.Query() {
		if strings.EqualFold(key, "database") && len(values) == 1 {
			if t.Database != "" {
				return settingsError("the database is named twice", "leave it out of the url, or remove database:")
			}
			t.Database = values[0]
			continue
		}
		return settingsError("url: only database is taken after the question mark", "encrypt, trust_server_certificate, ca_file, server_name, tls_min and auth are keys of the source")
	}
	return t.userFromURL(u.User)
}

func (t *target) userFromURL(user *url.Userinfo) error {
	if user == nil {
		return nil
	}
	if t.User != "" {
		return settingsError("the user is named twice", "leave it out of the url, or remove user:")
	}
	t.User = user.Username()
	if password, has := user.Password(); has {
		if t.Password != "" {
			return settingsError("the password is given twice", "leave it out of the url")
		}
		t.Password = password
	}
	return nil
}

// checkLogin holds what must be there to sign in.
func (t target) checkLogin() error { return t.checkLoginOn(runtime.GOOS) }

func (t target) checkLoginOn(system string) error {
	domain := strings.Contains(t.User, `\`)
	switch {
	case t.Database == "":
		return settingsError("the database is not named", "give database:, or ?database=NAME in the url")
	case t.Auth == AuthSQL && t.User == "":
		return settingsError("the user is missing", "give user: and password_file:, or auth: windows to sign in as the account that loyalsync runs under")
	case t.Auth == AuthSQL && domain:
		return settingsError("the user is an account of Windows", `write auth: windows beside DOMAIN\user, or name a login of the server`)
	case t.Auth == AuthWindows && t.User == "" && system != "windows":
		return settingsError("only Windows can sign in as the account of a service", `give user: 'DOMAIN\user' and password_file:, or auth: sql with a login of the server`)
	case t.Auth == AuthWindows && t.User == "" && t.Password != "":
		return settingsError("a password stands there without a user", `give user: 'DOMAIN\user' too, or remove the password to sign in as the account of the service`)
	case t.Auth == AuthWindows && t.User != "" && !domain:
		return settingsError("the user has no domain", `write user: 'DOMAIN\user', or 'MACHINE\user' for an account of the server's own machine`)
	case t.Auth == AuthWindows && t.User != "" && t.Password == "":
		return settingsError("the password of the Windows account is missing", "give password_file:, or remove user: to sign in as the account of the service")
	}
	return nil
}

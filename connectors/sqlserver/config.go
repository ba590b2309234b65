package sqlserver

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// How to sign in: [Config.Auth].
const (
	AuthSQL     = "sql"     // a login of the server, with user and password
	AuthWindows = "windows" // an account of Windows
)

// What of a connection is encrypted: [Config.Encrypt].
const (
	EncryptDisable = "disable" // nothing, the password included
	EncryptLogin   = "login"   // the login; the data too where the server insists
	EncryptFull    = "full"    // everything
	EncryptStrict  = "strict"  // everything, TLS first (TDS 8.0: SQL Server 2022 and later)
)

// How a read is kept apart from the ERP's own writing: [Config.Isolation].
const (
	IsolationAuto          = "auto"           // snapshot where the database allows it, read committed elsewhere
	IsolationReadCommitted = "read_committed" // waits for rows being written
	IsolationSnapshot      = "snapshot"       // one state of the database for the whole of a read, waits for nobody
)

// Config says which database of which server is read. Name the server by URL, by
// Server, or by Host with Port.
type Config struct {
	// URL is sqlserver://user@host:port?database=NAME, or sqlserver://user@host/INSTANCE?database=NAME.
	// Of its query only database is taken; everything else has a field here.
	URL string
	// Server is HOST, HOST\INSTANCE, or HOST,PORT, as SQL Server's own tools write
	// it. A named instance without a port is asked for at the SQL Server Browser
	// service (UDP 1434) at each new connection; with a port the Browser is not
	// asked, and the instance's name is not used.
	Server string
	Host   string
	Port   int // Defaults to 1433, or to what the Browser answers for a named instance.

	Database string
	User     string
	Password string // also completes a URL that has none

	// Auth is sql or windows. With windows and no user, the account that this
	// program runs under signs in, which only Windows can do; with DOMAIN\user and
	// a password, NTLM signs in from any system. Defaults to sql.
	Auth string

	// Encrypt is disable, login, full or strict. Defaults to full. The driver's
	// encrypt=false is login here: it still opens TLS for the login, and only
	// disable sends the password without TLS.
	Encrypt string
	// TrustServerCertificate takes any certificate, so that it protects against
	// listening but not against an impostor. SQL Server makes one for itself
	// where the administrator gave it none, and such a one can only be trusted so.
	TrustServerCertificate bool
	CAFile                 string // PEM of the authorities, or of the server's own certificate, instead of the system's
	ServerName             string // the name that the certificate must hold. Defaults to the host.
	TLSMin                 string // 1.0, 1.1, 1.2 or 1.3. Defaults to 1.2; below it, the ciphers of that time are offered too.

	Isolation string // auto, read_committed or snapshot. Defaults to auto.

	ConnectTimeout   time.Duration // for a new connection with its login. Defaults to 15 seconds.
	StatementTimeout time.Duration // for one Read, whatever the driver does. Defaults to one minute.

	browserPort int // of the Browser service; tests have their own
}

// String names the source without its secrets.
func (c Config) String() string { return "SQL Server source" }

// LogValue keeps the URL and the password out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) withDefaults() Config {
	c.Auth = orText(c.Auth, AuthSQL)
	c.Encrypt = orText(c.Encrypt, EncryptFull)
	c.TLSMin = orText(c.TLSMin, "1.2")
	c.Isolation = orText(c.Isolation, IsolationAuto)
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 15 * time.Second
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = time.Minute
	}
	if c.browserPort == 0 {
		c.browserPort = 1434
	}
	return c
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Validate returns the first fault as ErrSettings with a hint. Open does it too.
func (c Config) Validate() error {
	_, err := c.withDefaults().resolve()
	return err
}

// target is a checked Config: where to go and who to be there.
type target struct {
	Config
	address
}

// resolve checks c, which has its defaults, and takes the URL apart.
func (c Config) resolve() (target, error) {
	for _, check := range []func(Config) error{checkWords, checkEncryption, checkOnce} {
		if err := check(c); err != nil {
			return target{}, err
		}
	}
	t := target{Config: c}
	var err error
	switch {
	case c.URL != "":
		err = t.fromURL(c.URL)
	case c.Server != "":
		t.address, err = parseServer(c.Server)
	default:
		t.address, err = parseServer(c.Host)
	}
	if err != nil {
		return target{}, err
	}
	if c.Port != 0 {
		t.port = c.Port
	}
	return t, t.checkLogin()
}

// checkWords holds the settings that take one of a few words.
func checkWords(c Config) error {
	for _, w := range []struct {
		key, word string
		known     []string
	}{
		{"auth", c.Auth, []string{AuthSQL, AuthWindows}},
		{"encrypt", c.Encrypt, []string{EncryptDisable, EncryptLogin, EncryptFull, EncryptStrict}},
		{"tls_min", c.TLSMin, []string{"1.0", "1.1", "1.2", "1.3"}},
		{"isolation", c.Isolation, []string{IsolationAuto, IsolationReadCommitted, IsolationSnapshot}},
	} {
		if !slices.Contains(w.known, w.word) {
			return settingsError(fmt.Sprintf("%s: %q is not known", w.key, w.word), w.key+": takes "+strings.Join(w.known, ", "))
		}
	}
	if c.ConnectTimeout < 0 || c.StatementTimeout < 0 {
		return settingsError("a timeout is negative", "give a duration such as 60s")
	}
	return nil
}

func checkEncryption(c Config) error {
	switch {
	case c.Encrypt == EncryptDisable && (c.TrustServerCertificate || c.CAFile != "" || c.ServerName != "" || c.TLSMin != "1.2"):
		return settingsError("settings of TLS stand beside encrypt: disable", "remove trust_server_certificate, ca_file, server_name and tls_min, or write encrypt: full")
	case c.TrustServerCertificate && (c.CAFile != "" || c.ServerName != ""):
		return settingsError("ca_file or server_name stands beside trust_server_certificate", "keep one: with trust_server_certificate: true nothing of the certificate is looked at")
	case c.Encrypt == EncryptStrict && c.TrustServerCertificate:
		return settingsError("trust_server_certificate has no effect with encrypt: strict", "strict always checks the certificate: name its authority with ca_file, or write encrypt: full")
	}
	return nil
}

// checkOnce refuses a server that is named twice, or not at all.
func checkOnce(c Config) error {
	const hint = `give server: 'HOST\INSTANCE', or host:, or url:`
	named := 0
	for _, s := range []string{c.URL, c.Server, c.Host} {
		if s != "" {
			named++
		}
	}
	switch {
	case named == 0:
		return settingsError("the server is not named", hint)
	case named > 1:
		return settingsError("the server is named twice", hint)
	case c.Port < 0 || c.Port > 65535:
		return settingsError("the port is not between 1 and 65535", "SQL Server usually listens on 1433")
	case c.Port != 0 && c.URL != "":
		return settingsError("a port stands beside the url", "write it into the url: sqlserver://host:port")
	case c.Port != 0 && strings.Contains(c.Server, ","):
		return settingsError("the port is given twice", "leave it out of server:, or remove port:")
	}
	return nil
}

func settingsError(what, hint string) error {
	return &connectors.Error{Kind: connectors.ErrSettings, Op: "configure", Hint: hint, Err: errors.New(what)}
}

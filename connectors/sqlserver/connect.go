package sqlserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/loyalsync/loyalsync/connectors/network"
)

// connector makes connections for database/sql. The port of a named instance may
// change whenever the instance starts, so each connection looks it up anew.
type connector struct {
	target
	guard *network.Guard
	tls   *tls.Config // nil with encrypt: disable
	// seen is told each handshake and why its certificate would be refused. For Probe.
	seen func(tls.ConnectionState, error)
}

// Connector makes connections under a guard of the caller's, for code with a pool
// and transactions of its own (sql.OpenDB); [Failed] understands its errors.
// Errors: ErrSettings.
func Connector(c Config, guard *network.Guard) (driver.Connector, error) {
	t, err := c.withDefaults().resolve()
	if err != nil {
		return nil, err
	}
	return newConnector(t, guard)
}

func newConnector(t target, g *network.Guard) (*connector, error) {
	c := &connector{target: t, guard: g}
	if t.Encrypt == EncryptDisable {
		return c, nil
	}
	var err error
	c.tls, err = t.tlsConfig()
	return c, err
}

// Driver is the driver of the connections.
func (c *connector) Driver() driver.Driver { return new(mssql.Driver) }

// Connect makes a connection and signs in, within ConnectTimeout: the driver
// itself waits without end for a server that accepts and never answers, and looks
// up names and shakes hands without regard to ctx.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	port, err := c.locate(limited)
	if err != nil {
		return nil, c.explain(err)
	}
	attempt := &attempt{guard: c.guard}
	stop := context.AfterFunc(limited, attempt.give)
	defer stop()
	inner := mssql.NewConnectorConfig(c.driverConfig(port, attempt))
	inner.Dialer = attempt
	conn, err := inner.Connect(limited)
	if err != nil {
		attempt.give()
		return nil, c.explain(errors.Join(attempt.reason(limited), err))
	}
	return conn, nil
}

// driverConfig is the target in the driver's terms. Nothing passes through a
// connection string, so a password needs no escaping and no error can quote it.
func (c *connector) driverConfig(port int, a *attempt) msdsn.Config {
	conf := msdsn.Config{
		Host: c.host, Instance: c.instance, Port: uint64(port), //nolint:gosec // checked to be a port
		Database: c.Database, User: c.User, Password: c.Password,
		AppName: "loyalsync", ReadOnlyIntent: true,
		DialTimeout: -1, KeepAlive: 30 * time.Second, // Connect holds the time
		Protocols:  []string{"tcp"},
		Parameters: map[string]string{}, ProtocolParameters: map[string]any{},
		Encryption: encryption(c.Encrypt), TrustServerCertificate: c.TrustServerCertificate,
		HostInCertificateProvided: c.ServerName != "", NoTraceID: true,
		Encoding: msdsn.EncodeParameters{Timezone: time.UTC}, // a datetime is a wall clock without zone
	}
	if name, err := os.Hostname(); err == nil {
		conf.Workstation = name
	}
	if c.Auth == AuthWindows {
		conf.Parameters["authenticator"] = c.authenticator(runtime.GOOS)
	}
	if c.tls != nil {
		conf.TLSConfig = c.tls.Clone()
		conf.TLSConfig.VerifyConnection = func(s tls.ConnectionState) error {
			err := c.verify(s)
			if c.seen != nil {
				c.seen(s, err)
			}
			if c.TrustServerCertificate {
				return nil
			}
			a.refuse(err) // the driver passes on the text alone
			return err
		}
	}
	return conf
}

// authenticator is the driver's way to sign in with an account of Windows. Its
// winsspi counts the bytes of a password where Windows counts UTF-16 units, so a
// password with other letters than ASCII goes by ntlm.
func (c *connector) authenticator(system string) string {
	if system != "windows" {
		return "ntlm"
	}
	for _, r := range c.User + c.Password {
		if r > 0x7f {
			return "ntlm"
		}
	}
	return "winsspi"
}

func encryption(word string) msdsn.Encryption {
	switch word {
	case EncryptDisable:
		return msdsn.EncryptionDisabled
	case EncryptLogin:
		return msdsn.EncryptionOff
	case EncryptStrict:
		return msdsn.EncryptionStrict
	}
	return msdsn.EncryptionRequired
}

// tlsConfig is what every handshake starts from. The certificate is checked by
// verify, which keeps the reason of a refusal.
func (t target) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{
		ServerName:                  orText(t.ServerName, t.host),
		InsecureSkipVerify:          true, //nolint:gosec // verify does it, to keep the reason
		DynamicRecordSizingDisabled: true, // SQL Server wants one TLS record in one segment
		MinVersion:                  tlsVersion(t.TLSMin),
	}
	if conf.MinVersion < tls.VersionTLS12 {
		conf.CipherSuites = everyCipher()
	}
	if t.CAFile == "" {
		return conf, nil
	}
	text, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, settingsError("ca_file cannot be read", "does the file exist, and may the account that loyalsync runs under read it?")
	}
	conf.RootCAs = x509.NewCertPool()
	if !conf.RootCAs.AppendCertsFromPEM(text) {
		return nil, settingsError("ca_file holds no certificate", "export the certificate as Base-64 X.509 (PEM): it begins with -----BEGIN CERTIFICATE-----")
	}
	return conf, nil
}

func tlsVersion(min string) uint16 {
	switch min {
	case "1.0":
		return tls.VersionTLS10
	case "1.1":
		return tls.VersionTLS11
	case "1.3":
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

// everyCipher offers, to a server of the time of TLS 1.0, what it may be limited to.
func everyCipher() []uint16 {
	var ids []uint16
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, s := range list {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// verify checks the server's certificate as crypto/tls would. The name is that of
// the handshake, which may be a replica's that the server sent us to; one that is
// an address is not part of a handshake.
func (c *connector) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("x509: the server has no certificate")
	}
	options := x509.VerifyOptions{Roots: c.tls.RootCAs, Intermediates: x509.NewCertPool()}
	for _, cert := range s.PeerCertificates[1:] {
		options.Intermediates.AddCert(cert)
	}
	// The name comes last: one that SQL Server made for itself has neither an
	// authority nor a name, and another name would not cure it.
	if _, err := s.PeerCertificates[0].Verify(options); err != nil {
		return err
	}
	return s.PeerCertificates[0].VerifyHostname(orText(s.ServerName, c.tls.ServerName))
}

// attempt is one try to connect: the dialer of the driver, what it opened, and
// why the certificate was refused.
type attempt struct {
	guard *network.Guard

	mu      sync.Mutex
	conn    net.Conn
	given   bool // up: nothing may be opened any more
	refused error
}

// HostName makes the driver hand the name over instead of looking it up itself,
// where no deadline holds. See mssql.HostDialer.
func (a *attempt) HostName() string { return "" }

// DialContext opens the connection. See mssql.Dialer.
func (a *attempt) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := a.guard.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.given {
		_ = conn.Close()
		return nil, context.DeadlineExceeded
	}
	a.conn = conn
	return conn, nil
}

// give gives the attempt up: the driver's read or write fails at once.
func (a *attempt) give() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.given = true
	if a.conn != nil {
		_ = a.conn.Close()
	}
}

func (a *attempt) refuse(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused = err
}

// reason is what the driver's own error does not tell: why the certificate was
// refused, or that the time is up.
func (a *attempt) reason(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.refused != nil:
		return a.refused
	case ctx.Err() != nil && a.conn != nil:
		return errors.Join(errSilent, ctx.Err())
	}
	return ctx.Err()
}

package compiere

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loyalsync/loyalsync/connectors"
)

// Document base types that a source may read.
const (
	typeInvoice    = "ARI"    // sales invoice
	typeCreditMemo = "ARC"    // sales credit memo
	typeReturn     = "ARI_RM" // Openbravo's invoice of returned material
)

// Config says which database is read, and what of it. Give either URL or Host,
// Database and User.
type Config struct {
	URL      string // postgres://user@host:port/database?sslmode=…
	Host     string
	Port     int // Defaults to 5432.
	Database string
	User     string
	Password string // also completes a URL that has none

	// Schema that holds the ERP's tables. Defaults to the only one with c_invoice
	// and ad_client.
	Schema string
	// Tenant is the AD_Client_ID of the company. Defaults to the only one besides
	// the dictionary that has invoices.
	Tenant string
	// Documents are the document base types to read, of ARI and ARC. Defaults to both.
	// ARC stands for Openbravo's ARI_RM too: a return is a way of taking back.
	Documents []string
	// ReturnsAsStored takes the amounts of Openbravo's return documents (ARI_RM, and
	// types marked as returns) with the sign they are stored with. By default such a
	// document takes back whatever its sign: a total above zero is turned around.
	ReturnsAsStored bool
	// Timezone, an IANA name, is the zone of the application server's clock, which
	// stamps the rows. Defaults to the zone of the database server.
	Timezone string

	StatementTimeout time.Duration // Defaults to one minute.
	LockTimeout      time.Duration // Defaults to 5 seconds.
	ConnectTimeout   time.Duration // Defaults to 10 seconds.

	// Now is the clock that certificates are held against. Defaults to time.Now.
	Now func() time.Time
}

// String names the source without its secrets.
func (c Config) String() string { return "compiere source" }

// LogValue keeps the URL and the password out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) withDefaults() Config {
	if c.Port == 0 {
		c.Port = 5432
	}
	if len(c.Documents) == 0 {
		c.Documents = []string{typeInvoice, typeCreditMemo}
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // certificates are held against the real clock
	}
	c.StatementTimeout = orDuration(c.StatementTimeout, time.Minute)
	c.LockTimeout = orDuration(c.LockTimeout, 5*time.Second)
	c.ConnectTimeout = orDuration(c.ConnectTimeout, 10*time.Second)
	return c
}

// baseTypes are the document base types that Documents stands for.
func (c Config) baseTypes() []string {
	types := slices.Clone(c.Documents)
	if slices.Contains(types, typeCreditMemo) {
		types = append(types, typeReturn)
	}
	return types
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// validate returns the first fault as ErrSettings.
func (c Config) validate() error {
	switch {
	case c.URL == "" && (c.Host == "" || c.Database == "" || c.User == ""):
		return settingsError("the server is not named", "give url:, or host:, database: and user:")
	case c.URL != "" && (c.Host != "" || c.Database != "" || c.User != ""):
		return settingsError("the server is named twice", "give either url:, or host:, database: and user:")
	case c.Port < 1 || c.Port > 65535:
		return settingsError("the port is not between 1 and 65535", "PostgreSQL usually listens on 5432")
	case c.Tenant != "" && !isTextKey(c.Tenant):
		return settingsError("the tenant is not an AD_Client_ID", "tenant: is the AD_Client_ID of the company, for example \"1000000\" (in Openbravo 32 letters and digits)")
	case c.StatementTimeout < 0 || c.LockTimeout < 0 || c.ConnectTimeout < 0:
		return settingsError("a timeout is negative", "give a duration such as 60s")
	}
	for i, d := range c.Documents {
		if (d != typeInvoice && d != typeCreditMemo) || slices.Contains(c.Documents[:i], d) {
			return settingsError(fmt.Sprintf("document base type %q is unknown or named twice", d),
				"documents: takes ARI (invoices) and ARC (credit memos, and returns in Openbravo)")
		}
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return settingsError(fmt.Sprintf("time zone %q is unknown", c.Timezone), "give an IANA name, for example Europe/Warsaw")
	}
	return nil
}

func settingsError(what, hint string) error {
	return &connectors.Error{Kind: connectors.ErrSettings, Op: "configure", Hint: hint, Err: errors.New(what)}
}

// connections are as many as a source has: an ERP's server has better to do.
const connections = 2

// poolConfig holds what is the same on every connection (law 4: read-only even
// when the login is not). The parser's own errors quote the URL: they stay here.
func (c Config) poolConfig() (*pgxpool.Config, error) {
	pool, err := pgxpool.ParseConfig(c.url())
	if err != nil {
		return nil, settingsError("the server's address cannot be read",
			"write url: as postgres://user@host:5432/database, with # / % ? : @ in names percent-encoded, and the password in password_file:")
	}
	conn := pool.ConnConfig
	if c.Password != "" {
		conn.Password = c.Password
	}
	conn.ConnectTimeout = c.ConnectTimeout
	conn.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // survives a migration of the ERP under way
	for name, value := range map[string]string{
		"application_name":                    "loyalsync",
		"DateStyle":                           "ISO",
		"default_transaction_read_only":       "on",
		"statement_timeout":                   milliseconds(c.StatementTimeout),
		"lock_timeout":                        milliseconds(c.LockTimeout),
		"idle_in_transaction_session_timeout": milliseconds(c.StatementTimeout),
	} {
		conn.RuntimeParams[name] = value
	}
	pool.MinConns, pool.MaxConns = 0, connections
	pool.MaxConnIdleTime = time.Minute
	return pool, nil
}

func (c Config) url() string {
	if c.URL != "" {
		return c.URL
	}
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), Path: "/" + c.Database}
	return u.String()
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10)
}

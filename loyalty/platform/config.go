package platform

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Config says how a platform is reached. Token and SigningKey are secrets: they
// go into headers and nowhere else.
type Config struct {
	Name string // of the platform, for errors and logs
	// URL is the base address; "/v1/sync/…" is added to it. https, or http to
	// this machine.
	URL        string
	Token      string
	SigningKey string // "" sends no signature
	// Timeout of one attempt. Defaults to 30 seconds.
	Timeout time.Duration
	// Retries after the first attempt. Defaults to 5; negative is none.
	Retries int
	// MinWait and MaxWait bound the pause before a retry when the platform does
	// not name one. Default to 1 second and 1 minute.
	MinWait, MaxWait time.Duration
	// Version of this program, for the User-Agent. Defaults to "dev".
	Version string
	// Now is the clock of signatures. Required.
	Now func() time.Time
	// Logger is told of retries. Defaults to silence.
	Logger *slog.Logger
	// Transport replaces the HTTP transport. Defaults to a pooled one of its own.
	Transport http.RoundTripper
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Retries == 0 {
		c.Retries = 5
	}
	c.Retries = max(c.Retries, 0)
	if c.MinWait == 0 {
		c.MinWait = time.Second
	}
	if c.MaxWait == 0 {
		c.MaxWait = time.Minute
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.URL = strings.TrimRight(c.URL, "/")
	return c
}

// validate never quotes the address: it may hold a password.
func (c Config) validate() error {
	fault := func(message, hint string) error {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "platform " + c.Name + ": " + message, Hint: hint}
	}
	if c.Now == nil {
		return fault("a clock is missing", "")
	}
	if c.Token == "" || strings.ContainsFunc(c.Token, notVisible) {
		return fault("the token is empty or has blanks in it", "write the token alone into token_file")
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Hostname() == "":
		return fault("url is not an address", "write it like https://points.example.com/api")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fault("url holds a user, a query or a fragment", "write the plain address; the token goes into token_file")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fault("url is plain http to another machine", "use https: the token and personal data would travel in the clear")
	case u.Scheme != "http" && u.Scheme != "https":
		return fault("url is neither https nor http", "write it like https://points.example.com/api")
	}
	return nil
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// address of the calls of a kind.
func (c Config) address(kind wire.Kind) string { return c.URL + "/v1/sync/" + string(kind) }

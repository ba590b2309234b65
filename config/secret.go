package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// redacted stands wherever a secret would.
const redacted = "[redacted]"

// Secret is a value that only Reveal shows: fmt, slog, JSON and YAML print
// "[redacted]" (law 11). The zero Secret is empty.
type Secret struct {
	// A pointer: fmt cannot call methods on unexported fields of other structs,
	// and prints an address there, not the value.
	value    *string
	fromFile bool
}

// NewSecret returns a secret that holds s.
func NewSecret(s string) Secret { return Secret{value: &s} }

// Reveal returns the value itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero tells whether there is no value.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String returns "[redacted]", or "" when there is no value.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format prints String for every verb.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, s.String()) }

// LogValue is String for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String; it serves YAML and map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON is String as JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML is String.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// URL is an address that may hold a password. It prints without the password and
// without the values of its query; Reveal returns all of it.
type URL struct{ secret Secret }

// NewURL returns the URL with the text s, which need not be valid.
func NewURL(s string) URL { return URL{NewSecret(s)} }

// Reveal returns the whole text.
func (u URL) Reveal() string { return u.secret.Reveal() }

// IsZero tells whether there is none.
func (u URL) IsZero() bool { return u.secret.IsZero() }

// Scheme returns what stands before the first colon, in lower case.
func (u URL) Scheme() string {
	scheme, _, found := strings.Cut(u.Reveal(), ":")
	if !found {
		return ""
	}
	return strings.ToLower(scheme)
}

// SQLitePath returns the file of a "sqlite:" URL, without any query.
func (u URL) SQLitePath() (string, bool) {
	if u.Scheme() != "sqlite" {
		return "", false
	}
	path, _, _ := strings.Cut(u.Reveal()[len("sqlite:"):], "?")
	return path, true
}

// parse returns the parsed URL. The error of package url is dropped on purpose:
// it quotes the URL and the password in it.
func (u URL) parse() (*url.URL, bool) {
	p, err := url.Parse(u.Reveal())
	return p, err == nil
}

// String returns the URL without password and query values.
func (u URL) String() string {
	if u.IsZero() {
		return ""
	}
	if path, ok := u.SQLitePath(); ok {
		return "sqlite:" + path
	}
	p, ok := u.parse()
	if !ok || p.Scheme == "" || p.Opaque != "" {
		return redacted
	}
	shown := url.URL{Scheme: p.Scheme, Host: p.Host, Path: p.Path}
	if p.User != nil {
		shown.User = url.User(p.User.Username())
	}
	return shown.String()
}

// GoString is String.
func (u URL) GoString() string { return u.String() }

// Format prints String for every verb.
func (u URL) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, u.String()) }

// LogValue is String for slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText is String.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// MarshalJSON is String as JSON.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// MarshalYAML is String.
func (u URL) MarshalYAML() (any, error) { return u.String(), nil }

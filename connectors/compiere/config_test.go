package compiere

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

func TestConfigFaults(t *testing.T) {
	good := Config{Host: "erp", Database: "adempiere", User: "ro", Password: "hunter2"}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // part of the message; "" for none
	}{
		{"fine", func(*Config) {}, ""},
		{"fine by URL", func(c *Config) { *c = Config{URL: "postgres://ro@erp/adempiere", Password: "hunter2"} }, ""},
		{"nothing", func(c *Config) { *c = Config{} }, "not named"},
		{"no database", func(c *Config) { c.Database = "" }, "not named"},
		{"both", func(c *Config) { c.URL = "postgres://erp/x" }, "named twice"},
		{"port", func(c *Config) { c.Port = 70000 }, "port"},
		{"tenant", func(c *Config) { c.Tenant = "Firma Łódź" }, "tenant"},
		{"document", func(c *Config) { c.Documents = []string{"ARI", "ARF"} }, `"ARF"`},
		{"document twice", func(c *Config) { c.Documents = []string{"ARI", "ARI"} }, `"ARI"`},
		{"zone", func(c *Config) { c.Timezone = "Europe/Warszawa" }, "Europe/Warszawa"},
		{"timeout", func(c *Config) { c.LockTimeout = -time.Second }, "timeout"},
		{"a URL with a password that breaks it", func(c *Config) { *c = Config{URL: "postgres://ro:hunter2/#%zz@erp:x/db"} }, "address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good
			c.change(&config)
			config = config.withDefaults()
			err := config.validate()
			if err == nil {
				_, err = config.poolConfig()
			}
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, connectors.ErrSettings) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrSettings with %q", err, c.want)
			}
			var e *connectors.Error
			if !errors.As(err, &e) || e.Hint == "" {
				t.Error("no hint")
			}
			if strings.Contains(fmt.Sprintf("%+v %s", err, e.Hint), "hunter2") {
				t.Error("the password is in the error")
			}
		})
	}
}

// Law 4: what every session is told.
func TestSessionsAreReadOnly(t *testing.T) {
	c := Config{Host: "erp", Database: "a b/c", User: "r:o", Password: "p#/%?@:", StatementTimeout: 3 * time.Second, LockTimeout: time.Microsecond}
	pool, err := c.withDefaults().poolConfig()
	if err != nil {
		t.Fatal(err)
	}
	conn := pool.ConnConfig
	if conn.Host != "erp" || conn.Port != 5432 || conn.Database != "a b/c" || conn.User != "r:o" || conn.Password != "p#/%?@:" {
		t.Error("the parts of the address changed on the way")
	}
	for name, want := range map[string]string{
		"default_transaction_read_only": "on", "statement_timeout": "3000", "lock_timeout": "1",
		"idle_in_transaction_session_timeout": "3000", "application_name": "loyalsync",
	} {
		if got := conn.RuntimeParams[name]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if pool.MaxConns != 2 {
		t.Errorf("%d connections, want at most 2", pool.MaxConns)
	}
}

// Law 11: a Config that ends up in a log shows nothing.
func TestConfigIsNotPrinted(t *testing.T) {
	c := Config{URL: "postgres://ro:hunter2@erp/db", Password: "hunter2"}
	var text, data strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).LogAttrs(context.Background(), slog.LevelInfo, "x", slog.Any("source", c))
	slog.New(slog.NewJSONHandler(&data, nil)).LogAttrs(context.Background(), slog.LevelInfo, "x", slog.Any("source", c))
	if all := fmt.Sprintf("%v %+v %s", c, c, c) + text.String() + data.String(); strings.Contains(all, "hunter2") {
		t.Errorf("the password is in %s", all)
	}
	if !json.Valid([]byte(data.String())) {
		t.Error("the log line is no JSON")
	}
}

package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver, to write rows past the store

	"github.com/loyalsync/loyalsync/loyalty/store"
)

const (
	// server names a PostgreSQL server, as superuser.
	server = "LOYALSYNC_TEST_POSTGRES"
	// choice is where stores of other packages' tests are: sqlite or postgres.
	choice = "LOYALSYNC_TEST_STORE"
)

// Place is where one store can be.
type Place struct {
	// Path is the file, "" in PostgreSQL.
	Path string
	// URL is as in store.url, "" in SQLite.
	URL string
}

// SQLite is a place in a folder of the test.
func SQLite(t testing.TB) Place { return Place{Path: filepath.Join(t.TempDir(), "loyalsync.db")} }

// Postgres is a database of its own, dropped after the test, on the server of
// LOYALSYNC_TEST_POSTGRES. Without one the test is skipped.
func Postgres(t testing.TB) Place {
	t.Helper()
	u, err := url.Parse(os.Getenv(server))
	if err != nil || u.Scheme == "" {
		if os.Getenv("LOYALSYNC_TEST_REQUIRE") == "1" {
			t.Fatal(server + " is not set to a URL")
		}
		t.Skip(server + " is not set to a URL")
	}
	name := "loyalsync_" + strings.ToLower(rand.Text())
	admin := Place{URL: u.String()}.DB(t)
	if _, err := admin.ExecContext(t.Context(), `CREATE DATABASE `+name+` ENCODING 'UTF8' TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	q.Set("synchronous_commit", "off") // nothing here outlives the test
	u.Path, u.RawQuery = "/"+name, q.Encode()
	return Place{URL: u.String()}
}

// Fresh is where LOYALSYNC_TEST_STORE says, SQLite by default.
func Fresh(t testing.TB) Place {
	t.Helper()
	if os.Getenv(choice) == "postgres" {
		return Postgres(t)
	}
	return SQLite(t)
}

// Again runs the tests of a package whose names match once more, in a process of
// its own, with stores in PostgreSQL wherever they ask for Fresh. Without a server
// the test is skipped.
func Again(t *testing.T, names string) {
	t.Helper()
	if os.Getenv(choice) != "" {
		t.Skip("the tests run with " + choice + " already")
	}
	Postgres(t)
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+names, "-test.timeout=20m") //nolint:gosec // this test binary
	again.Env = append(os.Environ(), choice+"=postgres")
	out, err := again.CombinedOutput()
	if err != nil || strings.Contains(string(out), "no tests to run") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Config is the place for store.Open.
func (p Place) Config(now func() time.Time) store.Config {
	return store.Config{Path: p.Path, URL: p.URL, Now: now}
}

// Open opens the store until the end of the test, at noon of a day in 2026.
func (p Place) Open(t testing.TB) *store.Store {
	t.Helper()
	return p.OpenAt(t, func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) })
}

// OpenAt opens the store with a clock.
func (p Place) OpenAt(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), p.Config(now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// DB opens the database past the store until the end of the test.
func (p Place) DB(t testing.TB) *sql.DB {
	t.Helper()
	var db *sql.DB
	if p.URL == "" {
		var err error
		if db, err = sql.Open("sqlite", "file:"+filepath.ToSlash(p.Path)+"?_pragma=busy_timeout(5000)"); err != nil {
			t.Fatal(err)
		}
	} else {
		c, err := pgx.ParseConfig(p.URL)
		if err != nil {
			t.Fatal(server + " is not a URL of PostgreSQL")
		}
		db = stdlib.OpenDB(*c)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// File is a file with what the store holds: its own, or a copy of now.
func (p Place) File(t testing.TB, s *store.Store) string {
	t.Helper()
	if p.Path != "" {
		return p.Path
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.CopyTo(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

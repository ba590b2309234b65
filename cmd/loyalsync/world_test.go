package main

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// sampleEnd is when the sample ERP of the tests ends: fixed, so that its figures
// are.
var sampleEnd = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

const worldYAML = `timezone: Europe/Warsaw
log: {level: error, format: text}
store: {url: "sqlite:data/loyalsync.db"}
alerts: {webhook: "http://127.0.0.1:1/hook-T0ken"}
sources:
  - name: demo
    connector: sqlerp
    url: "sqlite:erp.db"
SQL
mappings:
  - source: demo
    program: main
    contractors: {where: 'attribute("PROGRAM") == "TAK"'}
    earn_from: 2024-01-01
    points_to: buyer
programs:
  - name: main
    currency: PLN
    guard: {max_reversed: 20%, min_points: "1"}
    rules_from: 2024-01-01
    rules:
      - {name: base, title: {pl: "Za każde 100 zł", en: "For every 100"}, based_on: bill, calculate_on: net, per: "100", points: "1"}
platforms:
  - {name: panel, kind: panel}
jobs:
  - {name: points, kind: points, source: demo, program: main, platforms: [panel], daily: ["18:30"]}
`

// world is a folder with a sample ERP and a configuration, and a store that is
// there too, or on a server.
type world struct {
	t      *testing.T
	dir    string
	server func() *sql.DB // past the store on a server; nil for a file
	url    string         // of the store
}

// inFolder is an empty world. LOYALSYNC_TEST_STORE says where its store is.
func inFolder(t *testing.T) world {
	t.Helper()
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LOYALSYNC_CONFIG"} {
		t.Setenv(name, "")
	}
	w := world{t: t, dir: t.TempDir(), url: "sqlite:data/loyalsync.db"}
	if place := storetest.Fresh(t); place.URL != "" {
		w.server, w.url = sync.OnceValue(func() *sql.DB { return place.DB(t) }), place.URL
	}
	return w
}

// file is the store as a file; only tests that are about files ask for it.
func (w world) file() string {
	w.t.Helper()
	if w.server != nil {
		w.t.Skip("the store is not a file")
	}
	return w.path("data/loyalsync.db")
}

// newWorld makes a sample ERP of 120 documents; nothing has run.
func newWorld(t *testing.T) world {
	t.Helper()
	w := inFolder(t)
	if err := sample.Create(t.Context(), w.path("erp.db"), sample.Config{Rows: 120, Now: sampleEnd}); err != nil {
		t.Fatal(err)
	}
	w.write("loyalsync.yaml", strings.NewReplacer("SQL\n", underSource(sample.YAML()), "sqlite:data/loyalsync.db", w.url).Replace(worldYAML))
	return w
}

// synced is a world after a first run.
func synced(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.must("run", "points")
	return w
}

// place is the store for store.Open.
func (w world) place() store.Config {
	if w.server != nil {
		return store.Config{URL: w.url, Now: time.Now}
	}
	return store.Config{Path: w.path("data/loyalsync.db"), Now: time.Now}
}

func (w world) path(name string) string { return filepath.Join(w.dir, name) }

func (w world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// result is what a command line came to.
type result struct {
	code     int
	out, err string
}

func command(ctx context.Context, stdin string, args ...string) result {
	var out, err bytes.Buffer
	code := run(ctx, args, streams{in: strings.NewReader(stdin), out: &out, err: &err})
	return result{code, out.String(), err.String()}
}

// do runs a command line on the world's configuration.
func (w world) do(args ...string) result { return w.doWith("", args...) }

func (w world) doWith(stdin string, args ...string) result {
	w.t.Helper()
	return command(w.t.Context(), stdin, append(args, "--config", w.path("loyalsync.yaml"))...)
}

func (w world) must(args ...string) string {
	w.t.Helper()
	r := w.do(args...)
	if r.code != exitDone {
		w.t.Fatalf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// erp changes the sample ERP.
func (w world) erp(statement string, args ...any) {
	w.t.Helper()
	db, err := sql.Open("sqlite", w.path("erp.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(w.t.Context(), statement, args...); err != nil {
		w.t.Fatal(err)
	}
}

// ask reads one text from the sample ERP.
func (w world) ask(query string) (text string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", w.path("erp.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(w.t.Context(), query).Scan(&text); err != nil {
		w.t.Fatal(err)
	}
	return text
}

// timePasses lets every lease run out, as the half minute after a crash does.
func (w world) timePasses() {
	w.t.Helper()
	w.store(`UPDATE lease SET expires_at = 0`)
}

// store changes the store behind the program's back.
func (w world) store(statement string) {
	w.t.Helper()
	if w.server != nil {
		if _, err := w.server().ExecContext(w.t.Context(), statement); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	changeFile(w.t, w.path("data/loyalsync.db"), statement)
}

// changeFile changes a store in a file.
func changeFile(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

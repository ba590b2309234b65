package sample

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	sqlite "modernc.org/sqlite"
)

//go:embed schema.sql
var schema string

//go:embed sql.yaml
var block string

// YAML is the sql: block of a source in loyalsync.yaml that reads the sample. It
// stands at the left margin; the caller indents it.
func YAML() string { return block }

// Config says what to make.
type Config struct {
	// Rows is the number of documents, corrections among them. Defaults to 2000.
	Rows int
	// Seed chooses the figures. Defaults to 1.
	Seed uint64
	// Now is the end of the 18 months, as the ERP's wall clock shows it: pass it
	// in the ERP's zone. It must be set.
	Now time.Time
}

func (c Config) withDefaults() Config {
	if c.Rows == 0 {
		c.Rows = 2000
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	return c
}

func (c Config) validate() error {
	if c.Rows < 1 {
		return fmt.Errorf("sample ERP: %d documents are too few", c.Rows)
	}
	if c.Now.IsZero() {
		return errors.New("sample ERP: the time is not set")
	}
	return nil
}

// Create writes a new sample ERP. A file that is there already gives an error
// that matches fs.ErrExist; a creation that is interrupted leaves no file at
// path.
func Create(ctx context.Context, path string, c Config) error {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("sample ERP: %w", fs.ErrExist)
	}
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sample ERP: %w", err)
	}
	if err := inTransaction(ctx, draft, func(tx *sql.Tx) error { return fill(ctx, tx, c) }); err != nil {
		return errors.Join(fmt.Errorf("sample ERP: %w", err), removed(draft))
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("sample ERP: %w", err)
	}
	return nil
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func fill(ctx context.Context, tx *sql.Tx, c Config) error {
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	g := newGenerator(c.Seed, 0)
	g.contractors, g.items = g.makeContractors(), makeItems()
	w := writer{ctx: ctx, tx: tx}
	w.exec("INSERT INTO firma VALUES (?, ?, ?)", g.nip(), "Hurtownia Przykładowa Sp. z o.o.", c.Now.AddDate(0, -18, 0).Format(dateLayout))
	for _, k := range g.contractors {
		w.contractor(k)
	}
	for _, o := range g.makePeople() {
		w.person(o)
	}
	for _, t := range g.items {
		w.item(t)
	}
	for _, d := range g.makeHistory(c) {
		w.document(d)
	}
	return w.close()
}

// Growth says what Grow did.
type Growth struct{ Added, Released, Corrected int }

// Grow lets a sample ERP live a little, at the time now on the ERP's wall clock:
// one to three new documents, most of them in the buffer; up to two taken out of
// it; now and then a correction.
func Grow(ctx context.Context, path string, now time.Time) (Growth, error) {
	var grown Growth
	if _, err := os.Stat(path); err != nil {
		return grown, fmt.Errorf("sample ERP: %w", err)
	}
	err := inTransaction(ctx, path, func(tx *sql.Tx) error {
		var err error
		grown, err = grow(ctx, tx, now)
		return err
	})
	if err != nil {
		return Growth{}, fmt.Errorf("sample ERP: %w", err)
	}
	return grown, nil
}

func inTransaction(ctx context.Context, path string, do func(*sql.Tx) error) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	slashed := filepath.ToSlash(absolute)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/… becomes file:///C:/…
	}
	dsn := url.URL{Scheme: "file", Path: slashed, RawQuery: "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_txlock=immediate"}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // a failed transaction is told by its own error
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// generator makes figures, the same for the same seed.
type generator struct {
	rng         *rand.Rand
	contractors []contractor
	items       []item
	nextLine    int64
}

func newGenerator(seed, stream uint64) *generator {
	return &generator{rng: rand.New(rand.NewPCG(seed, stream))} //nolint:gosec // figures of a demo, the same every time
}

// oneIn is true once in n times.
func (g *generator) oneIn(n int) bool { return g.rng.IntN(n) == 0 }

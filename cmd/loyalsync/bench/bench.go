package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "embed"

	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed bench.yaml
var configuration string

// SourceVariable is the variable that tells the processes that run jobs where the
// database is: the address holds a password, and stands in no file.
const SourceVariable = "LOYALSYNC_BENCH_SOURCE"

// MinRows is the smallest data set.
const MinRows = 100

// Config says what is measured.
type Config struct {
	// Source is the address of a PostgreSQL database; "" leaves the figures out
	// that need one.
	Source string
	// Rows are the invoice lines of the data set, at least MinRows; five are an
	// invoice.
	Rows int
	// Tenfold also measures the memory of a run over ten times the rows.
	Tenfold bool
	// Run runs a job of the configuration at a path in a process of its own.
	// Required.
	Run func(ctx context.Context, path, job string) (Ran, error)
	// Say tells of progress. Required.
	Say func(format string, args ...any)
}

// Ran is what a run in a process of its own came to.
type Ran struct {
	Wall   time.Duration `json:"-"`       // of the whole process, set by whoever started it
	TookMS float64       `json:"took_ms"` // of the run alone, as the run ledger has it
	Lines  int64         `json:"lines"`   // that were read
	// Invoices are those that were read.
	Invoices int64 `json:"invoices"`
	// Peak is the most resident memory that the process ever had, in bytes; 0 where
	// the system does not tell.
	Peak int64 `json:"peak_bytes"`
}

// took is how long the run alone took.
func (r Ran) took() time.Duration { return time.Duration(r.TookMS * float64(time.Millisecond)) }

// ErrWrong is in the error of a bench whose runs posted something else than the
// statement computed.
var ErrWrong = errors.New("the points are not those of the statement")

// Measure measures everything that can be. It leaves a data set in the database and
// nothing on this machine. The report comes back as far as it goes, also beside an
// error.
func Measure(ctx context.Context, cfg Config) (report Report, err error) {
	report = Report{Rows: cfg.Rows, Figures: figures()}
	dir, err := os.MkdirTemp("", "loyalsync-bench-")
	if err != nil {
		return report, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "cannot make a temporary folder", Hint: "check TMPDIR and the room on the disk", Err: err}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := bench{cfg: cfg, dir: dir, report: &report}
	if cfg.Source == "" {
		report.not("needs --source, an empty database of a PostgreSQL server", FirstRun, LinesRead, Memory, MemoryTenfold, Unchanged, UnchangedIndex, Changed)
	} else if err := b.runs(ctx); err != nil { // first: a wrong --source is told at once
		return report, err
	}
	if err := b.scoring(ctx); err != nil {
		return report, err
	}
	return report, b.push(ctx)
}

// bench is a measurement under way.
type bench struct {
	cfg    Config
	dir    string
	report *Report
	data   *dataset
	first  Ran
}

// runs measures runs over the data set.
func (b *bench) runs(ctx context.Context) (err error) {
	if b.data, err = openDataset(ctx, b.cfg.Source, b.cfg.Rows, b.cfg.Say); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.data.close(ctx)) }()
	if err := b.data.index(ctx, false); err != nil {
		return err
	}
	path, err := b.configure("first", fmt.Sprintf(configuration, SourceVariable, b.data.schema))
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, string) error{b.firstRun, b.unchanged, b.changed, b.tenfold} {
		if err := step(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// configure writes a configuration into a folder of its own.
func (b *bench) configure(name, text string) (path string, err error) {
	dir := filepath.Join(b.dir, name)
	path = filepath.Join(dir, "loyalsync.yaml")
	if err = os.MkdirAll(dir, 0o700); err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("write the configuration: %w", err)
	}
	return path, nil
}

// compared is how often what the program is compared with runs; its best time
// counts. The first time fills the server's cache.
const compared = 3

// firstRun reads everything into an empty store.
func (b *bench) firstRun(ctx context.Context, path string) error {
	var copied, stated time.Duration
	var want map[string]balance
	for i := range compared {
		b.cfg.Say("COPY and the SQL statement, %d of %d", i+1, compared)
		took, err := b.data.copyOut(ctx)
		if err != nil {
			return err
		}
		copied = best(copied, took)
		if took, want, err = b.data.points(ctx); err != nil {
			return err
		}
		stated = best(stated, took)
	}
	if err := b.data.index(ctx, true); err != nil {
		return err
	}
	b.cfg.Say("first run over %d lines", b.cfg.Rows)
	var err error
	if b.first, err = b.cfg.Run(ctx, path, "points"); err != nil {
		return err
	}
	if err := b.same(ctx, path, want); err != nil {
		return err
	}
	speed := func(d time.Duration) float64 { return float64(b.cfg.Rows) / d.Seconds() }
	b.report.set(FirstRun, b.first.Wall.Seconds()/stated.Seconds(), "%.1f s against %.1f s", b.first.Wall.Seconds(), stated.Seconds())
	b.report.set(LinesRead, copied.Seconds()/b.first.Wall.Seconds(), "%.0f against %.0f lines/s", speed(b.first.Wall), speed(copied))
	b.memory(Memory, b.first)
	return nil
}

// best is the shorter of two times; the first is 0 before any.
func best(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func (b *bench) memory(id string, r Ran) {
	if r.Peak == 0 {
		b.report.not("the system does not tell the peak of a process", id)
		return
	}
	b.report.set(id, float64(r.Peak)/(1<<20), "%d lines", r.Lines)
}

// unchanged runs again when there is nothing to do, with an index on the stamps and
// without.
func (b *bench) unchanged(ctx context.Context, path string) error {
	for _, c := range []struct {
		id    string
		index bool
	}{{UnchangedIndex, true}, {Unchanged, false}} {
		if !c.index {
			if err := b.data.index(ctx, false); err != nil {
				return err
			}
		}
		b.cfg.Say("%s", c.id)
		var took time.Duration
		for range compared {
			r, err := b.cfg.Run(ctx, path, "points")
			if err != nil {
				return err
			}
			took = best(took, r.took())
		}
		b.share(c.id, took)
	}
	return nil
}

// share compares a later run with the first one.
func (b *bench) share(id string, took time.Duration) {
	b.report.set(id, 100*took.Seconds()/b.first.took().Seconds(), "%d ms against %.1f s", took.Milliseconds(), b.first.took().Seconds())
}

// changed runs after people have changed invoices.
func (b *bench) changed(ctx context.Context, path string) error {
	if err := b.data.index(ctx, true); err != nil {
		return err
	}
	n, err := b.data.change(ctx)
	if err != nil {
		return err
	}
	b.cfg.Say("%d changed invoices", n)
	r, err := b.cfg.Run(ctx, path, "points")
	if err != nil {
		return err
	}
	if r.Invoices < int64(n) {
		return fmt.Errorf("%d invoices were changed, and the run read %d: %w", n, r.Invoices, ErrWrong)
	}
	b.share(Changed, r.took())
	_, want, err := b.data.points(ctx)
	if err != nil {
		return err
	}
	return b.same(ctx, path, want)
}

// tenfold makes a first run over ten times the rows.
func (b *bench) tenfold(ctx context.Context, _ string) (err error) {
	if !b.cfg.Tenfold {
		b.report.not("only with --tenfold, as it takes long", MemoryTenfold)
		return nil
	}
	big, err := openDataset(ctx, b.cfg.Source, 10*b.cfg.Rows, b.cfg.Say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, big.close(ctx)) }()
	if err := errors.Join(big.index(ctx, false), big.index(ctx, true)); err != nil {
		return err
	}
	path, err := b.configure("tenfold", fmt.Sprintf(configuration, SourceVariable, big.schema))
	if err != nil {
		return err
	}
	b.cfg.Say("first run over %d lines", 10*b.cfg.Rows)
	r, err := b.cfg.Run(ctx, path, "points")
	if err != nil {
		return err
	}
	b.memory(MemoryTenfold, r)
	return nil
}

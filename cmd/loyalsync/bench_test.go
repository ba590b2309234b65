package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/cmd/loyalsync/bench"
)

// TestMain lets this test binary be the program that bench starts again.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "bench" && os.Args[2] == "job" {
		os.Exit(interruptible(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// benched runs bench with a temporary folder of its own, which must be empty
// afterwards.
func benched(t *testing.T, ctx context.Context, args ...string) result { //nolint:revive // as testing.T.Run's closures are called
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	r := command(ctx, "", append([]string{"bench", "--rows", "1000"}, args...)...)
	left, err := filepath.Glob(filepath.Join(tmp, "loyalsync-bench-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	return r
}

// TestBench measures everything over a small data set, twice: the second time the
// data set is there already, with invoices that the first has changed.
func TestBench(t *testing.T) {
	d := newPostgres(t, "bench")
	for i, source := range []string{d.url.String(), d.url.String()} {
		r := benched(t, t.Context(), "--json", "--source", source)
		if r.code != exitDone {
			t.Fatalf("exit %d\n%s", r.code, r.err)
		}
		var report bench.Report
		decode(t, r.out, &report)
		if report.Rows != 1000 || len(report.Figures) != 10 {
			t.Fatalf("%d rows, %d figures", report.Rows, len(report.Figures))
		}
		for _, f := range report.Figures {
			if measured := f.Verdict != bench.NotMeasured; measured != (f.ID != bench.MemoryTenfold) || (measured && f.Measured <= 0 && f.ID != bench.LineMemory) {
				t.Errorf("%s: %v, %s: %s", f.ID, f.Measured, f.Verdict, f.Detail)
			}
		}
		if made := strings.Contains(r.err, "making 200 invoices"); made != (i == 0) {
			t.Errorf("run %d: the data set was made: %v", i, made)
		}
		if strings.Count(r.err, "right: 10 contractors") != 2 {
			t.Errorf("points were not compared twice:\n%s", r.err)
		}
	}
}

// TestBenchRefuses: a database that is not empty is not written, nor is one that
// does not exist; the table says so, and how to get one.
func TestBenchRefuses(t *testing.T) {
	d := newPostgres(t, "foreign")
	execute(t, d.conn, "CREATE SCHEMA loyalsync_bench_1000; CREATE TABLE loyalsync_bench_1000.c_invoice (c_invoice_id int)")
	everything := `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1`
	before := d.rows(everything)
	r := benched(t, t.Context(), "--source", d.url.String())
	if r.code != exitInput || !strings.Contains(r.err, "is not empty (loyalsync_bench_1000.c_invoice)") || !strings.Contains(r.err, "hint: name an empty database") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	if after := d.rows(everything); strings.Join(after, ",") != strings.Join(before, ",") {
		t.Errorf("it was written: %v, before %v", after, before)
	}
	missing := d.url
	missing.Path += "_missing"
	for _, source := range []string{missing.String(), "postgres://user:S3cret@local host/x"} {
		r := benched(t, t.Context(), "--source", source)
		if r.code != exitInput || !strings.Contains(r.err, "createdb") || strings.Contains(r.err, "S3cret") {
			t.Errorf("exit %d\n%s", r.code, r.err)
		}
	}
}

// TestBenchWithoutSource measures what needs none, and says why not the rest.
func TestBenchWithoutSource(t *testing.T) {
	r := benched(t, t.Context(), "--lang", "pl")
	if r.code != exitDone || strings.Count(r.out, "needs --source") != 7 || strings.Count(r.out, "nie zmierzono") != 7 || !strings.Contains(r.out, "punkty jednej pozycji") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := benched(t, t.Context(), "--rows", "99"); r.code != exitInput {
		t.Errorf("99 rows: exit %d\n%s", r.code, r.err)
	}
}

// TestBenchInterrupted stops in order.
func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := benched(t, ctx); r.code != exitInterrupted {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
}

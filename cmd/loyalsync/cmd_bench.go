package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/cmd/loyalsync/bench"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

type benchFlags struct {
	source  string
	rows    int
	tenfold bool
}

func (c *cli) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure this machine: runs against plain SQL, COPY and HTTP", Args: cobra.NoArgs,
		Long: "Makes an ERP of N invoice lines in an empty PostgreSQL database, runs jobs over it, and compares them\n" +
			"with plain ways of doing the same, side by side. A database that holds anything else is refused.\n" +
			"Without --source only the figures that need no database are measured.",
		RunE: func(cmd *cobra.Command, _ []string) error { return c.bench(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.source, "source", "", "an empty PostgreSQL database: postgres://user:password@host:5432/database")
	cmd.Flags().IntVar(&f.rows, "rows", 1_000_000, "invoice lines, five to an invoice")
	cmd.Flags().BoolVar(&f.tenfold, "tenfold", false, "also measure the memory of a run over ten times the rows")
	cmd.AddCommand(&cobra.Command{
		Use: "job NAME", Short: "Run a job and tell its time and memory, for bench", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error { return c.benchJob(cmd.Context(), args[0]) },
	})
	return cmd
}

func (c *cli) bench(ctx context.Context, f benchFlags) error {
	if f.rows < bench.MinRows {
		return &usageError{fmt.Errorf("--rows %d: at least %d", f.rows, bench.MinRows)}
	}
	report, err := bench.Measure(ctx, bench.Config{
		Source: f.source, Rows: f.rows, Tenfold: f.tenfold,
		Run: func(ctx context.Context, path, job string) (bench.Ran, error) {
			return runApart(ctx, path, job, f.source)
		},
		Say: func(format string, args ...any) { fprintf(c.err, format+"\n", args...) },
	})
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(report)
	}
	t := newTable(c.out, c.tr("FIGURE", "MIARA"), c.tr("MEASURED", "ZMIERZONO"), c.tr("MUST REACH", "MUSI"), c.tr("GREAT", "ŚWIETNIE"), c.tr("VERDICT", "OCENA"), c.tr("DETAIL", "SZCZEGÓŁY"))
	for _, x := range report.Figures {
		measured := x.Format(x.Measured)
		if x.Verdict == bench.NotMeasured {
			measured = "-"
		}
		t.row(c.figure(x.ID), measured, x.Bound(x.Must), x.Bound(x.Great), c.verdict(x.Verdict), x.Detail)
	}
	t.flush()
	return nil
}

// figure names a figure in the reader's language.
func (c *cli) figure(id string) string {
	polish := map[string]string{
		bench.FirstRun: "pierwszy przebieg wobec jednego polecenia SQL", bench.LinesRead: "pozycje na sekundę wobec COPY",
		bench.Memory: "szczyt pamięci pierwszego przebiegu", bench.MemoryTenfold: "szczyt pamięci przy dziesięć razy większych danych",
		bench.Unchanged: "nic się nie zmieniło, stempel bez indeksu", bench.UnchangedIndex: "nic się nie zmieniło, stempel z indeksem",
		bench.Changed: "zmienione faktury wobec pierwszego przebiegu", bench.LineTime: "punkty jednej pozycji",
		bench.LineMemory: "alokacje jednej pozycji", bench.Pushed: "wysłane zapisy wobec encoding/json i net/http",
	}
	return c.tr(id, polish[id])
}

func (c *cli) verdict(v bench.Verdict) string {
	polish := map[bench.Verdict]string{
		bench.Great: "świetnie", bench.Met: "osiągnięto", bench.Missed: "nie osiągnięto", bench.NotMeasured: "nie zmierzono",
	}
	return c.tr(string(v), polish[v])
}

// benchGrace is how long a run may take to stop once it was asked to.
const benchGrace = 20 * time.Second

// runApart runs a job in a process of its own, of this same program, with the
// address of the source in its environment.
func runApart(ctx context.Context, path, job, source string) (bench.Ran, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Ran{}, fmt.Errorf("find this program: %w", err)
	}
	var out, told bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "bench", "job", job, "--config", path) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), bench.SourceVariable+"="+source)
	cmd.Stdout, cmd.Stderr = &out, &told
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = benchGrace
	start := time.Now()
	err = cmd.Run()
	wall := time.Since(start)
	if ctx.Err() != nil {
		return bench.Ran{}, ctx.Err()
	}
	if err != nil {
		return bench.Ran{}, fmt.Errorf("the run failed: %w\n%s", err, told.String())
	}
	ran := bench.Ran{Wall: wall}
	if err := json.Unmarshal(out.Bytes(), &ran); err != nil {
		return ran, fmt.Errorf("read what the run tells: %w", err)
	}
	return ran, nil
}

// benchJob runs a job as run does and tells what it took.
func (c *cli) benchJob(ctx context.Context, name string) error {
	return c.with(ctx, func(a *app) error {
		def, err := a.service.Find(ctx, name)
		if err != nil {
			return err
		}
		runner, err := a.runner(nil)
		if err != nil {
			return err
		}
		run, err := runner.RunNow(ctx, def, jobs.Options{Since: loyalty.NoDate}, jobs.ActorCLI)
		if err = errors.Join(err, jobs.Outcome(run)); err != nil {
			return err
		}
		return c.printJSON(bench.Ran{
			TookMS: float64(run.Finished.Sub(run.Started).Microseconds()) / 1000, Lines: run.Counts.Read.Lines,
			Invoices: run.Counts.Read.Invoices, Peak: bench.Peak(),
		})
	})
}

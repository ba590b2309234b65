package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	_ "embed"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed demo.yaml
var demoYAML string

// demoFlags are the demo's own.
type demoFlags struct {
	dir, addr string
	once      bool
	rows      int
}

func (c *cli) demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use: "demo", Short: "Try it: a sample ERP, its points, and the panel", Args: cobra.NoArgs,
		Long: "Makes a sample ERP and a loyalsync.yaml in a folder, computes the points, and serves the panel\n" +
			"while new invoices appear. Every other command works in that folder.",
		RunE: func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.dir, "dir", "loyalsync-demo", "folder of the demo")
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8080", "HOST:PORT of the panel")
	cmd.Flags().BoolVar(&f.once, "once", false, "one full sync, print a summary, exit")
	cmd.Flags().IntVar(&f.rows, "rows", 2000, "documents in the sample ERP, when it is made")
	return cmd
}

const (
	demoERP      = "erp.db"
	demoPassword = "secrets/panel-admin"
	demoUser     = "admin"
	growEvery    = 40 * time.Second
)

func (c *cli) demo(ctx context.Context, f demoFlags) error {
	if f.rows < 1 {
		return &usageError{errors.New("--rows is at least 1")}
	}
	file, err := c.demoFiles(ctx, f)
	if err != nil {
		return err
	}
	log, closer, err := c.logger(file.Config.Log, file.Config.Timezone.Location())
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	if f.once && c.json {
		log = discard()
	}
	a, err := openApp(ctx, file, log, false)
	if err != nil {
		return err
	}
	return errors.Join(c.demoOn(ctx, a, f), a.Close())
}

// demoFiles makes what is missing in the folder and loads the configuration.
func (c *cli) demoFiles(ctx context.Context, f demoFlags) (*config.File, error) {
	path := filepath.Join(f.dir, config.FileName)
	if err := c.isDemo(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "secrets"), 0o700); err != nil {
		return nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "cannot make the folder " + f.dir, Hint: "name another one with --dir", Err: err}
	}
	err := sample.Create(ctx, filepath.Join(f.dir, demoERP), sample.Config{Rows: f.rows, Now: demoClock()})
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	text := strings.ReplaceAll(demoYAML, "    # sql\n", underSource(sample.YAML()))
	if err := writeNew(path, []byte(text)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, initError(path, err)
	}
	c.configPath = path
	file, err := c.load()
	if err != nil {
		return nil, err
	}
	file.Config.HTTP.Addr = f.addr
	return file, nil
}

// isDemo refuses a folder whose configuration is somebody's own: the demo makes a
// user, runs jobs and writes to the ERP that it reads.
func (c *cli) isDemo(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	c.configPath = path
	file, err := c.load()
	if err != nil {
		return err
	}
	if s := file.Config.Sources; len(s) == 1 && s[0].Name == "demo" && strings.HasSuffix(s[0].URL.Reveal(), demoERP) {
		return nil
	}
	return &loyalty.Error{Code: loyalty.CodeInvalid, Message: path + " is not a demo's", Hint: "name a folder of the demo's own with --dir"}
}

// demoClock is now on the sample ERP's wall.
func demoClock() time.Time {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		zone = time.UTC
	}
	return time.Now().In(zone)
}

// underSource indents a block as a key of a source.
func underSource(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}

func (c *cli) demoOn(ctx context.Context, a *app, f demoFlags) error {
	if err := c.demoUser(ctx, a, f.dir); err != nil {
		return err
	}
	serving, err := a.service.Serving(ctx)
	if err != nil {
		return err
	}
	if serving {
		return &loyalty.Error{Code: loyalty.CodeAction, Message: "a demo or a service already works in " + f.dir, Hint: "stop it, or use another folder: --dir"}
	}
	runs, err := c.demoSync(ctx, a)
	if err != nil {
		return err
	}
	if f.once {
		return c.demoSummary(ctx, a, f, runs)
	}
	c.say("panel:   http://%s/admin   user %s, password in %s", f.addr, demoUser, filepath.Join(f.dir, filepath.FromSlash(demoPassword)))
	c.say("health:  http://%s/healthz   metrics: http://%s/metrics", f.addr, f.addr)
	c.say("new invoices appear all the time; stop with Ctrl-C. In another window, in %s:", f.dir)
	c.say("  loyalsync jobs   loyalsync balance K002   loyalsync history K002   loyalsync run points --dry-run")
	go a.grow(ctx, filepath.Join(f.dir, demoERP))
	return a.serve(ctx, c)
}

// demoUser makes an administrator with a password of its own, once.
func (c *cli) demoUser(ctx context.Context, a *app, dir string) error {
	users, err := a.users()
	if err != nil {
		return err
	}
	known, err := users.List(ctx)
	if err != nil || len(known) > 0 {
		return err
	}
	password := rand.Text()
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(demoPassword)), []byte(password+"\n"), 0o600); err != nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "cannot write the administrator's password", Hint: "check the folder's rights and the room on the disk", Err: err}
	}
	_, err = users.Add(ctx, "demo", demoUser, password, loyalty.RoleAdmin, "")
	return err
}

// demoSync runs the demo's contractors and points jobs.
func (c *cli) demoSync(ctx context.Context, a *app) ([]loyalty.Run, error) {
	runner, err := a.runner(nil)
	if err != nil {
		return nil, err
	}
	var runs []loyalty.Run
	for _, name := range []string{"contractors", "points"} {
		def, err := a.service.Find(ctx, name)
		if err != nil {
			return nil, err
		}
		run, err := runner.RunNow(ctx, def, jobs.Options{Since: loyalty.NoDate}, "demo")
		if err != nil {
			return nil, err
		}
		if err := jobs.Outcome(run); err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// grow lets the sample ERP live until ctx ends.
func (a *app) grow(ctx context.Context, path string) {
	tick := time.NewTicker(growEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			grown, err := sample.Grow(ctx, path, demoClock())
			if err != nil {
				a.log.WarnContext(ctx, "the sample ERP did not grow", "error", err.Error())
				continue
			}
			a.log.InfoContext(ctx, "the sample ERP has new documents", "added", grown.Added, "released", grown.Released, "corrected", grown.Corrected)
		}
	}
}

// demoResult is the summary as data.
type demoResult struct {
	Dir         string           `json:"dir"`
	Contractors int              `json:"contractors"`
	Entries     int64            `json:"entries"`
	Points      string           `json:"points"`
	Pending     string           `json:"pending"`
	Debt        string           `json:"debt"`
	Scored      int64            `json:"scored_documents"`
	Runs        []jobs.RunInfo   `json:"runs"`
	Top         []demoContractor `json:"top"`
}

type demoContractor struct {
	Contractor string `json:"contractor"`
	Name       string `json:"name"`
	Available  string `json:"available"`
	Pending    string `json:"pending"`
	Scored     int64  `json:"scored_documents"`
}

// demoTop is how many contractors the summary lists, demoListed how many it
// sums at most: more than the sample has.
const (
	demoTop    = 10
	demoListed = 500
)

func (c *cli) demoSummary(ctx context.Context, a *app, f demoFlags, runs []loyalty.Run) error {
	programs, err := a.store.Programs(ctx)
	if err != nil || len(programs) == 0 {
		return err
	}
	decimals := programs[0].Decimals
	list, total, err := a.store.Contractors(ctx, loyalty.ContractorFilter{
		Program: programs[0].ID, Today: loyalty.DateIn(a.now(), a.config().Timezone.Location()), Limit: demoListed, Sort: loyalty.SortAvailable, Desc: true,
	})
	if err != nil {
		return err
	}
	out := demoResult{Dir: f.dir, Contractors: total}
	var available, pending, debt loyalty.Points
	for i, x := range list {
		available, pending, debt = available+x.Available, pending+x.Balance.Pending, debt+x.Balance.Debt
		out.Scored += x.Balance.Scored
		if i < demoTop {
			out.Top = append(out.Top, demoContractor{
				x.Code, x.Name, x.Available.Format(decimals), x.Balance.Pending.Format(decimals), x.Balance.Scored,
			})
		}
	}
	out.Points, out.Pending, out.Debt = available.Format(decimals), pending.Format(decimals), debt.Format(decimals)
	for _, r := range runs {
		out.Entries += r.Counts.Entries
		out.Runs = append(out.Runs, jobs.Info(r))
	}
	if c.json {
		return c.printJSON(out)
	}
	for _, r := range runs {
		c.say("%s", c.summary(r))
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	fprintf(w, "\nCONTRACTOR\tNAME\tAVAILABLE\tPENDING\tSCORED DOCUMENTS\n")
	for _, x := range out.Top {
		fprintf(w, "%s\t%s\t%s\t%s\t%d\n", x.Contractor, x.Name, x.Available, x.Pending, x.Scored)
	}
	fprintf(w, "all %d\t\t%s\t%s\t%d\n", out.Contractors, out.Points, out.Pending, out.Scored)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the summary: %w", err)
	}
	c.say("\nThe ledger added %d entries. In %s every other command works; the panel: loyalsync demo --dir %s", out.Entries, f.dir, f.dir)
	return nil
}

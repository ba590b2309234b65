package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

// cli is what every command shares: streams and global flags.
type cli struct {
	streams
	configPath string
	lang       string
	json       bool
	flags      *pflag.FlagSet
}

func newRoot(s streams) *cobra.Command {
	c := &cli{streams: s}
	root := &cobra.Command{
		Use:           "loyalsync",
		Short:         "An ERP's sales invoices become loyalty points, on a schedule",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	f := root.PersistentFlags()
	f.StringVar(&c.configPath, "config", "", "configuration file (otherwise looked for, see README)")
	f.StringVar(&c.lang, "lang", "", "language of explanations: pl or en")
	f.String("log-level", "", "debug, info, warn or error")
	f.String("log-format", "", "tint, json or text")
	f.BoolVar(&c.json, "json", false, "print data as JSON")
	c.flags = f
	root.AddCommand(
		c.versionCommand(), c.initCommand(), c.configCommand(), c.doctorCommand(), c.runCommand(), c.serveCommand(), c.demoCommand(),
		c.jobsCommand(), c.runsCommand(), c.deliveriesCommand(), c.balanceCommand(), c.historyCommand(), c.explainCommand(), c.simulateCommand(),
		c.tiersCommand(), c.lapseCommand(), c.liabilityCommand(), c.redemptionsCommand(), c.statementCommand(), c.adjustmentsCommand(), c.contractorsCommand(), c.sourceCommand(), c.storeCommand(), c.ledgerCommand(), c.recomputeCommand(), c.reconcileCommand(),
		c.backupCommand(), c.restoreCommand(), c.userCommand(), c.serviceCommand(), c.benchCommand(),
	)
	wrapArgs(root)
	return root
}

// wrapArgs makes complaints about arguments bad input (exit code 2).
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return &usageError{fmt.Errorf("%s: %w", cmd.CommandPath(), err)}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// load reads and checks the whole configuration, expressions and rules
// included.
func (c *cli) load() (*config.File, error) {
	if c.lang != "" && c.lang != loyalty.Polish && c.lang != loyalty.English {
		return nil, &usageError{fmt.Errorf("--lang %s is not a language of this program: pl or en", c.lang)}
	}
	flags := make(map[string]*pflag.Flag)
	for key, name := range map[string]string{"log.level": "log-level", "log.format": "log-format"} {
		if flag := c.flags.Lookup(name); flag.Changed {
			flags[key] = flag
		}
	}
	file, err := config.Load(config.Options{Path: c.configPath, Flags: flags})
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, err
	}
	if file != nil {
		faults = append(faults, joined(file)...).Sort()
	}
	if len(faults) > 0 {
		return file, faults
	}
	return file, nil
}

// open loads the configuration and opens its store for a command that works.
func (c *cli) open(ctx context.Context) (*app, func() error, error) {
	file, err := c.load()
	if err != nil {
		return nil, nil, err
	}
	log, closer, err := c.logger(file.Config.Log, file.Config.Timezone.Location())
	if err != nil {
		return nil, nil, err
	}
	a, err := openApp(ctx, file, log, false)
	if err != nil {
		return nil, nil, errors.Join(err, closer.Close())
	}
	return a, func() error { return errors.Join(a.Close(), closer.Close()) }, nil
}

// look loads the configuration and opens its store for a command that only
// reads.
func (c *cli) look(ctx context.Context) (*app, error) {
	file, err := c.load()
	if err != nil {
		return nil, err
	}
	return openApp(ctx, file, discard(), true)
}

// with runs fn over an open app and closes it.
func (c *cli) with(ctx context.Context, fn func(*app) error) error {
	a, closeAll, err := c.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), closeAll())
}

// looking runs fn over a store opened for reading.
func (c *cli) looking(ctx context.Context, fn func(*app) error) error {
	a, err := c.look(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

// printJSON writes data for programs.
func (c *cli) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// language is the reader's: --lang, else the environment's, else English.
func (c *cli) language() string {
	if c.lang != "" {
		return c.lang
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if strings.HasPrefix(os.Getenv(name), loyalty.Polish) {
			return loyalty.Polish
		}
	}
	return loyalty.English
}

// say writes a line for a person.
func (c *cli) say(format string, args ...any) { fprintf(c.out, format+"\n", args...) }

func fprintf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// released and commit are set by the linker in what is published.
var released, commit string

// version is that of a release, else the module's, else the commit it was built
// from.
func version() string {
	if released != "" {
		return released
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	if c := revision(); len(c) >= 12 {
		return "dev-" + c[:12]
	}
	return "dev"
}

// revision is the commit the program was built from, "" when that is not known.
func revision() string {
	if commit != "" {
		return commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version, the commit and the Go it was built with", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				return c.printJSON(map[string]string{"version": version(), "commit": revision(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
			}
			c.say("loyalsync %s", version())
			if revision() != "" {
				c.say("commit %s", revision())
			}
			c.say("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

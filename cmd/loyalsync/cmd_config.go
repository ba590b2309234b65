package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/mapping"
)

func (c *cli) configCommand() *cobra.Command {
	var online bool
	check := &cobra.Command{
		Use: "check", Short: "List every fault of the configuration", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.configCheck(cmd.Context(), online) },
	}
	check.Flags().BoolVar(&online, "online", false, "also connect to each source and look at what is there")
	group := &cobra.Command{
		Use: "config", Short: "Check and show the configuration", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(
		check,
		c.schemaCommand(),
		&cobra.Command{
			Use: "show", Short: "Print the configuration in effect, without its secrets", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return c.configShow() },
		},
		c.ruleTestsCommand(),
	)
	return group
}

func (c *cli) schemaCommand() *cobra.Command {
	var rules bool
	cmd := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of loyalsync.yaml, or of files of rules, for editors", Args: cobra.NoArgs,
		Long: "Prints a JSON Schema. Write it into a file, and name that in the first line of the YAML file\n" +
			"for editors that use yaml-language-server to complete and check it:\n\n" +
			"  # yaml-language-server: $schema=rules.schema.json",
		RunE: func(*cobra.Command, []string) error {
			write := config.Schema
			if rules {
				write = config.RuleSchema
			}
			schema, err := write()
			if err != nil {
				return err
			}
			_, err = c.out.Write(schema)
			return err
		},
	}
	cmd.Flags().BoolVar(&rules, "rules", false, "of files of rules, as rule_sets name them")
	return cmd
}

func (c *cli) configShow() error {
	file, err := c.load()
	if err != nil {
		return err
	}
	text, err := file.Show()
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]string{"path": file.Path, "yaml": text})
	}
	c.say("# %s", file.Path)
	fprintf(c.out, "%s", text)
	return nil
}

// checkResult is what config check prints as data.
type checkResult struct {
	Path    string         `json:"path,omitempty"`
	OK      bool           `json:"ok"`
	Faults  []checkFault   `json:"faults"`
	Sources []sourceResult `json:"sources,omitempty"`
}

type checkFault struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// sourceResult is what a source said of itself.
type sourceResult struct {
	Source   string   `json:"source"`
	OK       bool     `json:"ok"`
	Error    string   `json:"error,omitempty"`
	Hint     string   `json:"hint,omitempty"`
	Server   string   `json:"server,omitempty"`
	Product  string   `json:"product,omitempty"`
	Identity string   `json:"identity,omitempty"`
	Zone     string   `json:"zone,omitempty"`
	Now      string   `json:"now,omitempty"`
	Writable []string `json:"writable,omitempty"`
	Missing  []string `json:"missing,omitempty"`
	Warnings []remark `json:"warnings,omitempty"`
	err      error
}

// remark is a connectors.Warning as data.
type remark struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (c *cli) configCheck(ctx context.Context, online bool) error {
	file, err := c.load()
	result := checkResult{OK: err == nil, Faults: []checkFault{}}
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	if file != nil {
		result.Path = file.Path
	}
	var failed []error
	if err == nil && online {
		if err := checkStore(ctx, file); err != nil {
			failed = append(failed, err)
		}
		for i := range file.Config.Sources {
			seen, found := checkSource(ctx, file, i)
			result.Sources, faults = append(result.Sources, seen), append(faults, found...)
			if seen.err != nil {
				failed = append(failed, seen.err)
			}
		}
		if faults = faults.Sort(); len(faults) > 0 {
			failed = append([]error{faults}, failed...)
		}
		result.OK = len(failed) == 0
	}
	for _, f := range faults {
		result.Faults = append(result.Faults, checkFault{f.File, f.Line, f.Col, f.Path, f.Message, f.Hint})
	}
	if c.json {
		if printErr := c.printJSON(result); printErr != nil {
			return printErr
		}
		if all := errors.Join(append(failed, err)...); all != nil {
			return errors.Join(all, errSilent)
		}
		return nil
	}
	if err != nil {
		return err
	}
	return c.showCheck(result, failed)
}

// checkStore connects to a store in PostgreSQL. A file needs no network.
func checkStore(ctx context.Context, file *config.File) error {
	place := storeConfig(file.Config.Store)
	if place.URL == "" {
		return nil
	}
	in, err := store.Inspect(ctx, place)
	if err == nil && in.Schema > in.Known {
		err = &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the store was written by a newer loyalsync", Hint: "use that one"}
	}
	return err
}

// showCheck prints a configuration that can be read, and what its sources said.
func (c *cli) showCheck(result checkResult, failed []error) error {
	for _, s := range result.Sources {
		c.showSource(s)
	}
	if len(failed) == 0 {
		c.say("ok: %s", result.Path)
		return nil
	}
	for _, err := range failed {
		report(c.err, err)
	}
	return errors.Join(errors.Join(failed...), errSilent)
}

// checkSource connects to a source and asks what it is, and what of the
// configuration is not there.
func checkSource(ctx context.Context, file *config.File, i int) (sourceResult, config.Faults) {
	s := file.Config.Sources[i]
	out := sourceResult{Source: s.Name}
	source, err := openSource(ctx, s)
	var report connectors.Report
	var faults config.Faults
	if err == nil {
		if report, err = source.Check(ctx); err == nil {
			faults, err = onlineFaults(ctx, file, i, source, len(report.Missing) == 0)
		}
		err = errors.Join(err, source.Close())
	}
	if err == nil {
		err = jobs.Unfit(report, s.AllowWritableLogin)
	}
	if err != nil {
		out.err = fmt.Errorf("source %s: %w", s.Name, err)
		out.Error, out.Hint = out.err.Error(), hintOf(err)
	}
	out.OK = err == nil && len(faults) == 0
	out.Server, out.Product, out.Identity, out.Zone, out.Now = report.Server, report.Product, report.Identity, report.Zone, string(report.Now)
	out.Writable, out.Missing = report.Writable, report.Missing
	for _, w := range report.Warnings {
		out.Warnings = append(out.Warnings, remark(w))
	}
	return out, faults
}

// onlineFaults are the faults that only a source can tell: SELECTs that do not fit
// it, and, where nothing is missing, names in mappings that it does not have.
func onlineFaults(ctx context.Context, file *config.File, i int, source connectors.Source, whole bool) (config.Faults, error) {
	var faults config.Faults
	if s, ok := source.(*sqlerp.Source); ok {
		found, err := s.Verify(ctx)
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			faults = append(faults, file.Fault(join(fmt.Sprintf("sources[%d]", i), sqlPath(x.Path)), 0, x.Message, x.Hint))
		}
	}
	if !whole {
		return faults, nil
	}
	for n, m := range file.Config.Mappings {
		if m.Source != file.Config.Sources[i].Name {
			continue
		}
		compiled, unready := mapping.Compile(mappingConfig(file.Config, m))
		if len(unready) > 0 { // told already
			continue
		}
		found, err := jobs.Unknown(ctx, source, compiled)
		if err != nil {
			return faults, err
		}
		for _, x := range found {
			faults = append(faults, file.Fault(join(fmt.Sprintf("mappings[%d]", n), x.Path), x.Offset, x.Message, x.Hint))
		}
	}
	return faults, nil
}

func (c *cli) showSource(s sourceResult) {
	c.say("source %s", plain(s.Source))
	t := newTable(c.out)
	for _, line := range [][2]string{
		{"server", s.Server},
		{"ERP", s.Product},
		{"identity", s.Identity},
		{"zone", s.Zone},
		{"clock", s.Now},
		{"may write", strings.Join(s.Writable, ", ")},
		{"missing", strings.Join(s.Missing, ", ")},
	} {
		if line[1] != "" {
			t.row("  "+line[0], line[1])
		}
	}
	t.flush()
	for _, w := range s.Warnings {
		c.say("  warning: %s", plain(w.Message))
		if w.Hint != "" {
			c.say("  hint: %s", plain(w.Hint))
		}
	}
}

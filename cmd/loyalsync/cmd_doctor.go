package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs/doctor"
	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) doctorCommand() *cobra.Command {
	var scripts bool
	cmd := &cobra.Command{
		Use: "doctor [SOURCE]", Short: "Say what is wrong with sources, platforms and the store, and what cures it", Args: cobra.MaximumNArgs(1),
		Long: "Looks at the configuration, the store, every source and every platform, or at one source, and ends\n" +
			"with one line: ready, or not ready. Nothing is changed. Exit code 3 says that there is a fault.",
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := c.load()
			if err != nil {
				return err
			}
			sources, err := chosen(file.Config.Sources, args)
			if err != nil {
				return err
			}
			if scripts {
				return c.loginScripts(sources)
			}
			return c.doctor(cmd.Context(), file, args)
		},
	}
	cmd.Flags().BoolVar(&scripts, "sql", false, "print the script that makes a right login, which may only read, and do nothing else")
	return cmd
}

// chosen are the sources named on the command line, all when none is.
func chosen(sources []config.Source, args []string) ([]config.Source, error) {
	if len(args) == 0 {
		return sources, nil
	}
	var names []string
	for _, s := range sources {
		if s.Name == args[0] {
			return []config.Source{s}, nil
		}
		names = append(names, s.Name)
	}
	return nil, &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("there is no source %q", args[0]), Hint: "there are: " + strings.Join(names, ", "),
	}
}

// doctorResult is what doctor prints as data.
type doctorResult struct {
	Ready    bool            `json:"ready"`
	Faults   int             `json:"faults"`
	Subjects []doctorSubject `json:"subjects"`
}

type doctorSubject struct {
	Subject  string          `json:"subject"`
	Findings []doctorFinding `json:"findings"`
}

type doctorFinding struct {
	Check     string            `json:"check"`
	Condition string            `json:"condition"`
	Code      string            `json:"code,omitempty"`
	Message   string            `json:"message"`
	Hint      string            `json:"hint,omitempty"`
	Data      map[string]string `json:"data,omitempty"`
}

func (c *cli) doctor(ctx context.Context, file *config.File, sources []string) error {
	a := lookAt(ctx, file)
	defer a.leave()
	examinations := a.examinations(ctx)
	if len(sources) > 0 {
		examinations = slices.DeleteFunc(examinations, func(x doctor.Examination) bool { return x.Subject != sourceSubject+sources[0] })
	}
	result := doctorResult{Subjects: []doctorSubject{}}
	doctor.Run(ctx, examinations, func(s doctor.Subject) {
		result.Faults += s.Faults()
		result.Subjects = append(result.Subjects, c.subjectData(s))
		if !c.json {
			c.showSubject(s)
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	result.Ready = result.Faults == 0
	switch {
	case c.json:
		if err := c.printJSON(result); err != nil {
			return err
		}
	case result.Ready:
		c.say("%s", c.tr("ready", "gotowe"))
	default:
		n := int64(result.Faults)
		c.say("%s", c.tr("not ready: ", "niegotowe: ")+c.number(n)+" "+
			c.tr(loyalty.Plural(n, loyalty.English, "fault", "faults", "faults"), loyalty.Plural(n, loyalty.Polish, "błąd", "błędy", "błędów")))
	}
	if !result.Ready {
		return errors.Join(errNo, errSilent)
	}
	return nil
}

func (c *cli) subjectData(s doctor.Subject) doctorSubject {
	out := doctorSubject{Subject: s.Name, Findings: []doctorFinding{}}
	for _, f := range s.Findings {
		message, hint := doctor.Words(f, c.language())
		out.Findings = append(out.Findings, doctorFinding{f.Check, string(f.Condition), f.Code, message, hint, f.Data})
	}
	return out
}

// showSubject prints what was found about one subject: a line for each finding,
// its cure below it.
func (c *cli) showSubject(s doctor.Subject) {
	kind, name, _ := strings.Cut(s.Name, " ")
	if c.language() == loyalty.Polish {
		kind = map[string]string{"configuration": "konfiguracja", "store": "baza programu", "source": "źródło", "platform": "platforma"}[kind]
	}
	c.say("%s", plain(strings.TrimSpace(kind+" "+name)))
	t := newTable(c.out)
	for _, f := range s.Findings {
		message, hint := doctor.Words(f, c.language())
		t.row("  "+c.mark(f.Condition), f.Check, message)
		if hint != "" {
			t.row("", "", c.tr("hint: ", "wskazówka: ")+hint)
		}
	}
	t.flush()
}

// mark is how a condition is shown: a sign where the terminal has it, else a word.
func (c *cli) mark(condition connectors.Condition) string {
	marks := map[connectors.Condition][2]string{
		connectors.Fine: {"✓", "ok"}, connectors.Remark: {"!", c.tr("warn", "uwaga")},
		connectors.Broken: {"✗", c.tr("FAULT", "BŁĄD")}, connectors.Skipped: {"-", "-"},
	}[condition]
	if terminal(c.out) && showsSigns() {
		return marks[0]
	}
	return marks[1]
}

// showsSigns says whether a terminal is likely to have more than letters: a UTF-8
// locale, or Windows Terminal. The old Windows console has no such font.
func showsSigns() bool {
	if runtime.GOOS == "windows" {
		return os.Getenv("WT_SESSION") != ""
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(os.Getenv(name)); value != "" {
			return (strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")) && os.Getenv("TERM") != "linux" && os.Getenv("TERM") != "dumb"
		}
	}
	return false
}

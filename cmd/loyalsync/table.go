package main

import (
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/loyalsync/loyalsync/loyalty"
)

// table writes aligned rows. What stands in them may come from an ERP, so
// nothing in a cell can move the cursor or begin a new line.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, header ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)}
	if len(header) > 0 {
		t.row(header...)
	}
	return t
}

func (t table) row(cells ...string) {
	clean := make([]string, len(cells))
	for i, cell := range cells {
		clean[i] = plain(cell)
	}
	fprintf(t.w, "%s\n", strings.TrimRight(strings.Join(clean, "\t"), "\t"))
}

func (t table) flush() { _ = t.w.Flush() }

// plain is text without control characters.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// tr chooses between the two languages of the program.
func (c *cli) tr(english, polish string) string {
	if c.language() == loyalty.Polish {
		return polish
	}
	return english
}

// number writes a count with its thousands apart.
func (c *cli) number(n int64) string {
	return loyalty.FormatNumber(strconv.FormatInt(n, 10), c.language())
}

// points writes points without their word, for columns.
func (c *cli) points(p loyalty.Points, decimals int) string {
	return loyalty.FormatNumber(p.Format(decimals), c.language())
}

// instant writes when something was, on the wall clock of the configuration.
func (c *cli) instant(a *app, t *time.Time) string {
	if t == nil {
		return ""
	}
	return loyalty.FormatTime(*t, a.config().Timezone.Location(), c.language())
}

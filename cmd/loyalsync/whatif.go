package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// sums are points before and after, of one thing.
type sums struct {
	name, group   string
	documents     int
	before, after loyalty.Points
}

func (s *sums) add(x *ledger.Simulated) {
	s.documents++
	s.before += x.Before
	s.after += x.After
}

// whatIf gathers what other rules would have given: by contractor, group and month.
// Its size does not grow with documents.
type whatIf struct {
	program  config.Program
	decimals int
	total    sums
	changed  int // documents with another sum
	accounts map[int64]*sums
	groups   map[string]*sums
	months   map[string]*sums
	outlook  outlook
}

func newWhatIf(p config.Program, policy loyalty.RedemptionPolicy, today loyalty.Date) *whatIf {
	return &whatIf{
		outlook: outlook{policy: policy, today: today}, program: p, decimals: p.Points.Decimals,
		accounts: make(map[int64]*sums), groups: make(map[string]*sums), months: make(map[string]*sums),
	}
}

func (w *whatIf) add(x *ledger.Simulated) {
	if x.Before == 0 && x.After == 0 {
		return
	}
	w.total.add(x)
	w.outlook.add(x, w.decimals)
	if x.Before != x.After {
		w.changed++
	}
	of(w.accounts, x.Account.ID, sums{name: cmp.Or(x.Account.Code, x.Account.Key), group: x.Account.Facts.Group}).add(x)
	of(w.groups, x.Account.Facts.Group, sums{name: x.Account.Facts.Group}).add(x)
	month := x.Original.Date.String()[:len("2006-01")]
	of(w.months, month, sums{name: month}).add(x)
}

func of[K comparable](m map[K]*sums, k K, fresh sums) *sums {
	if m[k] == nil {
		m[k] = &fresh
	}
	return m[k]
}

// byDifference lists contractors, the greatest gain first.
func (w *whatIf) byDifference() []*sums {
	return slices.SortedFunc(maps.Values(w.accounts), func(a, b *sums) int {
		return cmp.Or(cmp.Compare(b.after-b.before, a.after-a.before), strings.Compare(a.name, b.name))
	})
}

func byName[K comparable](m map[K]*sums) []*sums {
	return slices.SortedFunc(maps.Values(m), func(a, b *sums) int { return strings.Compare(a.name, b.name) })
}

// winnersAndLosers counts contractors and lists the first of each.
func (w *whatIf) winnersAndLosers() (winners, losers []*sums) {
	all := w.byDifference()
	for _, x := range all {
		if x.after > x.before {
			winners = append(winners, x)
		}
	}
	for _, x := range slices.Backward(all) {
		if x.after < x.before {
			losers = append(losers, x)
		}
	}
	return winners, losers
}

func (w *whatIf) text(c *cli, p loyalty.Points) string {
	if c.language() == loyalty.Polish {
		return strings.Replace(p.Format(w.decimals), ".", ",", 1)
	}
	return p.Format(w.decimals)
}

// whatIfRow is one row as data.
type whatIfRow struct {
	Name       string `json:"name,omitempty"`
	Group      string `json:"group,omitempty"`
	Documents  int    `json:"documents"`
	Before     string `json:"before"`
	After      string `json:"after"`
	Difference string `json:"difference"`
}

// whatIfResult is the whole as data.
type whatIfResult struct {
	Program string      `json:"program"`
	Total   whatIfRow   `json:"total"`
	Changed int         `json:"changed_documents"`
	Winners int         `json:"winners"`
	Losers  int         `json:"losers"`
	Most    []whatIfRow `json:"most"` // the greatest winners
	Least   []whatIfRow `json:"least"`
	Groups  []whatIfRow `json:"groups"`
	Months  []whatIfRow `json:"months"`
	// Outlook is what would be owed if none of the points had been spent.
	Outlook outlookResult `json:"outlook"`
}

func (w *whatIf) row(s *sums) whatIfRow {
	return whatIfRow{
		Name: s.name, Group: s.group, Documents: s.documents, Before: s.before.Format(w.decimals),
		After: s.after.Format(w.decimals), Difference: (s.after - s.before).Format(w.decimals),
	}
}

func (w *whatIf) rows(list []*sums) []whatIfRow {
	out := make([]whatIfRow, 0, len(list))
	for _, s := range list {
		out = append(out, w.row(s))
	}
	return out
}

func (w *whatIf) data() whatIfResult {
	winners, losers := w.winnersAndLosers()
	return whatIfResult{
		Program: w.program.Name, Total: w.row(&w.total), Changed: w.changed, Winners: len(winners), Losers: len(losers),
		Most: w.rows(first(winners)), Least: w.rows(first(losers)), Groups: w.rows(byName(w.groups)), Months: w.rows(byName(w.months)),
		Outlook: w.outlook.data(w),
	}
}

func first(list []*sums) []*sums { return list[:min(len(list), mostTold)] }

func (c *cli) sayWhatIf(w *whatIf) {
	winners, losers := w.winnersAndLosers()
	c.say(c.tr("program %s: %s documents, of them %s with another sum; %s contractors gain, %s lose",
		"program %s: dokumenty: %s, z inną sumą: %s; kontrahenci, którzy zyskują: %s, tracą: %s"),
		w.program.Name, c.number(int64(w.total.documents)), c.number(int64(w.changed)), c.number(int64(len(winners))), c.number(int64(len(losers))))
	c.sayRows(w, c.tr("IN ALL", "RAZEM"), []*sums{&w.total})
	c.sayRows(w, c.tr("GAIN MOST", "ZYSKUJĄ NAJWIĘCEJ"), first(winners))
	c.sayRows(w, c.tr("LOSE MOST", "TRACĄ NAJWIĘCEJ"), first(losers))
	c.sayRows(w, c.tr("GROUP", "GRUPA"), byName(w.groups))
	c.sayRows(w, c.tr("MONTH", "MIESIĄC"), byName(w.months))
	c.sayOutlook(w)
	c.say("%s", c.tr("nothing was written", "niczego nie zapisano"))
}

func (c *cli) sayRows(w *whatIf, title string, list []*sums) {
	if len(list) == 0 {
		return
	}
	c.say("")
	t := newTable(c.out, title, c.tr("DOCUMENTS", "DOKUMENTY"), c.tr("BEFORE", "PRZED"), c.tr("AFTER", "PO"), c.tr("DIFFERENCE", "RÓŻNICA"))
	for _, s := range list {
		difference := c.points(s.after-s.before, w.decimals)
		if s.after > s.before {
			difference = "+" + difference
		}
		t.row(cmp.Or(s.name, "-"), c.number(int64(s.documents)), c.points(s.before, w.decimals), c.points(s.after, w.decimals), difference)
	}
	t.flush()
}

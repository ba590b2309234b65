package rules_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func date(t testing.TB, s string) loyalty.Date {
	t.Helper()
	d, err := loyalty.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// bill gives points for every 100 net; a change is made to it in place.
func bill(name, per, points string, change ...func(*loyalty.Rule)) loyalty.Rule {
	r := loyalty.Rule{
		Name: name, BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net,
		Per: dec(per), Points: dec(points), From: loyalty.NoDate, To: loyalty.NoDate,
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func onItems(patterns ...string) func(*loyalty.Rule) {
	return func(r *loyalty.Rule) { r.BasedOn, r.Items = loyalty.OnItem, patterns }
}

func onGroup(name string) func(*loyalty.Rule) {
	return func(r *loyalty.Rule) { r.BasedOn, r.ItemGroup = loyalty.OnItemGroup, name }
}

func on(m loyalty.Measure) func(*loyalty.Rule) {
	return func(r *loyalty.Rule) { r.CalculateOn = m }
}

// slabs makes a rule give by quantity; steps are pairs of from and points.
func slabs(mode loyalty.SlabMode, over loyalty.RoundedPer, steps ...string) func(*loyalty.Rule) {
	return func(r *loyalty.Rule) {
		r.CalculateOn, r.Per, r.Points = loyalty.QuantitySlab, decimal.Decimal{}, decimal.Decimal{}
		r.SlabMode, r.SlabOver = mode, over
		for i := 0; i < len(steps); i += 2 {
			r.Slabs = append(r.Slabs, loyalty.Slab{From: dec(steps[i]), Points: dec(steps[i+1])})
		}
	}
}

func minimum(s string) func(*loyalty.Rule) {
	return func(r *loyalty.Rule) { r.MinDocument = dec(s) }
}

// program is whole points, rounded down on the document, all rules added up.
func program(rs ...loyalty.Rule) loyalty.RuleSet {
	return loyalty.RuleSet{
		ValidFrom: loyalty.NoDate, Currency: "PLN", Rounding: loyalty.Floor, RoundedPer: loyalty.PerDocument,
		Stacking: loyalty.Sum, UnlinkedReturns: "score",
		ItemGroups: map[string][]loyalty.ItemGroup{
			"erp":   {{Name: "Wine", Items: []string{"WINE-*", "MEAD"}, ERPGroups: []string{"ALKO/WINA"}}},
			"other": {{Name: "Wine", Items: []string{"OTHER"}}},
		},
		Rules: rs,
	}
}

// spoken is a small language: "yes", "no", "fails", "group X" and "code X".
type spoken struct{}

func (spoken) Sale(source string) (rules.SaleCondition, []loyalty.Fault) {
	if source == "nonsense" {
		return nil, []loyalty.Fault{{Offset: 3, Message: "makes no sense", Hint: "say yes or no"}}
	}
	return saleWord(source), nil
}

func (spoken) Line(source string) (rules.LineCondition, []loyalty.Fault) {
	if source == "nonsense" {
		return nil, []loyalty.Fault{{Offset: 3, Message: "makes no sense", Hint: "say yes or no"}}
	}
	return lineWord(source), nil
}

func (spoken) Text(source string) (rules.LineText, []loyalty.Fault) {
	if source == "nonsense" {
		return nil, []loyalty.Fault{{Offset: 3, Message: "makes no sense", Hint: "name an attribute"}}
	}
	return attributeWord(source), nil
}

type attributeWord string

func (w attributeWord) Text(l *loyalty.Line) (string, error) {
	if w == "fails" {
		return "", errors.New("fails")
	}
	return l.Attributes[string(w)], nil
}

type saleWord string

func (w saleWord) Holds(_ loyalty.Date, f *rules.Facts) (bool, error) {
	if w == "fails" {
		return false, errors.New("fails")
	}
	if w == "hour" {
		return false, fmt.Errorf("asked: %w", rules.ErrNoTime)
	}
	return w == "yes" || string(w) == "group "+f.Contractor.Group, nil
}

func (w saleWord) Values(_ loyalty.Date, f *rules.Facts) map[string]string {
	if strings.HasPrefix(string(w), "group ") {
		return map[string]string{"group": f.Contractor.Group}
	}
	if w == "first_purchase" {
		return map[string]string{"first_purchase": strconv.FormatBool(f.Contractor.First)}
	}
	if strings.HasPrefix(string(w), "groups ") { // a name that another one begins with
		return map[string]string{"groups": "two"}
	}
	return nil
}

func (w saleWord) Asks() []string {
	word, _, _ := strings.Cut(string(w), " ")
	return []string{word}
}

type lineWord string

func (w lineWord) Holds(l *loyalty.Line) (bool, error) {
	if w == "fails" {
		return false, errors.New("fails")
	}
	return w == "yes" || string(w) == "code "+l.Code, nil
}

func compile(t testing.TB, def loyalty.RuleSet) *rules.Set {
	t.Helper()
	s, faults := rules.Compile(def, spoken{})
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	return s
}

// line is a line of goods with the same net and gross.
func line(no int, code, net string) loyalty.Line {
	return loyalty.Line{
		ID: fmt.Sprint("L", no), No: no, Kind: loyalty.Goods, Code: code,
		Quantity: dec("1"), Net: dec(net), Gross: dec(net),
	}
}

func sale(t testing.TB, lines ...loyalty.Line) rules.Sale {
	return rules.Sale{Source: "erp", Date: date(t, "2026-06-15"), Currency: "PLN", Lines: lines}
}

func nets(nets ...string) []loyalty.Line {
	lines := make([]loyalty.Line, len(nets))
	for i, n := range nets {
		lines[i] = line(i+1, fmt.Sprint("ITEM-", i+1), n)
	}
	return lines
}

// awards writes "rule:line=points" for each award.
func awards(as []rules.Award) []string {
	got := []string{}
	for _, a := range as {
		got = append(got, fmt.Sprintf("%d:%d=%d", a.Rule, a.Line, a.Points))
	}
	return got
}

func with(def loyalty.RuleSet, change func(*loyalty.RuleSet)) loyalty.RuleSet {
	change(&def)
	return def
}

func TestScore(t *testing.T) {
	perLine := func(d *loyalty.RuleSet) { d.RoundedPer = loyalty.PerLine }
	rounding := func(m loyalty.Rounding) func(*loyalty.RuleSet) {
		return func(d *loyalty.RuleSet) { d.Rounding = m }
	}
	base := bill("base", "100", "1")
	deposit := line(2, "CRATE", "500")
	deposit.Kind = loyalty.Deposit
	freight := line(2, "", "500")
	freight.Kind = loyalty.Charge
	byGroup := line(1, "X", "100")
	byGroup.Group = "ALKO/WINA/CZERWONE"
	six := line(1, "WINE-1", "100")
	six.Quantity, six.Gross = dec("6.5"), dec("123")

	tests := []struct {
		name  string
		def   loyalty.RuleSet
		lines []loyalty.Line
		want  []string
	}{
		{"1 for 100 of 5,500 is 55", program(base), nets("5500"), []string{"0:0=55"}},
		{"steps are not counted: 3 for 100 of 150 is 4", program(bill("r", "100", "3")), nets("150"), []string{"0:0=4"}},
		{"nothing bought", program(base), nil, []string{}},
		{"less than a point", program(base), nets("99.99"), []string{}},
		{"lines add up before rounding", program(base), nets("60", "60"), []string{"0:0=1"}},
		{"the rest goes to the largest remainder", program(base), nets("150", "160"), []string{"0:0=1", "0:1=2"}},
		{"ties go to the earlier line", program(base), nets("150", "150"), []string{"0:0=2", "0:1=1"}},
		{"a negative line inside still adds up", program(base), nets("260", "-50"), []string{"0:0=3", "0:1=-1"}},
		{"a negative line takes its share", program(base), nets("300", "-150"), []string{"0:0=3", "0:1=-2"}},
		{"below zero is zero", program(base), nets("100", "-300"), []string{}},
		{"exactly nothing left", program(base), nets("150", "-150"), []string{}},
		{"each line by itself", with(program(base), perLine), nets("150", "160", "99"), []string{"0:0=1", "0:1=1"}},
		{"line below zero by itself", with(program(base), perLine), nets("450", "-150"), []string{"0:0=4", "0:1=-1"}},
		{"lines below zero together", with(program(base), perLine), nets("150", "-350"), []string{}},
		{"half up", with(program(base), rounding(loyalty.HalfUp)), nets("150"), []string{"0:0=2"}},
		{"below half", with(program(base), rounding(loyalty.HalfUp)), nets("149.99"), []string{"0:0=1"}},
		{"half even down", with(program(base), rounding(loyalty.HalfEven)), nets("250"), []string{"0:0=2"}},
		{"half even up", with(program(base), rounding(loyalty.HalfEven)), nets("350"), []string{"0:0=4"}},
		{"above half, even", with(program(base), rounding(loyalty.HalfEven)), nets("250.01"), []string{"0:0=3"}},
		{"ceil", with(program(base), rounding(loyalty.Ceil)), nets("100.01"), []string{"0:0=2"}},
		{"ceil of a whole", with(program(base), rounding(loyalty.Ceil)), nets("100.00"), []string{"0:0=1"}},
		{"ceil is spread too", with(program(base), rounding(loyalty.Ceil)), nets("0.01", "0.02"), []string{"0:1=1"}},
		{"two decimals", with(program(base), func(d *loyalty.RuleSet) { d.Decimals = 2 }), nets("150.99"), []string{"0:0=150"}},
		{"a third is exact", program(bill("r", "3", "1")), nets("1", "1", "1"), []string{"0:0=1"}},
		{"deposits never earn", program(base), []loyalty.Line{line(1, "A", "100"), deposit}, []string{"0:0=1"}},
		{"freight counts on a bill", program(base), []loyalty.Line{line(1, "A", "100"), freight}, []string{"0:0=1", "0:1=5"}},
		{"a line without code is no item", program(bill("r", "100", "1", onItems("*"))), []loyalty.Line{freight}, []string{}},
		{"an item by pattern", program(bill("r", "100", "1", onItems("WINE-*"))), []loyalty.Line{line(1, "WINE-1", "100"), line(2, "BEER", "100")}, []string{"0:0=1"}},
		{"an item by code", program(bill("r", "100", "1", onItems("BEER"))), []loyalty.Line{line(1, "WINE-1", "100"), line(2, "BEER", "100"), line(3, "beer", "100")}, []string{"0:1=1"}},
		{"a group by code and pattern", program(bill("r", "100", "1", onGroup("Wine"))), []loyalty.Line{line(1, "WINE-1", "100"), line(2, "MEAD", "100"), line(3, "OTHER", "100")}, []string{"0:0=1", "0:1=1"}},
		{"a group by ERP path", program(bill("r", "100", "1", onGroup("Wine"))), []loyalty.Line{byGroup}, []string{"0:0=1"}},
		{"on gross", program(bill("r", "1", "1", on(loyalty.Gross))), []loyalty.Line{six}, []string{"0:0=123"}},
		{"on quantity", program(bill("r", "1", "2", on(loyalty.Quantity))), []loyalty.Line{six}, []string{"0:0=13"}},
		{"rules add up", program(base, bill("more", "100", "2", onItems("WINE-*"))), []loyalty.Line{six}, []string{"0:0=1", "1:0=2"}},
		{"at the minimum", program(bill("r", "1", "1", minimum("50"))), nets("20", "30"), []string{"0:0=20", "0:1=30"}},
		{"below the minimum", program(bill("r", "1", "1", minimum("50.01"))), nets("20", "30"), []string{}},
		{"deposits count for the minimum", program(bill("r", "1", "1", minimum("600"))), []loyalty.Line{line(1, "A", "100"), deposit}, []string{"0:0=100"}},
		{"too large to be meant", program(bill("r", "0.000001", "1000")), nets("99999999999999"), []string{}},
		{"an exponent that would fill the memory", program(base), []loyalty.Line{{Net: decimal.New(1, 1<<30)}}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := awards(compile(t, tt.def).Score(sale(t, tt.lines...)))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSlabs: 1 point a unit for the first five, 3 from the sixth on.
func TestSlabs(t *testing.T) {
	rule := func(mode loyalty.SlabMode, over loyalty.RoundedPer, steps ...string) loyalty.RuleSet {
		if len(steps) == 0 {
			steps = []string{"1", "1", "6", "3"}
		}
		return program(bill("slabs", "1", "1", slabs(mode, over, steps...)))
	}
	graduated, flat := rule(loyalty.Graduated, loyalty.PerLine), rule(loyalty.Flat, loyalty.PerLine)
	together, all := rule(loyalty.Graduated, loyalty.PerDocument), rule(loyalty.Flat, loyalty.PerDocument)
	bought := func(quantities ...string) []loyalty.Line {
		lines := nets(quantities...)
		for i := range lines {
			lines[i].Quantity = dec(quantities[i])
		}
		return lines
	}
	for _, tt := range []struct {
		name  string
		def   loyalty.RuleSet
		lines []loyalty.Line
		want  []string
	}{
		{"within the first", graduated, bought("5"), []string{"0:0=5"}},
		{"the sixth unit", graduated, bought("6"), []string{"0:0=8"}},
		{"each line by itself", graduated, bought("6", "6"), []string{"0:0=8", "0:1=8"}},
		{"over the document", together, bought("6", "6"), []string{"0:0=13", "0:1=13"}},
		{"spread by quantity", together, bought("1", "2", "4"), []string{"0:0=2", "0:1=3", "0:2=6"}},
		{"a return inside", together, bought("10", "-4"), []string{"0:0=13", "0:1=-5"}},
		{"more back than bought", together, bought("4", "-10"), []string{}},
		{"as much back as bought", together, bought("4", "-4"), []string{}},
		{"flat below", flat, bought("5"), []string{"0:0=5"}},
		{"flat at the step", flat, bought("6"), []string{"0:0=18"}},
		{"flat, a part of the sixth is not six", flat, bought("5.5"), []string{"0:0=5"}},
		{"flat below the first unit", flat, bought("0.5", "0.5"), []string{"0:0=1"}},
		{"flat over the document", all, bought("3", "3"), []string{"0:0=9", "0:1=9"}},
		{"part of the sixth unit", graduated, bought("5.5"), []string{"0:0=6"}},
		{"kilograms from nought", rule(loyalty.Graduated, loyalty.PerLine, "0", "0", "2.5", "10"), bought("3.25"), []string{"0:0=7"}},
		{"kilograms, flat", rule(loyalty.Flat, loyalty.PerLine, "0", "0", "2.5", "10"), bought("2.4", "2.5"), []string{"0:1=25"}},
		{"beyond machine words", graduated, bought("100000000000000"), []string{"0:0=299999999999990"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, awards(compile(t, tt.def).Score(sale(t, tt.lines...)))); d != "" {
				t.Error(d)
			}
		})
	}
	back := sale(t, bought("-6")...)
	back.Return = true
	if got := awards(compile(t, graduated).Score(back)); !slices.Equal(got, []string{"0:0=-8"}) {
		t.Errorf("a return without an original: %v", got)
	}
	// Under best, slabs compete by what the line would get of them.
	def := with(program(bill("a", "1", "2", on(loyalty.Quantity)), bill("b", "1", "1", slabs(loyalty.Graduated, loyalty.PerDocument, "1", "1", "6", "3"))),
		func(d *loyalty.RuleSet) { d.Stacking = loyalty.Best })
	if got := awards(compile(t, def).Score(sale(t, bought("8", "4")...))); !slices.Equal(got, []string{"1:0=17", "1:1=9"}) {
		t.Errorf("best: %v", got)
	}
	if got := awards(compile(t, def).Score(sale(t, bought("5")...))); !slices.Equal(got, []string{"0:0=10"}) {
		t.Errorf("best below the step: %v", got)
	}
}

// TestConditions: what a rule asks of a sale and of its lines, and what it gives
// more or at most.
func TestConditions(t *testing.T) {
	rule := func(change func(*loyalty.Rule)) loyalty.RuleSet { return program(bill("r", "10", "1", change)) }
	times := func(pairs ...string) func(*loyalty.Rule) {
		return func(r *loyalty.Rule) {
			for i := 0; i < len(pairs); i += 2 {
				r.Multiply = append(r.Multiply, loyalty.Multiplier{When: pairs[i], By: dec(pairs[i+1])})
			}
		}
	}
	excluding := func(e loyalty.Exclude) loyalty.RuleSet {
		return with(program(bill("r", "10", "1"), bill("wine", "10", "1", onItems("WINE-1"))), func(d *loyalty.RuleSet) { d.Exclude = e })
	}
	service := line(2, "HELP", "100")
	service.Kind = loyalty.Service
	lines := []loyalty.Line{line(1, "WINE-1", "100"), service, line(3, "MEAD", "155")}
	eligible := func(on loyalty.Measure, least string) loyalty.RuleSet {
		return program(bill("r", "10", "1", onItems("WINE-1"), func(r *loyalty.Rule) {
			r.MinDocument, r.MinOn, r.MinOf = dec(least), on, loyalty.EligibleLines
		}))
	}
	dearer := []loyalty.Line{line(1, "WINE-1", "100")}
	dearer[0].Gross = dec("123")
	for _, tt := range []struct {
		name  string
		def   loyalty.RuleSet
		lines []loyalty.Line
		want  []string
	}{
		{"a condition that holds", rule(func(r *loyalty.Rule) { r.When = "group VIP" }), lines, []string{"0:0=10", "0:1=10", "0:2=15"}},
		{"one that does not", rule(func(r *loyalty.Rule) { r.When = "group STAFF" }), lines, []string{}},
		{"one that fails", rule(func(r *loyalty.Rule) { r.When = "fails" }), lines, []string{}},
		{"on lines", rule(func(r *loyalty.Rule) { r.Where = "code MEAD" }), lines, []string{"0:2=15"}},
		{"on lines, failing", rule(func(r *loyalty.Rule) { r.Where = "fails" }), lines, []string{}},
		{"doubled", rule(times("yes", "2")), lines, []string{"0:0=20", "0:1=20", "0:2=31"}},
		{"every one that holds", rule(times("yes", "2", "no", "100", "group VIP", "1.5")), lines, []string{"0:0=30", "0:1=30", "0:2=46"}},
		{"a third is exact", rule(times("yes", "0.3333")), nets("300000"), []string{"0:0=9999"}},
		{"a multiplier that fails", rule(times("fails", "2", "yes", "3")), lines, []string{"0:0=30", "0:1=30", "0:2=46"}},
		{"slabs are multiplied", program(bill("s", "1", "1", slabs(loyalty.Flat, loyalty.PerDocument, "1", "3"), times("yes", "1.5"))), lines, []string{"0:0=5", "0:1=4", "0:2=4"}},
		{"items excluded", excluding(loyalty.Exclude{Items: []string{"WINE-*"}}), lines, []string{"0:1=10", "0:2=15"}},
		{"a group excluded", excluding(loyalty.Exclude{ItemGroups: []string{"Wine"}}), lines, []string{"0:1=10"}},
		{"services excluded", excluding(loyalty.Exclude{Kinds: []loyalty.LineKind{loyalty.Service}}), lines, []string{"0:0=10", "0:2=15", "1:0=10"}},
		{"excluded by a condition", excluding(loyalty.Exclude{Where: "code MEAD"}), lines, []string{"0:0=10", "0:1=10", "1:0=10"}},
		{"excluded when that cannot be said", excluding(loyalty.Exclude{Where: "fails"}), lines, []string{}},
		{"eligible lines at the minimum", eligible(loyalty.Net, "100"), lines, []string{"0:0=10"}},
		{"eligible lines below it", eligible(loyalty.Net, "100.01"), lines, []string{}},
		{"a minimum on net", eligible(loyalty.Net, "110"), dearer, []string{}},
		{"a minimum on gross", eligible("", "110"), dearer, []string{"0:0=10"}},
		{"at most", rule(func(r *loyalty.Rule) { r.Max = dec("20") }), lines, []string{"0:0=6", "0:1=6", "0:2=8"}},
		{"at most, not reached", rule(func(r *loyalty.Rule) { r.Max = dec("35") }), lines, []string{"0:0=10", "0:1=10", "0:2=15"}},
		{"at most, with a negative line", rule(func(r *loyalty.Rule) { r.Max = dec("10") }), nets("300", "-100"), []string{"0:0=15", "0:1=-5"}},
		{"a cap of the rule", rule(func(r *loyalty.Rule) { r.Caps.Month = dec("20") }), lines, []string{"0:0=6", "0:1=6", "0:2=8"}},
		{"the smallest of caps", rule(func(r *loyalty.Rule) { r.Caps = loyalty.Caps{Month: dec("20"), Day: dec("5"), Budget: dec("100")} }), lines, []string{"0:0=2", "0:1=1", "0:2=2"}},
		{"a cap above the limit", rule(func(r *loyalty.Rule) { r.Max, r.Caps.Day = dec("5"), dec("20") }), lines, []string{"0:0=2", "0:1=1", "0:2=2"}},
		{"the cap of all rules is used in their order", with(program(bill("a", "100", "1"), bill("b", "100", "1"), bill("c", "100", "1")), func(d *loyalty.RuleSet) { d.Caps.Document = dec("5") }), nets("300"), []string{"0:0=3", "1:0=2"}},
		{"with caps of the rules", with(program(bill("a", "100", "1", func(r *loyalty.Rule) { r.Caps.Day = dec("1") }), bill("b", "100", "1")), func(d *loyalty.RuleSet) { d.Caps.Year = dec("3") }), nets("300"), []string{"0:0=1", "1:0=2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sale(t, tt.lines...)
			s.Facts.Contractor.Group = "VIP"
			if d := cmp.Diff(tt.want, awards(compile(t, tt.def).Score(s))); d != "" {
				t.Error(d)
			}
		})
	}
	back := sale(t, nets("-1000")...)
	back.Return = true
	if got := awards(compile(t, rule(func(r *loyalty.Rule) { r.Max = dec("5") })).Score(back)); !slices.Equal(got, []string{"0:0=-100"}) {
		t.Errorf("a return without an original knows no limit: %v", got)
	}
}

// byItem makes a rule give what single items earn.
func byItem(table, from string) func(*loyalty.Rule) {
	return func(r *loyalty.Rule) {
		r.BasedOn, r.CalculateOn, r.Points = loyalty.OnItem, loyalty.Quantity, decimal.Decimal{}
		r.Table, r.PointsFrom = table, from
	}
}

func TestPointsByItem(t *testing.T) {
	always := loyalty.ItemPoints{From: loyalty.NoDate, To: loyalty.NoDate}
	item := func(code, points, per string, change ...func(*loyalty.ItemPoints)) loyalty.ItemPoints {
		row := always
		row.Code, row.Points, row.Per = code, dec(points), dec(per)
		for _, c := range change {
			c(&row)
		}
		return row
	}
	until := func(to string) func(*loyalty.ItemPoints) { return func(p *loyalty.ItemPoints) { p.To = date(t, to) } }
	from := func(from string) func(*loyalty.ItemPoints) {
		return func(p *loyalty.ItemPoints) { p.From = date(t, from) }
	}
	tables := map[string]loyalty.ItemTable{
		"t": {
			item("WINE", "2.5", "0"), item("BEER", "1", "3"), item("OIL", "1", "7"), item("FREE", "0", "0"),
			item("DATED", "1", "0", until("2026-06-14")), item("DATED", "4", "0", from("2026-06-15"), until("2026-06-15")), item("GONE", "9", "0", until("2026-01-01")),
		},
	}
	bought := func(code, quantity string) loyalty.Line {
		l := line(1, code, "100")
		l.Quantity, l.Attributes = dec(quantity), loyalty.Attributes{"P": "1.5", "BAD": "1,5", "NEG": "-1"}
		return l
	}
	table := program(bill("r", "1", "1", byItem("t", "")))
	attribute := func(name string) loyalty.RuleSet { return program(bill("r", "1", "1", byItem("", name))) }
	for _, tt := range []struct {
		name  string
		def   loyalty.RuleSet
		lines []loyalty.Line
		want  []string
	}{
		{"points of each", table, []loyalty.Line{bought("WINE", "4")}, []string{"0:0=10"}},
		{"per of each, rounded once", table, []loyalty.Line{bought("BEER", "4"), bought("OIL", "5")}, []string{"0:0=1", "0:1=1"}},
		{"by day", table, []loyalty.Line{bought("DATED", "2")}, []string{"0:0=8"}},
		{"no longer", table, []loyalty.Line{bought("GONE", "2")}, []string{}},
		{"nothing for it", table, []loyalty.Line{bought("FREE", "2"), bought("OTHER", "2"), bought("", "2")}, []string{}},
		{"only some items", program(bill("r", "1", "1", byItem("t", ""), func(r *loyalty.Rule) { r.Items = []string{"BEER"} })), []loyalty.Line{bought("WINE", "4"), bought("BEER", "3")}, []string{"0:1=1"}},
		{"on value, per 100", program(bill("r", "100", "1", byItem("t", ""), on(loyalty.Net))), []loyalty.Line{bought("WINE", "1"), bought("WINE", "1")}, []string{"0:0=3", "0:1=2"}},
		{"doubled", program(bill("r", "1", "1", byItem("t", ""), func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "yes", By: dec("2")}} })), []loyalty.Line{bought("WINE", "1")}, []string{"0:0=5"}},
		{"an attribute of the item", attribute("P"), []loyalty.Line{bought("WINE", "4")}, []string{"0:0=6"}},
		{"no such attribute", attribute("Q"), []loyalty.Line{bought("WINE", "4")}, []string{}},
		{"an attribute that is no number", attribute("BAD"), []loyalty.Line{bought("WINE", "4")}, []string{}},
		{"an attribute below zero", attribute("NEG"), []loyalty.Line{bought("WINE", "4")}, []string{}},
		{"an attribute that fails", attribute("fails"), []loyalty.Line{bought("WINE", "4")}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.def.Tables = tables
			set := compile(t, tt.def)
			if d := cmp.Diff(tt.want, awards(set.Score(sale(t, tt.lines...)))); d != "" {
				t.Error(d)
			}
		})
	}
	table.Tables = tables
	x := compile(t, table).Explain(sale(t, bought("BEER", "4")))
	if l := x.Rules[0].Lines[0]; l.Each != "1" || l.Per != "3" || x.Rules[0].Raw != "4/3" {
		t.Errorf("explained as %+v", x.Rules[0])
	}
	attributeSet := attribute("BAD")
	if got := compile(t, attributeSet).Explain(sale(t, bought("WINE", "4"))).Rules[0].Lines[0].Reason; got != loyalty.ReasonLineFailed {
		t.Errorf("an attribute that is no number is told as %q", got)
	}
}

// TestNeeded: only what some condition asks for is kept with a chain.
func TestNeeded(t *testing.T) {
	all := loyalty.Inputs{Group: "VIP", Attributes: loyalty.Attributes{"A": "1", "B": "2"}, First: true, Tier: "gold", Card: "G-1"}
	for when, want := range map[string]*loyalty.Inputs{
		"": nil, "yes": nil, "group VIP": {Group: "VIP"}, "first_purchase": {First: true}, "tier": {Tier: "gold"}, "card": {Card: "G-1"}, "attributes": {Attributes: all.Attributes}, "attributes.A": {Attributes: loyalty.Attributes{"A": "1"}},
	} {
		set := compile(t, program(bill("a", "1", "1"), bill("b", "1", "1", func(r *loyalty.Rule) { r.When = when })))
		if d := cmp.Diff(want, set.Needed(all)); d != "" {
			t.Errorf("%s: %s", when, d)
		}
	}
	set := compile(t, program(bill("a", "1", "1", func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "group X", By: dec("2")}} })))
	if got := set.Needed(loyalty.Inputs{}); got == nil {
		t.Error("nothing is known of what a multiplier asks for, and that is not kept")
	}
}

// TestOver: of what a set asks for, what was pinned under it goes before what is
// now, also when it was nothing.
func TestOver(t *testing.T) {
	now := loyalty.Inputs{Group: "NEW", Attributes: loyalty.Attributes{"A": "new", "B": "new"}, First: true}
	for when, want := range map[string]loyalty.Inputs{
		"yes": now, "group VIP": {Attributes: now.Attributes, First: true}, "first_purchase": {Group: "NEW", Attributes: now.Attributes}, "attributes": {Group: "NEW", Attributes: loyalty.Attributes{"B": "old"}, First: true},
		"attributes.A": {Group: "NEW", Attributes: loyalty.Attributes{"B": "new"}, First: true}, "attributes.B": {Group: "NEW", Attributes: loyalty.Attributes{"A": "new", "B": "old"}, First: true},
	} {
		set := compile(t, program(bill("a", "1", "1", func(r *loyalty.Rule) { r.When = when })))
		if d := cmp.Diff(want, set.Over(loyalty.Inputs{Attributes: loyalty.Attributes{"B": "old"}}, now)); d != "" {
			t.Errorf("%s: %s", when, d)
		}
	}
}

func TestStacking(t *testing.T) {
	a := bill("a", "100", "1")
	b := bill("b", "100", "2", onItems("WINE-*"))
	c := bill("c", "50", "1", onItems("WINE-*", "BEER"))
	lines := []loyalty.Line{line(1, "WINE-1", "300"), line(2, "BEER", "100"), line(3, "BREAD", "100")}
	tests := []struct {
		name     string
		stacking loyalty.Stacking
		rules    []loyalty.Rule
		lines    []loyalty.Line
		want     []string
	}{
		{"sum", loyalty.Sum, []loyalty.Rule{a, b, c}, lines, []string{"0:0=3", "0:1=1", "0:2=1", "1:0=6", "2:0=6", "2:1=2"}},
		{"best, ties by order", loyalty.Best, []loyalty.Rule{a, b, c}, lines, []string{"0:2=1", "1:0=6", "2:1=2"}},
		{"best, the other order", loyalty.Best, []loyalty.Rule{a, c, b}, lines, []string{"0:2=1", "1:0=6", "1:1=2"}},
		{"first", loyalty.First, []loyalty.Rule{b, c, a}, lines, []string{"0:0=6", "1:1=2", "2:2=1"}},
		{"exclusive, the rule that gives most", loyalty.Exclusive, []loyalty.Rule{a, b, c}, lines, []string{"2:0=6", "2:1=2"}},
		{"exclusive, ties by order", loyalty.Exclusive, []loyalty.Rule{bill("x", "50", "1", onItems("WINE-1")), b, a}, lines, []string{"0:0=6"}},
		{"exclusive, rounded and limited", loyalty.Exclusive, []loyalty.Rule{a, bill("m", "1", "1", func(r *loyalty.Rule) { r.Max = dec("4") })}, lines, []string{"0:0=3", "0:1=1", "0:2=1"}},
		{"exclusive, nobody", loyalty.Exclusive, []loyalty.Rule{bill("m", "1000", "1"), bill("n", "2000", "1")}, lines, []string{}},
		{"first takes all for a bill", loyalty.First, []loyalty.Rule{a, b, c}, lines, []string{"0:0=3", "0:1=1", "0:2=1"}},
		{"a rule below its minimum takes nothing", loyalty.First, []loyalty.Rule{bill("m", "1", "1", minimum("1000")), a}, lines, []string{"1:0=3", "1:1=1", "1:2=1"}},
		{"a line keeps its rule though it rounds to zero", loyalty.First, []loyalty.Rule{bill("m", "1000", "1"), bill("n", "1", "1")}, lines, []string{}},
		{"the size decides, not the sign", loyalty.Best, []loyalty.Rule{a, b}, []loyalty.Line{line(1, "BREAD", "500"), line(2, "WINE-1", "300"), line(3, "WINE-1", "-100")}, []string{"0:0=5", "1:1=6", "1:2=-2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			def := program(tt.rules...)
			def.Stacking = tt.stacking
			if d := cmp.Diff(tt.want, awards(compile(t, def).Score(sale(t, tt.lines...)))); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestScoreDates(t *testing.T) {
	set := compile(t, program(bill("r", "1", "1", func(r *loyalty.Rule) {
		r.From, r.To = date(t, "2026-01-01"), date(t, "2026-12-31")
	})))
	for day, want := range map[string]int{"2025-12-31": 0, "2026-01-01": 1, "2026-12-31": 1, "2027-01-01": 0} {
		s := sale(t, nets("1")...)
		s.Date = date(t, day)
		if got := len(set.Score(s)); got != want {
			t.Errorf("%s: %d awards, want %d", day, got, want)
		}
	}
}

func TestScoreCurrencyAndSource(t *testing.T) {
	set := compile(t, program(bill("r", "1", "1", onGroup("Wine"))))
	s := sale(t, line(1, "OTHER", "10"))
	s.Source = "other"
	if got := awards(set.Score(s)); !slices.Equal(got, []string{"0:0=10"}) {
		t.Errorf("the group of its own source: %v", got)
	}
	s.Source = "third"
	if got := set.Score(s); len(got) != 0 {
		t.Errorf("a source without the group: %v", got)
	}
	s.Source, s.Currency, s.Rate = "other", "EUR", dec("4.25")
	if got := set.Score(s); len(got) != 0 {
		t.Errorf("another currency: %v", got)
	}
}

// TestERPRate: money comes into the program's currency by the document's rate,
// exactly; quantities stay.
func TestERPRate(t *testing.T) {
	def := with(program(bill("net", "100", "1"), bill("pieces", "1", "2", on(loyalty.Quantity)), bill("big", "1", "1", minimum("500"))), func(d *loyalty.RuleSet) {
		d.OtherCurrency = loyalty.ERPRate
	})
	set := compile(t, def)
	s := sale(t, nets("99.99", "100.01")...)
	s.Currency = "EUR"
	for rate, want := range map[string][]string{
		"4.2871": {"0:0=4", "0:1=4", "1:0=2", "1:1=2", "2:0=428", "2:1=429"}, // 857.42 in all
		"2.4999": {"0:0=2", "0:1=2", "1:0=2", "1:1=2"},                       // 499.98: below the minimum
		"0":      {}, "-1": {}, "1": {}, "1.00": {}, "0.0000000000001": {},
	} {
		s.Rate = dec(rate)
		if d := cmp.Diff(want, awards(set.Score(s))); d != "" {
			t.Errorf("rate %s: %s", rate, d)
		}
	}
	s.Rate = dec("4.2871")
	x := set.Explain(s)
	if x.Rate != "4.2871" || x.Rules[0].Base != "857.42" || x.Rules[1].Base != "2" {
		t.Errorf("explained as %+v", x)
	}
	if words := x.Words(loyalty.English); !strings.Contains(words, "amounts in PLN: from EUR at the document's rate of 4.2871") || strings.Contains(words, "EUR;") {
		t.Error(words)
	}
	s.Currency, s.Rate = "PLN", dec("9")
	if got := set.Explain(s); got.Rate != "" || got.Rules[0].Base != "200" {
		t.Errorf("the program's own currency has no rate: %+v", got)
	}
}

func TestScoreUnlinkedReturn(t *testing.T) {
	for _, mode := range []loyalty.Rounding{loyalty.Floor, loyalty.HalfUp, loyalty.HalfEven, loyalty.Ceil} {
		for _, per := range []loyalty.RoundedPer{loyalty.PerDocument, loyalty.PerLine} {
			def := program(bill("r", "100", "1", minimum("1000")))
			def.Rounding, def.RoundedPer = mode, per
			s := sale(t, nets("-199.99")...)
			s.Return = true
			if got := awards(compile(t, def).Score(s)); !slices.Equal(got, []string{"0:0=-1"}) {
				t.Errorf("%s per %s: %v", mode, per, got)
			}
		}
	}
	set := compile(t, program(bill("r", "100", "1")))
	s := sale(t, nets("-150", "-150")...)
	s.Return = true
	if got := awards(set.Score(s)); !slices.Equal(got, []string{"0:0=-2", "0:1=-1"}) {
		t.Errorf("spread: %v", got)
	}
	s.Lines = nets("150")
	if got := set.Score(s); len(got) != 0 {
		t.Errorf("a return that takes nothing back: %v", got)
	}
}

func TestScoreIntoAppends(t *testing.T) {
	set := compile(t, program(bill("r", "1", "1")))
	first := set.Score(sale(t, nets("1")...))
	both := set.ScoreInto(first, sale(t, nets("2")...))
	if got := awards(both); !slices.Equal(got, []string{"0:0=1", "0:0=2"}) {
		t.Error(got)
	}
}

// TestExplanationJSON guards the names: the console and the panel store and
// show them.
func TestExplanationJSON(t *testing.T) {
	def := program(
		bill("base", "100", "1", func(r *loyalty.Rule) {
			r.Title = loyalty.Title{"pl": "Za każde 100 zł", "en": "For every 100"}
		}),
		bill("wine", "30", "1", onGroup("Wine"), minimum("5000")),
		bill("beer", "1", "1", onItems("BEER"), func(r *loyalty.Rule) { r.To = date(t, "2025-12-31") }),
		bill("third", "30", "1", onItems("BREAD")),
	)
	deposit := line(3, "CRATE", "10")
	deposit.Kind = loyalty.Deposit
	s := sale(t, line(1, "WINE-1", "150.50"), line(2, "BREAD", "50"), deposit)
	got, err := json.MarshalIndent(compile(t, def).Explain(s), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/explanation.json", append(got, '\n'))
}

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-update writes it): %s", path, d)
	}
}

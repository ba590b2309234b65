package sample_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
)

var now = time.Date(2026, 11, 12, 14, 30, 0, 0, time.UTC)

func create(t *testing.T, c sample.Config) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "erp.db")
	if c.Now.IsZero() {
		c.Now = now
	}
	if err := sample.Create(t.Context(), path, c); err != nil {
		t.Fatal(err)
	}
	return path
}

// open reads the file as the demo does: by the block of YAML.
func open(t *testing.T, path string) *sqlerp.Source {
	t.Helper()
	type statement struct {
		Select  string
		Columns map[string]string
	}
	var doc struct {
		SQL struct {
			Dialect                                       sqlerp.Dialect
			Identity                                      string
			States                                        struct{ Buffered, Released, Cancelled []string }
			Contractors, Representatives, Invoices, Lines statement
		}
	}
	if err := yaml.UnmarshalWithOptions([]byte(sample.YAML()), &doc, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	b := doc.SQL
	src, err := sqlerp.Open(t.Context(), sqlerp.Config{
		Dialect: b.Dialect, Database: path, Timezone: "Europe/Warsaw", Identity: b.Identity, States: b.States,
		Contractors: sqlerp.Statement(b.Contractors), Representatives: sqlerp.Statement(b.Representatives),
		Invoices: sqlerp.Statement(b.Invoices), Lines: sqlerp.Statement(b.Lines),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func invoices(t *testing.T, src *sqlerp.Source) []connectors.Invoice {
	t.Helper()
	var all []connectors.Invoice
	r := connectors.Range{Ceiling: connectors.NewStamp(now.AddDate(1, 0, 0))}
	for {
		page, err := src.Invoices(t.Context(), r, 300)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if page.Done {
			return all
		}
		r.After = page.Next
	}
}

func TestSampleReadsWithoutARemark(t *testing.T) {
	src := open(t, create(t, sample.Config{}))
	report, err := src.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Missing) > 0 || len(report.Writable) > 0 {
		t.Errorf("missing %v, writable %v", report.Missing, report.Writable)
	}
	for _, w := range report.Warnings {
		if !strings.Contains(w.Message, "stamp in the future") { // the sample's now is not the machine's
			t.Errorf("warning: %s", w.Message)
		}
	}
}

func TestPeople(t *testing.T) {
	src := open(t, create(t, sample.Config{}))
	page, err := src.Contractors(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 40 {
		t.Fatalf("%d contractors, want 40", len(page.Items))
	}
	anonymous, names := 0, map[string]bool{}
	for _, k := range page.Items {
		names[k.Name] = true
		if k.Anonymous {
			anonymous++
		} else if k.Country == "PL" && !validNIP(k.TaxID) {
			t.Errorf("%s: tax number %s is not valid", k.Code, k.TaxID)
		}
	}
	if anonymous != 1 || len(names) != 40 {
		t.Errorf("%d anonymous, %d names; want 1 and 40", anonymous, len(names))
	}
	reps, err := src.Representatives(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	each := map[string]int{}
	for _, r := range reps.Items {
		each[r.Contractor]++
	}
	if len(each) != 39 {
		t.Errorf("%d contractors have representatives, want all but the anonymous one", len(each))
	}
	for id, n := range each {
		if n > 3 {
			t.Errorf("contractor %s has %d representatives", id, n)
		}
	}
}

// validNIP checks the tenth digit the way the tax office defines it.
func validNIP(nip string) bool {
	if len(nip) != 10 {
		return false
	}
	d := func(i int) int { return int(nip[i] - '0') }
	return (6*d(0)+5*d(1)+7*d(2)+2*d(3)+3*d(4)+4*d(5)+5*d(6)+6*d(7)+7*d(8))%11 == d(9)
}

func TestHistory(t *testing.T) {
	all := invoices(t, open(t, create(t, sample.Config{})))
	if len(all) != 2000 {
		t.Fatalf("%d documents, want 2000", len(all))
	}
	count := map[string]int{}
	for _, inv := range all {
		count[string(inv.State)]++
		count[inv.Currency]++
		count[inv.Store]++
		if inv.Corrects != "" {
			count["corrections"]++
		}
		for _, l := range inv.Lines {
			count[string(l.Kind)]++
			count[l.Group]++
			if !l.Quantity.IsInteger() {
				count["decimal quantities"]++
			}
		}
		if oldest := connectors.Date(now.AddDate(0, -18, 0).Format("2006-01-02")); inv.IssuedOn < oldest || inv.Modified > connectors.NewStamp(now) {
			t.Errorf("document %s of %s, changed %s, is outside the 18 months", inv.Key.ID, inv.IssuedOn, inv.Modified)
		}
	}
	for what, want := range map[string][2]int{
		"buffered": {55, 65}, "released": {1800, 1930}, "cancelled": {15, 80}, "corrections": {90, 100}, "EUR": {10, 120},
		"MAG1": {500, 800}, "MAG2": {500, 800}, "MAG3": {500, 800}, "goods": {3000, 9000}, "service": {50, 900}, "deposit": {100, 900},
		"ALKO/WINA": {300, 2000}, "NARZEDZIA/ELEKTRO": {300, 2000}, "decimal quantities": {300, 4000},
	} {
		if n := count[what]; n < want[0] || n > want[1] {
			t.Errorf("%s: %d, want %d to %d", what, n, want[0], want[1])
		}
	}
}

// TestAmounts recomputes every document from price, quantity and tax.
func TestAmounts(t *testing.T) {
	path := create(t, sample.Config{Rows: 600})
	for i := range 12 {
		if _, err := sample.Grow(t.Context(), path, now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	all := invoices(t, open(t, path))
	byLine := map[string]connectors.Line{}
	for _, inv := range all {
		for _, l := range inv.Lines {
			byLine[l.ID] = l
		}
	}
	for _, inv := range all {
		net, gross := decimal.Zero, decimal.Zero
		for _, l := range inv.Lines {
			net, gross = net.Add(l.Net), gross.Add(l.Gross)
			if rate := l.Gross.Sub(l.Net).Div(l.Net).Round(2).String(); !taxed(rate, l) {
				t.Errorf("line %s: tax rate %s", l.ID, rate)
			}
			if inv.Corrects != "" {
				checkTakenBack(t, l, byLine[l.Corrects])
			} else if l.Corrects != "" || !l.Net.IsPositive() {
				t.Errorf("line %s of an invoice: net %s, corrects %q", l.ID, l.Net, l.Corrects)
			}
		}
		if !net.Equal(inv.Net) || !gross.Equal(inv.Gross) {
			t.Errorf("document %s: lines sum to %s and %s, header says %s and %s", inv.Key.ID, net, gross, inv.Net, inv.Gross)
		}
	}
}

func taxed(rate string, l connectors.Line) bool {
	// On a few grosze, rounding hides the rate.
	return slices.Contains([]string{"0", "0.05", "0.08", "0.23"}, rate) || l.Net.Abs().LessThan(decimal.NewFromInt(3))
}

func checkTakenBack(t *testing.T, back, original connectors.Line) {
	t.Helper()
	left := original.Quantity.Add(back.Quantity)
	switch {
	case original.ID == "" || back.Code != original.Code:
		t.Errorf("line %s corrects line %q of another item", back.ID, back.Corrects)
	case !back.Quantity.IsNegative() || left.IsNegative():
		t.Errorf("line %s takes back %s of %s", back.ID, back.Quantity, original.Quantity)
	case left.IsZero() && (!back.Net.Equal(original.Net.Neg()) || !back.Gross.Equal(original.Gross.Neg())):
		t.Errorf("line %s takes everything back, and not its whole amount", back.ID)
	}
}

func TestSameSeedSameFile(t *testing.T) {
	first := invoices(t, open(t, create(t, sample.Config{Rows: 300, Seed: 7})))
	again := invoices(t, open(t, create(t, sample.Config{Rows: 300, Seed: 7})))
	other := invoices(t, open(t, create(t, sample.Config{Rows: 300, Seed: 8})))
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed gave another ERP:\n%s", diff)
	}
	if cmp.Equal(first, other) {
		t.Error("another seed gave the same ERP")
	}
}

func TestGrowLives(t *testing.T) {
	path := create(t, sample.Config{Rows: 200})
	src := open(t, path)
	before := invoices(t, src)
	var sum sample.Growth
	for i := range 30 {
		grown, err := sample.Grow(t.Context(), path, now.Add(time.Duration(i+1)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		sum.Added, sum.Released, sum.Corrected = sum.Added+grown.Added, sum.Released+grown.Released, sum.Corrected+grown.Corrected
	}
	after := invoices(t, src)
	if len(after) != len(before)+sum.Added+sum.Corrected {
		t.Errorf("%d documents before, %d after %+v", len(before), len(after), sum)
	}
	if sum.Added < 30 || sum.Released < 10 || sum.Corrected < 1 {
		t.Errorf("30 steps of life gave %+v", sum)
	}
	numbers := map[string]bool{}
	for _, inv := range after {
		if numbers[inv.Number] {
			t.Errorf("the number %s is given twice", inv.Number)
		}
		numbers[inv.Number] = true
	}
	fresh := 0 // what grew is found by its stamp
	for _, inv := range after {
		if inv.Modified > connectors.NewStamp(now) {
			fresh++
		}
	}
	if fresh < sum.Added+sum.Corrected {
		t.Errorf("%d documents stamped after the creation, want at least %d", fresh, sum.Added+sum.Corrected)
	}
}

func TestCreateLeavesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "erp.db")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sample.Create(t.Context(), path, sample.Config{Now: now}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a file = %v, want fs.ErrExist", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("the file now holds %q (%v)", text, err)
	}
}

func TestInterruptedCreationLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "erp.db")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sample.Create(ctx, path, sample.Config{Now: now}); !errors.Is(err, context.Canceled) {
		t.Errorf("Create = %v, want context.Canceled", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
	if err := sample.Create(t.Context(), path, sample.Config{Now: now, Rows: 10}); err != nil {
		t.Errorf("creation after an interrupted one: %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	for name, c := range map[string]sample.Config{"no time": {Rows: 10}, "negative": {Rows: -1, Now: now}} {
		if err := sample.Create(t.Context(), filepath.Join(t.TempDir(), "x"), c); err == nil {
			t.Errorf("%s: created", name)
		}
	}
	if _, err := sample.Grow(t.Context(), filepath.Join(t.TempDir(), "none"), now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Grow without a file = %v, want fs.ErrNotExist", err)
	}
}

// TestTablesAreSound runs SQLite's own checks.
func TestTablesAreSound(t *testing.T) {
	path := create(t, sample.Config{Rows: 100})
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var integrity string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&integrity); err != nil || integrity != "ok" {
		t.Errorf("integrity_check: %q, %v", integrity, err)
	}
	var orphan string
	if err := db.QueryRowContext(t.Context(), "PRAGMA foreign_key_check").Scan(&orphan); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("foreign_key_check: %q, %v", orphan, err)
	}
}

package optima_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/optima/optimatest"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// bench is a database and a source over it.
type bench struct {
	t *testing.T
	*database
	optimatest.Writer
	src *optima.Source
}

func newBench(t *testing.T, change func(*optima.Config)) *bench {
	t.Helper()
	db := newDatabase(t, optimatest.Schema())
	b := &bench{t: t, database: db, Writer: optimatest.Writer{Exec: db.exec}}
	b.src = b.open(change)
	return b
}

func (b *bench) open(change func(*optima.Config)) *optima.Source {
	b.t.Helper()
	cfg := optima.Config{Server: b.reader}
	if change != nil {
		change(&cfg)
	}
	src, err := optima.Open(b.t.Context(), cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = src.Close() })
	return src
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) rows(table string, rows ...optimatest.Row) {
	b.t.Helper()
	b.must(b.Insert(b.t.Context(), table, rows...))
}

const monday connectors.Date = "2025-03-03"

// header is a plain released invoice, changed by pairs of column and value.
func header(id int, pairs ...any) optimatest.Row {
	r := optimatest.Row{
		"TrN_TrNID": id, "TrN_TypDokumentu": 302, "TrN_Rodzaj": 302000, "TrN_NumerNr": id, "TrN_NumerString": "FS/@numerS", "TrN_Bufor": 0,
		"TrN_NumerPelny": fmt.Sprint("FS/", id), "TrN_DataDok": monday, "TrN_DataWys": monday, "TrN_DataOpe": monday,
		"TrN_TS_Mod": connectors.Stamp("2025-03-03T10:00:00.000000"), "TrN_PodmiotTyp": 1, "TrN_PodID": 7,
	}
	return with(r, pairs)
}

// element is a line of a document, changed by pairs of column and value.
func element(id, document int, pairs ...any) optimatest.Row {
	r := optimatest.Row{
		"TrE_TrEID": id, "TrE_TrNId": document, "TrE_Lp": id % 100, "TrE_TypDokumentu": 302, "TrE_DataDok": monday, "TrE_DataOpe": monday,
		"TrE_TwrKod": "SER", "TrE_Ilosc": 1, "TrE_WartoscNetto": dec("10.00"), "TrE_WartoscBrutto": dec("12.30"),
	}
	return with(r, pairs)
}

func with(r optimatest.Row, pairs []any) optimatest.Row {
	for i := 0; i+1 < len(pairs); i += 2 {
		r[pairs[i].(string)] = pairs[i+1] //nolint:forcetypeassert // names of columns
	}
	return r
}

// all reads a pass from the beginning, and holds Keys to the same digests.
func (b *bench) all(src *optima.Source) map[string]connectors.Invoice {
	b.t.Helper()
	out := map[string]connectors.Invoice{}
	r := connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}
	for {
		page, err := src.Invoices(b.t.Context(), r, 3)
		b.must(err)
		for _, inv := range page.Items {
			out[inv.Key.ID] = inv
		}
		if r.After = page.Next; page.Done {
			break
		}
	}
	keys, err := src.Keys(b.t.Context(), "", "", 1000)
	b.must(err)
	if len(keys.Items) != len(out) {
		b.t.Errorf("%d keys of %d documents", len(keys.Items), len(out))
	}
	for _, k := range keys.Items {
		if k.Digest != out[k.Key.ID].Digest {
			b.t.Errorf("document %s has another digest in Keys", k.Key.ID)
		}
	}
	return out
}

// TestReceiptAndInvoice: a sale counts once, from either side of the link, however
// the link is written.
func TestReceiptAndInvoice(t *testing.T) {
	b := newBench(t, nil)
	receipt := func(id int, pairs ...any) optimatest.Row {
		return header(id, append([]any{"TrN_TypDokumentu", 305, "TrN_Rodzaj", 305000, "TrN_PodID", 1}, pairs...)...)
	}
	invoice := func(id int, pairs ...any) optimatest.Row {
		return header(id, append([]any{"TrN_Rodzaj", 302006, "TrN_PodID", 70, "TrN_OdbiorcaTyp", 1, "TrN_OdbID", 71}, pairs...)...)
	}
	b.rows("TraNag",
		receipt(10, "TrN_FaId", 11), invoice(11), // by the receipt's own column
		receipt(20), invoice(21), // by a row of relations
		receipt(30), invoice(31), // by the lines of the invoice alone
		receipt(40, "TrN_FaId", 41), invoice(41, "TrN_Bufor", -1, "TrN_Anulowany", -41), // cancelled
		receipt(50, "TrN_Bufor", -1, "TrN_Anulowany", -50, "TrN_FaId", 51), invoice(51),
		receipt(60, "TrN_FaId", 62), receipt(61, "TrN_FaId", 62), invoice(62), // two receipts, and
		header(63, "TrN_Rodzaj", 302001, "TrN_Korekta", 1, "TrN_ZwrId", 62), // a correction of their invoice
		receipt(70), // no invoice
	)
	b.rows("TraNagRelacje",
		optimatest.Row{"TrR_TrNTyp": 305, "TrR_TrNId": 20, "TrR_FaTyp": 302, "TrR_FaId": 21},
		optimatest.Row{"TrR_TrNTyp": 302, "TrR_TrNId": 21, "TrR_FaTyp": 305, "TrR_FaId": 20})
	for _, receipt := range []int{60, 61} {
		b.rows("TraNagRelacje", optimatest.Row{"TrR_TrNTyp": 302, "TrR_TrNId": 62, "TrR_FaTyp": 305, "TrR_FaId": receipt})
	}
	b.rows("TraElem", element(3001, 30), element(3101, 31, "TrE_PATrEId", 3001, "TrE_Aktywny", 0))
	for name, tt := range map[string]struct {
		documents []string
		receipts  string
		counted   string
		buyers    string // of receipts that count
		corrects  string // what 63 corrects
	}{
		"both, invoices count":  {[]string{"FS", "PA"}, "invoice", "11 21 30 40 51 62 63 70", "30:1 40:1 70:1", "62"},
		"both, receipts count":  {[]string{"FS", "PA"}, "receipt", "11 20 30 40 51 60 61 63 70", "20:70 30:1 40:1 60:70 61:70 70:1", "60"},
		"invoices alone":        {[]string{"FS"}, "", "11 21 31 51 62 63", "", "62"},
		"receipts alone":        {[]string{"PA"}, "", "10 20 30 40 60 61 70", "10:1 20:1 30:1 40:1 60:1 61:1 70:1", ""},
		"the order of settings": {[]string{"PA", "FS"}, "", "11 21 30 40 51 62 63 70", "30:1 40:1 70:1", "62"},
	} {
		t.Run(name, func(t *testing.T) {
			src := b.open(func(c *optima.Config) { c.Documents, c.Receipts = tt.documents, tt.receipts })
			var counted, buyers []string
			all := b.all(src)
			for id, inv := range all {
				alone, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: id}})
				if err != nil || len(alone) != 1 || alone[0].Digest != inv.Digest {
					t.Errorf("document %s is another one when it is read alone: %v", id, err)
				}
				if inv.NotCounted != "" || inv.State == connectors.Cancelled {
					continue
				}
				counted = append(counted, id)
				if inv.Class == "305" {
					buyers = append(buyers, id+":"+inv.Buyer)
				}
			}
			slices.Sort(counted)
			slices.Sort(buyers)
			if got := strings.Join(counted, " "); got != tt.counted {
				t.Errorf("counted are %s, want %s", got, tt.counted)
			}
			if got := strings.Join(buyers, " "); got != tt.buyers {
				t.Errorf("receipts are of %s, want %s", got, tt.buyers)
			}
			if got := all["63"].Corrects; got != tt.corrects {
				t.Errorf("the correction corrects %q, want %q", got, tt.corrects)
			}
		})
	}
}

// TestForeignCurrency: amounts in the document's currency, and what one unit cost.
func TestForeignCurrency(t *testing.T) {
	b := newBench(t, nil)
	b.rows("TraNag", header(1, "TrN_Waluta", "EUR", "TrN_KursL", dec("4.2871"), "TrN_KursM", 1,
		"TrN_RazemNetto", dec("428.71"), "TrN_RazemBrutto", dec("527.31"), "TrN_RazemNettoWal", dec("100.00"), "TrN_RazemBruttoWal", dec("123.00")),
		header(2, "TrN_KursL", dec("4.2871")))
	b.rows("TraElem", element(101, 1, "TrE_WartoscNettoWal", dec("100.00"), "TrE_WartoscBruttoWal", dec("123.00")))
	all := b.all(b.src)
	euro, zloty := all["1"], all["2"]
	if euro.Currency != "EUR" || euro.Rate.String() != "4.2871" || euro.Net.String() != "100" || euro.Lines[0].Gross.String() != "123" {
		t.Errorf("in EUR: %+v", euro)
	}
	if zloty.Currency != "PLN" || !zloty.Rate.IsZero() {
		t.Errorf("in PLN: %s at %s", zloty.Currency, zloty.Rate)
	}
}

// TestItems: groups, attributes of items, of lines and of columns.
func TestItems(t *testing.T) {
	b := newBench(t, nil)
	b.rows("TwrGrupy",
		optimatest.Row{"TwG_TwGID": 1, "TwG_GIDTyp": -16, "TwG_GIDNumer": 5, "TwG_GrOTyp": -16, "TwG_GrONumer": 0, "TwG_Kod": "ALKO"},
		optimatest.Row{"TwG_TwGID": 2, "TwG_GIDTyp": -16, "TwG_GIDNumer": 6, "TwG_GrOTyp": -16, "TwG_GrONumer": 5, "TwG_Kod": "WINA"},
		optimatest.Row{"TwG_TwGID": 3, "TwG_GIDTyp": 16, "TwG_GIDNumer": 9, "TwG_GrOTyp": -16, "TwG_GrONumer": 6, "TwG_Kod": "WINO"},
		optimatest.Row{"TwG_TwGID": 4, "TwG_GIDTyp": 16, "TwG_GIDNumer": 9, "TwG_GrOTyp": -16, "TwG_GrONumer": 5, "TwG_Kod": "WINO"})
	b.rows("Marki", optimatest.Row{"Mrk_MrkId": 4, "Mrk_Nazwa": "Zażółć"})
	b.rows("Towary", optimatest.Row{"Twr_TwrId": 9, "Twr_Kod": "WINO", "Twr_Nazwa": "Wino", "Twr_TwGGIDNumer": 6, "Twr_MrkID": 4})
	b.rows("DefAtrybuty", optimatest.Row{"DeA_DeAId": 1, "DeA_Typ": 1, "DeA_Kod": "PUNKTY", "DeA_Format": 2}, optimatest.Row{"DeA_DeAId": 2, "DeA_Typ": 1, "DeA_Kod": "ROK", "DeA_Format": 4})
	b.rows("TwrAtrybuty", optimatest.Row{"TwA_DeAId": 1, "TwA_TwrId": 9, "TwA_WartoscTxt": "1,5"}, optimatest.Row{"TwA_DeAId": 2, "TwA_TwrId": 9, "TwA_WartoscTxt": "82192"},
		optimatest.Row{"TwA_DeAId": 1, "TwA_TwrId": nil, "TwA_WartoscTxt": "of a workshop's service"})
	b.rows("TraNag", header(1))
	b.rows("TraElem", element(101, 1, "TrE_TwrId", 9, "TrE_TwrEAN", "590"), element(102, 1, "TrE_TwrId", 9))
	b.rows("TraElemAtr", optimatest.Row{"TrA_TrEId": 102, "TrA_DeAId": 1, "TrA_Wartosc": "7"})
	lines := b.all(b.src)["1"].Lines
	want := []map[string]string{
		{"ean": "590", "brand": "Zażółć", "groups": "ALKO", "PUNKTY": "1.5", "ROK": "2026-01-09"},
		{"brand": "Zażółć", "groups": "ALKO", "PUNKTY": "7", "ROK": "2026-01-09"},
	}
	for i, l := range lines {
		if diff := cmp.Diff(want[i], l.Attributes); diff != "" || l.Group != "ALKO/WINA" {
			t.Errorf("line %s in group %q (-want +got):\n%s", l.ID, l.Group, diff)
		}
	}
}

// TestDocumentAttributesAreInTheDigest: they have no stamp, so only a sweep sees
// them change, and they may say who gets the points.
func TestDocumentAttributesAreInTheDigest(t *testing.T) {
	b := newBench(t, nil)
	b.rows("TraNag", header(1, "TrN_Kategoria", "SKLEP"))
	b.rows("DefAtrybuty", optimatest.Row{"DeA_DeAId": 1, "DeA_Typ": 4, "DeA_Kod": "PUNKTY_DLA"})
	before := b.all(b.src)["1"]
	b.rows("DokAtrybuty", optimatest.Row{"DAt_DeAId": 1, "DAt_TrNId": 1, "DAt_WartoscTxt": "KOWALSKI"})
	after := b.all(b.src)["1"]
	if before.Digest == after.Digest || after.Attributes["PUNKTY_DLA"] != "KOWALSKI" || after.Attributes["category"] != "SKLEP" {
		t.Errorf("attributes %v, digest changed: %v", after.Attributes, before.Digest != after.Digest)
	}
}

// TestPrecision: stamps of one hundredth of a second, across pages and bounds.
func TestPrecision(t *testing.T) {
	b := newBench(t, nil)
	for id, ms := range map[int]string{1: "000", 2: "003", 3: "003", 4: "007", 5: "010"} {
		b.rows("TraNag", header(id, "TrN_TS_Mod", connectors.Stamp("2025-10-26T02:30:00."+ms+"000")))
	}
	read := func(floor, ceiling string) string {
		var ids []string
		r := connectors.Range{Floor: connectors.Stamp("2025-10-26T02:30:00." + floor), Ceiling: connectors.Stamp("2025-10-26T02:30:00." + ceiling)}
		for {
			page, err := b.src.Invoices(t.Context(), r, 1)
			b.must(err)
			for _, inv := range page.Items {
				ids = append(ids, inv.Key.ID+string(inv.Modified[len("2025-10-26T02:30:00"):]))
			}
			if r.After = page.Next; page.Done {
				return strings.Join(ids, " ")
			}
		}
	}
	for bounds, want := range map[[2]string]string{
		{"000000", "010000"}: "1.000000 2.003000 3.003000 4.007000 5.010000",
		{"003000", "007000"}: "2.003000 3.003000 4.007000",
		{"000001", "006999"}: "2.003000 3.003000",
		{"003001", "009999"}: "4.007000",
		{"007001", "009999"}: "",
	} {
		if got := read(bounds[0], bounds[1]); got != want {
			t.Errorf("from %s to %s: %q, want %q", bounds[0], bounds[1], got, want)
		}
	}
}

// TestTornRead reads a document while it is saved again and again: header and
// lines are always of the same saving, and the stamp is the one it was listed by.
func TestTornRead(t *testing.T) {
	const readings = 60
	b := newBench(t, nil)
	b.rows("TraNag", header(1, "TrN_RazemNetto", dec("10.00")))
	b.rows("TraElem", element(101, 1))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		for n := 1; ctx.Err() == nil; n++ {
			// One transaction, as Optima saves; each time a new stamp and other lines.
			stamp := time.Date(2025, 3, 3, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second).Format("2006-01-02T15:04:05")
			net := n%7 + 1
			if err := b.exec(context.WithoutCancel(ctx), fmt.Sprintf(`BEGIN TRANSACTION;
				UPDATE CDN.TraNag SET TrN_RazemNetto = %[1]d, TrN_TS_Mod = '%[2]s' WHERE TrN_TrNID = 1;
				UPDATE CDN.TraElem SET TrE_WartoscNetto = %[1]d WHERE TrE_TrEID = 101;
				COMMIT TRANSACTION;`, net, stamp)); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	ceiling := connectors.Stamp("2025-03-03T10:00:00.000000")
	for range readings {
		found, err := b.src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "1"}})
		if err == nil && len(found) == 1 {
			ceiling = found[0].Modified.Add(2 * time.Second)
		}
		page, pageErr := b.src.Invoices(t.Context(), connectors.Range{Ceiling: ceiling}, 10)
		for _, err := range []error{err, pageErr} { // it may give up, and says so
			if err != nil && !isTransient(err) {
				t.Fatal(err)
			}
		}
		for _, inv := range append(found, page.Items...) {
			if !inv.Net.Equal(inv.Lines[0].Net) {
				t.Fatalf("the header says %s, its line %s", inv.Net, inv.Lines[0].Net)
			}
		}
		for _, inv := range page.Items {
			if inv.Modified > ceiling {
				t.Fatalf("a page up to %s has a document of %s", ceiling, inv.Modified)
			}
		}
	}
	stop()
	b.must(<-done)
}

// TestPageUnderChange: what is saved or deleted after a page was listed and before
// its headers are read, neither moves the pass nor ends it.
func TestPageUnderChange(t *testing.T) {
	for name, change := range map[string]struct {
		change func(ctx context.Context, b *bench) error
		first  []string
	}{
		"saved": {func(ctx context.Context, b *bench) error {
			return b.Update(ctx, "TraNag", "TrN_TrNID = 2", optimatest.Row{"TrN_TS_Mod": connectors.Stamp("2025-06-01T10:00:00.000000")})
		}, []string{"1", "2"}},
		"deleted": {func(ctx context.Context, b *bench) error { return b.Delete(ctx, "TraNag", "TrN_TrNID = 2") }, []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			if b.Real() {
				t.Skip("a real server does not stop between two statements")
			}
			for id := 1; id <= 4; id++ {
				b.rows("TraNag", header(id, "TrN_TS_Mod", connectors.Stamp(fmt.Sprintf("2025-03-03T1%d:00:00.000000", id))))
			}
			var failed error
			b.Server().Inject(tdstest.Fault{
				At: tdstest.AtStatement, Do: tdstest.Meanwhile, Match: `invoices_by_key\.sql`, Times: 1,
				Call: func() { failed = change.change(context.WithoutCancel(t.Context()), b) },
			})
			r := connectors.Range{Floor: "2025-03-01T00:00:00.000000", Ceiling: "2025-04-01T00:00:00.000000"}
			var pages [][]string
			for done := false; !done && len(pages) < 5; {
				page, err := b.src.Invoices(t.Context(), r, 2)
				b.must(err)
				b.must(failed)
				var ids []string
				for _, inv := range page.Items {
					ids = append(ids, inv.Key.ID)
					if inv.Modified > r.Ceiling {
						t.Errorf("document %s is stamped %s, behind the pass", inv.Key.ID, inv.Modified)
					}
				}
				pages, r.After, done = append(pages, ids), page.Next, page.Done
			}
			if diff := cmp.Diff([][]string{change.first, {"3", "4"}, nil}, pages); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSettingsInTheDigest: a change of the settings that changes what a document's
// lines are shows in its digest, so that the sweep reads it again; others keep theirs.
func TestSettingsInTheDigest(t *testing.T) {
	b := newBench(t, nil)
	b.rows("TraNag", header(1), header(2), header(3, "TrN_Rodzaj", 302010, "TrN_Korekta", 1, "TrN_RazemBrutto", dec("-1.00")))
	b.rows("TraElem", element(101, 1), element(102, 1, "TrE_Aktywny", 0), element(201, 2))
	before := b.all(b.src)
	for name, tt := range map[string]struct {
		change func(*optima.Config)
		moved  string
	}{
		"inactive lines":   {func(c *optima.Config) { c.InactiveLines = optima.InactiveCount }, "1"},
		"collective kinds": {func(c *optima.Config) { c.CollectiveKinds, c.Outside = []int{}, optima.AsReturn }, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			after := b.all(b.open(tt.change))
			for id := range before {
				if moved := before[id].Digest != after[id].Digest; moved != (id == tt.moved) {
					t.Errorf("document %s: another digest %v", id, moved)
				}
			}
		})
	}
}

// TestKindTakenOut: one of the kinds is read no more. What it earned stays, unless
// the sale is counted by the other kind now.
func TestKindTakenOut(t *testing.T) {
	b := newBench(t, nil)
	receipt := func(id int, pairs ...any) optimatest.Row {
		return header(id, append([]any{"TrN_TypDokumentu", 305, "TrN_Rodzaj", 305000}, pairs...)...)
	}
	b.rows("TraNag",
		receipt(10, "TrN_FaId", 11), header(11, "TrN_Rodzaj", 302006, "TrN_FaId", 10),
		receipt(20), header(21),
		receipt(30, "TrN_FaId", 31), header(31, "TrN_Bufor", -1, "TrN_Anulowany", -31),
	)
	keys := []connectors.InvoiceKey{{ID: "10"}, {ID: "11"}, {ID: "20"}, {ID: "21"}, {ID: "30"}}
	for kind, want := range map[string]string{
		optima.Invoices: "10 not counted, 11 counted, 20 out of scope, 21 counted, 30 out of scope",
		optima.Receipts: "10 counted, 11 not counted, 20 counted, 21 out of scope, 30 counted",
	} {
		src := b.open(func(c *optima.Config) { c.Documents = []string{kind} })
		found, err := src.InvoicesByKey(t.Context(), keys)
		b.must(err)
		var got []string
		for _, inv := range found {
			what := "counted"
			switch {
			case inv.OutOfScope != "":
				what = "out of scope"
			case inv.NotCounted != "":
				what = "not counted"
			}
			got = append(got, inv.Key.ID+" "+what)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s alone (-want +got):\n%s", kind, diff)
		}
		b.all(src)
	}
}

package optima_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/optima/optimatest"
)

func isTransient(err error) bool { return errors.Is(err, connectors.ErrTransient) }

func TestCheck(t *testing.T) {
	b := newBench(t, nil)
	r, err := b.src.Check(t.Context())
	b.must(err)
	if r.Product != "Comarch ERP Optima" || r.Version != "2025.5" || !strings.Contains(r.Encoding, "1250") ||
		!strings.HasSuffix(r.Identity, "|Firma Testowa|SERWER") || len(r.Writable)+len(r.Missing) > 0 {
		t.Errorf("report %+v", r)
	}
	for _, w := range r.Warnings {
		if !strings.Contains(w.Message, "clock") { // a real server may be anywhere
			t.Errorf("warning %+v", w)
		}
	}
	r, err = b.open(func(c *optima.Config) { c.Server = b.owner }).Check(t.Context())
	b.must(err)
	if !slices.Contains(r.Writable, "CDN.TraNag") {
		t.Errorf("the owner may write %v", r.Writable)
	}
}

func TestNewerVersionWarnsAndGoesOn(t *testing.T) {
	b := newBench(t, nil)
	b.must(b.Update(t.Context(), "SystemCDN", "SYS_ID = 3", optimatest.Row{"SYS_Wartosc": "2031.1"}))
	src := b.open(nil)
	r, err := src.Check(t.Context())
	b.must(err)
	if !slices.ContainsFunc(r.Warnings, func(w connectors.Warning) bool { return strings.Contains(w.Message, "2031.1") && w.Hint != "" }) {
		t.Errorf("warnings %v", r.Warnings)
	}
	b.rows("TraNag", header(1))
	if got := b.all(src); len(got) != 1 {
		t.Errorf("%d documents", len(got))
	}
}

// TestOlderDatabase: tables and columns that came later are done without.
func TestOlderDatabase(t *testing.T) {
	script := regexp.MustCompile(`(?s)CREATE TABLE CDN\.(PodmiotRejestracjaZgod|TraElemKorZbiorcza|TraElemAtr|KntScalHist) .*?\n\);`).ReplaceAllString(optimatest.Schema(), "")
	script = regexp.MustCompile(`(?m)^.*(TrN_NrKSeF|Knt_GLN|KnO_EmailESklep|TrATraElem).*\n`).ReplaceAllString(script, "")
	db := newDatabase(t, script)
	b := &bench{t: t, database: db, Writer: optimatest.Writer{Exec: db.exec}}
	b.rows("TraNag", header(1), header(2, "TrN_Rodzaj", 302010, "TrN_Korekta", 1, "TrN_RazemNetto", dec("-10.00"), "TrN_RazemBrutto", dec("-12.30")))
	b.rows("TraElem", element(101, 1))
	b.rows("Kontrahenci", optimatest.Row{"Knt_KntId": 7, "Knt_Kod": "K"})
	b.rows("KntOsoby", optimatest.Row{"KnO_KnOId": 1, "KnO_KntId": 7, "KnO_Nazwisko": "A"})
	b.src = b.open(nil)
	all := b.all(b.src)
	if len(all["1"].Lines) != 1 || len(all["2"].Lines) != 1 || !all["2"].Return {
		t.Errorf("documents %+v", all)
	}
	_, err := b.src.Contractors(t.Context(), "", 10)
	b.must(err)
	_, err = b.src.Representatives(t.Context(), "", 10)
	b.must(err)
	r, err := b.src.Check(t.Context())
	b.must(err)
	if len(r.Missing) > 0 || !slices.ContainsFunc(r.Warnings, func(w connectors.Warning) bool {
		return strings.Contains(w.Message, "KntScalHist: merges of contractors are not read") && strings.Contains(w.Hint, "GRANT SELECT")
	}) || len(r.Warnings) < 4 {
		t.Errorf("report %+v", r)
	}
}

func TestMissingAndRefused(t *testing.T) {
	b := newBench(t, nil)
	b.must(b.exec(t.Context(), "ALTER TABLE CDN.Magazyny DROP COLUMN Mag_Symbol"))
	b.must(b.exec(t.Context(), "DENY SELECT ON OBJECT::CDN.KntOsoby TO ["+b.Reader.User+"]"))
	b.must(b.exec(t.Context(), "DENY SELECT ON OBJECT::CDN.KntScalHist TO ["+b.Reader.User+"]"))
	b.must(b.exec(t.Context(), "DROP TABLE CDN.Pracidx"))
	r, err := b.src.Check(t.Context())
	b.must(err)
	for _, want := range []string{"KntOsoby", "Magazyny.Mag_Symbol", "Pracidx"} {
		if !slices.Contains(r.Missing, want) {
			t.Errorf("%s is not among the missing: %v", want, r.Missing)
		}
	}
	if !slices.ContainsFunc(r.Warnings, func(w connectors.Warning) bool { return strings.HasSuffix(w.Message, "may not read KntOsoby") }) {
		t.Errorf("warnings %v", r.Warnings)
	}
	if slices.Contains(r.Missing, "KntScalHist") {
		t.Error("merges that may not be read stop the run")
	}
	b.rows("Kontrahenci", optimatest.Row{"Knt_KntId": 7, "Knt_Kod": "K"})
	b.must(b.exec(t.Context(), "CREATE TABLE CDN.Pracidx (PRI_PraId int NOT NULL, PRI_Kod varchar(20) NOT NULL)"))
	if _, err := b.open(nil).Contractors(t.Context(), "", 1); err != nil {
		t.Errorf("contractors, when merges may not be read: %v", err)
	}
	if _, err := b.src.Representatives(t.Context(), "", 1); !errors.Is(err, connectors.ErrAuth) {
		t.Errorf("a table that may not be read: %v", err)
	}
}

// TestConversion: while Optima converts the database, tables are missing and its
// version is another one, or none. Nothing is concluded.
func TestConversion(t *testing.T) {
	b := newBench(t, nil)
	b.rows("TraNag", header(1))
	key := []connectors.InvoiceKey{{ID: "1"}}
	b.must(b.exec(t.Context(), "DROP TABLE CDN.TraElem"))
	if _, err := b.src.InvoicesByKey(t.Context(), key); !isTransient(err) {
		t.Errorf("a table has gone, the version is the same yet: %v", err)
	}
	if _, err := b.open(nil).InvoicesByKey(t.Context(), key); !errors.Is(err, connectors.ErrSchema) {
		t.Errorf("a table that was never there: %v", err)
	}
	b.must(b.Update(t.Context(), "SystemCDN", "SYS_ID = 3", optimatest.Row{"SYS_Wartosc": "2026.1"}))
	for name, ask := range map[string]func() error{
		"InvoicesByKey": func() error { _, err := b.src.InvoicesByKey(t.Context(), key); return err },
		"Keys":          func() error { _, err := b.src.Keys(t.Context(), "", "", 10); return err },
		"Check":         func() error { _, err := b.src.Check(t.Context()); return err },
	} {
		if err := ask(); !isTransient(err) {
			t.Errorf("%s while the version changes: %v", name, err)
		}
	}
	b.must(b.Delete(t.Context(), "SystemCDN", "SYS_ID = 3"))
	if _, err := b.src.Keys(t.Context(), "", "", 10); !isTransient(err) {
		t.Errorf("no version: %v", err)
	}
	if _, err := optima.Open(t.Context(), optima.Config{Server: b.reader}); !isTransient(err) {
		t.Errorf("open without a version: %v", err)
	}
	b.must(b.exec(t.Context(), "DROP TABLE CDN.SystemCDN"))
	if _, err := optima.Open(t.Context(), optima.Config{Server: b.reader}); !isTransient(err) {
		t.Errorf("open without Optima's own record: %v", err)
	}
	elsewhere := b.reader
	elsewhere.Database = "no_such_database"
	if _, err := optima.Open(t.Context(), optima.Config{Server: elsewhere}); !isTransient(err) {
		t.Errorf("a database that cannot be opened: %v", err)
	}
}

// TestConversionUnderWay: Optima empties its tables and fills them again, and the
// version is another one since the source was opened. That a listing has ended, or
// a key found nothing, says nothing then.
func TestConversionUnderWay(t *testing.T) {
	b := newBench(t, nil)
	b.rows("TraNag", header(1))
	b.must(b.Delete(t.Context(), "TraNag", "TrN_TrNID = 1"))
	ask := map[string]func() error{
		"InvoicesByKey": func() error {
			_, err := b.src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "1"}})
			return err
		},
		"Keys": func() error { _, err := b.src.Keys(t.Context(), "", "", 10); return err },
		"Invoices": func() error {
			_, err := b.src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
			return err
		},
		"Contractors":     func() error { _, err := b.src.Contractors(t.Context(), "", 10); return err },
		"Representatives": func() error { _, err := b.src.Representatives(t.Context(), "", 10); return err },
	}
	for name, ask := range ask {
		if err := ask(); err != nil {
			t.Errorf("%s, the version the same: %v", name, err)
		}
	}
	b.must(b.Update(t.Context(), "SystemCDN", "SYS_ID = 3", optimatest.Row{"SYS_Wartosc": "2026.1"}))
	for name, ask := range ask {
		if err := ask(); !isTransient(err) {
			t.Errorf("%s, converted since: %v", name, err)
		}
	}
}

func TestNotOptima(t *testing.T) {
	db := newDatabase(t, "CREATE TABLE dbo.Inne (id int NOT NULL PRIMARY KEY);\nGO\n")
	_, err := optima.Open(t.Context(), optima.Config{Server: db.reader})
	if !errors.Is(err, connectors.ErrSchema) {
		t.Errorf("got %v", err)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]optima.Config{
		"documents":  {Documents: []string{"FZ"}},
		"twice":      {Documents: []string{"FS", "FS"}},
		"none":       {Documents: []string{}},
		"receipts":   {Receipts: "both"},
		"advances":   {Advances: "rest"},
		"settlement": {Settlement: "SELECT 1 AS document, 1 AS paid; DROP TABLE x"},
		"with":       {Settlement: "WITH a AS (SELECT 1) SELECT * FROM a"},
		"timezone":   {Timezone: "Europe/Warszawa"},
		"server":     {},
	} {
		if _, err := optima.Open(t.Context(), c); !errors.Is(err, connectors.ErrSettings) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExamine(t *testing.T) {
	b := newBench(t, nil)
	ahead := connectors.NewStamp(time.Date(2098, 1, 1, 0, 0, 0, 0, time.UTC))
	b.rows("TraNag", header(1), header(2, "TrN_Bufor", 5), header(3, "TrN_TS_Mod", ahead), header(4, "TrN_Rodzaj", 302777), header(5, "TrN_Rodzaj", 302006))
	src := b.open(func(c *optima.Config) {
		c.Documents = []string{"FS", "PA"}
		c.Now = func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
	})
	findings, err := src.Examine(t.Context())
	b.must(err)
	want := map[string]string{
		"documents": "5 documents, issued from 2025-03-03 to 2025-03-03", "states": "1 document has a TrN_Bufor", "kinds": "302777",
		"future": "1 document was changed in the future", "index": "an index holds", "links": "1 invoice made of a receipt is not named", "clock": "from this machine's",
		"contractors": "0 contractors",
	}
	for _, f := range findings {
		text, known := want[f.Check]
		if !known || !strings.Contains(f.Message, text) || (f.Condition != connectors.Fine) != (f.Hint != "") {
			t.Errorf("finding %+v, want %q", f, text)
		}
		delete(want, f.Check)
	}
	if len(want) > 0 {
		t.Errorf("no findings of %v", want)
	}
}

// TestOnTheWire (law 4): what goes to the server are single SELECTs, with
// parameters of the columns' own types.
func TestOnTheWire(t *testing.T) {
	b := newBench(t, func(c *optima.Config) { c.Documents = []string{"FS", "PA"} })
	if b.Real() {
		t.Skip("LOYALSYNC_TEST_SQLSERVER is set: a real server does not tell what it was asked")
	}
	b.rows("TraNag", header(1))
	b.rows("TraElem", element(101, 1))
	b.Server().Forget()
	b.all(b.src)
	_, err := b.src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "1"}})
	b.must(err)
	_, err = b.src.Contractors(t.Context(), "", 10)
	b.must(err)
	statements := b.Server().Statements()
	if len(statements) == 0 {
		t.Fatal("nothing was recorded")
	}
	for _, s := range statements {
		for _, kind := range s.Kinds {
			if !slices.Contains([]string{"SELECT", "SET", "BEGIN", "ROLLBACK"}, kind) {
				t.Errorf("a %s goes out: %s", kind, s.SQL)
			}
		}
		for _, p := range s.Params {
			if !slices.Contains([]string{"int", "bigint", "datetime"}, p.Type) {
				t.Errorf("a parameter of type %s in %s", p.Type, s.SQL)
			}
		}
	}
}

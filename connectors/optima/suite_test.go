package optima_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/optima/optimatest"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// wide are Optima's tables with more digits and letters than Optima has, for the
// suite's amounts, which no float64 holds, and long names; and a table that says what is paid.
func wide() string {
	return strings.NewReplacer("decimal(15,2)", "decimal(19,2)", "KnO_Nazwisko nvarchar(40)", "KnO_Nazwisko nvarchar(255)").Replace(optimatest.Schema()) +
		"ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON;\nGO\nCREATE TABLE CDN.Settlements (document int NOT NULL PRIMARY KEY, paid int NOT NULL);\nGO\n"
}

func TestSuite(t *testing.T) {
	f := &filler{t: t, erps: map[connectors.Source]*erp{}}
	h := connectortest.Harness{
		Name: "optima", Server: "SQL Server", Type: "TraNag", Class: "302", OutsideClass: "301",
		Open: f.open, Seed: f.seed, Update: f.update, Delete: f.remove, Rows: f.rows,
		UpdateContractor: f.updateContractor, Breaks: f.breaks(), Precision: time.Second / 300, MaxText: 255,
		Lossy: map[string]string{
			"Contractor.Anonymous":      "follows from code and key, see TestContractors",
			"Representative.Attributes": "the ERP has fixed columns, see TestRepresentatives",
			"Invoice.Rate":              "a document in PLN has none, see TestForeignCurrency",
		},
		StandIn: tdstest.StandIn(),
	}
	if h.StandIn != "" { // a real server cannot be told to fail
		h.Tripwire = f.tripwire
	}
	connectortest.Run(t, h)
}

// filler writes the suite's fixtures into databases of their own.
type filler struct {
	t    *testing.T
	mu   sync.Mutex
	erps map[connectors.Source]*erp
}

// erp is one database with what was written into its dictionaries.
type erp struct {
	*database
	optimatest.Writer
	ids     map[string]int              // of rows of dictionaries, by table and name
	pending map[string][]optimatest.Row // of those, not written yet
}

func (f *filler) open(ctx context.Context) (connectors.Source, error) {
	db := newDatabase(f.t, wide()) //nolint:contextcheck // it outlives the check that asks for it
	src, err := optima.Open(ctx, optima.Config{Server: db.reader, Settlement: "SELECT s.document, s.paid FROM CDN.Settlements s"})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.erps[src] = &erp{database: db, Writer: optimatest.Writer{Exec: db.exec}, ids: map[string]int{}, pending: map[string][]optimatest.Row{}}
	return src, nil
}

func (f *filler) of(src connectors.Source) *erp {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.erps[src]
}

func (f *filler) seed(ctx context.Context, src connectors.Source, fixture connectortest.Fixture) error {
	e, flush := f.of(src).batched(false)
	for _, c := range fixture.Contractors {
		if err := e.contractor(ctx, c); err != nil {
			return err
		}
	}
	for _, r := range fixture.Representatives {
		if err := e.representative(ctx, r); err != nil {
			return err
		}
	}
	for _, inv := range fixture.Invoices {
		if err := e.invoice(ctx, inv); err != nil {
			return err
		}
	}
	return flush(ctx)
}

// batched is the same database, written in batches of many statements; whole is
// one batch and one transaction.
func (e *erp) batched(whole bool) (*erp, func(context.Context) error) {
	const many = 100
	var batch []string
	out := *e
	flush := func(ctx context.Context) error {
		text := strings.Join(batch, "\n")
		if batch = nil; whole {
			text = "SET XACT_ABORT ON; BEGIN TRANSACTION;\n" + text + "\nCOMMIT TRANSACTION;"
		}
		return e.exec(ctx, text)
	}
	out.Exec = func(ctx context.Context, text string) error {
		if batch = append(batch, text); whole || len(batch) < many {
			return nil
		}
		return flush(ctx)
	}
	return &out, func(ctx context.Context) error {
		for table, rows := range e.pending {
			if err := out.Insert(ctx, table, rows...); err != nil {
				return err
			}
			delete(e.pending, table)
		}
		if len(batch) == 0 {
			return nil
		}
		return flush(ctx)
	}
}

// update writes in one transaction, as the ERP saves.
func (f *filler) update(ctx context.Context, src connectors.Source, inv connectors.Invoice) error {
	e, flush := f.of(src).batched(true)
	if err := e.remove(ctx, inv.Key.ID); err != nil {
		return err
	}
	if err := e.invoice(ctx, inv); err != nil {
		return err
	}
	return flush(ctx)
}

func (f *filler) updateContractor(ctx context.Context, src connectors.Source, c connectors.Contractor) error {
	e, flush := f.of(src).batched(true)
	if err := e.Delete(ctx, "KntAtrybuty", "KnA_PodmiotId = "+c.ID); err != nil {
		return err
	}
	if err := e.Delete(ctx, "Kontrahenci", "Knt_KntId = "+c.ID); err != nil {
		return err
	}
	if err := e.contractor(ctx, c); err != nil {
		return err
	}
	return flush(ctx)
}

func (f *filler) remove(ctx context.Context, src connectors.Source, key connectors.InvoiceKey) error {
	return f.of(src).remove(ctx, key.ID)
}

func (e *erp) remove(ctx context.Context, id string) error {
	if err := e.Delete(ctx, "Settlements", "document = "+id); err != nil {
		return err
	}
	return e.Remove(ctx, id)
}

// tripwire makes every statement on a table of documents fail: Check needs none.
func (f *filler) tripwire(_ context.Context, src connectors.Source) error {
	f.of(src).Server().Inject(tdstest.Fault{At: tdstest.AtStatement, Do: tdstest.Answer, Match: `CDN\.(TraNag|TraElem)`, Number: 1222})
	return nil
}

// breaks are databases and logins that are wrong, each in one way.
func (f *filler) breaks() map[connectortest.Break]func(ctx context.Context) (connectors.Source, error) {
	broken := func(change string, settings func(*database, *sqlserver.Config)) func(context.Context) (connectors.Source, error) {
		return func(ctx context.Context) (connectors.Source, error) {
			db := newDatabase(f.t, wide()) //nolint:contextcheck // it outlives the check that asks for it
			if change != "" {
				w := optimatest.Writer{Exec: db.exec} // a document to be read: headers are asked for by key
				if err := errors.Join(w.Insert(ctx, "TraNag", header(1)), db.exec(ctx, change)); err != nil {
					return nil, err
				}
			}
			server := db.reader
			if settings != nil {
				settings(db, &server)
			}
			src, err := optima.Open(ctx, optima.Config{Server: server})
			if err != nil {
				return nil, err
			}
			return src, nil
		}
	}
	return map[connectortest.Break]func(ctx context.Context) (connectors.Source, error){
		connectortest.WrongLogin: broken("", func(_ *database, c *sqlserver.Config) { c.Password = connectortest.Password }),
		connectortest.Unreachable: broken("", func(_ *database, c *sqlserver.Config) {
			c.Host, c.Port, c.Password, c.ConnectTimeout = "127.0.0.1", 1, connectortest.Password, 5*time.Second
		}),
		connectortest.MissingColumn: broken("ALTER TABLE CDN.TraNag DROP COLUMN TrN_DDfId", nil),
		connectortest.DroppedTable:  broken("DROP TABLE CDN.TraNag", nil),
		connectortest.ReadOnlyLogin: broken("", nil),
		connectortest.WritingLogin:  broken("", func(db *database, c *sqlserver.Config) { *c = db.owner }),
	}
}

func (f *filler) rows(ctx context.Context, src connectors.Source) (map[string]int, error) {
	counts := map[string]int{}
	for _, table := range optima.TablesRead() {
		n, err := f.of(src).count(ctx, table)
		if err != nil {
			return nil, err
		}
		counts[table] = n
	}
	return counts, nil
}

// row returns the key of a row of a dictionary, made when needed. It is written
// with the next flush.
func (e *erp) row(table, key, name string, r optimatest.Row) int {
	at := table + "|" + name
	if id, known := e.ids[at]; known {
		return id
	}
	id := len(e.ids) + 1
	r[key] = id
	e.ids[at] = id
	e.pending[table] = append(e.pending[table], r)
	return id
}

// defined writes attributes. typ is 1 for items, 2 for contractors, 4 for documents.
func (e *erp) defined(ctx context.Context, typ int, attributes map[string]string, table string, row func(definition int, value string) optimatest.Row) error {
	for code, value := range attributes {
		id := e.row("DefAtrybuty", "DeA_DeAId", strconv.Itoa(typ)+code, optimatest.Row{"DeA_Typ": typ, "DeA_Kod": code})
		if err := e.Insert(ctx, table, row(id, value)); err != nil {
			return err
		}
	}
	return nil
}

// names spreads a name over the three fields of Optima, of 50, 50 and 250 letters.
func names(name string) (parts [3]string) {
	for i := range 2 {
		if utf8.RuneCountInString(name) <= 50 {
			parts[i] = name
			return parts
		}
		cut := strings.LastIndex(name[:50], " ")
		parts[i], name = name[:cut], name[cut+1:]
	}
	parts[2] = name
	return parts
}

func (e *erp) contractor(ctx context.Context, c connectors.Contractor) error {
	parts := names(c.Name)
	row := optimatest.Row{
		"Knt_KntId": num(c.ID), "Knt_Kod": c.Code, "Knt_Nazwa1": parts[0], "Knt_Nazwa2": parts[1], "Knt_Nazwa3": parts[2], "Knt_Nip": c.TaxID, "Knt_Email": c.Email,
		"Knt_Telefon1": c.Phone, "Knt_Grupa": c.Group, "Knt_KrajISO": c.Country, "Knt_Nieaktywny": !c.Active,
	}
	if c.Erased {
		row["Knt_LpAnonimizacji"] = 1
	}
	if err := e.Insert(ctx, "Kontrahenci", row); err != nil {
		return err
	}
	if c.MergedInto != "" {
		err := e.Insert(ctx, "KntScalHist", optimatest.Row{"KSH_NazwaTabeli": "Kontrahenci", "KSH_OldKntID": num(c.ID), "KSH_NewKntID": num(c.MergedInto)})
		if err != nil {
			return err
		}
	}
	return e.defined(ctx, 2, c.Attributes, "KntAtrybuty", func(definition int, value string) optimatest.Row {
		return optimatest.Row{"KnA_DeAId": definition, "KnA_PodmiotTyp": 1, "KnA_PodmiotId": num(c.ID), "KnA_WartoscTxt": value}
	})
}

func (e *erp) representative(ctx context.Context, r connectors.Representative) error {
	row := optimatest.Row{
		"KnO_KnOId": num(r.ID), "KnO_KntId": num(r.Contractor), "KnO_Nazwisko": r.Name, "KnO_Email": r.Email, "KnO_GSM": r.Phone,
		"KnO_Nieaktywny": !r.Active, "KnO_Domyslny": r.Default,
	}
	if r.Erased {
		row["KnO_DataAnonimizacji"] = connectors.Date("2025-01-01")
	}
	for name, column := range map[string]string{"position": "KnO_Tytul", "city": "KnO_Miasto"} {
		if v := r.Attributes[name]; v != "" {
			row[column] = v
		}
	}
	if err := e.Insert(ctx, "KntOsoby", row); err != nil || r.Consents == nil {
		return err
	}
	consents := optimatest.Row{"PRZ_PodmiotTyp": 1, "PRZ_PodmiotID": num(r.Contractor), "PRZ_PrzedstawicielId": num(r.ID), "PRZ_DataWyrazenia": connectors.Date("2025-01-01")}
	for _, way := range r.Consents {
		consents[map[connectors.Consent]string{
			connectors.ConsentEmail: "PRZ_EMAIL", connectors.ConsentSMS: "PRZ_SMS", connectors.ConsentPhone: "PRZ_Telefon", connectors.ConsentLetter: "PRZ_List",
		}[way]] = 1
	}
	return e.Insert(ctx, "PodmiotRejestracjaZgod", consents)
}

func (e *erp) invoice(ctx context.Context, inv connectors.Invoice) error {
	id, class := num(inv.Key.ID), num(inv.Class)
	row := optimatest.Row{
		"TrN_TrNID": id, "TrN_TypDokumentu": class, "TrN_Rodzaj": class * 1000, "TrN_NumerNr": id, "TrN_NumerString": "FS/@numerS", "TrN_NumerPelny": inv.Number,
		"TrN_DataDok": inv.IssuedOn, "TrN_DataWys": inv.IssuedOn, "TrN_DataOpe": orNoDate(inv.SoldOn), "TrN_TS_Mod": inv.Modified, "TrN_NrKSeF": inv.ExternalNo,
		"TrN_Bufor":      map[connectors.State]int{connectors.Buffered: 1, connectors.Released: 0, connectors.Cancelled: -1}[inv.State],
		"TrN_RazemNetto": inv.Net, "TrN_RazemBrutto": inv.Gross, "TrN_KursL": inv.Rate,
	}
	if row["TrN_TS_Zal"] = connectors.Stamp("2024-01-01T12:00:00.000000"); inv.Time != "" { // entered on the day of issue
		row["TrN_TS_Zal"] = connectors.Stamp(string(inv.IssuedOn) + "T" + string(inv.Time) + ":59.000000")
	}
	if inv.State == connectors.Cancelled {
		row["TrN_Anulowany"] = -id
	}
	if inv.Currency != "PLN" {
		row["TrN_Waluta"], row["TrN_RazemNettoWal"], row["TrN_RazemBruttoWal"] = inv.Currency, inv.Net, inv.Gross
		row["TrN_RazemNetto"], row["TrN_RazemBrutto"] = 1, 1
	}
	if inv.Corrects != "" {
		row["TrN_ZwrId"], row["TrN_Korekta"], row["TrN_Rodzaj"] = num(inv.Corrects), 1, class*1000+1
	}
	for column, key := range map[string]string{"Pod": inv.Buyer, "Odb": inv.Recipient, "Platnik": inv.Payer} {
		if key != "" {
			row["TrN_"+map[string]string{"Pod": "PodmiotTyp", "Odb": "OdbiorcaTyp", "Platnik": "PlatnikTyp"}[column]] = 1
			row["TrN_"+map[string]string{"Pod": "PodID", "Odb": "OdbID", "Platnik": "PlatnikID"}[column]] = num(key)
		}
	}
	e.dictionaries(inv, row)
	if err := e.Insert(ctx, "TraNag", row); err != nil {
		return err
	}
	if err := e.Insert(ctx, "Settlements", optimatest.Row{"document": id, "paid": inv.Paid}); err != nil {
		return err
	}
	err := e.defined(ctx, 4, inv.Attributes, "DokAtrybuty", func(definition int, value string) optimatest.Row {
		return optimatest.Row{"DAt_DeAId": definition, "DAt_TrNId": id, "DAt_WartoscTxt": value}
	})
	if err != nil {
		return err
	}
	rows := make([]optimatest.Row, len(inv.Lines))
	for i, l := range inv.Lines {
		rows[i] = e.line(inv, l)
	}
	if err = e.Insert(ctx, "TraElem", rows...); err != nil {
		return err
	}
	for _, l := range inv.Lines {
		err = e.defined(ctx, 4, l.Attributes, "TraElemAtr", func(definition int, value string) optimatest.Row {
			return optimatest.Row{"TrA_DeAId": definition, "TrA_TrEId": num(l.ID), "TrA_Wartosc": value}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *erp) dictionaries(inv connectors.Invoice, row optimatest.Row) {
	if inv.Store != "" {
		row["TrN_MagZrdId"] = e.row("Magazyny", "Mag_MagId", inv.Store, optimatest.Row{"Mag_Symbol": inv.Store})
	}
	if inv.PaymentForm != "" {
		row["TrN_FPlId"] = e.row("FormyPlatnosci", "FPl_FPlId", inv.PaymentForm, optimatest.Row{"FPl_Nazwa": inv.PaymentForm, "FPl_Typ": 2})
	}
}

// line is the row of a line, with its item made when needed.
func (e *erp) line(inv connectors.Invoice, l connectors.Line) optimatest.Row {
	item := e.row("Towary", "Twr_TwrId", l.Code, optimatest.Row{"Twr_Kod": l.Code, "Twr_Nazwa": "item", "Twr_TwGGIDNumer": e.group(l.Group)})
	row := optimatest.Row{
		"TrE_TrEID": num(l.ID), "TrE_TrNId": num(inv.Key.ID), "TrE_Lp": l.No, "TrE_TypDokumentu": num(inv.Class), "TrE_DataDok": inv.IssuedOn, "TrE_DataOpe": inv.IssuedOn,
		"TrE_TwrId": item, "TrE_TwrKod": l.Code, "TrE_TwrNazwa": l.Name, "TrE_Ilosc": l.Quantity, "TrE_Jm": l.Unit, "TrE_IloscJM": l.DocumentQuantity, "TrE_JmZ": l.DocumentUnit,
		"TrE_Rabat": l.Discount, "TrE_WartoscNetto": l.Net, "TrE_WartoscBrutto": l.Gross, "TrE_TwrTyp": l.Kind != connectors.Service,
		"TrE_Kaucja": l.Kind == connectors.Deposit, "TrE_UslugaZlozonaId": l.Kind == connectors.Component,
	}
	if inv.Currency != "PLN" {
		row["TrE_WartoscNettoWal"], row["TrE_WartoscBruttoWal"] = l.Net, l.Gross
		row["TrE_WartoscNetto"], row["TrE_WartoscBrutto"] = 1, 1
	}
	if l.Kind == connectors.Charge {
		row["TrE_TwrId"] = nil
	}
	row["TrE_ZwrId"] = nil
	if l.Corrects != "" {
		row["TrE_ZwrId"] = num(l.Corrects)
	}
	return row
}

// group returns the number of the last group of a path.
func (e *erp) group(path string) int {
	parent := 0
	codes := strings.Split(path, "/")
	for i, code := range codes {
		number := len(e.ids) + 1
		parent = e.row("TwrGrupy", "TwG_TwGID", strings.Join(codes[:i+1], "/"), optimatest.Row{
			"TwG_GIDTyp": -16, "TwG_GIDNumer": number, "TwG_GrOTyp": -16, "TwG_GrONumer": parent, "TwG_Kod": code,
		})
	}
	return parent
}

// orNoDate is what Optima keeps where a date is missing.
func orNoDate(d connectors.Date) connectors.Date {
	if d == "" {
		return "1899-12-30"
	}
	return d
}

func num(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("%q is no number", s))
	}
	return n
}

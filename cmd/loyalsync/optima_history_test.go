package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/optima/optimatest"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

const optimaYAML = `timezone: Europe/Warsaw
log: {level: error, format: text}
store: {url: "sqlite:data/loyalsync.db"}
sources:
  - name: optima
    connector: optima
SERVER
    documents: [FS, PA]
    window: 9000d
mappings:
  - source: optima
    program: main
    contractors: {where: 'attribute("LOJALNOSC") == "TAK"'}
    earn_from: 2025-01-01
    item_groups: [{name: Wine, erp_groups: ["ALKO/WINA"]}]
programs:
  - name: main
    currency: PLN
    guard: {max_reversed: 100%, min_points: "1000000"}
    rules_from: 2025-01-01
    rules:
      - {name: base, based_on: bill, calculate_on: net, per: "10", points: "1"}
      - {name: wine, based_on: item_group, item_group: Wine, calculate_on: quantity, per: "1", points: "1"}
platforms:
  - {name: panel, kind: panel}
jobs:
  - {name: people, kind: contractors, source: optima, program: main, platforms: [panel], every: 1h}
  - {name: points, kind: points, source: optima, program: main, platforms: [panel], every: 1h, retries: 0}
  - {name: sweep, kind: sweep, source: optima, program: main, platforms: [panel], every: 1d}
`

// The firms and items of the history. A bottle of wine costs 50 net, a kilogram of
// cheese 30; VAT is 23 %. A point for every 10 net of the bill, one for each bottle.
const (
	nobody, kowalski, nowak, oldFirm = 1, 101, 102, 103
	wine, cheese                     = 1, 2
)

// optimaERP writes Optima's tables as the program's own operations leave them.
type optimaERP struct {
	t *testing.T
	optimatest.Writer
}

// sale is a document to be written.
type sale struct {
	id, class, kind, buyer int
	buffered               bool
	corrects, invoice      int // TrN_ZwrId, TrN_FaId
	inactive               bool
	lines                  []position
	total                  string // net of a document without lines
}

// position is a line: so much of an item for so much net, changing a line of the
// original or none.
type position struct {
	item          int
	quantity, net string
	gross         string // otherwise with 23 % of VAT
}

// must ends the test on an error.
func (e optimaERP) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// stamped is what saving a document does to its stamp.
const stamped = optimatest.SQL("GETDATE()")

// masters writes firms, items and the attribute that lets firms take part.
func (e optimaERP) masters() {
	e.t.Helper()
	ctx := e.t.Context()
	e.must(e.Insert(ctx, "Kontrahenci",
		optimatest.Row{"Knt_KntId": nobody, "Knt_Kod": "!NIEOKREŚLONY!"},
		optimatest.Row{"Knt_KntId": kowalski, "Knt_Kod": "KOWALSKI", "Knt_Nazwa1": "Kowalski sp. j."},
		optimatest.Row{"Knt_KntId": nowak, "Knt_Kod": "NOWAK", "Knt_Nazwa1": "Nowak i Syn"},
		optimatest.Row{"Knt_KntId": oldFirm, "Knt_Kod": "KOWAL", "Knt_Nazwa1": "Kowalski (stary)"}))
	e.must(e.Insert(ctx, "DefAtrybuty", optimatest.Row{"DeA_DeAId": 1, "DeA_Typ": 2, "DeA_Kod": "LOJALNOSC"}))
	for _, firm := range []int{nobody, kowalski, nowak, oldFirm} { // nobody too: it must not matter
		e.attribute(firm)
	}
	e.must(e.Insert(ctx, "TwrGrupy",
		optimatest.Row{"TwG_TwGID": 1, "TwG_GIDTyp": -16, "TwG_GIDNumer": 1, "TwG_GrOTyp": -16, "TwG_GrONumer": 0, "TwG_Kod": "ALKO"},
		optimatest.Row{"TwG_TwGID": 2, "TwG_GIDTyp": -16, "TwG_GIDNumer": 2, "TwG_GrOTyp": -16, "TwG_GrONumer": 1, "TwG_Kod": "WINA"}))
	e.must(e.Insert(ctx, "Towary",
		optimatest.Row{"Twr_TwrId": wine, "Twr_Kod": "WINO", "Twr_Nazwa": "Wino", "Twr_TwGGIDNumer": 2},
		optimatest.Row{"Twr_TwrId": cheese, "Twr_Kod": "SER", "Twr_Nazwa": "Ser"}))
}

func (e optimaERP) attribute(firm int) {
	e.t.Helper()
	e.must(e.Insert(e.t.Context(), "KntAtrybuty", optimatest.Row{"KnA_DeAId": 1, "KnA_PodmiotTyp": 1, "KnA_PodmiotId": firm, "KnA_WartoscTxt": "TAK"}))
}

func (e optimaERP) noAttribute(firm int) {
	e.t.Helper()
	e.must(e.Delete(e.t.Context(), "KntAtrybuty", fmt.Sprint("KnA_PodmiotId = ", firm)))
}

// save writes a document anew.
func (e optimaERP) save(s sale) {
	e.t.Helper()
	ctx := e.t.Context()
	e.must(e.Remove(ctx, fmt.Sprint(s.id)))
	net, gross := decimal.Zero, decimal.Zero
	if s.total != "" {
		net = amount(s.total)
		gross = net.Mul(amount("1.23"))
	}
	day := connectors.Date("2025-03-01")
	for _, l := range s.lines {
		net, gross = net.Add(amount(l.net)), gross.Add(l.withVAT())
	}
	row := optimatest.Row{
		"TrN_TrNID": s.id, "TrN_TypDokumentu": s.class, "TrN_Rodzaj": s.kind, "TrN_NumerNr": s.id, "TrN_NumerString": "FS/@numerS/2025",
		"TrN_NumerPelny": fmt.Sprintf("FS/%d/2025", s.id), "TrN_Bufor": s.buffered, "TrN_DataDok": day, "TrN_DataWys": day, "TrN_DataOpe": day,
		"TrN_PodmiotTyp": 1, "TrN_PodID": s.buyer, "TrN_RazemNetto": net, "TrN_RazemBrutto": gross, "TrN_TS_Mod": stamped,
	}
	if s.corrects != 0 {
		row["TrN_ZwrId"] = s.corrects
	}
	if s.corrects != 0 || s.kind == 302010 || s.kind == 302101 {
		row["TrN_Korekta"] = 1
	}
	if s.invoice != 0 {
		row["TrN_FaId"] = s.invoice
	}
	e.must(e.Insert(ctx, "TraNag", row))
	for i, l := range s.lines {
		line := optimatest.Row{
			"TrE_TrEID": s.id*100 + l.item, "TrE_TrNId": s.id, "TrE_Lp": i + 1, "TrE_TypDokumentu": s.class, "TrE_DataDok": day, "TrE_DataOpe": day,
			"TrE_TwrId": l.item, "TrE_TwrKod": map[int]string{wine: "WINO", cheese: "SER"}[l.item], "TrE_Aktywny": !s.inactive,
			"TrE_Ilosc": amount(l.quantity), "TrE_IloscJM": amount(l.quantity), "TrE_WartoscNetto": amount(l.net), "TrE_WartoscBrutto": l.withVAT(),
		}
		if s.corrects != 0 {
			line["TrE_ZwrId"] = s.corrects*100 + l.item
		}
		e.must(e.Insert(ctx, "TraElem", line))
	}
}

func (l position) withVAT() decimal.Decimal {
	if l.gross != "" {
		return amount(l.gross)
	}
	return amount(l.net).Mul(amount("1.23"))
}

func amount(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// set changes columns of a document and its stamp.
func (e optimaERP) set(id int, columns optimatest.Row) {
	e.t.Helper()
	columns["TrN_TS_Mod"] = stamped
	e.must(e.Update(e.t.Context(), "TraNag", fmt.Sprint("TrN_TrNID = ", id), columns))
}

// cancel leaves the marks that Optima leaves.
func (e optimaERP) cancel(id int) {
	e.t.Helper()
	e.set(id, optimatest.Row{"TrN_Bufor": -1, "TrN_Anulowany": -2147483647 + id})
}

// with returns a map with some more pairs.
func with(base map[string]string, pairs ...string) map[string]string {
	out := make(map[string]string, len(base)+len(pairs)/2)
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "" {
			delete(out, pairs[i])
		}
	}
	return out
}

// TestOptimaHistory plays one history of Optima through the whole program.
func TestOptimaHistory(t *testing.T) {
	w, erp := newOptimaWorld(t)
	erp.masters()
	play(t, w, erp, optimaHistory())
	// Who reads the ERP only now comes to the same accounts.
	fresh := world{t: t, dir: t.TempDir()}
	fresh.write("secret", read(t, w.path("secret")))
	fresh.write("loyalsync.yaml", read(t, w.path("loyalsync.yaml")))
	fresh.must("run", "people")
	fresh.must("run", "points")
	const accounts = `SELECT c.erp_key, a.active - a.debt, a.pending FROM account a JOIN contractor c ON c.id = a.id`
	if got, want := strings.Join(fresh.points(accounts), " "), strings.Join(w.points(accounts), " "); got != want {
		t.Errorf("read from the start the accounts are %s, after the history %s", got, want)
	}
}

// newOptimaWorld is a world over an empty database of Optima, on the test server
// or on the one that LOYALSYNC_TEST_SQLSERVER names, read by a login that may only
// read.
func newOptimaWorld(t *testing.T) (world, optimaERP) {
	t.Helper()
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LOYALSYNC_CONFIG"} {
		t.Setenv(name, "")
	}
	db := tdstest.Database(t, optimatest.Schema())
	reader := db.Reader
	encrypt := map[string]string{"disable": "disable", "false": "login"}[reader.Encrypt()]
	if encrypt == "" {
		encrypt = "full"
	}
	server := fmt.Sprintf("    host: '%s'\n    port: %d\n", reader.Host, reader.Port)
	if reader.Port == 0 {
		server = fmt.Sprintf("    server: '%s'\n", reader.Host)
	}
	server += fmt.Sprintf("    database: %s\n    user: %s\n    password_file: secret\n    encrypt: %s\n", reader.Database, reader.User, encrypt)
	if encrypt != "disable" {
		server += "    trust_server_certificate: true\n"
	}
	w := world{t: t, dir: t.TempDir()}
	w.write("secret", reader.Password)
	w.write("loyalsync.yaml", strings.Replace(optimaYAML, "SERVER\n", server, 1))
	return w, optimaERP{t, optimatest.Writer{Exec: func(ctx context.Context, text string) error { return db.Exec(ctx, text) }}}
}

// optimaHistory is the table. Documents 1 to 6 are one chain, worked out in the
// comments as net, bottles -> points.
func optimaHistory() []step[optimaERP] {
	everything := []string{"people", "points", "sweep"}
	first := func(buffered bool, kilograms, net string) func(*testing.T, optimaERP) {
		return func(_ *testing.T, e optimaERP) {
			e.save(sale{id: 1, class: 302, kind: 302000, buyer: kowalski, buffered: buffered, lines: []position{{wine, "3", "150", ""}, {cheese, kilograms, net, ""}}})
		}
	}
	correction := func(id, kind int, lines ...position) func(*testing.T, optimaERP) {
		return func(_ *testing.T, e optimaERP) {
			e.save(sale{id: id, class: 302, kind: kind, buyer: kowalski, corrects: 1, lines: lines})
		}
	}
	// What the chain of document 1 comes to at its end: nothing.
	chain := map[string]string{"1": "33", "2": "-6", "3": "-6", "4": "-1", "6": "-20"}
	return []step[optimaERP]{
		{
			name: "invoice in the buffer", do: first(true, "2", "60"), jobs: everything, // 210, 3 -> 21 + 3
			documents: map[string]string{"1": "0+24"}, accounts: map[string]string{"101": "0+24"},
		},
		{
			name: "edited in the buffer", do: first(true, "5", "150"), // 300, 3 -> 30 + 3
			documents: map[string]string{"1": "0+33"}, accounts: map[string]string{"101": "0+33"},
		},
		{
			name: "released", do: func(_ *testing.T, e optimaERP) { e.set(1, optimatest.Row{"TrN_Bufor": 0}) },
			documents: map[string]string{"1": "33"}, accounts: map[string]string{"101": "33"},
		},
		{
			name: "quantity correction: a bottle back", do: correction(2, 302001, position{wine, "-1", "-50", ""}), // 250, 2 -> 25 + 2
			documents: map[string]string{"1": "33", "2": "-6"}, accounts: map[string]string{"101": "27"},
		},
		{
			name: "second quantity correction: two kilograms back", do: correction(3, 302001, position{cheese, "-2", "-60", ""}), // 190, 2 -> 19 + 2
			documents: map[string]string{"1": "33", "2": "-6", "3": "-6"}, accounts: map[string]string{"101": "21"},
		},
		{
			name: "value correction: 3 off each kilogram", do: correction(4, 302002, position{cheese, "0", "-9", ""}), // 181, 2 -> 18 + 2
			documents: map[string]string{"1": "33", "2": "-6", "3": "-6", "4": "-1"}, accounts: map[string]string{"101": "20"},
		},
		{
			name: "VAT correction: the net stays", do: correction(5, 302003, position{cheese, "0", "0", "-12.15"}),
			documents: map[string]string{"1": "33", "2": "-6", "3": "-6", "4": "-1"}, accounts: map[string]string{"101": "20"},
			reasons: map[string]string{"5": "no_rule_fired"},
		},
		{
			name: "everything that is left comes back", do: correction(6, 302001, position{wine, "-2", "-100", ""}, position{cheese, "-3", "-81", ""}),
			documents: chain, accounts: nil,
		},
		{
			name: "another invoice", // 500, 10 -> 50 + 10
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 7, class: 302, kind: 302000, buyer: kowalski, lines: []position{{wine, "10", "500", ""}}})
			},
			documents: with(chain, "7", "60"), accounts: map[string]string{"101": "60"},
		},
		{
			name: "cancelled", do: func(_ *testing.T, e optimaERP) { e.cancel(7) },
			documents: chain, accounts: nil, reasons: map[string]string{"7": "cancelled"},
		},
		{
			name: "an invoice of a firm that is about to be merged", jobs: everything, // 300, 0 -> 30
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 8, class: 302, kind: 302000, buyer: oldFirm, lines: []position{{cheese, "10", "300", ""}}})
			},
			documents: with(chain, "8", "30"), accounts: map[string]string{"103": "30"},
		},
		{
			name: "the firm is merged: its documents go, without a new stamp, and its row", jobs: everything,
			do: func(t *testing.T, e optimaERP) {
				ctx := t.Context()
				e.must(e.Update(ctx, "TraNag", fmt.Sprint("TrN_PodID = ", oldFirm), optimatest.Row{"TrN_PodID": kowalski}))
				e.noAttribute(oldFirm)
				e.must(e.Delete(ctx, "Kontrahenci", fmt.Sprint("Knt_KntId = ", oldFirm)))
				for _, table := range []string{"CDN.TraNag", "CDN.BnkZapisy"} {
					e.must(e.Insert(ctx, "KntScalHist", optimatest.Row{"KSH_NazwaTabeli": table, "KSH_OldKntID": oldFirm, "KSH_NewKntID": kowalski}))
				}
			},
			documents: with(chain, "8", "30"), accounts: map[string]string{"101": "30"}, merges: "KOWAL>KOWALSKI erp",
		},
		{
			name: "the attribute is removed: points of earlier documents stay", jobs: everything,
			do:        func(_ *testing.T, e optimaERP) { e.noAttribute(kowalski) },
			documents: with(chain, "8", "30"), accounts: map[string]string{"101": "30"},
		},
		{
			name: "and set again, with another invoice", jobs: everything, // 120, 0 -> 12
			do: func(_ *testing.T, e optimaERP) {
				e.attribute(kowalski)
				e.save(sale{id: 9, class: 302, kind: 302000, buyer: kowalski, lines: []position{{cheese, "4", "120", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12"), accounts: map[string]string{"101": "42"},
		},
		{
			name: "a receipt for nobody", jobs: everything,
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 11, class: 305, kind: 305000, buyer: nobody, lines: []position{{cheese, "2", "60", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12"), accounts: map[string]string{"101": "42"}, reasons: map[string]string{"11": "anonymous"},
		},
		{
			name: "its invoice, for a firm", // 60, 0 -> 6
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 12, class: 302, kind: 302006, buyer: kowalski, inactive: true, lines: []position{{cheese, "2", "60", ""}}})
				e.set(11, optimatest.Row{"TrN_FaId": 12})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6"), accounts: map[string]string{"101": "48"}, reasons: map[string]string{"11": "anonymous"},
		},
		{
			name: "a receipt that names its buyer", // 100, 2 -> 10 + 2
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 13, class: 305, kind: 305000, buyer: nowak, lines: []position{{wine, "2", "100", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12"), accounts: map[string]string{"101": "48", "102": "12"},
		},
		{
			name: "its invoice takes its place",
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 14, class: 302, kind: 302006, buyer: nowak, inactive: true, lines: []position{{wine, "2", "100", ""}}})
				e.set(13, optimatest.Row{"TrN_FaId": 14})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "14", "12"), accounts: map[string]string{"101": "48", "102": "12"},
			reasons: map[string]string{"13": "not_counted"},
		},
		{
			name: "the invoice is cancelled: the receipt counts again", jobs: []string{"points", "sweep"},
			do:        func(_ *testing.T, e optimaERP) { e.cancel(14) },
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12"), accounts: map[string]string{"101": "48", "102": "12"},
			reasons: map[string]string{"14": "cancelled"},
		},
		{
			name: "an advance invoice",
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 15, class: 302, kind: 302200, buyer: nowak, lines: []position{{cheese, "1", "100", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12"), accounts: map[string]string{"101": "48", "102": "12"},
			reasons: map[string]string{"15": "not_counted"},
		},
		{
			name: "the final invoice, of everything", // 300, 0 -> 30
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 16, class: 302, kind: 302009, buyer: nowak, lines: []position{{cheese, "10", "300", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "30"), accounts: map[string]string{"101": "48", "102": "42"},
		},
		{
			name: "an invoice in the buffer", // 50, 1 -> 5 + 1
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 17, class: 302, kind: 302000, buyer: nowak, buffered: true, lines: []position{{wine, "1", "50", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "30", "17", "0+6"), accounts: map[string]string{"101": "48", "102": "42+6"},
		},
		{
			name: "is deleted: only a sweep sees it", jobs: []string{"points", "sweep"},
			do:        func(t *testing.T, e optimaERP) { e.must(e.Remove(t.Context(), "17")) },
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "30"), accounts: map[string]string{"101": "48", "102": "42"},
			reasons: map[string]string{"17": "deleted"},
		},
		{
			name: "a collective correction: 100 off, of nothing in particular", // 100 -> 10 back
			do: func(t *testing.T, e optimaERP) {
				e.save(sale{id: 18, class: 302, kind: 302010, buyer: nowak, total: "-100"})
				e.must(e.Insert(t.Context(), "TraElemKorZbiorcza", optimatest.Row{"TreZ_TrNID": 18, "TreZ_Stawka": 23, "TreZ_Flaga": 2, "TreZ_WartoscFaktur": 1000, "TreZ_Rabat": 100}))
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "30", "18", "-10"), accounts: map[string]string{"101": "48", "102": "32"},
		},
		{
			name: "a correction of a document from before this database",
			do: func(_ *testing.T, e optimaERP) {
				e.save(sale{id: 19, class: 302, kind: 302101, buyer: nowak, lines: []position{{wine, "-1", "-50", ""}}})
			},
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "30", "18", "-10"), accounts: map[string]string{"101": "48", "102": "32"},
			reasons: map[string]string{"19": "not_counted"},
		},
		{
			name:      "an administrator puts the final invoice back into the buffer",
			do:        func(_ *testing.T, e optimaERP) { e.set(16, optimatest.Row{"TrN_Bufor": 1}) },
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "0+30", "18", "-10"), accounts: map[string]string{"101": "48", "102": "2+30"},
		},
		{
			name: "and out of it", jobs: everything,
			do:        func(_ *testing.T, e optimaERP) { e.set(16, optimatest.Row{"TrN_Bufor": 0}) },
			documents: with(chain, "8", "30", "9", "12", "12", "6", "13", "12", "16", "30", "18", "-10"), accounts: map[string]string{"101": "48", "102": "32"},
		},
	}
}

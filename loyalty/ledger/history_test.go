package ledger_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// history is a ledger of its own, with two contractors and points that lapse after
// ten days.
type history struct {
	*home
	feed  loyalty.Feed
	book  *ledger.Ledger
	clock *time.Time
	docs  map[string]loyalty.Document
	order []string
	ops   []int64 // redemptions, also refused ones, which are 0
	debts loyalty.DebtPolicy
}

var noon = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)

func (h *home) history(t *testing.T, clock *time.Time, own *loyalty.Lapse) *history {
	t.Helper()
	x := &history{home: h, feed: h.feed(t), clock: clock, docs: make(map[string]loyalty.Document)}
	var people []loyalty.ContractorChange
	for _, key := range []string{"A", "B"} {
		people = append(people, loyalty.ContractorChange{
			Contractor:    loyalty.Contractor{Key: key, Code: key, Active: true, Hash: key},
			Participation: loyalty.Participation{TakesPart: true, EarnFrom: loyalty.NoDate}, Today: loyalty.NewDate(2026, 1, 1),
		})
	}
	if _, err := h.store.SaveContractors(t.Context(), x.feed, loyalty.Lease{}, people); err != nil {
		t.Fatal(err)
	}
	x.rules(t, plainRules(own))
	return x
}

// plainRules give a point for every unit of money, of points that lapse by a policy; nil
// is the ledger's.
func plainRules(own *loyalty.Lapse) loyalty.RuleSet {
	one := decimal.NewFromInt(1)
	return loyalty.RuleSet{
		ValidFrom: loyalty.NoDate, Currency: "PLN", Decimals: 1, Rounding: loyalty.Floor, RoundedPer: loyalty.PerLine, Stacking: loyalty.Sum,
		UnlinkedReturns: loyalty.ScoreReturns, Lapse: own,
		Rules: []loyalty.Rule{{Name: "base", BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net, Per: one, Points: one, From: loyalty.NoDate, To: loyalty.NoDate}},
	}
}

// rules puts rule sets into force.
func (x *history) rules(t *testing.T, sets ...loyalty.RuleSet) {
	t.Helper()
	if err := x.store.SaveRuleSets(t.Context(), x.feed.Program, sets); err != nil {
		t.Fatal(err)
	}
	x.ledgerOn(t, x.store)
}

// ledgerOn opens the ledger with the rules in force.
func (x *history) ledgerOn(t *testing.T, s ledger.Store) {
	t.Helper()
	versions, ids, err := x.store.RuleSets(t.Context(), x.feed.Program)
	if err != nil {
		t.Fatal(err)
	}
	x.book, err = ledger.New(ledger.Config{
		Store: s, Feed: x.feed, RuleSets: versions, RuleIDs: ids, Lapse: loyalty.Lapse{AfterDays: 10}, Debts: x.debts, Now: func() time.Time { return *x.clock },
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (x *history) today() loyalty.Date { return loyalty.DateIn(*x.clock, time.UTC) }

// sale makes a document of the two contractors' shop; net may be negative.
func sale(key, corrects, who string, on loyalty.Date, state loyalty.State, net int64) loyalty.Document {
	n := decimal.NewFromInt(net)
	return loyalty.Document{
		Key: loyalty.Key{Type: "FS", ID: key}, Corrects: corrects, Number: key, State: state, Date: on, IssuedOn: on, SoldOn: on,
		Party: who, Buyer: who, Currency: "PLN", Return: corrects == "" && net < 0,
		Lines: []loyalty.Line{{ID: "1", No: 1, Kind: loyalty.Goods, Code: "X", Quantity: decimal.NewFromInt(1), Net: n, Gross: n}},
	}
}

// post takes documents as they stand now.
func (x *history) post(t *testing.T, docs ...loyalty.Document) {
	t.Helper()
	for _, d := range docs {
		if _, known := x.docs[d.Key.ID]; !known {
			x.order = append(x.order, d.Key.ID)
		}
		x.docs[d.Key.ID] = d
	}
	_, err := x.book.Page(t.Context(), ledger.Page{
		Documents: docs, Actor: "test", Fetch: func(context.Context, []loyalty.Key) ([]loyalty.Document, error) { return nil, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lapse runs pages of lots until nothing is left, at most so many.
func (x *history) lapse(t *testing.T, limit, pages int) (lapsed ledger.Lapsed) {
	t.Helper()
	l := ledger.Lapser{Store: x.store, Feed: x.feed, Today: x.today(), Limit: limit, Actor: "job lapse", Now: func() time.Time { return *x.clock }}
	for range pages {
		done, err := l.Page(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if done.Lots == 0 {
			break
		}
		lapsed.Lots += done.Lots
		lapsed.Points += done.Points
	}
	return lapsed
}

// playHistories sets how many random histories a test plays: more or fewer on request.
func playHistories(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks == nil || checks.Value.String() != checks.DefValue {
		return
	}
	if err := checks.Value.Set(histories); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := checks.Value.Set(checks.DefValue); err != nil {
			t.Error(err)
		}
	})
}

// all is more pages than any test needs.
const all = 1000

// told are the balances of the two contractors as people read them.
func (x *history) told(t *testing.T, at loyalty.AsOf) string {
	t.Helper()
	var out []string
	for _, key := range []string{"A", "B"} {
		found, err := x.store.FindContractors(t.Context(), loyalty.Query{Text: key, Program: x.feed.ProgramName}, x.today())
		if err != nil || len(found) != 1 {
			t.Fatal(len(found), err)
		}
		b, err := x.store.Balance(t.Context(), found[0].ID, at)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%s: available %d pending %d lapsed %d debt %d scored %d", key, b.Available, b.Pending, b.Lapsed, b.Debt, b.Scored)
		if b.Held != 0 || b.Spent != 0 {
			text += fmt.Sprintf(" held %d spent %d", b.Held, b.Spent)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// statements are those of the two contractors; one that does not add up is an error.
func (x *history) statements(t *testing.T, from, to loyalty.Date) (out string) {
	t.Helper()
	for _, key := range []string{"A", "B"} {
		s, err := x.store.Statement(t.Context(), x.account(t, key), from, to, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%s: %d %+v %d %v; ", key, s.Opening, s.Totals, s.Closing, s.Lines)
	}
	return out
}

func (x *history) now(t *testing.T) string {
	t.Helper()
	return x.told(t, loyalty.AsOf{Date: loyalty.NoDate, Today: x.today()})
}

// unsound are the accounts whose entries and lots do not make their balance.
func (x *history) unsound(t *testing.T) []string {
	t.Helper()
	if lost := x.texts(t, `SELECT 'entry ' || e.id || ' of account ' || e.account_id || ' is not found by it' FROM entry e
		WHERE NOT EXISTS (SELECT 1 FROM document d WHERE d.id = e.document_id AND d.account_id = e.account_id)
			AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.id = -e.document_id AND o.account_id = e.account_id)
			AND NOT EXISTS (SELECT 1 FROM account_document n WHERE n.document_id = e.document_id AND n.account_id = e.account_id)`); len(lost) > 0 {
		return lost
	}
	return x.texts(t, `SELECT a.id || ': pending ' || a.pending || ' active ' || a.active || ' lapsed ' || a.lapsed || ' debt ' || a.debt
			|| ' held ' || a.held || ' spent ' || a.spent || ' but entries ' || coalesce(e.p || ' ' || e.a || ' ' || e.l || ' ' || e.d || ' ' || e.h || ' ' || e.s, '-') || ' lots ' || coalesce(o.p || ' ' || o.a || ' ' || o.l, '-') || ' operations ' || coalesce(r.h || ' ' || r.s, '-') FROM account a
		LEFT JOIN (SELECT account_id, sum(CASE 2 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) p,
			sum(CASE 3 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) a,
			sum(CASE 6 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) l,
			sum(CASE 4 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) h,
			sum(CASE 5 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) s,
			sum(CASE 7 WHEN from_bucket THEN amount WHEN to_bucket THEN -amount ELSE 0 END) d FROM entry GROUP BY account_id) e ON e.account_id = a.id
		LEFT JOIN (SELECT account_id, sum(pending) p, sum(active) a, sum(lapsed) l FROM (SELECT coalesce(m.into_id, k.account_id) account_id, k.pending, k.active, k.lapsed
			FROM lot k LEFT JOIN account_merge m ON m.from_id = k.account_id AND m.undone_at IS NULL) h GROUP BY account_id) o ON o.account_id = a.id
		LEFT JOIN (SELECT account_id, sum(CASE state WHEN 1 THEN points ELSE 0 END) h, sum(spent) s FROM operation GROUP BY account_id) r ON r.account_id = a.id
		WHERE a.held <> e.h OR a.spent <> e.s OR a.held <> coalesce(r.h, 0) OR a.spent <> coalesce(r.s, 0) OR a.pending <> e.p OR a.active <> e.a OR a.lapsed <> e.l OR a.debt <> e.d OR a.pending <> o.p OR a.active <> o.a OR a.lapsed <> o.l`)
}

func (x *history) texts(t *testing.T, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := x.db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells of what went wrong
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
	"github.com/loyalsync/loyalsync/mapping"
)

// noPush acknowledges nothing: there is no platform.
type noPush struct{}

func (noPush) Deliver(context.Context, loyalty.Feed, string) (int, int, error) { return 0, 0, nil }

// bench is one ERP with one store.
type bench struct {
	tb        testing.TB
	erp       *erp
	store     *store.Store
	place     storetest.Place
	mapping   mapping.Config
	feed      FeedConfig
	lease     loyalty.Lease
	today     time.Time
	rules     loyalty.RuleSet
	earlier   []loyalty.RuleSet
	scheduled bool // runs are a tick's, not a person's
}

func amount(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// rulesFor100 gives a point per 100 net on the bill and one per 2 pieces of
// items of group W.
func rulesFor100() loyalty.RuleSet {
	return loyalty.RuleSet{
		ValidFrom: loyalty.NewDate(2025, 1, 1), Currency: "PLN", Rounding: loyalty.Floor, RoundedPer: loyalty.PerDocument,
		Stacking: loyalty.Sum, UnlinkedReturns: "score",
		ItemGroups: map[string][]loyalty.ItemGroup{"erp": {{Name: "wine", Items: []string{"W*"}}}},
		Rules: []loyalty.Rule{
			{Name: "base", BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net, Per: amount("100"), Points: amount("1"), From: loyalty.NoDate, To: loyalty.NoDate},
			{Name: "wine", BasedOn: loyalty.OnItemGroup, ItemGroup: "wine", CalculateOn: loyalty.Quantity, Per: amount("2"), Points: amount("1"), From: loyalty.NoDate, To: loyalty.NoDate},
		},
	}
}

func newBench(tb testing.TB, e *erp) *bench {
	tb.Helper()
	b := &bench{tb: tb, erp: e, place: storetest.Fresh(tb), today: time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)}
	s := b.place.OpenAt(tb, func() time.Time { return b.today })
	b.store = s
	b.mapping = mapping.Config{Source: "erp", Program: "main", BaseCurrency: "PLN", ContractorsWhere: `group == "VIP"`, EarnFrom: loyalty.NewDate(2026, 1, 1)}
	b.rules = rulesFor100()
	b.feed = FeedConfig{
		Source: "erp", Open: e.open, Program: "main", MaxReversed: amount("1000000"), Overlap: 2 * time.Hour,
		Window: 400 * 24 * time.Hour, Page: 7, Store: s, Deliver: noPush{}, Zone: time.UTC, Now: func() time.Time { return b.today },
	}
	return b
}

// configured is the feed with the mapping and the rules of now.
func (b *bench) configured() FeedConfig {
	b.tb.Helper()
	m, faults := mapping.Compile(b.mapping)
	if len(faults) > 0 {
		b.tb.Fatal(faults)
	}
	b.feed.RuleSets = append(slices.Clone(b.earlier), b.rules)
	b.feed.Mapping, b.feed.PointsTo, b.feed.AttributeCodes = m, nil, b.mapping.PointsToAttribute
	for _, o := range b.mapping.Overrides {
		if o.PointsToContractor != "" {
			b.feed.PointsTo = append(b.feed.PointsTo, o.PointsToContractor)
		}
	}
	return b.feed
}

// try runs one kind of job.
func (b *bench) try(kind string, opts Options) (Counts, error) {
	b.tb.Helper()
	task := map[string]func(FeedConfig) Task{KindContractors: NewContractors, KindPoints: NewPoints, KindSweep: NewSweep, KindActivate: NewActivate}[kind](b.configured())
	run := NewRun(1, Definition{Name: kind, Kind: kind}, opts, b.lease, slog.New(slog.DiscardHandler))
	run.Scheduled = b.scheduled
	err := task.Run(b.tb.Context(), run)
	counts, _ := run.Snapshot()
	return counts, err
}

func (b *bench) run(kind string) Counts {
	b.tb.Helper()
	counts, err := b.try(kind, Options{})
	if err != nil {
		b.tb.Fatalf("%s: %v", kind, err)
	}
	return counts
}

// query reads the store as text, a row a line.
func (b *bench) query(text string) string {
	b.tb.Helper()
	db, err := sql.Open("sqlite", "file:"+b.place.File(b.tb, b.store)+"?_pragma=query_only(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		b.tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(b.tb.Context(), text)
	if err != nil {
		b.tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		b.tb.Fatal(err)
	}
	var out strings.Builder
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(sql.NullString)
		}
		if err := rows.Scan(cells...); err != nil {
			b.tb.Fatal(err)
		}
		for i, c := range cells {
			if i > 0 {
				out.WriteByte('|')
			}
			out.WriteString(c.(*sql.NullString).String)
		}
		out.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		b.tb.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// balances are "key pending active debt scored" of every account that has any.
func (b *bench) balances() string {
	return b.query(`SELECT c.erp_key, a.pending, a.active, a.debt, a.scored FROM account a JOIN contractor c ON c.id = a.id
		WHERE a.pending + a.active + a.debt + a.scored > 0 ORDER BY c.erp_key`)
}

// documents are the points of every document that has any.
func (b *bench) documents() string {
	return b.query(`SELECT d.erp_key, c.erp_key, d.pending, d.active FROM document d JOIN contractor c ON c.id = d.account_id
		WHERE d.pending <> 0 OR d.active <> 0 ORDER BY d.erp_key`)
}

// sharesBut counts again, from what is pinned with documents, what caps count.
const sharesBut = `WITH share AS (SELECT d.date AS on_day, json_extract(s.value, '$.account') AS account, json_extract(s.value, '$.points') AS points,
		coalesce((SELECT r.id FROM rule r WHERE r.name = json_extract(s.value, '$.rule')), 0) AS rule
		FROM document d, json_each(d.body, '$.inputs.shares') s),
	counted AS (SELECT rule, account, 'day', on_day, sum(points) AS used FROM share GROUP BY 1, 2, 4
		UNION ALL SELECT rule, account, 'month', unixepoch(on_day * 86400, 'unixepoch', 'start of month') / 86400, sum(points) FROM share GROUP BY 1, 2, 4
		UNION ALL SELECT rule, account, 'year', unixepoch(on_day * 86400, 'unixepoch', 'start of year') / 86400, sum(points) FROM share GROUP BY 1, 2, 4
		UNION ALL SELECT rule, 0, 'budget', 0, sum(points) FROM share GROUP BY 1) `

// consistent checks what must hold after every run: posted = desired, entries =
// balances = lots, and nothing negative but what is owed.
func (b *bench) consistent() {
	b.tb.Helper()
	for name, query := range map[string]string{
		"entries make the balances": `SELECT a.id, a.pending, a.active, a.debt, e.p, e.a, e.d FROM account a LEFT JOIN (SELECT account_id,
				sum((to_bucket = 2) * amount - (from_bucket = 2) * amount) p, sum((to_bucket = 3) * amount - (from_bucket = 3) * amount) a,
				sum((from_bucket = 7) * amount - (to_bucket = 7) * amount) d FROM entry GROUP BY 1) e ON e.account_id = a.id
			WHERE a.pending <> coalesce(e.p, 0) OR a.active <> coalesce(e.a, 0) OR a.debt <> coalesce(e.d, 0)`,
		"lots make the balances": `SELECT a.id, a.pending, a.active, l.p, l.a FROM account a LEFT JOIN (SELECT account_id, sum(pending) p, sum(active) a FROM lot GROUP BY 1) l
			ON l.account_id = a.id WHERE a.pending <> coalesce(l.p, 0) OR a.active <> coalesce(l.a, 0)`,
		"entries make the documents": `SELECT d.erp_key, d.pending, d.active, e.p, e.t FROM document d LEFT JOIN (SELECT document_id,
				sum((to_bucket = 2) * amount - (from_bucket = 2) * amount) p, sum((from_bucket = 1) * amount - (to_bucket = 1) * amount) t FROM entry GROUP BY 1) e
			ON e.document_id = d.id WHERE d.pending <> coalesce(e.p, 0) OR d.pending + d.active <> coalesce(e.t, 0)`,
		"debt or points":   `SELECT id, active, debt FROM account WHERE active > 0 AND debt > 0`,
		"scored is right":  `SELECT a.id, a.scored, d.n FROM account a LEFT JOIN (SELECT account_id, count(*) n FROM document WHERE corrects = '' AND active > 0 GROUP BY 1) d ON d.account_id = a.id WHERE a.scored <> coalesce(d.n, 0)`,
		"queue is empty":   `SELECT * FROM reevaluate`,
		"caps are counted": sharesBut + "SELECT * FROM counted WHERE used > 0 EXCEPT SELECT rule_id, account_id, period, starts_on, used FROM cap_use",
		"nothing else is":  sharesBut + "SELECT rule_id, account_id, period, starts_on, used FROM cap_use WHERE used > 0 EXCEPT SELECT * FROM counted",
	} {
		if got := b.query(query); got != "" {
			b.tb.Errorf("%s: %s", name, got)
		}
	}
}

// fresh is what a store that reads the same ERP for the first time says.
func (b *bench) fresh() *bench {
	b.tb.Helper()
	f := newBench(b.tb, b.erp)
	f.mapping, f.today = b.mapping, b.today
	f.rules, f.feed.IgnoreBuffered, f.feed.Page = b.rules, b.feed.IgnoreBuffered, 1000
	f.run(KindPoints)
	return f
}

func (b *bench) sameAsFresh(what string) {
	b.tb.Helper()
	b.consistent()
	f := b.fresh()
	defer func() { _ = f.store.Close() }()
	if got, want := b.balances(), f.balances(); got != want {
		b.tb.Errorf("%s: balances\n%s\nread from the start they are\n%s", what, got, want)
	}
	if got, want := b.documents(), f.documents(); got != want {
		b.tb.Errorf("%s: points by document\n%s\nread from the start they are\n%s", what, got, want)
	}
}

func firms(e *erp, n int) {
	for i := range n {
		e.contractor(fmt.Sprint(i+1), "VIP")
	}
}

// permutations calls fn with every order of n things.
func permutations(n int, fn func(order []int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var walk func(k int)
	walk = func(k int) {
		if k == n {
			fn(slices.Clone(order))
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			walk(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	walk(0)
}

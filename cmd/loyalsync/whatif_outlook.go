package main

import (
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// outlook is what a program would owe under its rules and under others, if none of the
// points had been spent: their worth at the contractors' rates of now, and when they lapse.
type outlook struct {
	policy                      loyalty.RedemptionPolicy
	today                       loyalty.Date
	worth                       effect[decimal.Decimal]
	lapsed, year, later, always effect[loyalty.Points]
}

// effect is the same thing under both rules.
type effect[T any] struct{ before, after T }

func (o *outlook) add(x *ledger.Simulated, decimals int) {
	rate := o.policy.RateOf(x.Account.Facts.Group, x.Account.Facts.Card)
	worth := func(points loyalty.Points, lapses loyalty.Date) decimal.Decimal {
		if lapses != loyalty.NoDate && lapses < o.today {
			return decimal.Zero
		}
		return rate.Mul(decimal.New(int64(points), int32(-decimals))) //nolint:gosec // 0 to 3
	}
	o.worth.before = o.worth.before.Add(worth(x.Before, x.LapsesBefore))
	o.worth.after = o.worth.after.Add(worth(x.After, x.LapsesAfter))
	o.when(x.LapsesBefore).before += x.Before
	o.when(x.LapsesAfter).after += x.After
}

// when is where points with a last day are counted.
func (o *outlook) when(lapses loyalty.Date) *effect[loyalty.Points] {
	switch {
	case lapses == loyalty.NoDate:
		return &o.always
	case lapses < o.today:
		return &o.lapsed
	case lapses <= o.today.AddMonths(12):
		return &o.year
	}
	return &o.later
}

// outlookResult is an outlook as data; points and money are decimals as text.
type outlookResult struct {
	AsOf       loyalty.Date `json:"as_of"`
	Currency   string       `json:"currency"`
	Worth      effectRow    `json:"worth"` // of what has not lapsed
	Lapsed     effectRow    `json:"lapsed"`
	WithinYear effectRow    `json:"lapses_within_a_year"`
	Later      effectRow    `json:"lapses_later"`
	Never      effectRow    `json:"never_lapses"`
}

type effectRow struct {
	Before     string `json:"before"`
	After      string `json:"after"`
	Difference string `json:"difference"`
}

func (o *outlook) data(w *whatIf) outlookResult {
	money := func(d decimal.Decimal) string {
		return d.Truncate(loyalty.MoneyDecimals).StringFixed(loyalty.MoneyDecimals)
	}
	points := func(e effect[loyalty.Points]) effectRow {
		return effectRow{e.before.Format(w.decimals), e.after.Format(w.decimals), (e.after - e.before).Format(w.decimals)}
	}
	return outlookResult{
		AsOf: o.today, Currency: w.program.Currency,
		Worth:  effectRow{money(o.worth.before), money(o.worth.after), money(o.worth.after.Sub(o.worth.before))},
		Lapsed: points(o.lapsed), WithinYear: points(o.year), Later: points(o.later), Never: points(o.always),
	}
}

// sayOutlook prints an outlook.
func (c *cli) sayOutlook(w *whatIf) {
	o, lang := &w.outlook, c.language()
	c.say("")
	t := newTable(c.out, c.tr("IF NOTHING WERE SPENT", "GDYBY NIC NIE WYDANO"), c.tr("BEFORE", "PRZED"), c.tr("AFTER", "PO"), c.tr("DIFFERENCE", "RÓŻNICA"))
	money := func(d decimal.Decimal) string {
		return loyalty.FormatMoney(d.Truncate(loyalty.MoneyDecimals).String(), w.program.Currency, lang)
	}
	t.row(c.tr("worth of what has not lapsed", "wartość tego, co nie wygasło"), money(o.worth.before), money(o.worth.after), money(o.worth.after.Sub(o.worth.before)))
	for _, row := range []struct {
		label string
		effect[loyalty.Points]
	}{
		{c.tr("lapsed by now", "wygasłe do dziś"), o.lapsed},
		{c.tr("lapse within a year", "wygasną w ciągu roku"), o.year},
		{c.tr("lapse later", "wygasną później"), o.later},
		{c.tr("never lapse", "bezterminowe"), o.always},
	} {
		t.row(row.label, c.points(row.before, w.decimals), c.points(row.after, w.decimals), c.points(row.after-row.before, w.decimals))
	}
	t.flush()
}

package rules

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// worthScale is how many decimals points and per of single items may have.
const worthScale = 6

// worth is where a rule finds what single items earn: a table, or an expression
// on the line.
type worth struct {
	table map[string][]price // by code
	from  LineText
	per   num // the rule's own, for what has none
}

// price is what an item earns on some days, scaled.
type price struct {
	points, per num
	from, to    loyalty.Date
}

// LineText gives a text for a line.
type LineText interface {
	Text(line *loyalty.Line) (string, error)
}

// newWorth reads a table. Faults of single rows are told with their code; who read
// the file has found them by row before.
func newWorth(c *checker, path string, def loyalty.RuleSet, r loyalty.Rule, conditions Conditions) *worth {
	w := &worth{per: num{i: 1}}
	if ok := fits(r.Per); ok && r.Per.IsPositive() {
		w.per = scaled(r.Per, worthScale)
	}
	if r.PointsFrom != "" {
		w.from = condition(c, path+"points_from", r.PointsFrom, conditions, Conditions.Text)
	}
	if r.Table == "" {
		return w
	}
	rows, there := def.Tables[r.Table]
	if !there {
		c.fault(path+"table", "the table is not there", "the store keeps each table with the rules: put back a backup of it")
		return w
	}
	w.table = make(map[string][]price, len(rows))
	for _, row := range rows {
		if why := rowFault(row); why != "" {
			c.fault(path+"table", fmt.Sprintf("item %q: %s", row.Code, why), "correct the row of this item")
			return w
		}
		p := price{points: scaled(row.Points, worthScale), per: w.per, from: row.From, to: row.To}
		if !row.Per.IsZero() {
			p.per = scaled(row.Per, worthScale)
		}
		w.table[row.Code] = append(w.table[row.Code], p)
	}
	return w
}

func rowFault(row loyalty.ItemPoints) string {
	switch {
	case row.Code == "":
		return "the code is empty"
	case row.Points.IsNegative() || !fits(row.Points):
		return "the points are negative, too large or have too many decimals"
	case row.Per.IsNegative() || !fits(row.Per):
		return "per is negative, too large or has too many decimals"
	case row.From != loyalty.NoDate && row.To != loyalty.NoDate && row.To < row.From:
		return "the last day is before the first"
	}
	return ""
}

// fits says whether a number is one that points of an item may be.
func fits(d decimal.Decimal) bool {
	scale, ok := scaleOf(d)
	return ok && scale <= worthScale && d.Abs().LessThan(decimal.New(1, smallDigits-worthScale-3))
}

// of returns what a line's item earns on a day.
func (w *worth) of(l *loyalty.Line, day loyalty.Date) (price, loyalty.Reason) {
	if w.from != nil {
		text, err := w.from.Text(l)
		switch {
		case err != nil:
			return price{}, loyalty.ReasonLineFailed
		case text == "":
			return price{}, loyalty.ReasonLineOther
		}
		points, err := decimal.NewFromString(text)
		if err != nil || points.IsNegative() || !fits(points) {
			return price{}, loyalty.ReasonLineFailed
		}
		return price{points: scaled(points, worthScale), per: w.per}, loyalty.ReasonNone
	}
	for _, p := range w.table[l.Code] {
		if (p.from == loyalty.NoDate || day >= p.from) && (p.to == loyalty.NoDate || day <= p.to) {
			return p, loyalty.ReasonNone
		}
	}
	return price{}, loyalty.ReasonLineOther
}

// weighItems gives the parts of a rule the weight of their items, over one
// denominator, which it returns.
func (t *tally) weighItems(r int) num {
	common := num{i: 1}
	for i := range t.parts {
		per := t.price(r, t.parts[i].line).per
		if common.cmp(per) != 0 {
			common = leastCommon(common, per)
		}
	}
	for i := range t.parts {
		p := &t.parts[i]
		item := t.price(r, p.line)
		times, _ := common.mulDiv(num{i: 1}, item.per)
		p.weight = p.amount.mul(item.points).mul(times)
	}
	return common
}

func leastCommon(a, b num) num {
	gcd := new(big.Int).GCD(nil, nil, a.big(), b.big())
	return fit(new(big.Int).Mul(new(big.Int).Quo(a.big(), gcd), b.big()))
}

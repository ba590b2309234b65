package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// paid finds what of chains was paid with points, where their rules let that part earn
// nothing, and returns what it has read for the page to be checked against: a bill
// that is paid meanwhile is scored again.
//
// A redemption pays the original that has the number of its bill and a date near it, if
// it spent points of the account that gets those of the chain, or of the party.
func (l *Ledger) paid(ctx context.Context, chains []chain, all []terms) (loyalty.PaidBills, error) {
	var asking []chain
	for i, c := range chains {
		if all[i].set != nil && !all[i].set.EarnsOnRedeemed() {
			asking = append(asking, c)
		}
	}
	bills, err := l.bills(ctx, asking)
	if err != nil || len(bills.Paid) == 0 {
		return bills, err
	}
	for i, c := range chains {
		if t := &all[i]; t.set != nil && !t.set.EarnsOnRedeemed() {
			t.paid = t.paidOf(c.original, bills.Paid)
		}
	}
	return bills, nil
}

// bills reads what was paid of the originals of chains.
func (l *Ledger) bills(ctx context.Context, chains []chain) (bills loyalty.PaidBills, err error) {
	for _, c := range chains {
		if c.original.Number != "" {
			bills.Numbers = append(bills.Numbers, c.original.Number)
		}
	}
	if len(bills.Numbers) == 0 {
		return bills, nil
	}
	slices.Sort(bills.Numbers)
	bills.Numbers = slices.Compact(bills.Numbers)
	if bills.Paid, err = l.cfg.Store.PaidBills(ctx, l.cfg.Feed.Program, bills.Numbers); err != nil {
		return bills, fmt.Errorf("load what was paid with points: %w", err)
	}
	return bills, nil
}

// paidOf is the part of an original that redemptions paid. Its corrections change what
// is bought, not what part of it was paid.
func (t terms) paidOf(original *loyalty.StoredDocument, paid []loyalty.PaidBill) rules.Paid {
	var out rules.Paid
	for _, p := range paid {
		days := max(p.On-original.Date, original.Date-p.On)
		if p.Document == original.Number && days <= loyalty.PaysWithin && (slices.Contains(t.group, p.Account) || p.Account == t.member.ID) {
			out.Amount = out.Amount.Add(p.Worth)
		}
	}
	if out.Amount.IsZero() || original.Currency != t.set.InCurrency() && !original.Rate.IsPositive() {
		return rules.Paid{}
	}
	for _, l := range original.Lines {
		out.Of = out.Of.Add(l.Gross)
	}
	if original.Currency != t.set.InCurrency() {
		const places = 4 // finer than any currency
		out.Of = out.Of.Mul(original.Rate).Round(places)
	}
	if !out.Of.IsPositive() {
		out.Of = decimal.Zero
	}
	return out
}

package main

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// redemption is how points of a program are spent. Without the section they have no
// worth, and wait as long as by default.
func redemption(c *config.Config, p config.Program) loyalty.RedemptionPolicy {
	r := p.Redemption
	if r == nil {
		return loyalty.RedemptionPolicy{Hold: config.DefaultHold.Std()}
	}
	out := loyalty.RedemptionPolicy{
		Rate: r.PointWorth, Minimum: points(p, r.Minimum), Maximum: points(p, r.Maximum), PerDay: points(p, r.MaxPerDay), PerMonth: points(p, r.MaxPerMonth),
		MaxShare: r.MaxOfBill.Value.Shift(-2), Only: groupsBySource(c, p.Name, r.Only), Never: groupsBySource(c, p.Name, r.Never),
		Hold: r.Hold.Std(),
	}
	for _, w := range r.Worths {
		out.Rates = append(out.Rates, loyalty.RedemptionRate{Group: w.Group, Card: w.Card, Rate: w.PointWorth})
	}
	return out
}

// points are whole points of a program in its smallest unit, a fraction of that as one.
func points(p config.Program, whole decimal.Decimal) loyalty.Points {
	return loyalty.Points(whole.Shift(int32(p.Points.Decimals)).Ceil().IntPart()) //nolint:gosec // decimals are 0 to 3
}

// groupsBySource are those of the item groups of a program's mappings that have one of
// the names; nil for no names.
func groupsBySource(c *config.Config, program string, names []string) map[string][]loyalty.ItemGroup {
	if len(names) == 0 {
		return nil
	}
	out := make(map[string][]loyalty.ItemGroup)
	for _, m := range c.Mappings {
		if m.Program != program {
			continue
		}
		for _, g := range itemGroups(m) {
			if slices.Contains(names, g.Name) {
				out[m.Source] = append(out[m.Source], g)
			}
		}
	}
	return out
}

// redeemer spends points of a program that is held here, as it is configured now. A
// program that is held elsewhere is CodeInvalid.
func (a *app) redeemer(ctx context.Context, program string) (ledger.Redeemer, error) {
	c := a.config()
	if !slices.Contains(heldPrograms(c), program) {
		return ledger.Redeemer{}, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "points of program " + program + " are not held here", Hint: "spend them at their home: programs[].home names it",
		}
	}
	overview, err := a.programNamed(ctx, program)
	if err != nil {
		return ledger.Redeemer{}, err
	}
	r := ledger.Redeemer{Store: a.store, Program: overview, Zone: c.Timezone.Location(), Now: a.now}
	for _, p := range c.Programs {
		if p.Name == program {
			r.Policy = redemption(c, p)
		}
	}
	return r, nil
}

// holderOf is the same of the program with a name, or of the only one that is configured.
func (a *app) holderOf(ctx context.Context, program string) (ledger.Redeemer, error) {
	overview, err := a.programNamed(ctx, program)
	if err != nil {
		return ledger.Redeemer{}, err
	}
	return a.redeemer(ctx, overview.Name)
}

// freeHeld lets go of reserved points that nobody has spent in time.
func (a *app) freeHeld(ctx context.Context) error {
	const atOnce = 100
	for _, program := range heldPrograms(a.config()) {
		r, err := a.redeemer(ctx, program)
		if loyalty.CodeOf(err) == loyalty.CodeNotFound && err != nil {
			continue // it has no points yet
		}
		for err == nil {
			var freed int
			if freed, err = r.TimeOut(ctx, atOnce); freed < atOnce {
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

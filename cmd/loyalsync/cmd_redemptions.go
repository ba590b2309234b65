package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/panel/api"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// defaultRedemptions are shown unless --limit says otherwise.
const defaultRedemptions = 50

func (c *cli) redemptionsCommand() *cobra.Command {
	var f feedFlags
	var limit int
	cmd := &cobra.Command{
		Use: "redemptions CONTRACTOR", Short: "What a contractor spent points on; reserve, post, void, undo", Args: cobra.ExactArgs(1),
		Long: "What a contractor spent points on, and what is reserved, newest first. Points are held by reserve until\n" +
			"they are posted, voided or time out; undo gives back what was posted. Exit 3 is a refusal.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return &usageError{fmt.Errorf("--limit %d shows nothing", limit)}
			}
			return c.looking(cmd.Context(), func(a *app) error { return c.redemptions(cmd.Context(), a, args[0], f, limit) })
		},
	}
	f.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", defaultRedemptions, "how many, at most")
	var points string
	post := c.resolving("post", "Spend what is reserved, or a part of it and let go of the rest",
		func(ctx context.Context, r ledger.Redeemer, id int64) (loyalty.Operation, error) {
			some, err := pointsFlag(points, r.Program.Decimals)
			if err != nil {
				return loyalty.Operation{}, err
			}
			return r.Post(ctx, id, some, jobs.ActorCLI)
		})
	post.Flags().StringVar(&points, "points", "", "so many of them; all without it")
	cmd.AddCommand(c.reserveCommand(), post,
		c.resolving("void", "Let go of what is reserved", func(ctx context.Context, r ledger.Redeemer, id int64) (loyalty.Operation, error) {
			return r.Void(ctx, id, jobs.ActorCLI)
		}),
		c.resolving("undo", "Give back what was spent", func(ctx context.Context, r ledger.Redeemer, id int64) (loyalty.Operation, error) {
			return r.Undo(ctx, id, jobs.ActorCLI)
		}))
	return cmd
}

// reserveFlags are what a person asks for.
type reserveFlags struct {
	feedFlags

	points, amount, total string
	request               ledger.RedemptionRequest
}

func (c *cli) reserveCommand() *cobra.Command {
	var f reserveFlags
	cmd := &cobra.Command{
		Use: "reserve CONTRACTOR (--points N|--amount MONEY)", Short: "Hold points, or spend them at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.reserve(cmd.Context(), a, args[0], f) })
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.points, "points", "", "so many points")
	cmd.Flags().StringVar(&f.amount, "amount", "", "as few points as cover this amount of money")
	cmd.Flags().StringVar(&f.total, "total", "", "what is to be paid, where only a part of a bill may be paid with points")
	cmd.Flags().StringVar(&f.request.Document, "document", "", "number of the bill")
	cmd.Flags().StringVar(&f.request.Key, "key", "", "a key of your own; with the same key it is done once")
	cmd.Flags().StringVar(&f.request.Reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&f.request.Post, "post", false, "spend them at once, hold nothing")
	return cmd
}

func (c *cli) reserve(ctx context.Context, a *app, text string, f reserveFlags) error {
	if (f.points == "") == (f.amount == "") {
		return &usageError{errors.New("say --points or --amount")}
	}
	who, err := c.findAccount(ctx, a, text, f.feedFlags)
	if err != nil {
		return err
	}
	q := f.request
	q.Account, q.Actor = who.holder(), jobs.ActorCLI
	if q.Points, err = pointsFlag(f.points, who.program.Decimals); err != nil {
		return err
	}
	if q.Amount, err = moneyFlag("--amount", f.amount); err != nil {
		return err
	}
	if q.Total, err = moneyFlag("--total", f.total); err != nil {
		return err
	}
	r, err := a.redeemer(ctx, who.program.Name)
	if err != nil {
		return err
	}
	o, err := r.Reserve(ctx, q)
	return c.redeemed(a, r, o, err)
}

// pointsFlag reads --points; "" is 0, which stands for what is said otherwise.
func pointsFlag(text string, decimals int) (loyalty.Points, error) {
	if text == "" {
		return 0, nil
	}
	points, err := loyalty.ParsePoints(text, decimals)
	if err == nil && points <= 0 {
		err = fmt.Errorf("%s is not above zero", text)
	}
	if err != nil {
		return 0, &usageError{fmt.Errorf("--points: %w", err)}
	}
	return points, nil
}

// moneyFlag reads an amount of money; "" is none.
func moneyFlag(name, text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Zero, nil
	}
	amount, err := decimal.NewFromString(text)
	if err != nil || !amount.IsPositive() || !amount.Equal(amount.Truncate(loyalty.MoneyDecimals)) {
		return amount, &usageError{fmt.Errorf("%s: %q is not an amount of money like 12.50", name, text)}
	}
	return amount, nil
}

// resolving is a command that does something with a redemption.
func (c *cli) resolving(name, short string, do func(context.Context, ledger.Redeemer, int64) (loyalty.Operation, error)) *cobra.Command {
	return &cobra.Command{
		Use: name + " NUMBER", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return &usageError{fmt.Errorf("%q is not the number of a redemption: see loyalsync redemptions CONTRACTOR", args[0])}
			}
			return c.with(cmd.Context(), func(a *app) error {
				r, err := a.redeemerOf(cmd.Context(), id)
				if err != nil {
					return err
				}
				o, err := do(cmd.Context(), r, id)
				return c.redeemed(a, r, o, err)
			})
		},
	}
}

// redeemerOf spends points of the program that an operation belongs to.
func (a *app) redeemerOf(ctx context.Context, id int64) (ledger.Redeemer, error) {
	_, program, err := a.operation(ctx, id)
	if err != nil {
		return ledger.Redeemer{}, err
	}
	return a.redeemer(ctx, program)
}

// operation is one of the store, with the name of its program.
func (a *app) operation(ctx context.Context, id int64) (loyalty.Operation, string, error) {
	o, err := a.store.Operation(ctx, id)
	if err != nil {
		return o, "", err
	}
	programs, err := a.programs(ctx)
	return o, programs[o.Program].Name, err
}

// redeemed tells what became of a redemption. A refusal is the answer "no".
func (c *cli) redeemed(a *app, r ledger.Redeemer, o loyalty.Operation, err error) error {
	if refused, ok := errors.AsType[*loyalty.Refused](err); ok {
		return c.refused(r, refused)
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(api.RedemptionOf(o, r.Program))
	}
	c.showRedemptions(a, r.Program, []loyalty.Operation{o})
	return nil
}

// refused says why points may not be spent: with --json as the API does, too.
func (c *cli) refused(r ledger.Redeemer, refused *loyalty.Refused) error {
	message, hint := refused.Told.Message, refused.Told.Hint
	if lang := c.language(); lang == loyalty.Polish {
		message, hint = refused.Reason.Words(lang), ""
		limits := map[loyalty.Refusal]loyalty.Points{
			loyalty.BelowMinimum: r.Policy.Minimum, loyalty.AboveMaximum: r.Policy.Maximum, loyalty.AboveDay: r.Policy.PerDay, loyalty.AboveMonth: r.Policy.PerMonth,
		}
		if limit := limits[refused.Reason]; limit > 0 {
			message += ": " + loyalty.FormatPoints(limit, r.Program.Decimals, lang)
		}
	}
	tell(c.err, message, hint)
	err := errors.Join(errNo, errSilent)
	if c.json {
		err = errors.Join(err, c.printJSON(wire.Problem{Code: string(refused.Reason), Message: message, Hint: hint}))
	}
	return err
}

// redemptionsResult is what was spent as data.
type redemptionsResult struct {
	Contractor  string           `json:"contractor"`
	Name        string           `json:"name"`
	Source      string           `json:"source"`
	Program     string           `json:"program"`
	Redemptions []api.Redemption `json:"redemptions"`
	More        bool             `json:"more"` // older ones follow
}

func (c *cli) redemptions(ctx context.Context, a *app, text string, f feedFlags, limit int) error {
	who, err := c.findAccount(ctx, a, text, f)
	if err != nil {
		return err
	}
	list, err := a.store.Redemptions(ctx, who.ID, 0, limit+1)
	if err != nil {
		return err
	}
	more := len(list) > limit
	list = list[:min(len(list), limit)]
	if c.json {
		out := redemptionsResult{who.Code, who.Name, who.Source, who.program.Name, []api.Redemption{}, more}
		for _, o := range list {
			out.Redemptions = append(out.Redemptions, api.RedemptionOf(o, who.program))
		}
		return c.printJSON(out)
	}
	c.sayWho(who)
	if len(list) == 0 {
		c.say("%s", c.tr("no points were spent yet", "nie wydano jeszcze punktów"))
		return nil
	}
	c.showRedemptions(a, who.program, list)
	if more {
		c.say(c.tr("the newest %d; there are more: --limit", "najnowsze: %d; jest ich więcej: --limit"), limit)
	}
	return nil
}

func (c *cli) showRedemptions(a *app, program loyalty.ProgramOverview, list []loyalty.Operation) {
	t := newTable(c.out, c.tr("NUMBER", "NUMER"), c.tr("DATE", "DATA"), c.tr("BILL", "RACHUNEK"), c.tr("POINTS", "PUNKTY"), c.tr("WORTH", "WARTOŚĆ"), c.tr("STATE", "STAN"))
	for _, o := range list {
		points := o.Points
		if o.State == loyalty.Posted {
			points = o.Spent
		}
		t.row(strconv.FormatInt(o.ID, 10), loyalty.FormatDate(o.On, c.language()), o.Document, c.points(points, program.Decimals),
			loyalty.FormatMoney(o.Worth.String(), o.Currency, c.language()), c.redemptionState(a, o))
	}
	t.flush()
}

// redemptionState says how far a redemption has come.
func (c *cli) redemptionState(a *app, o loyalty.Operation) string {
	switch o.State {
	case loyalty.Reserved:
		return c.tr("reserved until ", "zarezerwowane do ") + c.instant(a, &o.ExpiresAt)
	case loyalty.Posted:
		return c.tr("spent", "wydane")
	case loyalty.Voided:
		return c.tr("voided", "anulowane")
	case loyalty.TimedOut:
		return c.tr("timed out", "rezerwacja wygasła")
	case loyalty.Undone:
		return c.tr("given back", "zwrócone")
	case loyalty.Proposed: // no redemption waits for a second person
	}
	return o.State.String()
}

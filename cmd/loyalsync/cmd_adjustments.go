package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/web"
)

// personFlags say who acts: somebody who may sign in to the panel.
type personFlags struct{ name, passwordFile string }

func (p *personFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.name, "as", "", "who you are: a user of the panel, whose password is asked for")
	cmd.Flags().StringVar(&p.passwordFile, "password-file", "", "file holding that password and nothing else")
}

// actor is the person, recognised by the password; without a name it is whoever may run
// commands here.
func (p personFlags) actor(ctx context.Context, c *cli, a *app) (string, error) {
	if p.name == "" {
		return jobs.ActorCLI, nil
	}
	users, err := a.users()
	if err != nil {
		return "", err
	}
	password, err := c.knownPassword(p.passwordFile)
	if err != nil {
		return "", err
	}
	user, err := users.Authenticate(ctx, p.name, password, "")
	if errors.Is(err, web.ErrCredentials) {
		return "", &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the name or the password is wrong", Hint: "loyalsync user list tells who may sign in"}
	}
	return user.Name, err
}

// adjustFlags are what moves points beside documents.
type adjustFlags struct {
	feedFlags
	personFlags

	reason, lapsesOn, key string
}

func (f *adjustFlags) add(cmd *cobra.Command) {
	f.feedFlags.add(cmd)
	f.personFlags.add(cmd)
	cmd.Flags().StringVar(&f.reason, "reason", "", "why, for the record; required")
	cmd.Flags().StringVar(&f.key, "key", "", "a key of your own; with the same key it is done once")
}

func (c *cli) adjustmentsCommand() *cobra.Command {
	var program string
	group := &cobra.Command{
		Use: "adjustments", Short: "Give, take and move points by hand; what waits for a second person", Args: cobra.NoArgs,
		Long: "Lists what waits for a second person. Points are given, taken and moved for a reason that is kept;\n" +
			"more than approve_above of the program wait until somebody else approves them.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.proposals(cmd.Context(), a, program) })
		},
	}
	group.Flags().StringVar(&program, "program", "", "of this program")
	group.AddCommand(c.adjustCommand("give", 1), c.adjustCommand("take", -1), c.transferCommand(), c.judgeCommand("approve"), c.judgeCommand("reject"), c.openingCommand())
	return group
}

func (c *cli) adjustCommand(name string, sign loyalty.Points) *cobra.Command {
	var f adjustFlags
	cmd := &cobra.Command{
		Use: name + " CONTRACTOR POINTS --reason TEXT", Args: cobra.ExactArgs(2),
		Short: map[loyalty.Points]string{1: "Give points to a contractor", -1: "Take points of a contractor, those first that lapse first"}[sign],
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error {
				r, q, err := c.adjustment(cmd.Context(), a, args[0], args[1], f)
				if err != nil {
					return err
				}
				q.Points *= sign
				if f.lapsesOn != "" {
					if q.LapsesOn, err = loyalty.ParseDate(f.lapsesOn); err != nil {
						return &usageError{fmt.Errorf("--lapses-on: %w", err)}
					}
				}
				o, err := r.Adjust(cmd.Context(), q)
				return c.adjusted(cmd.Context(), a, r, o, err)
			})
		},
	}
	f.add(cmd)
	if sign > 0 {
		cmd.Flags().StringVar(&f.lapsesOn, "lapses-on", "", "their last day; by the policy of the program without it")
	}
	return cmd
}

func (c *cli) transferCommand() *cobra.Command {
	var f adjustFlags
	cmd := &cobra.Command{
		Use: "transfer FROM TO POINTS --reason TEXT", Short: "Move points to another contractor, with their last days", Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error {
				r, q, err := c.adjustment(cmd.Context(), a, args[0], args[2], f)
				if err != nil {
					return err
				}
				to, err := c.findAccount(cmd.Context(), a, args[1], feedFlags{program: r.Program.Name})
				if err != nil {
					return err
				}
				q.To = to.ID
				o, err := r.Transfer(cmd.Context(), q)
				return c.adjusted(cmd.Context(), a, r, o, err)
			})
		},
	}
	f.add(cmd)
	return cmd
}

// adjustment reads who acts, about whom and how many points.
func (c *cli) adjustment(ctx context.Context, a *app, contractor, points string, f adjustFlags) (r ledger.Adjuster, q ledger.AdjustmentRequest, err error) {
	who, err := c.findAccount(ctx, a, contractor, f.feedFlags)
	if err != nil {
		return r, q, err
	}
	if r, err = a.adjuster(ctx, who.program.Name); err != nil {
		return r, q, err
	}
	q = ledger.AdjustmentRequest{Account: who.ID, Key: f.key, Reason: f.reason}
	q.Points, err = loyalty.ParsePoints(points, r.Program.Decimals)
	if err == nil && q.Points <= 0 {
		err = fmt.Errorf("%s points are not above zero", points)
	}
	if err != nil {
		return r, q, &usageError{err}
	}
	if r.ApproveAbove > 0 && q.Points > r.ApproveAbove && f.name == "" {
		return r, q, &usageError{fmt.Errorf("more than %s points wait for a second person: say who you are with --as", r.ApproveAbove.Format(r.Program.Decimals))}
	}
	q.Actor, err = f.actor(ctx, c, a)
	return r, q, err
}

func (c *cli) judgeCommand(name string) *cobra.Command {
	var p personFlags
	cmd := &cobra.Command{
		Use: name + " NUMBER --as NAME", Args: cobra.ExactArgs(1),
		Short: map[string]string{"approve": "Carry out what somebody else proposed", "reject": "Drop what was proposed"}[name],
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			switch {
			case err != nil:
				return &usageError{fmt.Errorf("%q is not the number of a proposal: see loyalsync adjustments", args[0])}
			case p.name == "":
				return &usageError{errors.New("say who you are with --as")}
			}
			return c.with(cmd.Context(), func(a *app) error { return c.judge(cmd.Context(), a, id, name == "approve", p) })
		},
	}
	p.add(cmd)
	return cmd
}

func (c *cli) judge(ctx context.Context, a *app, id int64, approve bool, p personFlags) error {
	o, program, err := a.operation(ctx, id)
	if err != nil {
		return err
	}
	r, err := a.adjuster(ctx, program)
	if err != nil {
		return err
	}
	actor, err := p.actor(ctx, c, a)
	if err != nil {
		return err
	}
	do := r.Reject
	if approve {
		do = r.Approve
	}
	o, err = do(ctx, id, o.Kind, actor)
	return c.adjusted(ctx, a, r, o, err)
}

// adjuster moves points of a program that is held here, as it is configured now.
func (a *app) adjuster(ctx context.Context, program string) (ledger.Adjuster, error) {
	r, err := a.redeemer(ctx, program)
	if err != nil {
		return ledger.Adjuster{}, err
	}
	c := a.config()
	out := ledger.Adjuster{Store: a.store, Program: r.Program, Zone: r.Zone, Now: r.Now}
	for _, p := range c.Programs {
		if p.Name == program {
			out.Lapse, out.ApproveAbove = lapse(p.Lapse), points(p, p.ApproveAbove)
		}
	}
	return out, nil
}

// adjusted tells what became of an operation. A refusal is the answer "no".
func (c *cli) adjusted(ctx context.Context, a *app, r ledger.Adjuster, o loyalty.Operation, err error) error {
	if refused, ok := errors.AsType[*loyalty.Refused](err); ok {
		return c.refused(ledger.Redeemer{Program: r.Program}, refused)
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(operationData(o, r.Program))
	}
	return c.showOperations(ctx, a, r.Program, []loyalty.Operation{o})
}

// operationResult is an operation as data; points are decimals as text.
type operationResult struct {
	ID         int64      `json:"id"`
	Kind       string     `json:"kind"`
	State      string     `json:"state"`
	Account    int64      `json:"contractor_id"`
	To         int64      `json:"to_contractor_id,omitempty"`
	Points     string     `json:"points"`
	LapsesOn   string     `json:"lapses_on,omitempty"`
	On         string     `json:"on"`
	Actor      string     `json:"actor"`
	Reason     string     `json:"reason"`
	CreatedAt  time.Time  `json:"created_at"`
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
	ResolvedBy string     `json:"resolved_by,omitempty"`
}

func operationData(o loyalty.Operation, program loyalty.ProgramOverview) operationResult {
	out := operationResult{
		ID: o.ID, Kind: o.Kind.String(), State: o.State.String(), Account: o.Account, To: o.Other, Points: o.Points.Format(program.Decimals),
		LapsesOn: o.LapsesOn.String(), On: o.On.String(), Actor: o.Actor, Reason: o.Reason, CreatedAt: o.CreatedAt.UTC(), ResolvedBy: o.ResolvedBy,
	}
	if !o.ResolvedAt.IsZero() {
		at := o.ResolvedAt.UTC()
		out.ResolvedAt = &at
	}
	return out
}

// proposalsShown is how many proposals are listed.
const proposalsShown = 200

func (c *cli) proposals(ctx context.Context, a *app, name string) error {
	program, err := a.programNamed(ctx, name)
	if err != nil {
		return err
	}
	list, err := a.store.Proposed(ctx, program.ID, proposalsShown)
	if err != nil {
		return err
	}
	if c.json {
		out := make([]operationResult, len(list))
		for i, o := range list {
			out[i] = operationData(o, program)
		}
		return c.printJSON(out)
	}
	if len(list) == 0 {
		c.say("%s", c.tr("nothing waits for a second person", "nic nie czeka na drugą osobę"))
		return nil
	}
	return c.showOperations(ctx, a, program, list)
}

func (c *cli) showOperations(ctx context.Context, a *app, program loyalty.ProgramOverview, list []loyalty.Operation) error {
	t := newTable(c.out, c.tr("NUMBER", "NUMER"), c.tr("DATE", "DATA"), c.tr("WHAT", "CO"), c.tr("CONTRACTOR", "KONTRAHENT"), c.tr("POINTS", "PUNKTY"),
		c.tr("STATE", "STAN"), c.tr("BY", "KTO"), c.tr("REASON", "POWÓD"))
	for _, o := range list {
		who, err := a.store.Contractor(ctx, o.Account, a.today())
		if err != nil {
			return err
		}
		name := who.Code
		if o.Other != 0 {
			to, err := a.store.Contractor(ctx, o.Other, a.today())
			if err != nil {
				return err
			}
			name += " → " + to.Code
		}
		t.row(strconv.FormatInt(o.ID, 10), loyalty.FormatDate(o.On, c.language()), c.kindWords(o.Kind), plain(name),
			loyalty.FormatPoints(o.Points, program.Decimals, c.language()), c.stateWords(o.State), plain(o.Actor), plain(o.Reason))
	}
	t.flush()
	return nil
}

func (c *cli) kindWords(k loyalty.OperationKind) string {
	return map[loyalty.OperationKind]string{
		loyalty.Redemption: c.tr("redemption", "wydanie"), loyalty.PointAdjustment: c.tr("adjustment", "korekta ręczna"),
		loyalty.Transfer: c.tr("transfer", "przekazanie"), loyalty.Opening: c.tr("opening balance", "bilans otwarcia"),
		loyalty.Merging: c.tr("merge", "połączenie"),
	}[k]
}

func (c *cli) stateWords(s loyalty.OperationState) string {
	return map[loyalty.OperationState]string{
		loyalty.Posted: c.tr("posted", "zapisane"), loyalty.Proposed: c.tr("waits for a second person", "czeka na drugą osobę"), loyalty.Voided: c.tr("rejected", "odrzucone"),
		loyalty.Undone: c.tr("taken back", "cofnięte"),
	}[s]
}

package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// OpeningStore is what taking over points needs of the place a ledger is kept in.
type OpeningStore interface {
	// NamedContractors returns those of a program, or of one of its sources, that have a
	// name as their code or ERP key.
	NamedContractors(ctx context.Context, program, source string, names []string) (map[string][]int64, error)
	// KnownKeys are those that operations of a program were begun with.
	KnownKeys(ctx context.Context, program int64, keys []string) (map[string]bool, error)
	// OperateAll begins several operations, all of them or none.
	OperateAll(ctx context.Context, calls []loyalty.OperationCall,
		decide func(i int, b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error)) error
}

// Opener takes over points that contractors had before a program was kept here.
type Opener struct {
	Adjuster

	Store  OpeningStore
	Source string // "" for any
	Actor  string
}

// openingsAtOnce are posted in one transaction, so that others do not wait long.
const openingsAtOnce = 200

// Open gives every balance a lot of its own, as often as it stands in the list, and says
// what became of each. With one that nobody can get, nothing is posted. A list that is
// given again is known; after a failure it goes on where it stopped.
func (r Opener) Open(ctx context.Context, balances []loyalty.OpeningBalance, dryRun bool) ([]loyalty.OpeningOutcome, error) {
	calls, outcomes, err := r.calls(ctx, balances)
	if err != nil || dryRun || slices.ContainsFunc(outcomes, loyalty.OpeningOutcome.Failed) {
		return outcomes, err
	}
	for at := range slices.Chunk(calls, openingsAtOnce) {
		batch := make([]loyalty.OperationCall, len(at))
		for i, c := range at {
			batch[i] = c.call
		}
		err := r.Store.OperateAll(ctx, batch, func(i int, b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
			a := newAct(b)
			if err := a.apart(); err != nil {
				return a.done, loyalty.PageWrite{}, err
			}
			a.receive(&loyalty.Lot{Account: a.done.Account, EarnedOn: at[i].earned, LapsesOn: a.done.LapsesOn}, 0, loyalty.Adjustment, loyalty.Adjust, a.done.Points, 0)
			return a.done, r.operator().page(a, r.Actor), nil
		})
		if err != nil {
			return outcomes, fmt.Errorf("take over points of %s: %w", r.Program.Name, err)
		}
	}
	return outcomes, nil
}

// openingCall is an operation to be begun.
type openingCall struct {
	call   loyalty.OperationCall
	earned loyalty.Date
}

// calls finds out who gets what, and what of it is new.
func (r Opener) calls(ctx context.Context, balances []loyalty.OpeningBalance) ([]openingCall, []loyalty.OpeningOutcome, error) {
	outcomes := make([]loyalty.OpeningOutcome, 0, len(balances))
	var calls []openingCall
	times := make(map[string]int)
	for page := range slices.Chunk(balances, openingsAtOnce) {
		names := make([]string, len(page))
		for i, b := range page {
			names[i] = b.Contractor
		}
		who, err := r.Store.NamedContractors(ctx, r.Program.Name, r.Source, names)
		if err != nil {
			return nil, nil, err
		}
		fresh := make([]*openingCall, len(page))
		var keys []string
		for i, b := range page {
			switch list := who[b.Contractor]; len(list) {
			case 0:
				outcomes = append(outcomes, loyalty.OpeningUnknown)
			case 1:
				outcomes = append(outcomes, loyalty.OpeningPosted)
				c := r.call(list[0], b, times)
				fresh[i] = &c
				keys = append(keys, c.call.New.Key)
			default:
				outcomes = append(outcomes, loyalty.OpeningAmbiguous)
			}
		}
		known, err := r.Store.KnownKeys(ctx, r.Program.ID, keys)
		if err != nil {
			return nil, nil, err
		}
		for i, c := range fresh {
			switch {
			case c == nil:
			case known[c.call.New.Key]:
				outcomes[len(outcomes)-len(page)+i] = loyalty.OpeningKnown
			default:
				calls = append(calls, *c)
			}
		}
	}
	return calls, outcomes, nil
}

// call is the operation of one balance. Its key says what it is, and how often it has
// come so far.
func (r Opener) call(account int64, b loyalty.OpeningBalance, times map[string]int) openingCall {
	now := r.Now()
	lapses := b.LapsesOn.String()
	if b.ByPolicy {
		lapses = "policy"
	}
	what := fmt.Sprintf("opening/%d/%d/%s/%s", account, b.Points, b.EarnedOn, lapses)
	times[what]++
	key := fmt.Sprintf("%s/%d", what, times[what])
	return openingCall{earned: b.EarnedOn, call: loyalty.OperationCall{New: loyalty.Operation{
		Program: r.Program.ID, Account: account, Kind: loyalty.Opening, State: loyalty.Posted, Key: key, Fingerprint: key, Points: b.Points,
		Currency: r.Program.Currency, LapsesOn: b.LapsesOn, On: dayIn(now, r.Zone), Actor: r.Actor, Reason: "opening balance", CreatedAt: now,
		ResolvedAt: now, ResolvedBy: r.Actor,
	}}}
}

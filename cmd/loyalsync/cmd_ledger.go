package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) ledgerCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "ledger", Short: "Prove the ledger, and close its periods", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(&cobra.Command{
		Use: "verify", Short: "Compute the chain of entries anew, and balances and lots from them", Args: cobra.NoArgs,
		Long: `Entries are sealed in blocks, each program's by themselves: the SHA-256 of a block
covers the block before it, its entries and when they were posted. Runs of jobs seal
what was posted: 5000 entries together, and what is left on the next day.

All blocks are computed anew, and balances, lots and closed periods are compared with
the entries, of one instant, while others work; nothing is written. Keep the hash of a program's
last block elsewhere (backup prints it, too): it tells whether all of the chain was
replaced. Exit code 3: something does not agree, and the first place is named.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.verifyLedger(cmd.Context(), a) })
		},
	})
	group.AddCommand(c.closePeriodCommand(), c.periodsCommand())
	return group
}

// proofResult is what ledger verify prints as data.
type proofResult struct {
	OK       bool           `json:"ok"`
	Programs []programProof `json:"programs"`
	Breaches []breachResult `json:"breaches"` // at most 20 of a kind
}

type programProof struct {
	Program  string            `json:"program"`
	Blocks   int64             `json:"blocks"`
	Entries  int64             `json:"entries"`
	Sealed   int64             `json:"sealed"`
	Accounts int64             `json:"accounts"`
	Hash     string            `json:"hash"`   // of the last block
	Points   map[string]string `json:"points"` // by bucket
}

// breachResult is a place where the ledger does not agree; what does not apply is
// left out.
type breachResult struct {
	Kind       loyalty.BreachKind `json:"kind"`
	Program    string             `json:"program,omitempty"`
	Block      int64              `json:"block,omitempty"`
	Entry      int64              `json:"entry,omitempty"`
	Account    int64              `json:"account,omitempty"`
	Contractor string             `json:"contractor,omitempty"`
	Period     int64              `json:"period,omitempty"`
}

func proofData(p loyalty.Proof) proofResult {
	out := proofResult{OK: len(p.Breaches) == 0, Programs: []programProof{}, Breaches: []breachResult{}}
	for _, of := range p.Programs {
		points := make(map[string]string)
		for b := loyalty.Pending; b <= loyalty.Debt; b++ {
			points[b.String()] = held(of, b)
		}
		out.Programs = append(out.Programs, programProof{of.Program, of.Blocks, of.Entries, of.Sealed, of.Accounts, of.Hash, points})
	}
	for _, b := range p.Breaches {
		out.Breaches = append(out.Breaches, breachResult(b))
	}
	return out
}

// held are the points in a bucket as balances tell them: debt is what is owed.
func held(p loyalty.ProgramProof, b loyalty.Bucket) string {
	points := p.Points[b]
	if b == loyalty.Debt {
		points = -points
	}
	return points.Format(p.Decimals)
}

func (c *cli) verifyLedger(ctx context.Context, a *app) error {
	proof, err := a.store.VerifyLedger(ctx)
	if err != nil {
		return err
	}
	if c.json {
		err = c.printJSON(proofData(proof))
	} else {
		c.showProof(proof)
	}
	if len(proof.Breaches) > 0 {
		return errors.Join(err, errNo, errSilent)
	}
	return err
}

func (c *cli) showProof(p loyalty.Proof) {
	t := newTable(c.out, c.tr("PROGRAM", "PROGRAM"), c.tr("BLOCKS", "BLOKI"), c.tr("ENTRIES", "ZAPISY"), c.tr("SEALED", "ZAPIECZĘTOWANE"),
		c.tr("ACCOUNTS", "KONTA"), c.tr("ACTIVE", "AKTYWNE"), c.tr("PENDING", "OCZEKUJĄCE"), c.tr("LAST HASH", "OSTATNI SKRÓT"))
	for _, of := range p.Programs {
		t.row(of.Program, c.number(of.Blocks), c.number(of.Entries), c.number(of.Sealed), c.number(of.Accounts),
			c.points(of.Points[loyalty.Active], of.Decimals), c.points(of.Points[loyalty.Pending], of.Decimals), of.Hash)
	}
	t.flush()
	if len(p.Breaches) == 0 {
		c.say(c.tr("ok: blocks, balances and lots agree with the entries, closed periods too", "w porządku: bloki, salda, partie punktów i zamknięte okresy zgadzają się z zapisami"))
		return
	}
	for _, b := range p.Breaches {
		c.say("%s", plain(c.breach(b)))
	}
	c.say(c.tr("the ledger was changed past the program, or its disk is damaged: keep it as it is, compare with a backup (loyalsync restore checks one before it uses it)",
		"księgę zmieniono z pominięciem loyalsync albo dysk jest uszkodzony: nie zmieniaj jej, porównaj z kopią (loyalsync restore sprawdza ją przed użyciem)"))
}

// breach tells what does not agree, and where.
func (c *cli) breach(b loyalty.Breach) string {
	in := fmt.Sprintf(c.tr("program %s, block %d: ", "program %s, blok %d: "), b.Program, b.Block)
	switch b.Kind {
	case loyalty.BlockMissing:
		return in + c.tr("the block is missing", "brak bloku")
	case loyalty.BlockChanged:
		return in + c.tr("the block was changed, or one before it; its entries are as they were sealed", "zmieniono ten blok albo poprzedni; jego zapisy są takie, jak przy zapieczętowaniu")
	case loyalty.EntryChanged:
		return in + fmt.Sprintf(c.tr("entry %d is not as it was sealed", "zapis %d jest inny niż przy zapieczętowaniu"), b.Entry)
	case loyalty.EntryMissing:
		return in + fmt.Sprintf(c.tr("entry %d is missing", "brak zapisu %d"), b.Entry)
	case loyalty.EntryAdded:
		return in + fmt.Sprintf(c.tr("entry %d was added later", "zapis %d dodano później"), b.Entry)
	case loyalty.EntryHomeless:
		return fmt.Sprintf(c.tr("entry %d: its account %d does not exist", "zapis %d: jego konto %d nie istnieje"), b.Entry, b.Account)
	case loyalty.PeriodChanged:
		return fmt.Sprintf(c.tr("program %s, closed period %d: its entries do not come to the totals that were frozen", "program %s, zamknięty okres %d: jego zapisy nie dają zamrożonych sum"),
			b.Program, b.Period)
	case loyalty.BalanceWrong:
		return fmt.Sprintf(c.tr("program %s, account %d (contractor %s): the balance is not the sum of its entries", "program %s, konto %d (kontrahent %s): saldo nie jest sumą zapisów"),
			b.Program, b.Account, b.Contractor)
	case loyalty.LotsWrong:
		return fmt.Sprintf(c.tr("program %s, account %d (contractor %s): its lots do not add up to the balance", "program %s, konto %d (kontrahent %s): partie punktów nie dają salda"),
			b.Program, b.Account, b.Contractor)
	}
	return string(b.Kind)
}

package storetest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// chained is a store with so many entries of one point each, by turns of contractors 1
// and 2 of program 1 and of contractor 3 of program 2.
func (on Checks) chained(t *testing.T, entries int) (*store.Store, *sql.DB) {
	t.Helper()
	place := on.Fresh(t)
	s, db := place.Open(t), place.DB(t)
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%.300s", err, statement)
		}
	}
	do(`INSERT INTO program (id, name, currency, decimals) VALUES (1, 'main', 'PLN', 0), (2, 'extra', 'PLN', 2)`)
	do(`INSERT INTO source (id, name, identity) VALUES (1, 'erp', '')`)
	do(`INSERT INTO feed (id, program_id, source_id) VALUES (1, 1, 1), (2, 2, 1)`)
	do(`INSERT INTO contractor (id, feed_id, erp_key, code) VALUES (1, 1, '1', 'K1'), (2, 1, '2', 'K2'), (3, 2, '1', 'K3')`)
	do(fmt.Sprintf(`INSERT INTO batch (id, actor, reason, posted_at) VALUES (1, 'test', '', %d)`, time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro()))
	of := [4]int{}
	for from := 1; from <= entries; from += 500 {
		var rows []string
		for id := from; id < min(from+500, entries+1); id++ {
			account := 1 + id%3
			of[account]++
			rows = append(rows, fmt.Sprintf("(%d, %d, %d, 1, 1, 1, 1, 1, 3, 1, 20000, NULL, NULL, 1)", id, account, id))
		}
		do(`INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on,
			rule_set_id, of_id, batch_id) VALUES ` + strings.Join(rows, ", "))
	}
	for account := 1; account <= 3; account++ {
		do(fmt.Sprintf(`INSERT INTO account (id, program_id, active) VALUES (%d, %d, %d)`, account, 1+account/3, of[account]))
		do(fmt.Sprintf(`INSERT INTO lot (account_id, document_id, earned_on, pending, active) VALUES (%d, %[1]d, 1, 0, %d)`, account, of[account]))
	}
	return s, db
}

func proof(t *testing.T, s *store.Store) loyalty.Proof {
	t.Helper()
	p, err := s.VerifyLedger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// seal checks how many blocks a call makes.
func seal(t *testing.T, s *store.Store, limit, want int) {
	t.Helper()
	if got, err := s.Seal(t.Context(), limit); err != nil || got != want {
		t.Errorf("%d blocks sealed, want %d: %v", got, want, err)
	}
}

// testChain seals full blocks at once and a begun one on the next day, and computes
// the first hash from the canonical text that is documented.
func (on Checks) testChain(t *testing.T) {
	s, db := on.chained(t, 10_004)
	seal(t, s, 1, 2) // of two programs
	seal(t, s, 9, 2)
	seal(t, s, 9, 0) // four entries, of today
	p := proof(t, s)
	want := loyalty.Proof{Programs: []loyalty.ProgramProof{
		{Program: "main", Blocks: 2, Entries: 6669, Sealed: 6667, Accounts: 2, Points: points(6669)},
		{Program: "extra", Decimals: 2, Blocks: 2, Entries: 3335, Sealed: 3333, Accounts: 1, Points: points(3335)},
	}}
	for i := range p.Programs {
		want.Programs[i].Hash = p.Programs[i].Hash
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO batch (id, actor, reason, posted_at) VALUES (2, 'test', '', 7)`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket,
		amount, effective_on, batch_id) VALUES (10005, 1, 99999, 1, 1, 1, 1, 3, 5, 1, 1, 2)`); err != nil {
		t.Fatal(err)
	}
	seal(t, s, 9, 0) // the first of them is of today
	text := sha256.New()
	_, _ = text.Write([]byte("\n"))
	for id := 2; id <= 5000; id += 3 {
		_, _ = fmt.Fprintf(text, "%d|3|%[1]d|1|1|1|1|1|3|1|20000|||1|%d|\n", id, time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro())
	}
	var hash string
	if err := db.QueryRowContext(t.Context(), `SELECT hash FROM ledger_block WHERE program_id = 2 AND number = 1`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(text.Sum(nil)); hash != want {
		t.Errorf("the first block of program 2 has hash %s, want %s", hash, want)
	}
}

func points(active loyalty.Points) (b loyalty.Buckets) {
	b[loyalty.Active], b[loyalty.Issued] = active, -active
	return b
}

// told writes breaches down, a line each, at most three.
func told(p loyalty.Proof) (out []string) {
	for _, b := range p.Breaches[:min(3, len(p.Breaches))] {
		out = append(out, fmt.Sprintf("%s %s block %d entry %d account %d %s", b.Kind, b.Program, b.Block, b.Entry, b.Account, b.Contractor))
	}
	return out
}

// testChainBreaks changes a sealed ledger past the program, mends it and changes it
// elsewhere, and looks where that is found.
func (on Checks) testChainBreaks(t *testing.T) {
	s, db := on.chained(t, 10_004)
	seal(t, s, 9, 4)
	do := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range on.withoutTriggers {
		do(statement)
	}
	for _, c := range []struct {
		name, change, repair string
		want                 []string
	}{
		{"an amount", `UPDATE entry SET amount = 2 WHERE id = 7000`, `UPDATE entry SET amount = 1 WHERE id = 7000`, []string{
			"entry_changed main block 2 entry 7000 account 0 ", "balance_wrong main block 0 entry 0 account 2 K2",
		}},
		{"a date", `UPDATE entry SET effective_on = 1 WHERE id = 4999`, `UPDATE entry SET effective_on = 20000 WHERE id = 4999`, []string{
			"entry_changed main block 1 entry 4999 account 0 ",
		}},
		{"when it was posted", `UPDATE batch SET posted_at = posted_at + 1`, `UPDATE batch SET posted_at = posted_at - 1`, []string{
			"entry_changed main block 1 entry 1 account 0 ", "entry_changed extra block 1 entry 2 account 0 ", "entry_changed extra block 2 entry 5003 account 0 ",
		}},
		{
			"a hash", `UPDATE ledger_block SET hash = 'x' || hash WHERE program_id = 1 AND number = 1`,
			`UPDATE ledger_block SET hash = substr(hash, 2) WHERE program_id = 1 AND number = 1`,
			[]string{
				"block_changed main block 1 entry 0 account 0 ", "block_changed main block 2 entry 0 account 0 ",
			},
		},
		{
			"sums of a block", `UPDATE ledger_block SET active = active + 1 WHERE program_id = 2 AND number = 2`,
			`UPDATE ledger_block SET active = active - 1 WHERE program_id = 2 AND number = 2`,
			[]string{"block_changed extra block 2 entry 0 account 0 "},
		},
		{"a balance", `UPDATE account SET spent = 5 WHERE id = 3`, `UPDATE account SET spent = 0 WHERE id = 3`, []string{
			"balance_wrong extra block 0 entry 0 account 3 K3",
		}},
		{"a lot", `UPDATE lot SET active = active - 1 WHERE account_id = 1`, `UPDATE lot SET active = active + 1 WHERE account_id = 1`, []string{
			"lots_wrong main block 0 entry 0 account 1 K1",
		}},
		{
			"the first block", `UPDATE ledger_block SET number = 9 WHERE program_id = 2 AND number = 1`,
			`UPDATE ledger_block SET number = 1 WHERE program_id = 2 AND number = 9`,
			[]string{
				"block_missing extra block 1 entry 0 account 0 ", "entry_added extra block 2 entry 2 account 0 ", "block_missing extra block 3 entry 0 account 0 ",
			},
		},
		{"an entry is gone", `DELETE FROM entry WHERE id = 8000`, "", []string{
			"entry_missing extra block 2 entry 8000 account 0 ", "balance_wrong extra block 0 entry 0 account 3 K3",
		}},
		{"an account is gone", `DELETE FROM account WHERE id = 3`, "", []string{
			"entry_homeless  block 0 entry 2 account 3 ", "entry_homeless  block 0 entry 5 account 3 ", "entry_homeless  block 0 entry 8 account 3 ",
		}},
	} {
		do(c.change)
		if diff := cmp.Diff(c.want, told(proof(t, s))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if c.repair == "" {
			continue
		}
		do(c.repair)
		if p := proof(t, s); len(p.Breaches) > 0 {
			t.Fatalf("%s was mended: %v", c.name, told(p))
		}
	}
}

// testBlocksAreNeverChanged: the database refuses, as with entries.
func (on Checks) testBlocksAreNeverChanged(t *testing.T) {
	s, db := on.chained(t, 5000)
	seal(t, s, 9, 2)
	for _, statement := range []string{`UPDATE ledger_block SET hash = ''`, `DELETE FROM ledger_block`, `INSERT INTO ledger_block SELECT * FROM ledger_block`} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
	if p := proof(t, s); len(p.Breaches) > 0 || p.Programs[0].Blocks != 1 {
		t.Errorf("%+v", p)
	}
}

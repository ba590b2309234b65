package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// breachesTold is how many breaches of a kind are listed; more say nothing new.
const breachesTold = 20

// VerifyLedger computes the chain of every program anew and compares the balances
// with their entries and lots, all of one instant, while others work. It reads the
// whole ledger once for the chain and once for the balances; memory does not grow
// with it. That something does not agree is no error: see the proof's breaches.
func (s *Store) VerifyLedger(ctx context.Context) (loyalty.Proof, error) {
	v := verification{counts: make(map[loyalty.BreachKind]int64)}
	err := s.inRead(ctx, func(tx *txn) error {
		v.tx = tx
		for _, step := range []func(context.Context) error{v.programs, v.entries, v.rest, func(ctx context.Context) error { return v.accounts(ctx, allPrograms) }} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return loyalty.Proof{}, err
	}
	for _, p := range v.walks {
		v.proof.Programs = append(v.proof.Programs, p.proof)
	}
	return v.proof, nil
}

// verification is one look at the whole ledger.
type verification struct {
	tx     *txn
	proof  loyalty.Proof
	walks  []*walk // by the program's ID
	counts map[loyalty.BreachKind]int64
}

// walk is where the verification is in the chain of a program.
type walk struct {
	id     int64
	proof  loyalty.ProgramProof
	sealed *block // the one that the next entries are in; nil after the last
	made   *chain // of the same entries
	ids    []int64
	closed []closedPeriod // from the first
}

func (v *verification) breach(b loyalty.Breach) {
	if v.counts[b.Kind]++; v.counts[b.Kind] <= breachesTold {
		v.proof.Breaches = append(v.proof.Breaches, b)
	}
}

func (v *verification) programs(ctx context.Context) (err error) {
	v.walks, err = collect(ctx, v.tx, "list the programs", `SELECT id, name, decimals, (SELECT count(*) FROM account a WHERE a.program_id = p.id)
		FROM program p ORDER BY id`, func(rows *sql.Rows) (*walk, error) {
		var w walk
		err := rows.Scan(&w.id, &w.proof.Program, &w.proof.Decimals, &w.proof.Accounts)
		return &w, err
	})
	for _, w := range v.walks {
		if err == nil {
			w.closed, err = closedPeriods(ctx, v.tx, w.id)
		}
		if err == nil {
			err = v.follow(ctx, w, block{})
		}
	}
	return err
}

// follow goes to the block after one. What follows a broken block is judged by
// itself: it covers the hash that is kept.
func (v *verification) follow(ctx context.Context, w *walk, after block) error {
	next := block{}
	to := []any{&next.program, &next.number, &next.first, &next.last, &next.entries}
	for i := loyalty.Issued; i <= loyalty.Adjust; i++ {
		to = append(to, &next.points[i])
	}
	err := v.tx.QueryRowContext(ctx, `SELECT `+blockColumns+` FROM ledger_block WHERE program_id = $1 AND number > $2 ORDER BY number LIMIT 1`,
		w.id, after.number).Scan(append(to, &next.marks, &next.hash)...)
	w.sealed, w.made, w.ids = nil, nil, w.ids[:0]
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return storeError("read a block", err)
	case next.number != after.number+1:
		v.breach(loyalty.Breach{Kind: loyalty.BlockMissing, Program: w.proof.Program, Block: after.number + 1})
	}
	w.sealed, w.made = &next, begin(w.id, after)
	return nil
}

// entries walks over all entries, every program's in its blocks.
func (v *verification) entries(ctx context.Context) error {
	var sealed, last int64
	if err := v.tx.QueryRowContext(ctx, sealedAndLast).Scan(&sealed, &last); err != nil {
		return storeError("look for entries to seal", err)
	}
	walks := make(map[int64]*walk, len(v.walks))
	for _, w := range v.walks {
		walks[w.id] = w
	}
	for after := int64(0); after < last; after += entriesPerBlock {
		entries, err := links(ctx, v.tx, after, min(last, after+entriesPerBlock))
		if err != nil {
			return err
		}
		for i := range entries {
			l := &entries[i]
			w := walks[l.program]
			if w == nil {
				v.breach(loyalty.Breach{Kind: loyalty.EntryHomeless, Entry: l.id, Account: l.account})
				continue
			}
			if err := v.entry(ctx, w, l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verification) entry(ctx context.Context, w *walk, l *link) error {
	for w.sealed != nil && l.id > w.sealed.last {
		if err := v.compare(ctx, w); err != nil {
			return err
		}
	}
	w.proof.Entries++
	w.proof.Points.Add(l.from, l.to, l.points)
	count(w.closed, l)
	if w.sealed == nil {
		return nil
	}
	w.proof.Sealed++
	w.made.add(l)
	w.ids = append(w.ids, l.id)
	return nil
}

// rest compares the last block of each program, and those whose entries are gone.
func (v *verification) rest(ctx context.Context) error {
	for _, w := range v.walks {
		for w.sealed != nil {
			if err := v.compare(ctx, w); err != nil {
				return err
			}
		}
		for i := range w.closed {
			if w.closed[i].differs() {
				v.breach(loyalty.Breach{Kind: loyalty.PeriodChanged, Program: w.proof.Program, Period: w.closed[i].Number})
			}
		}
	}
	return nil
}

// compare judges a block whose entries have all been read, and goes to the next.
func (v *verification) compare(ctx context.Context, w *walk) error {
	sealed, made := *w.sealed, w.made.end()
	agree(w.closed, sealed.number, sealed.hash)
	w.proof.Blocks, w.proof.Hash = w.proof.Blocks+1, sealed.hash
	same := sealed.hash == made.hash && sealed.first == made.first && sealed.last == made.last && sealed.entries == made.entries &&
		sealed.points == made.points && bytes.Equal(sealed.marks, made.marks)
	if !same {
		b, err := v.locate(ctx, w, made)
		if err != nil {
			return err
		}
		v.breach(b)
	}
	return v.follow(ctx, w, sealed)
}

// locate finds the first entry of a broken block that is not as it was sealed.
func (v *verification) locate(ctx context.Context, w *walk, made block) (loyalty.Breach, error) {
	sealed := w.sealed
	b := loyalty.Breach{Kind: loyalty.BlockChanged, Program: w.proof.Program, Block: sealed.number}
	at := 0 // the first that differs
	for (at+1)*markBytes <= min(len(sealed.marks), len(made.marks)) &&
		binary.BigEndian.Uint32(sealed.marks[at*markBytes:]) == binary.BigEndian.Uint32(made.marks[at*markBytes:]) {
		at++
	}
	switch was, is := int(sealed.entries), len(w.ids); {
	case at < is && was < is:
		b.Kind, b.Entry = loyalty.EntryAdded, w.ids[at]
	case is < was && (at > 0 || is == 0 || w.ids[0] != sealed.first):
		b.Kind = loyalty.EntryMissing
		return b, v.missing(ctx, w, at, &b.Entry)
	case at < is:
		b.Kind, b.Entry = loyalty.EntryChanged, w.ids[at]
	}
	return b, nil
}

// missing finds the entry that is gone where the place at of a block's entries was:
// numbers of entries have no gaps.
func (v *verification) missing(ctx context.Context, w *walk, at int, entry *int64) error {
	*entry = w.sealed.first
	if at == 0 {
		return nil
	}
	err := v.tx.QueryRowContext(ctx, `SELECT coalesce(min(e.id) + 1, 0) FROM entry e WHERE e.id >= $1 AND e.id < $2
		AND NOT EXISTS (SELECT 1 FROM entry n WHERE n.id = e.id + 1)`, w.ids[at-1], w.sealed.last+1).Scan(entry)
	if err != nil {
		return storeError("look for an entry", err)
	}
	return nil
}

// accountsPerLook is how many accounts are compared at a time: each look reads all
// entries, and keeps a sum for each of its accounts.
const accountsPerLook = 200_000

// allPrograms is in place of the number of one.
const allPrograms = 0

// accounts compares balances with their entries and lots: of one program or all.
func (v *verification) accounts(ctx context.Context, program int64) error {
	var from, through sql.NullInt64
	for {
		var err error
		if from, through, err = nextAccounts(ctx, v.tx, through.Int64); err != nil || !from.Valid {
			return err
		}
		for kind, query := range map[loyalty.BreachKind]string{loyalty.BalanceWrong: balancesWrong, loyalty.LotsWrong: lotsWrong} {
			var all int64
			found, err := collect(ctx, v.tx, "compare balances", query, func(rows *sql.Rows) (loyalty.Breach, error) {
				b := loyalty.Breach{Kind: kind}
				err := rows.Scan(&b.Account, &b.Contractor, &b.Program, &all)
				return b, err
			}, from.Int64, through.Int64, breachesTold, program)
			if err != nil {
				return err
			}
			for _, b := range found {
				v.breach(b)
			}
			v.counts[kind] += all - int64(len(found))
		}
		slices.SortStableFunc(v.proof.Breaches, func(a, b loyalty.Breach) int { return rank(a.Kind) - rank(b.Kind) })
	}
}

// nextAccounts are the first and the last of the accounts after one that are looked at
// together.
func nextAccounts(ctx context.Context, q querier, after int64) (from, through sql.NullInt64, err error) {
	err = q.QueryRowContext(ctx, `SELECT min(id), max(id) FROM (SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT CAST($2 AS BIGINT)) a`,
		after, accountsPerLook).Scan(&from, &through)
	if err != nil {
		err = storeError("read balances", err)
	}
	return from, through, err
}

// rank puts the chain first, then balances, then lots.
func rank(kind loyalty.BreachKind) int {
	switch kind {
	case loyalty.BalanceWrong:
		return 1
	case loyalty.LotsWrong:
		return 2
	default:
		return 0
	}
}

// ofAccounts counts all that a condition finds beside the first ones.
const ofAccounts = `SELECT a.id, c.code, p.name, count(*) OVER () FROM account a JOIN contractor c ON c.id = a.id JOIN program p ON p.id = a.program_id `

// inLook are the accounts that are looked at: between two, of one program or all.
const inLook = ` WHERE a.id >= $1 AND a.id <= $2 AND (CAST($4 AS BIGINT) = 0 OR a.program_id = $4) AND `

// entriesOf are what entries make of accounts from one to another. Points that come out
// of debt raise what is owed.
const entriesOf = `(` + accountSums + ` WHERE account_id >= $1 AND account_id <= $2 GROUP BY account_id)`

// balancesWrong are accounts whose buckets are not what their entries make.
const balancesWrong = ofAccounts + `LEFT JOIN ` + entriesOf + ` e ON e.account_id = a.id` + inLook + `(a.pending <> coalesce(e.pending, 0)
		OR a.active <> coalesce(e.active, 0) OR a.held <> coalesce(e.held, 0)
		OR a.spent <> coalesce(e.spent, 0) OR a.lapsed <> coalesce(e.lapsed, 0) OR a.debt <> coalesce(e.debt, 0))
	ORDER BY a.id LIMIT CAST($3 AS BIGINT)`

// accountSums are the buckets of accounts by their entries.
const accountSums = `SELECT account_id,
		CAST(sum(CASE 2 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) AS BIGINT) pending,
		CAST(sum(CASE 3 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) AS BIGINT) active,
		CAST(sum(CASE 4 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) AS BIGINT) held,
		CAST(sum(CASE 5 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) AS BIGINT) spent,
		CAST(sum(CASE 6 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) AS BIGINT) lapsed,
		CAST(sum(CASE 7 WHEN from_bucket THEN amount WHEN to_bucket THEN -amount ELSE 0 END) AS BIGINT) debt
		FROM entry`

// lotsWrong are accounts whose lots are not what the account has. Points on hold have
// left their lots; the entries alone say where they go back to.
const lotsWrong = ofAccounts + `LEFT JOIN (SELECT coalesce(m.into_id, o.account_id) account_id, sum(o.pending) pending, sum(o.active) active, sum(o.lapsed) lapsed
		FROM lot o LEFT JOIN account_merge m ON m.from_id = o.account_id AND m.undone_at IS NULL
		WHERE coalesce(m.into_id, o.account_id) >= $1 AND coalesce(m.into_id, o.account_id) <= $2 GROUP BY 1) l ON l.account_id = a.id` + inLook + `(a.pending <> coalesce(l.pending, 0) OR a.active <> coalesce(l.active, 0)
		OR a.lapsed <> coalesce(l.lapsed, 0))
	ORDER BY a.id LIMIT CAST($3 AS BIGINT)`

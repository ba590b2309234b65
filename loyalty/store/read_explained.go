package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// ContractorLots returns the lots with points that an account has, its own and those of
// accounts merged into it, in spend order, pending and lapsed ones too, and whether there are
// more. It reads what has points, however long the history is.
func (s *Store) ContractorLots(ctx context.Context, account int64, limit int) (out []loyalty.LotOverview, more bool, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		accounts, err := collect(ctx, tx, "read merges", heldByAccount, scanID, account)
		if err != nil {
			return err
		}
		known := make(map[int64]bool)
		var lots []loyalty.Lot
		for _, with := range []string{`active > 0`, `pending > 0`, `lapsed > 0`} {
			found, err := collect(ctx, tx, "read lots", `SELECT `+lotColumns+` FROM lot WHERE account_id `+tx.in("$1")+` AND `+with+`
				ORDER BY CASE WHEN lapses_on IS NULL THEN 1 ELSE 0 END, lapses_on, earned_on, id LIMIT CAST($2 AS BIGINT)`, scanLot, tx.list(accounts), limit+1)
			if err != nil {
				return err
			}
			for _, l := range found {
				if !known[l.ID] {
					known[l.ID] = true
					lots = append(lots, l)
				}
			}
		}
		slices.SortFunc(lots, loyalty.Lot.Compare)
		if more = len(lots) > limit; more {
			lots = lots[:limit]
		}
		out, err = lotOverviews(ctx, tx, lots)
		return err
	})
	return out, more, err
}

// lotOverviews adds what lots came from.
func lotOverviews(ctx context.Context, tx *txn, lots []loyalty.Lot) ([]loyalty.LotOverview, error) {
	out := make([]loyalty.LotOverview, len(lots))
	byDocument := make(map[int64][]*loyalty.LotOverview)
	var documents, operations []int64
	for i, l := range lots {
		out[i].Lot = l
		byDocument[l.Document] = append(byDocument[l.Document], &out[i])
		if l.Document > 0 {
			documents = append(documents, l.Document)
		} else {
			operations = append(operations, -l.Document)
		}
	}
	_, err := collect(ctx, tx, "read documents", `SELECT id, number, type, erp_key FROM document WHERE id `+tx.in("$1"), func(rows *sql.Rows) (struct{}, error) {
		var id int64
		var number string
		var key loyalty.Key
		err := rows.Scan(&id, &number, &key.Type, &key.ID)
		for _, l := range byDocument[id] {
			l.Number, l.Key = number, key
		}
		return struct{}{}, err
	}, tx.list(documents))
	if err != nil {
		return nil, err
	}
	found, err := collect(ctx, tx, "read operations", `SELECT `+operationColumns+` WHERE o.id `+tx.in("$1"), scanOperation, tx.list(operations))
	for _, o := range found {
		for _, l := range byDocument[-o.ID] {
			l.Operation = o
		}
	}
	return out, err
}

// Entry returns an entry with what it refers to; CodeNotFound for none with the number.
func (s *Store) Entry(ctx context.Context, id int64) (e loyalty.EntryOverview, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		if e, err = entryNumbered(ctx, tx, id); err != nil {
			return err
		}
		for _, step := range []func(context.Context, *txn, *loyalty.EntryOverview) error{entryOperation, entryLot, entryBlock, entryReversals} {
			if err := step(ctx, tx, &e); err != nil {
				return err
			}
		}
		return nil
	})
	return e, err
}

func entryNumbered(ctx context.Context, tx *txn, id int64) (e loyalty.EntryOverview, err error) {
	var at int64
	var closed, validFrom sql.NullInt64
	p := &e.Program
	err = tx.QueryRowContext(ctx, `SELECT e.id, e.account_id, e.document_id, e.line, e.rule_id, e.revision, e.kind,
			e.from_bucket, e.to_bucket, e.amount, e.effective_on, coalesce(e.rule_set_id, 0), coalesce(e.of_id, 0), e.batch_id,
			b.posted_at, coalesce(b.run_id, 0), b.actor, b.reason, c.code, s.name, p.id, p.name, p.currency, p.decimals,
			coalesce(d.number, ''), coalesce(d.type, ''), coalesce(d.erp_key, ''), coalesce(r.name, ''), v.valid_from,
			(SELECT max(x.through_on) FROM period x WHERE x.program_id = p.id AND x.last_entry < e.id AND x.through_on >= e.effective_on)
		FROM entry e JOIN batch b ON b.id = e.batch_id JOIN contractor c ON c.id = e.account_id JOIN feed f ON f.id = c.feed_id
		JOIN source s ON s.id = f.source_id JOIN program p ON p.id = f.program_id LEFT JOIN document d ON d.id = e.document_id
		LEFT JOIN rule r ON r.id = e.rule_id LEFT JOIN rule_set v ON v.id = e.rule_set_id WHERE e.id = $1`, id).
		Scan(&e.ID, &e.Account, &e.Document, &e.Line, &e.PostedEntry.Rule, &e.Revision, &e.Kind, &e.From, &e.To, &e.Amount,
			&e.EffectiveOn, &e.RuleSet, &e.Of, &e.Batch, &at, &e.Run, &e.Actor, &e.Reason, &e.Contractor, &e.Source, &p.ID, &p.Name, &p.Currency, &p.Decimals,
			&e.Number, &e.Key.Type, &e.Key.ID, &e.Rule, &validFrom, &closed)
	if errors.Is(err, sql.ErrNoRows) {
		return e, &loyalty.Error{Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no entry %d", id), Hint: "explain DOCUMENT --json tells the numbers of its entries"}
	}
	if err != nil {
		return e, storeError("read an entry", err)
	}
	e.PostedAt, e.Closed, e.ValidFrom = instant(at), dateOf(closed), dateOf(validFrom)
	return e, nil
}

func entryOperation(ctx context.Context, tx *txn, e *loyalty.EntryOverview) (err error) {
	if e.Document < 0 {
		e.Operation, err = operation(ctx, tx, -e.Document)
	}
	return err
}

// entryLot finds the lot: that which an operation's entry names or opened, else that of the
// document's chain.
func entryLot(ctx context.Context, tx *txn, e *loyalty.EntryOverview) error {
	where, of := `document_id = (SELECT coalesce(o.id, d.id) FROM document d LEFT JOIN document o
		ON o.feed_id = d.feed_id AND o.erp_key = d.root AND o.type = d.type WHERE d.id = $1)`, e.Document
	switch {
	case e.Document < 0 && e.Line > 0:
		where, of = `id = $1`, e.Line
	case e.Document < 0:
		where = `document_id = $1`
	}
	lots, err := collect(ctx, tx, "read lots", `SELECT `+lotColumns+` FROM lot WHERE `+where, scanLot, of)
	for _, l := range lots {
		if l.Account == e.Account || l.HeldBy() == e.Account || len(lots) == 1 {
			e.Lot = l
		}
	}
	return err
}

func entryBlock(ctx context.Context, tx *txn, e *loyalty.EntryOverview) error {
	err := tx.QueryRowContext(ctx, `SELECT number, hash FROM ledger_block WHERE program_id = $1 AND last_entry >= $2 AND first_entry <= $2
		ORDER BY last_entry LIMIT 1`, e.Program.ID, e.ID).Scan(&e.Block, &e.Hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return storeError("read the block of an entry", err)
	}
	return nil
}

func entryReversals(ctx context.Context, tx *txn, e *loyalty.EntryOverview) (err error) {
	e.Reversed, err = collect(ctx, tx, "read entries", `SELECT id FROM entry WHERE document_id = $1 AND of_id = $2 ORDER BY id`, scanID, e.Document, e.ID)
	return err
}

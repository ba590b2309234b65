package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
)

const recomputeColumns = `r.id, r.feed_id, f.program_id, f.source_id, p.name, s.name, p.currency, p.decimals, r.rule_set_id, v.valid_from, r.from_on, r.to_on,
	r.state, r.position, (SELECT count(*) FROM recompute_pin x WHERE x.recompute_id = r.id), r.actor, r.reason, r.created_at, r.undone_by, r.undone_at, r.undo_reason`

const recomputeTables = ` FROM recompute r JOIN feed f ON f.id = r.feed_id JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
	JOIN rule_set v ON v.id = r.rule_set_id`

func scanRecompute(rows *sql.Rows) (r loyalty.Recompute, err error) {
	var from, to, undone sql.NullInt64
	var created int64
	f := &r.Feed
	err = rows.Scan(&r.ID, &f.ID, &f.Program, &f.Source, &f.ProgramName, &f.SourceName, &f.Currency, &f.Decimals, &r.RuleSet, &r.ValidFrom, &from, &to,
		&r.State, &r.Position, &r.Documents, &r.Actor, &r.Reason, &created, &r.UndoneBy, &undone, &r.UndoReason)
	r.From, r.To, r.CreatedAt = dateOf(from), dateOf(to), instant(created)
	if undone.Valid {
		r.UndoneAt = instant(undone.Int64)
	}
	return r, err
}

// Recomputes returns the recomputes of a program, the last first.
func (s *Store) Recomputes(ctx context.Context, program string, limit int) ([]loyalty.Recompute, error) {
	return collect(ctx, s.readers, "read recomputes", `SELECT `+recomputeColumns+recomputeTables+` WHERE p.name = $1 ORDER BY r.id DESC LIMIT CAST($2 AS BIGINT)`,
		scanRecompute, program, limit)
}

// Recompute returns one recompute; CodeNotFound for none with the number.
func (s *Store) Recompute(ctx context.Context, id int64) (loyalty.Recompute, error) {
	return recomputeNumbered(ctx, s.readers, id)
}

func recomputeNumbered(ctx context.Context, q querier, id int64) (loyalty.Recompute, error) {
	found, err := collect(ctx, q, "read a recompute", `SELECT `+recomputeColumns+recomputeTables+` WHERE r.id = $1`, scanRecompute, id)
	if err != nil {
		return loyalty.Recompute{}, err
	}
	if len(found) == 0 {
		return loyalty.Recompute{}, &loyalty.Error{
			Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no recompute %d", id), Hint: "see loyalsync recompute list",
		}
	}
	return found[0], nil
}

// BeginRecompute keeps a new recompute; nothing is posted yet. CodeConflict while another
// of the feed is not finished.
func (s *Store) BeginRecompute(ctx context.Context, r loyalty.Recompute) (loyalty.Recompute, error) {
	err := s.inTx(ctx, func(tx *txn) error {
		open, err := collect(ctx, tx, "read recomputes", `SELECT id FROM recompute WHERE feed_id = $1 AND (state = $2 OR state = $3) ORDER BY id`,
			scanID, r.Feed.ID, int64(loyalty.Recomputing), int64(loyalty.UndoingRecompute))
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: fmt.Sprintf("recompute %d of %s is not finished", open[0], r.Feed.Name()),
				Hint: fmt.Sprintf("finish it with loyalsync recompute continue %d", open[0]),
			}
		}
		r.CreatedAt, r.State, r.Position = s.cfg.Now(), loyalty.Recomputing, 0
		if err := tx.QueryRowContext(ctx, `INSERT INTO recompute (feed_id, rule_set_id, from_on, to_on, state, actor, reason, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, r.Feed.ID, r.RuleSet, nullDate(r.From), nullDate(r.To), int64(r.State), r.Actor, r.Reason,
			micros(r.CreatedAt)).Scan(&r.ID); err != nil {
			return storeError("begin a recompute", err)
		}
		return nil
	})
	return r, err
}

func scanID(rows *sql.Rows) (id int64, err error) {
	err = rows.Scan(&id)
	return id, err
}

// BeginUndo turns a recompute, finished or cut short, to its undoing; one that is being
// undone stays so. CodeConflict for one that is undone, or that a later one, not undone,
// of the feed came after.
func (s *Store) BeginUndo(ctx context.Context, id int64, actor, reason string) (r loyalty.Recompute, err error) {
	err = s.inTx(ctx, func(tx *txn) error {
		if r, err = recomputeNumbered(ctx, tx, id); err != nil {
			return err
		}
		later, err := collect(ctx, tx, "read recomputes", `SELECT id FROM recompute WHERE feed_id = $1 AND id > $2 AND state <> $3 ORDER BY id DESC`,
			scanID, r.Feed.ID, id, int64(loyalty.RecomputeUndone))
		switch {
		case err != nil:
			return err
		case r.State == loyalty.RecomputeUndone:
			return &loyalty.Error{Code: loyalty.CodeConflict, Message: fmt.Sprintf("recompute %d is undone already", id)}
		case len(later) > 0:
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: fmt.Sprintf("recompute %d came after recompute %d", later[0], id), Hint: "undo the last one first",
			}
		case r.State == loyalty.UndoingRecompute:
			return nil
		}
		r.State, r.Position, r.UndoneBy, r.UndoReason = loyalty.UndoingRecompute, 0, actor, reason
		_, err = tx.ExecContext(ctx, `UPDATE recompute SET state = $1, position = 0, undone_by = $2, undo_reason = $3, undone_at = $4 WHERE id = $5`,
			int64(r.State), actor, reason, micros(s.cfg.Now()), id)
		if err != nil {
			return storeError("begin to undo a recompute", err)
		}
		return nil
	})
	return r, err
}

// RecomputePage returns originals of a recompute's period after its position, in the order
// of their numbers: those that are kept with their lines.
func (s *Store) RecomputePage(ctx context.Context, r loyalty.Recompute, limit int) ([]loyalty.StoredDocument, error) {
	return collect(ctx, s.readers, "read documents", `SELECT `+documentColumns+` FROM document d
		WHERE d.feed_id = $1 AND d.id > $2 AND d.corrects = '' AND d.body IS NOT NULL AND d.state <> $3
		AND (CAST($4 AS BIGINT) IS NULL OR d.date >= $4) AND (CAST($5 AS BIGINT) IS NULL OR d.date <= $5) ORDER BY d.id LIMIT CAST($6 AS BIGINT)`, scanDocument,
		r.Feed.ID, r.Position, int64(loyalty.Deleted), nullDate(r.From), nullDate(r.To), limit)
}

// RecomputePins returns what originals were pinned to before a recompute, after its
// position, in the order of their numbers, and the documents as they are now.
func (s *Store) RecomputePins(ctx context.Context, r loyalty.Recompute, limit int) (pins []loyalty.Pin, docs []loyalty.StoredDocument, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		var ids []int64
		pins, err = collect(ctx, tx, "read pins", `SELECT p.document_id, d.type, d.erp_key, coalesce(p.rule_set_id, 0), p.inputs, p.date, p.party, p.waits
			FROM recompute_pin p JOIN document d ON d.id = p.document_id WHERE p.recompute_id = $1 AND p.document_id > $2 ORDER BY p.document_id LIMIT CAST($3 AS BIGINT)`,
			func(rows *sql.Rows) (p loyalty.Pin, err error) {
				var inputs string
				if err := rows.Scan(&p.Document, &p.Key.Type, &p.Key.ID, &p.RuleSet, &inputs, &p.Date, &p.Party, &p.Waits); err != nil || inputs == "" {
					return p, err
				}
				return p, json.Unmarshal([]byte(inputs), &p.Inputs)
			}, r.ID, r.Position, limit)
		for _, p := range pins {
			ids = append(ids, p.Document)
		}
		if err != nil || len(ids) == 0 {
			return err
		}
		docs, err = collect(ctx, tx, "read documents", `SELECT `+documentColumns+` FROM document d WHERE d.id `+tx.in("$1")+` ORDER BY d.id`,
			scanDocument, tx.list(ids))
		return err
	})
	return pins, docs, err
}

// recompute writes the step of a recompute that the page is of.
func (w *pageWriter) recompute(ctx context.Context) error {
	step := w.page.Recompute
	if step == nil {
		return nil
	}
	rows := make([][]any, len(step.Pins))
	for i, p := range step.Pins {
		inputs := ""
		if p.Inputs != nil {
			text, err := json.Marshal(p.Inputs)
			if err != nil {
				return fmt.Errorf("write the pins of a recompute: %w", err)
			}
			inputs = string(text)
		}
		rows[i] = []any{step.ID, p.Document, nullID(p.RuleSet), inputs, int64(p.Date), p.Party, int64(p.Waits)}
	}
	if len(rows) > 0 {
		err := insert(ctx, w.tx, "write the pins of a recompute", "recompute_pin", "recompute_id, document_id, rule_set_id, inputs, date, party, waits", "ON CONFLICT DO NOTHING", rows)
		if err != nil {
			return err
		}
	}
	done, err := w.tx.ExecContext(ctx, `UPDATE recompute SET state = $1, position = $2 WHERE id = $3 AND state = $4`,
		int64(step.State), step.Position, step.ID, int64(step.Was))
	if err != nil {
		return storeError("write how far a recompute is", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, &loyalty.Error{
			Code: loyalty.CodeConflict, Message: fmt.Sprintf("recompute %d was continued or undone by somebody else", step.ID), Hint: "see loyalsync recompute list",
		})
	}
	return nil
}

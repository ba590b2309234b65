package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// tierKey names a tier in force.
type tierKey struct {
	contractor int64
	from       loyalty.Date
}

// tierRow is a tier in force as stored; its id is 0 while it is not.
type tierRow struct {
	id, contractor int64
	loyalty.TierSpan
}

// SetTiers changes tiers and says, in the order of the changes, what became of each.
// What a tier was, who set it and when stays on record. Documents that have points
// keep those, whatever tier they were given for.
func (s *Store) SetTiers(ctx context.Context, by loyalty.TierSetting, changes []loyalty.TierChange) (outcomes []loyalty.TierOutcome, err error) {
	err = s.inTx(ctx, func(tx *txn) error {
		w := tierWriter{tx: tx, by: by}
		if outcomes, err = w.judge(ctx, changes); err != nil || by.DryRun {
			return err
		}
		for _, o := range outcomes {
			if by.Whole && o.Failed() {
				return nil
			}
		}
		return w.write(ctx)
	})
	return outcomes, err
}

// tierWriter changes tiers inside a transaction.
type tierWriter struct {
	tx      *txn
	by      loyalty.TierSetting
	changed map[tierKey]tierRow
}

// judge finds out whom each change is about, and whether it changes anything.
func (w *tierWriter) judge(ctx context.Context, changes []loyalty.TierChange) ([]loyalty.TierOutcome, error) {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Contractor
	}
	who, err := named(ctx, w.tx, w.by.Program, w.by.Source, names)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, list := range who {
		ids = append(ids, list...)
	}
	stored, err := w.inForce(ctx, ids)
	if err != nil {
		return nil, err
	}
	w.changed = make(map[tierKey]tierRow)
	outcomes := make([]loyalty.TierOutcome, len(changes))
	for i, c := range changes {
		switch list := who[c.Contractor]; len(list) {
		case 0:
			outcomes[i] = loyalty.TierUnknown
		case 1:
			k := tierKey{list[0], c.From}
			row := tierRow{id: stored[k].id, contractor: k.contractor, TierSpan: c.TierSpan}
			if outcomes[i] = loyalty.TierSame; stored[k] != row {
				outcomes[i], w.changed[k], stored[k] = loyalty.TierSet, row, row
			}
		default:
			outcomes[i] = loyalty.TierAmbiguous
		}
	}
	return outcomes, nil
}

// NamedContractors returns the contractors of a program, or of one of its sources, that
// have a name as their code or ERP key.
func (s *Store) NamedContractors(ctx context.Context, program, source string, names []string) (map[string][]int64, error) {
	return named(ctx, s.readers, program, source, names)
}

func named(ctx context.Context, q querier, program, source string, names []string) (map[string][]int64, error) {
	type row struct {
		name string
		id   int64
	}
	const feeds = `WITH f AS (SELECT f.id FROM feed f JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
		WHERE p.name = $1 AND ($2 = '' OR s.name = $2))`
	rows, err := collect(ctx, q, "find contractors", feeds+` SELECT c.code, c.id FROM contractor c
			WHERE c.feed_id IN (SELECT id FROM f) AND c.code `+q.speaks().in("$3")+` AND c.code <> ''
		UNION SELECT c.erp_key, c.id FROM contractor c
			WHERE c.feed_id IN (SELECT id FROM f) AND c.erp_key `+q.speaks().in("$3"),
		func(rows *sql.Rows) (r row, err error) { return r, rows.Scan(&r.name, &r.id) }, program, source, q.speaks().list(names))
	if err != nil {
		return nil, err
	}
	who := make(map[string][]int64, len(rows))
	for _, r := range rows {
		who[r.name] = append(who[r.name], r.id)
	}
	return who, nil
}

func (w *tierWriter) inForce(ctx context.Context, contractors []int64) (map[tierKey]tierRow, error) {
	rows, err := collect(ctx, w.tx, "read tiers", `SELECT id, contractor_id, tier, from_on, to_on FROM tier
		WHERE superseded_at IS NULL AND contractor_id `+w.tx.in("$1"), scanTier, w.tx.list(contractors))
	if err != nil {
		return nil, err
	}
	out := make(map[tierKey]tierRow, len(rows))
	for _, r := range rows {
		out[tierKey{r.contractor, r.From}] = r
	}
	return out, nil
}

func scanTier(rows *sql.Rows) (r tierRow, err error) {
	var to sql.NullInt64
	err = rows.Scan(&r.id, &r.contractor, &r.Tier, &r.From, &to)
	r.To = dateOf(to)
	return r, err
}

// write supersedes what is changed and tells the pages that are being computed.
func (w *tierWriter) write(ctx context.Context) error {
	if len(w.changed) == 0 {
		return nil
	}
	var old, contractors []int64
	rows := make([][]any, 0, len(w.changed))
	for k, r := range w.changed {
		old, contractors = append(old, r.id), append(contractors, k.contractor)
		rows = append(rows, []any{k.contractor, r.Tier, int64(r.From), nullDate(r.To), w.by.Actor, micros(w.by.At)})
	}
	if _, err := w.tx.ExecContext(ctx, `UPDATE tier SET superseded_at = $1 WHERE id `+w.tx.in("$2"), micros(w.by.At), w.tx.list(old)); err != nil {
		return storeError("keep the tiers there were", err)
	}
	if err := insert(ctx, w.tx, "write tiers", "tier", "contractor_id, tier, from_on, to_on, actor, set_at", "", rows); err != nil {
		return err
	}
	_, err := w.tx.ExecContext(ctx, `UPDATE feed SET version = version + 1
		WHERE id IN (SELECT c.feed_id FROM contractor c WHERE c.id `+w.tx.in("$1")+`)`, w.tx.list(contractors))
	if err != nil {
		return storeError("note the new tiers", err)
	}
	return nil
}

// addTiers adds the tiers in force of contractors.
func (s *Store) addTiers(ctx context.Context, to map[string]loyalty.Member) error {
	byID := make(map[int64]string, len(to))
	ids := make([]int64, 0, len(to))
	for key, m := range to {
		byID[m.ID] = key
		ids = append(ids, m.ID)
	}
	rows, err := collect(ctx, s.readers, "read tiers", `SELECT t.id, t.contractor_id, t.tier, t.from_on, t.to_on FROM tier t
		WHERE t.superseded_at IS NULL AND t.contractor_id `+s.in("$1")+` ORDER BY t.contractor_id, t.from_on`, scanTier, s.list(ids))
	if err != nil {
		return err
	}
	for _, r := range rows {
		m := to[byID[r.contractor]]
		m.Tiers = append(m.Tiers, r.TierSpan)
		to[byID[r.contractor]] = m
	}
	return nil
}

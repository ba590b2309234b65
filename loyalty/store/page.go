package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// PageState returns the stored documents with these keys, the documents of the
// chains that they are the originals of, and what was posted for any of them,
// all of one instant.
func (s *Store) PageState(ctx context.Context, feed loyalty.Feed, keys []loyalty.Key) (loyalty.PageState, error) {
	wanted := make(map[loyalty.Key]bool, len(keys))
	ids := make([]string, 0, len(keys))
	for _, k := range keys {
		wanted[k] = true
		ids = append(ids, k.ID)
	}
	var state loyalty.PageState
	err := s.inRead(ctx, func(tx *txn) error {
		if err := tx.QueryRowContext(ctx, `SELECT version FROM feed WHERE id = $1`, feed.ID).Scan(&state.Version); err != nil {
			return storeError("read the feed", err)
		}
		docs, err := collect(ctx, tx, "read documents", `SELECT `+documentColumns+` FROM document d
			WHERE d.feed_id = $1 AND d.erp_key `+s.in("$2")+`
			UNION ALL SELECT `+documentColumns+` FROM document d
			WHERE d.feed_id = $1 AND d.corrects <> '' AND d.root `+s.in("$2")+`
			  AND d.erp_key `+s.notIn("$2"), scanDocument, feed.ID, s.list(ids))
		if err != nil {
			return err
		}
		// keys are unique within a type only
		state.Documents = slices.DeleteFunc(docs, func(d loyalty.StoredDocument) bool { return !wanted[d.Key] && !wanted[d.RootKey()] })
		state.Posted, err = postedLines(ctx, tx, state.Documents)
		return err
	})
	return state, err
}

// postedLines sums entries by document, line, rule, account and date. Points that
// repaid a debt, those that lapsed and those that were written off count as active: they
// were given, or taken back. The account is whose they are, also while another has them.
func postedLines(ctx context.Context, q querier, docs []loyalty.StoredDocument) ([]loyalty.PostedLine, error) {
	ids := make([]int64, 0, len(docs))
	for i := range docs {
		if docs[i].Account != 0 {
			ids = append(ids, docs[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	lines, err := collect(ctx, q, "read entries", `SELECT document_id, line, rule_id, account_id, effective_on,
			sum(CASE WHEN to_bucket = 2 THEN amount WHEN from_bucket = 2 THEN -amount ELSE 0 END),
			sum(CASE WHEN from_bucket IN (1, 2) AND to_bucket NOT IN (1, 2) THEN amount
			         WHEN to_bucket = 1 AND from_bucket <> 2 THEN -amount ELSE 0 END),
			sum(CASE WHEN from_bucket = 8 AND to_bucket = 1 THEN amount WHEN from_bucket = 1 AND to_bucket = 8 THEN -amount
			         WHEN from_bucket = 2 AND to_bucket = 8 THEN -amount ELSE 0 END),
			max(revision), max(CASE WHEN kind = 1 THEN id ELSE 0 END)
		FROM entry WHERE kind <> 5 AND document_id `+q.speaks().in("$1")+` GROUP BY 1, 2, 3, 4, 5`,
		func(rows *sql.Rows) (p loyalty.PostedLine, err error) {
			err = rows.Scan(&p.Document, &p.Line, &p.Rule, &p.Account, &p.EffectiveOn, &p.Pending, &p.Active, &p.WrittenOff, &p.Revision, &p.Earned)
			return p, err
		}, q.speaks().list(ids))
	if err != nil {
		return nil, err
	}
	return attribute(ctx, q, docs, lines)
}

// Sales returns the keys of scored sales of contractors up to a day each, the newest
// of each first: limit of them after the first skip.
func (s *Store) Sales(ctx context.Context, feed loyalty.Feed, of []loyalty.SalesOf, skip, limit int) ([]loyalty.Key, error) {
	if err := s.EndFill(ctx); err != nil {
		return nil, err
	}
	asked := make([][2]any, len(of))
	for i, o := range of {
		asked[i] = [2]any{o.Party, int64(o.Until)}
	}
	newest := `SELECT s.id FROM document s WHERE s.feed_id = $1 AND s.party = ` + s.part(0, "TEXT") + ` AND s.date <= ` + s.part(1, "BIGINT") + `
			AND s.corrects = '' AND s.state = 2 AND s.rule_set_id IS NOT NULL
		ORDER BY s.date DESC, s.id DESC LIMIT CAST($3 AS BIGINT) OFFSET $4`
	return collect(ctx, s.readers, "read the sales of contractors", `SELECT d.type, d.erp_key FROM `+s.tuples("$2")+s.joinEach("document d", "d.id", newest),
		func(rows *sql.Rows) (k loyalty.Key, err error) {
			err = rows.Scan(&k.Type, &k.ID)
			return k, err
		}, feed.ID, jsonList(asked), limit, skip)
}

// Members returns the contractors with these keys, as far as they are known.
func (s *Store) Members(ctx context.Context, feed loyalty.Feed, keys []string) (map[string]loyalty.Member, error) {
	known, err := s.KnownContractors(ctx, feed, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[string]loyalty.Member, len(known))
	for key, k := range known {
		out[key] = k.Member
	}
	if err := s.addFacts(ctx, feed, keys, out); err != nil {
		return nil, err
	}
	return out, s.addTiers(ctx, out)
}

// addFacts adds what rules may ask about contractors who take part.
func (s *Store) addFacts(ctx context.Context, feed loyalty.Feed, keys []string, to map[string]loyalty.Member) error {
	type row struct {
		key   string
		code  string
		facts loyalty.Inputs
	}
	rows, err := collect(ctx, s.readers, "read contractors", `SELECT erp_key, code, erp_group, card, attributes FROM contractor
		WHERE feed_id = $1 AND version > 0 AND erp_key `+s.in("$2"),
		func(rows *sql.Rows) (r row, err error) {
			var attributes []byte
			if err = rows.Scan(&r.key, &r.code, &r.facts.Group, &r.facts.Card, &attributes); err == nil {
				err = json.Unmarshal(attributes, &r.facts.Attributes)
			}
			return r, err
		}, feed.ID, s.list(keys))
	if err != nil {
		return err
	}
	for _, r := range rows {
		m := to[r.key]
		m.Code, m.Facts = r.code, r.facts
		to[r.key] = m
	}
	return nil
}

// Balances returns the balances of accounts, as far as they exist.
func (s *Store) Balances(ctx context.Context, accounts []int64) (map[int64]loyalty.Balance, error) {
	return balances(ctx, s.readers, accounts)
}

func balances(ctx context.Context, q querier, accounts []int64) (map[int64]loyalty.Balance, error) {
	type row struct {
		id int64
		loyalty.Balance
	}
	rows, err := collect(ctx, q, "read balances", `SELECT id, pending, active, held, spent, lapsed, debt, scored, seq
		FROM account WHERE id `+q.speaks().in("$1"),
		func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.id, &r.Pending, &r.Active, &r.Held, &r.Spent, &r.Lapsed, &r.Debt, &r.Scored, &r.Seq)
			return r, err
		}, q.speaks().list(accounts))
	if err != nil {
		return nil, err
	}
	out := make(map[int64]loyalty.Balance, len(rows))
	for _, r := range rows {
		out[r.id] = r.Balance
	}
	return out, nil
}

// Post commits a page (law 1). It returns loyalty.ErrLeaseLost when another run
// has the lease, and loyalty.ErrStale when the feed's version or an account has
// moved on; in both cases nothing is written.
func (s *Store) Post(ctx context.Context, p loyalty.PageWrite) error {
	w, err := writerOf(p)
	if err != nil {
		return err
	}
	if s.filled.Add(int64(len(p.Documents))) > mostFilled {
		s.filled.Store(0)
		if err := s.EndFill(ctx); err != nil {
			return err
		}
	}
	return s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, p.Lease); err != nil {
			return err
		}
		return w.run(ctx, tx)
	})
}

// checkLease is the fence of law 9. An unnamed lease is none: single writers of
// their own, as a restore or a test.
func checkLease(ctx context.Context, tx *txn, lease loyalty.Lease) error {
	if lease.Name == "" {
		return nil
	}
	var token int64
	err := tx.QueryRowContext(ctx, `SELECT token FROM lease WHERE name = $1`, lease.Name).Scan(&token)
	switch {
	case errors.Is(err, sql.ErrNoRows) || (err == nil && token != lease.Token):
		return fmt.Errorf("lease %s: %w", lease.Name, loyalty.ErrLeaseLost)
	case err != nil:
		return storeError("check the lease", err)
	}
	return nil
}

// pageWriter writes one page inside a transaction.
type pageWriter struct {
	tx        *txn
	page      loyalty.PageWrite
	bodies    []any // of the page's documents
	operation int64 // that all entries without a document are of
	account   int64 // whose operation it is
	batch     int64
	docs      int64 // the last document ID before the page
	entry     int64 // the last entry ID before the page
}

// writerOf encodes the documents of a page, before others wait for its transaction.
func writerOf(p loyalty.PageWrite) (*pageWriter, error) {
	bodies, err := bodiesOf(p.Documents)
	return &pageWriter{page: p, bodies: bodies}, err
}

func (w *pageWriter) run(ctx context.Context, tx *txn) error {
	w.tx = tx
	for _, step := range []func(context.Context) error{
		w.check, w.bills, w.number, w.leave, w.documents, w.moved, w.entries, w.elsewhere, w.lots, w.accounts, w.caps, w.seen, w.cursor, w.done, w.recompute,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// check compares the feed's version with the one the page was computed under.
func (w *pageWriter) check(ctx context.Context) error {
	if w.page.Version < 0 { // nothing was loaded: the page has only a cursor
		return nil
	}
	var version int64
	if err := w.tx.QueryRowContext(ctx, `SELECT version FROM feed WHERE id = $1`, w.page.Feed.ID).Scan(&version); err != nil {
		return storeError("read the feed", err)
	}
	if version != w.page.Version {
		return loyalty.ErrStale
	}
	return nil
}

// number takes the next IDs, and opens the batch.
func (w *pageWriter) number(ctx context.Context) error {
	if len(w.page.Documents) == 0 && len(w.page.Entries) == 0 {
		return nil
	}
	last := w.tx.last
	if last == nil {
		last = &lastIDs{}
		if err := w.tx.QueryRowContext(ctx, `SELECT `+selectLastIDs).Scan(last.fields()...); err != nil {
			return storeError("number a page", err)
		}
	}
	w.docs, w.entry, w.batch = last.document, last.entry, last.batch+1
	last.entry += int64(len(w.page.Entries))
	if w.tx.last = last; len(w.page.Documents) > 0 {
		w.tx.last = nil // not all of them are new
	}
	if len(w.page.Entries) == 0 {
		return nil
	}
	last.batch++
	return w.tx.execute(ctx, "open a batch", `INSERT INTO batch (id, feed_id, run_id, actor, reason, posted_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		[]any{w.batch, w.page.Feed.ID, nullID(w.page.Run), w.page.Actor, w.page.Reason, micros(w.page.At)})
}

// id turns the place of a new document into its ID. Where there are no new ones,
// negative IDs are of operations.
func (w *pageWriter) id(ref int64) int64 {
	switch {
	case ref == 0:
		return -w.operation
	case w.isNew(ref):
		return w.docs - ref
	}
	return ref
}

// isNew says whether that is a document of this page which is not stored yet.
func (w *pageWriter) isNew(ref int64) bool { return ref < 0 && len(w.page.Documents) > 0 }

// lotDocument is the document of a lot: one that exists keeps its own.
func (w *pageWriter) lotDocument(l *loyalty.Lot) int64 {
	if l.ID != 0 {
		return l.Document
	}
	return w.id(l.Document)
}

// documents writes those that are new, then those that are known: what cannot meet a row
// that is there already is written faster.
func (w *pageWriter) documents(ctx context.Context) error {
	write := func(places []int, tail string) error {
		return insertEach(ctx, w.tx, "write documents", "document", documentFields, tail, len(places), func(i int, to []any) error {
			d := &w.page.Documents[places[i]]
			documentRow(to, w.page.Feed.ID, w.id(d.ID), d, w.bodies[places[i]])
			return nil
		})
	}
	fresh, known := split(len(w.page.Documents), func(i int) bool { return w.isNew(w.page.Documents[i].ID) })
	if err := write(fresh, ""); err != nil {
		return err
	}
	return write(known, updateDocument)
}

// split parts the numbers below n.
func split(n int, first func(i int) bool) (yes, no []int) {
	for i := range n {
		if first(i) {
			yes = append(yes, i)
		} else {
			no = append(no, i)
		}
	}
	return yes, no
}

func (w *pageWriter) lots(ctx context.Context) error {
	const tail = `ON CONFLICT (document_id, account_id) DO UPDATE SET pending = excluded.pending, active = excluded.active, lapsed = excluded.lapsed,
		 earned_on = excluded.earned_on, lapses_on = excluded.lapses_on, active_at = coalesce(lot.active_at, excluded.active_at)`
	// a document of this page had no lot before it
	fresh, known := split(len(w.page.Lots), func(i int) bool { return w.page.Lots[i].ID == 0 && w.isNew(w.page.Lots[i].Document) })
	write := func(places []int, tail string) error {
		return insertNumbers(ctx, w.tx, "write lots", "lot", "account_id, document_id, earned_on, lapses_on, active_at, pending, active, lapsed, feed_id", tail,
			len(places), func(i int, to []any) error {
				l := &w.page.Lots[places[i]]
				to[0], to[1], to[2], to[3], to[4] = l.Account, w.lotDocument(l), int64(l.EarnedOn), nullDate(l.LapsesOn), nil
				if l.Active > 0 {
					to[4] = micros(w.page.At)
				}
				to[5], to[6], to[7], to[8] = int64(l.Pending), int64(l.Active), int64(l.Lapsed), cmp.Or(l.Feed, w.page.Feed.ID)
				return nil
			})
	}
	if err := write(fresh, ""); err != nil {
		return err
	}
	return write(known, tail)
}

// seen notes the new digest and stamp of documents that did not change.
func (w *pageWriter) seen(ctx context.Context) error {
	for i := range w.page.Seen {
		d := &w.page.Seen[i]
		if _, err := w.tx.ExecContext(ctx, `UPDATE document SET digest = $1, modified = $2,
			reason = CASE WHEN $3 = $4 THEN $3 ELSE reason END WHERE id = $5`,
			d.Digest, d.Modified, string(d.Reason), string(loyalty.ReasonOutOfScope), d.ID); err != nil {
			return storeError("write documents", err)
		}
	}
	return nil
}

func (w *pageWriter) cursor(ctx context.Context) error {
	c := w.page.Cursor
	if c == nil {
		return nil
	}
	return saveCursor(ctx, w.tx, w.page.Feed.ID, *c)
}

func (w *pageWriter) done(ctx context.Context) error {
	if len(w.page.Done) == 0 {
		return nil
	}
	_, err := w.tx.ExecContext(ctx, `DELETE FROM reevaluate WHERE feed_id = $1 AND document_id `+w.tx.in("$2"),
		w.page.Feed.ID, w.tx.list(w.page.Done))
	if err != nil {
		return storeError("empty the queue", err)
	}
	return nil
}

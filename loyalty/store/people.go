package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// KnownContractors returns what is remembered of contractors, by key.
func (s *Store) KnownContractors(ctx context.Context, feed loyalty.Feed, keys []string) (map[string]loyalty.KnownContractor, error) {
	known, err := collect(ctx, s.readers, "read contractors", `SELECT c.id, c.erp_key, c.hash, coalesce(p.takes_part, 0), coalesce(p.from_on, 0),
			p.to_on, coalesce(p.beneficiary, ''), coalesce(p.reason, '')
		FROM contractor c LEFT JOIN participation p ON p.contractor_id = c.id AND p.superseded_at IS NULL
		WHERE c.feed_id = $1 AND c.erp_key `+s.in("$2"),
		func(rows *sql.Rows) (k loyalty.KnownContractor, err error) {
			var to sql.NullInt64
			err = rows.Scan(&k.ID, &k.Key, &k.Hash, &k.TakesPart, &k.From, &to, &k.Beneficiary, &k.Reason)
			k.To = dateOf(to)
			return k, err
		}, feed.ID, s.list(keys))
	if err != nil {
		return nil, err
	}
	out := make(map[string]loyalty.KnownContractor, len(known))
	for _, k := range known {
		out[k.Key] = k
	}
	return out, nil
}

// Participants returns the keys of contractors who take part, after a key, in
// key order.
func (s *Store) Participants(ctx context.Context, feed loyalty.Feed, after string, limit int) ([]string, error) {
	return collect(ctx, s.readers, "read who takes part", `SELECT c.erp_key FROM contractor c
		JOIN participation p ON p.contractor_id = c.id AND p.superseded_at IS NULL AND p.takes_part = 1
		WHERE c.feed_id = $1 AND c.erp_key > $2 ORDER BY c.erp_key LIMIT CAST($3 AS BIGINT)`, scanText, feed.ID, after, limit)
}

func scanText(rows *sql.Rows) (v string, err error) { err = rows.Scan(&v); return v, err }

// SaveContractors writes contractors and what was decided about them, and makes
// pages under computation stale. A change of who takes part, since when, or to whom
// points go puts the contractor's documents on the re-evaluate queue (law 2). What the
// ERP merged them into is noted for [Store.MergeProposals].
func (s *Store) SaveContractors(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, changes []loyalty.ContractorChange) (loyalty.PeopleResult, error) {
	var result loyalty.PeopleResult
	if len(changes) == 0 {
		return result, nil
	}
	if slices.ContainsFunc(changes, func(c loyalty.ContractorChange) bool { return c.TakesPart }) { // their documents are looked for
		if err := s.EndFill(ctx); err != nil {
			return result, err
		}
	}
	err := s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		w := peopleWriter{store: s, tx: tx, feed: feed, result: &result}
		for i := range changes {
			if err := w.contractor(ctx, &changes[i]); err != nil {
				return err
			}
		}
		if err := w.merges(ctx, changes); err != nil {
			return err
		}
		return bumpFeed(ctx, tx, feed.ID)
	})
	return result, err
}

func bumpFeed(ctx context.Context, tx *txn, feed int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE feed SET version = version + 1 WHERE id = $1`, feed); err != nil {
		return storeError("note who takes part", err)
	}
	return nil
}

// peopleWriter writes contractors inside a transaction.
type peopleWriter struct {
	store  *Store
	tx     *txn
	feed   loyalty.Feed
	result *loyalty.PeopleResult
}

func (w *peopleWriter) contractor(ctx context.Context, c *loyalty.ContractorChange) error {
	id, err := w.write(ctx, c)
	if err != nil {
		return err
	}
	w.result.Changed++
	return w.participation(ctx, id, c)
}

// write stores the contractor: in full when it takes part, has taken part or
// gets another's points, else as key and code (law 11).
func (w *peopleWriter) write(ctx context.Context, c *loyalty.ContractorChange) (id int64, err error) {
	if c.Gone {
		return w.gone(ctx, c.Key)
	}
	var ever bool
	err = w.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM contractor WHERE feed_id = $1 AND erp_key = $2 AND version > 0)`,
		w.feed.ID, c.Key).Scan(&ever)
	if err != nil {
		return 0, storeError("read a contractor", err)
	}
	if !c.TakesPart && !c.Keep && !ever {
		err = w.tx.QueryRowContext(ctx, `INSERT INTO contractor (feed_id, erp_key, code, active, hash) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (feed_id, erp_key) DO UPDATE SET code = excluded.code, active = excluded.active, hash = excluded.hash RETURNING id`,
			w.feed.ID, c.Key, c.Code, c.Active, c.Hash).Scan(&id)
		if err != nil {
			return 0, storeError("write a contractor", err)
		}
		return id, nil
	}
	attributes, err := json.Marshal(c.Attributes)
	if err != nil {
		return 0, fmt.Errorf("encode the attributes of contractor %s: %w", c.Key, err)
	}
	version, err := nextVersion(ctx, w.tx)
	if err != nil {
		return 0, err
	}
	err = w.tx.QueryRowContext(ctx, `INSERT INTO contractor (feed_id, erp_key, code, name, tax_id, email, phone, erp_group, card, attributes, active, hash, joined_on, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (feed_id, erp_key) DO UPDATE SET code = excluded.code, name = excluded.name, tax_id = excluded.tax_id,
			email = excluded.email, phone = excluded.phone, erp_group = excluded.erp_group, card = excluded.card,
			attributes = excluded.attributes, active = excluded.active, hash = excluded.hash,
			joined_on = coalesce(contractor.joined_on, excluded.joined_on), version = excluded.version RETURNING id`,
		w.feed.ID, c.Key, c.Code, c.Name, c.TaxID, c.Email, c.Phone, c.Group, c.Card, string(attributes), c.Active, c.Hash,
		int64(c.Today), version).Scan(&id)
	if err != nil {
		return 0, storeError("write a contractor", err)
	}
	return id, nil
}

// gone marks a contractor that the ERP no longer has.
func (w *peopleWriter) gone(ctx context.Context, key string) (id int64, err error) {
	version, err := nextVersion(ctx, w.tx)
	if err != nil {
		return 0, err
	}
	err = w.tx.QueryRowContext(ctx, `UPDATE contractor SET active = 0, hash = '', version = $1 WHERE feed_id = $2 AND erp_key = $3 RETURNING id`,
		version, w.feed.ID, key).Scan(&id)
	if err != nil {
		return 0, storeError("mark a contractor as gone", err)
	}
	return id, nil
}

// nextVersion numbers changes of contractors and representatives: a platform
// ignores what is not newer than what it has.
func nextVersion(ctx context.Context, tx *txn) (v int64, err error) {
	if err = tx.QueryRowContext(ctx, `UPDATE store_meta SET version = version + 1 RETURNING version`).Scan(&v); err != nil {
		return 0, storeError("number a change", err)
	}
	return v, nil
}

// interval is who takes part as it is in force.
type interval struct {
	id          int64
	takesPart   bool
	from        loyalty.Date
	to          loyalty.Date
	beneficiary string
	reason      loyalty.Reason
}

// participation brings the interval in force up to what was decided. Leaving
// ends it today and keeps the days before; joining again counts as if nothing
// had happened.
func (w *peopleWriter) participation(ctx context.Context, contractor int64, c *loyalty.ContractorChange) error {
	old, err := w.inForce(ctx, contractor)
	if err != nil {
		return err
	}
	now := interval{takesPart: c.TakesPart, from: c.EarnFrom, to: loyalty.NoDate, beneficiary: c.Beneficiary, reason: c.Reason}
	switch {
	case !c.TakesPart && old.takesPart:
		now.from, now.to, now.beneficiary = old.from, c.Today, old.beneficiary
		w.result.Left++
	case !c.TakesPart && old.to != loyalty.NoDate: // left before, and still out
		now.from, now.to, now.beneficiary = old.from, old.to, old.beneficiary
	case c.TakesPart && !old.takesPart:
		w.result.Joined++
	}
	if old.id != 0 && now == (interval{old.id, old.takesPart, old.from, old.to, old.beneficiary, old.reason}.without()) {
		return nil
	}
	at := micros(w.store.cfg.Now())
	if _, err := w.tx.ExecContext(ctx, `UPDATE participation SET superseded_at = $1 WHERE id = $2`, at, old.id); err != nil {
		return storeError("end a participation", err)
	}
	if _, err := w.tx.ExecContext(ctx, `INSERT INTO participation (contractor_id, takes_part, from_on, to_on, beneficiary, reason, decided_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, contractor, now.takesPart, int64(now.from), nullDate(now.to), now.beneficiary, string(now.reason), at); err != nil {
		return storeError("store a participation", err)
	}
	if !old.takesPart && !now.takesPart {
		return nil // only the reason changed
	}
	return w.queue(ctx, c.Key)
}

func (i interval) without() interval { i.id = 0; return i }

func (w *peopleWriter) inForce(ctx context.Context, contractor int64) (i interval, err error) {
	var to sql.NullInt64
	err = w.tx.QueryRowContext(ctx, `SELECT id, takes_part, from_on, to_on, beneficiary, reason FROM participation
		WHERE contractor_id = $1 AND superseded_at IS NULL`, contractor).Scan(&i.id, &i.takesPart, &i.from, &to, &i.beneficiary, &i.reason)
	i.to = dateOf(to)
	if errors.Is(err, sql.ErrNoRows) {
		return i, nil
	}
	if err != nil {
		return i, storeError("read a participation", err)
	}
	return i, nil
}

// queue puts a contractor's documents, and the corrections of them, on the
// re-evaluate queue.
func (w *peopleWriter) queue(ctx context.Context, key string) error {
	result, err := w.tx.ExecContext(ctx, `INSERT INTO reevaluate (feed_id, document_id)
		SELECT feed_id, id FROM document WHERE feed_id = $1 AND party = $2 ON CONFLICT DO NOTHING`, w.feed.ID, key)
	if err != nil {
		return storeError("queue documents", err)
	}
	n, err := result.RowsAffected()
	w.result.Queued += int(n)
	return err
}

// SaveRepresentatives writes representatives that changed; the others are left
// alone, so that they are not sent again. One who was made anonymous before
// anything was kept of him stays unknown.
func (s *Store) SaveRepresentatives(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, people []loyalty.Representative) (int, error) {
	keys := make([]string, len(people))
	for i := range people {
		keys[i] = people[i].Key
	}
	changed := 0
	stored, err := s.representativeHashes(ctx, feed, keys)
	if err != nil {
		return 0, err
	}
	var write []loyalty.Representative
	for _, p := range people {
		if hash, known := stored[p.Key]; hash != p.Hash && (known || !p.Erased) {
			write = append(write, p)
		}
	}
	if len(write) == 0 {
		return 0, nil
	}
	err = s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		for _, p := range write {
			version, err := nextVersion(ctx, tx)
			if err != nil {
				return err
			}
			if err := writeRepresentative(ctx, tx, feed, &p, version); err != nil {
				return err
			}
		}
		changed = len(write)
		return nil
	})
	return changed, err
}

func writeRepresentative(ctx context.Context, tx *txn, feed loyalty.Feed, p *loyalty.Representative, version int64) error {
	attributes, err := json.Marshal(p.Attributes)
	if err != nil {
		return fmt.Errorf("encode the attributes of representative %s: %w", p.Key, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO representative (feed_id, erp_key, contractor_key, name, email, phone, active, preferred,
			consents, attributes, hash, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (feed_id, erp_key) DO UPDATE SET contractor_key = excluded.contractor_key, name = excluded.name,
			email = excluded.email, phone = excluded.phone, active = excluded.active, preferred = excluded.preferred,
			consents = excluded.consents, attributes = excluded.attributes, hash = excluded.hash, version = excluded.version`,
		feed.ID, p.Key, p.Contractor, p.Name, p.Email, p.Phone, p.Active, p.Default, jsonList(p.Consents), string(attributes), p.Hash, version)
	if err != nil {
		return storeError("write representatives", err)
	}
	return nil
}

func (s *Store) representativeHashes(ctx context.Context, feed loyalty.Feed, keys []string) (map[string]string, error) {
	pairs, err := collect(ctx, s.readers, "read representatives", `SELECT erp_key, hash FROM representative
		WHERE feed_id = $1 AND erp_key `+s.in("$2"),
		func(rows *sql.Rows) (p [2]string, err error) { err = rows.Scan(&p[0], &p[1]); return p, err }, feed.ID, s.list(keys))
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(pairs))
	for _, p := range pairs {
		out[p[0]] = p[1]
	}
	return out, nil
}

// ActiveRepresentatives returns the keys of representatives not yet marked
// inactive, after a key, in key order.
func (s *Store) ActiveRepresentatives(ctx context.Context, feed loyalty.Feed, after string, limit int) ([]string, error) {
	return collect(ctx, s.readers, "read representatives", `SELECT erp_key FROM representative
		WHERE feed_id = $1 AND active = 1 AND erp_key > $2 ORDER BY erp_key LIMIT CAST($3 AS BIGINT)`, scanText, feed.ID, after, limit)
}

// RetireRepresentatives marks representatives inactive that the ERP no longer
// has, or who may no longer sign in.
func (s *Store) RetireRepresentatives(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		for _, key := range keys {
			version, err := nextVersion(ctx, tx)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE representative SET active = 0, hash = '', version = $1 WHERE feed_id = $2 AND erp_key = $3`,
				version, feed.ID, key); err != nil {
				return storeError("retire representatives", err)
			}
		}
		return nil
	})
}

// ContractorKeys returns the keys of contractors with these codes.
func (s *Store) ContractorKeys(ctx context.Context, feed loyalty.Feed, codes []string) (map[string]string, error) {
	pairs, err := collect(ctx, s.readers, "read contractors", `SELECT code, min(erp_key) FROM contractor
		WHERE code `+s.in("$2")+` AND feed_id = $1 GROUP BY code`,
		func(rows *sql.Rows) (p [2]string, err error) { err = rows.Scan(&p[0], &p[1]); return p, err }, feed.ID, s.list(codes))
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(pairs))
	for _, p := range pairs {
		out[p[0]] = p[1]
	}
	return out, nil
}

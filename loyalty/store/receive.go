package store

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// ReceiveContractors stores contractors that another ledger sends to this home.
// A version that is not newer than the one received before changes nothing.
// Whoever is sent takes part: the sender has decided that.
func (s *Store) ReceiveContractors(ctx context.Context, feed loyalty.Feed, items []wire.Contractor) ([]wire.Result, error) {
	results := make([]wire.Result, len(items))
	err := s.inTx(ctx, func(tx *txn) error {
		w := peopleWriter{store: s, tx: tx, feed: feed, result: &loyalty.PeopleResult{}}
		for i, c := range items {
			newer, err := receivedNewer(ctx, tx, feed, wire.Contractors, c.ID, c.Version)
			if err != nil {
				return err
			}
			results[i] = wire.Result{ID: c.ID, Status: wire.Duplicate}
			if !newer {
				continue
			}
			results[i].Status = wire.Accepted
			change := s.receivedContractor(loyalty.Contractor{
				Key: c.ID, Code: c.Code, Name: c.Name, TaxID: c.TaxID, Email: c.Email, Phone: c.Phone, Group: c.Group, Card: c.Card,
				Active: c.Active, Attributes: c.Attributes, Hash: "v" + strconv.FormatInt(c.Version, 10),
			}, c.JoinedOn)
			if err := w.contractor(ctx, &change); err != nil {
				return err
			}
			if c.JoinedOn == loyalty.NoDate {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE contractor SET joined_on = $1 WHERE feed_id = $2 AND erp_key = $3`,
				int64(c.JoinedOn), feed.ID, c.ID); err != nil { // points may have come first
				return storeError("write a contractor", err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// receivedContractor takes part without a first day: the sender scores, so no
// day is judged here.
func (s *Store) receivedContractor(c loyalty.Contractor, joined loyalty.Date) loyalty.ContractorChange {
	if joined == loyalty.NoDate {
		joined = loyalty.DateIn(s.cfg.Now(), s.cfg.Now().Location())
	}
	return loyalty.ContractorChange{
		Contractor: c, Participation: loyalty.Participation{TakesPart: true, EarnFrom: loyalty.NoDate}, Today: joined,
	}
}

// ReceiveRepresentatives stores representatives that another ledger sends.
func (s *Store) ReceiveRepresentatives(ctx context.Context, feed loyalty.Feed, items []wire.Representative) ([]wire.Result, error) {
	results := make([]wire.Result, len(items))
	err := s.inTx(ctx, func(tx *txn) error {
		for i, r := range items {
			newer, err := receivedNewer(ctx, tx, feed, wire.Representatives, r.ID, r.Version)
			if err != nil {
				return err
			}
			results[i] = wire.Result{ID: r.ID, Status: wire.Duplicate}
			if !newer {
				continue
			}
			results[i].Status = wire.Accepted
			version, err := nextVersion(ctx, tx)
			if err != nil {
				return err
			}
			if err = writeRepresentative(ctx, tx, feed, &loyalty.Representative{
				Key: r.ID, Contractor: r.Contractor, Name: r.Name, Email: r.Email, Phone: r.Phone, Active: r.Active,
				Default: r.Default, Consents: r.Consents, Attributes: r.Attributes, Hash: "v" + strconv.FormatInt(r.Version, 10),
			}, version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// receivedNewer notes a version and says whether it is newer than the one known.
func receivedNewer(ctx context.Context, tx *txn, feed loyalty.Feed, kind wire.Kind, key string, version int64) (bool, error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO received_version (feed_id, kind, erp_key, version) VALUES ($1, $2, $3, $4)
		ON CONFLICT (feed_id, kind, erp_key) DO UPDATE SET version = excluded.version WHERE excluded.version > received_version.version`,
		feed.ID, string(kind), key, version)
	if err != nil {
		return false, storeError("note a received version", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, storeError("note a received version", err)
	}
	return n > 0, nil
}

// PrepareReceiving returns the rows of contractors and rules that movements name
// and makes those that are missing: points may arrive before their contractor.
func (s *Store) PrepareReceiving(ctx context.Context, feed loyalty.Feed, contractors, rules []string) (loyalty.ReceivingIDs, error) {
	var ids loyalty.ReceivingIDs
	err := s.inTx(ctx, func(tx *txn) error {
		w := peopleWriter{store: s, tx: tx, feed: feed, result: &loyalty.PeopleResult{}}
		var err error
		if ids.Accounts, err = contractorIDs(ctx, tx, feed, contractors); err != nil {
			return err
		}
		for _, key := range contractors {
			if ids.Accounts[key] != 0 {
				continue
			}
			change := s.receivedContractor(loyalty.Contractor{Key: key, Code: key, Active: true}, loyalty.NoDate)
			if err = w.contractor(ctx, &change); err != nil {
				return err
			}
		}
		for _, name := range rules {
			if _, err = tx.ExecContext(ctx, `INSERT INTO rule (program_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`, feed.Program, name); err != nil {
				return storeError("store the rules", err)
			}
		}
		if ids.Accounts, err = contractorIDs(ctx, tx, feed, contractors); err != nil {
			return err
		}
		ids.Rules, err = idsByText(ctx, tx, "read rules",
			`SELECT name, id FROM rule WHERE program_id = $1 AND name `+tx.in("$2"), feed.Program, tx.list(rules))
		return err
	})
	return ids, err
}

func contractorIDs(ctx context.Context, q querier, feed loyalty.Feed, keys []string) (map[string]int64, error) {
	return idsByText(ctx, q, "read contractors",
		`SELECT erp_key, id FROM contractor WHERE feed_id = $1 AND erp_key `+q.speaks().in("$2"), feed.ID, q.speaks().list(keys))
}

func idsByText(ctx context.Context, q querier, op, query string, args ...any) (map[string]int64, error) {
	out := make(map[string]int64)
	_, err := collect(ctx, q, op, query, func(rows *sql.Rows) (struct{}, error) {
		var text string
		var id int64
		err := rows.Scan(&text, &id)
		out[text] = id
		return struct{}{}, err
	}, args...)
	return out, err
}

// Received returns the items with these IDs that came before, and those that
// wait for one of them or move points of one of the contractors. Few items wait
// at a time, so the contractor is read out of what is kept of them.
func (s *Store) Received(ctx context.Context, feed loyalty.Feed, ids, contractors []string) ([]loyalty.ReceivedItem, error) {
	const columns = `SELECT id, fingerprint, document, of_item, entry_id, coalesce(body, '') FROM received_item WHERE feed_id = $1 AND `
	return collect(ctx, s.readers, "read what was received", columns+`id `+s.in("$2")+`
		UNION `+columns+`entry_id = 0 AND of_item `+s.in("$2")+`
		UNION `+columns+`entry_id = 0 AND `+s.member("body", "contractor")+` `+s.in("$3")+` ORDER BY id`,
		func(rows *sql.Rows) (r loyalty.ReceivedItem, err error) {
			err = rows.Scan(&r.ID, &r.Fingerprint, &r.Document, &r.Of, &r.Entry, &r.Body)
			return r, err
		}, feed.ID, s.list(ids), s.list(contractors))
}

// PendingLots returns the lots of accounts that hold pending points, whichever
// document they stand under.
func (s *Store) PendingLots(ctx context.Context, accounts []int64) ([]loyalty.Lot, error) {
	return collect(ctx, s.readers, "read lots", `SELECT `+lotColumns+` FROM lot
		WHERE pending > 0 AND account_id `+s.in("$1")+` ORDER BY id`, scanLot, s.list(accounts))
}

// PostReceived commits a page together with the items it came from. It returns
// loyalty.ErrStale when anything was received for the feed meanwhile.
func (s *Store) PostReceived(ctx context.Context, p loyalty.PageWrite, items []loyalty.ReceivedItem) error {
	w, err := writerOf(p)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *txn) error {
		if err := w.run(ctx, tx); err != nil {
			return err
		}
		if err := bumpFeed(ctx, tx, p.Feed.ID); err != nil {
			return err
		}
		rows := make([][]any, len(items))
		for i, it := range items {
			if it.Entry < 0 {
				it.Entry = w.entry - it.Entry
			}
			body := any(it.Body)
			if it.Entry != 0 {
				body = nil
			}
			rows[i] = []any{p.Feed.ID, it.ID, it.Fingerprint, it.Document, it.Of, it.Entry, body, it.Points}
		}
		err := insert(ctx, tx, "note what was received", "received_item", "feed_id, id, fingerprint, document, of_item, entry_id, body, points",
			`ON CONFLICT (feed_id, id) DO UPDATE SET entry_id = excluded.entry_id, body = excluded.body WHERE received_item.entry_id = 0`, rows)
		return err
	})
}

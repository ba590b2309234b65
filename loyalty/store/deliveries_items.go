package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// selection picks the rows of a queue: those after a position, or given ones.
// Its conditions stand on $2 and $3; $1 is the feed.
type selection struct {
	given string // the condition on given rows, "" for those after a position
	args  []any
}

func following(after int64, limit int) selection { return selection{args: []any{after, limit}} }

func (d dialect) byRef(refs []int64) selection {
	return selection{given: d.in("$2"), args: []any{d.list(refs), len(refs)}}
}

// where compares the queue's position, or the row's ID.
func (s selection) where(position, id string) string {
	if s.given != "" {
		return id + " " + s.given
	}
	return position + ` > $2`
}

func (s selection) of(feed int64) []any { return append([]any{feed}, s.args...) }

// outgoing makes the items of a queue out of the rows picked, in order.
func (s *Store) outgoing(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	switch q.Kind {
	case wire.Contractors:
		return s.outgoingContractors(ctx, q, pick)
	case wire.Representatives:
		return s.outgoingRepresentatives(ctx, q, pick)
	case wire.Points:
		return s.outgoingPoints(ctx, q, pick)
	case wire.Accounts:
		return s.outgoingAccounts(ctx, q, pick)
	}
	return nil, fmt.Errorf("deliveries: no kind %q", q.Kind)
}

const currentEpoch = `(SELECT epoch FROM store_meta)`

func (s *Store) outgoingContractors(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	return collect(ctx, s.readers, "read contractors to deliver", `SELECT c.id, c.version, c.erp_key, c.code, c.name, c.tax_id, c.email, c.phone,
			c.card, c.erp_group, c.active, c.joined_on, c.attributes, `+currentEpoch+`
		FROM contractor c WHERE c.feed_id = $1 AND c.version > 0 AND `+pick.where("c.version", "c.id")+` ORDER BY c.version LIMIT CAST($3 AS BIGINT)`,
		func(rows *sql.Rows) (wire.Outgoing, error) {
			var o wire.Outgoing
			var c wire.Contractor
			var epoch int64
			var joined sql.NullInt64
			var attributes []byte
			err := rows.Scan(&o.Ref, &o.Position, &c.ID, &c.Code, &c.Name, &c.TaxID, &c.Email, &c.Phone,
				&c.Card, &c.Group, &c.Active, &joined, &attributes, &epoch)
			if err == nil {
				err = json.Unmarshal(attributes, &c.Attributes)
			}
			if c.Attributes == nil {
				c.Attributes = loyalty.Attributes{}
			}
			c.JoinedOn, c.Version = dateOf(joined), wire.Version(epoch, o.Position)
			o.ID, o.Version, o.Body = c.ID, c.Version, c
			return o, err
		}, pick.of(q.Feed.ID)...)
}

func (s *Store) outgoingRepresentatives(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	return collect(ctx, s.readers, "read representatives to deliver", `SELECT r.id, r.version, r.erp_key, r.contractor_key, r.name, r.email, r.phone,
			r.active, r.preferred, r.consents, r.attributes, `+currentEpoch+`
		FROM representative r WHERE r.feed_id = $1 AND r.version > 0 AND `+pick.where("r.version", "r.id")+` ORDER BY r.version LIMIT CAST($3 AS BIGINT)`,
		func(rows *sql.Rows) (wire.Outgoing, error) {
			var o wire.Outgoing
			var r wire.Representative
			var epoch int64
			var consents, attributes []byte
			err := rows.Scan(&o.Ref, &o.Position, &r.ID, &r.Contractor, &r.Name, &r.Email, &r.Phone, &r.Active, &r.Default, &consents, &attributes, &epoch)
			if err == nil {
				err = errors.Join(json.Unmarshal(consents, &r.Consents), json.Unmarshal(attributes, &r.Attributes))
			}
			if r.Attributes == nil {
				r.Attributes = loyalty.Attributes{}
			}
			r.Version = wire.Version(epoch, o.Position)
			o.ID, o.Version, o.Body = r.ID, r.Version, r
			return o, err
		}, pick.of(q.Feed.ID)...)
}

// outgoingAccounts takes whole pages of accounts: all that a page of documents
// changed share one sequence, and a position in the middle would lose the rest.
func (s *Store) outgoingAccounts(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	const tables = ` FROM account a JOIN contractor c ON c.id = a.id WHERE a.program_id = $4 AND c.feed_id = $1 AND a.seq > 0 AND `
	query := `SELECT a.id, a.seq, c.erp_key, a.active, a.pending, a.held, a.debt, a.spent, a.lapsed, a.scored, a.rewards, ` + currentEpoch +
		tables + pick.where("a.seq", "a.id")
	if pick.given == "" {
		query += ` AND a.seq <= (SELECT max(first.seq) FROM (SELECT a.seq` + tables + pick.where("a.seq", "a.id") + ` ORDER BY a.seq LIMIT CAST($3 AS BIGINT)) first)
			ORDER BY a.seq, a.id`
	} else {
		query += ` ORDER BY a.seq, a.id LIMIT CAST($3 AS BIGINT)`
	}
	return collect(ctx, s.readers, "read accounts to deliver", query,
		func(rows *sql.Rows) (wire.Outgoing, error) {
			var o wire.Outgoing
			var a wire.Account
			var active, pending, held, debt, spent, lapsed loyalty.Points
			var epoch int64
			err := rows.Scan(&o.Ref, &o.Position, &a.Contractor, &active, &pending, &held, &debt, &spent, &lapsed,
				&a.ScoredDocuments, &a.RewardsReceived, &epoch)
			text := func(p loyalty.Points) string { return p.Format(q.Feed.Decimals) }
			a.Available, a.Pending, a.Held, a.Debt, a.Spent, a.Lapsed = text(active), text(pending), text(held), text(debt), text(spent), text(lapsed)
			a.ID, a.AsOfSeq, a.Version = a.Contractor, o.Position, wire.Version(epoch, o.Position)
			o.ID, o.Version, o.Account, o.Body = a.Contractor, a.Version, o.Ref, a
			return o, err
		}, append(pick.of(q.Feed.ID), q.Feed.Program)...)
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// DeliveryQueue tells how far deliveries of one kind have come.
type DeliveryQueue struct {
	Platform string    `json:"platform"`
	Program  string    `json:"program"`
	Source   string    `json:"source"`
	Kind     wire.Kind `json:"kind"`
	Waiting  int64     `json:"waiting"` // items not delivered yet, dead letters apart
	Dead     int64     `json:"dead"`
	// Oldest is when the oldest waiting points were posted; nil when none wait.
	Oldest *time.Time `json:"oldest,omitempty"`
}

// DeadLetter is an item that a platform refused.
type DeadLetter struct {
	ID         int64     `json:"id"`
	Platform   string    `json:"platform"`
	Program    string    `json:"program"`
	Source     string    `json:"source"`
	Kind       wire.Kind `json:"kind"`
	Item       string    `json:"item"`
	Contractor string    `json:"contractor,omitempty"` // key of whose points they are
	Code       string    `json:"code"`
	Message    string    `json:"message"`
	Attempts   int       `json:"attempts"`
	FirstAt    time.Time `json:"first_at"`
	LastAt     time.Time `json:"last_at"`
	Requeued   bool      `json:"requeued"` // will be sent again at the next drain
}

// BlockedPlatform is a platform that refuses everything until someone acts.
type BlockedPlatform struct {
	Platform string    `json:"platform"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason"`
}

// IncompleteAccount is an account of which a platform lacks movements.
type IncompleteAccount struct {
	Platform string
	Account  int64
	Letters  int64
}

// Deliveries tells how far every queue has come that was ever delivered from.
func (s *Store) Deliveries(ctx context.Context) ([]DeliveryQueue, error) {
	type row struct {
		queue DeliveryQueue
		feed  int64
		after int64
	}
	rows, err := collect(ctx, s.readers, "list the deliveries", `SELECT q.platform, p.name, s.name, q.kind, q.feed_id, coalesce(n.position, 0),
			(SELECT count(*) FROM dead_letter l WHERE l.platform = q.platform AND l.feed_id = q.feed_id AND l.kind = q.kind)
		FROM (SELECT platform, feed_id, kind FROM delivery_position UNION SELECT platform, feed_id, kind FROM dead_letter) q
		JOIN feed f ON f.id = q.feed_id JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
		LEFT JOIN delivery_position n ON n.platform = q.platform AND n.feed_id = q.feed_id AND n.kind = q.kind
		ORDER BY q.platform, p.name, s.name, q.kind`,
		func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.queue.Platform, &r.queue.Program, &r.queue.Source, &r.queue.Kind, &r.feed, &r.after, &r.queue.Dead)
			return r, err
		})
	if err != nil {
		return nil, err
	}
	out := make([]DeliveryQueue, len(rows))
	for i, r := range rows {
		if err := s.fillWaiting(ctx, &r.queue, r.feed, r.after); err != nil {
			return nil, err
		}
		out[i] = r.queue
	}
	return out, nil
}

func (s *Store) fillWaiting(ctx context.Context, q *DeliveryQueue, feed, after int64) error {
	from, column := waiting(q.Kind)
	var first sql.NullInt64
	if err := s.readers.QueryRowContext(ctx, `SELECT count(*), min(`+column+`) `+from, after, feed).Scan(&q.Waiting, &first); err != nil {
		return storeError("count what is not delivered", err)
	}
	if q.Kind != wire.Points || !first.Valid {
		return nil
	}
	var posted int64
	err := s.readers.QueryRowContext(ctx, `SELECT b.posted_at FROM entry e JOIN batch b ON b.id = e.batch_id WHERE e.id = $1`, first.Int64).Scan(&posted)
	if err != nil {
		return storeError("read the oldest undelivered points", err)
	}
	oldest := instant(posted)
	q.Oldest = &oldest
	return nil
}

// DeadLetters lists the items that platforms refused, the oldest first. An empty
// platform lists those of all.
func (s *Store) DeadLetters(ctx context.Context, platform string) ([]DeadLetter, error) {
	return collect(ctx, s.readers, "list the dead letters", `SELECT l.id, l.platform, p.name, s.name, l.kind, l.item, coalesce(c.erp_key, ''),
			l.code, l.message, l.attempts, l.first_at, l.last_at, l.state = 'requeued'
		FROM dead_letter l JOIN feed f ON f.id = l.feed_id JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
		LEFT JOIN contractor c ON c.id = l.account_id
		WHERE $1 = '' OR l.platform = $1 ORDER BY l.id`,
		func(rows *sql.Rows) (l DeadLetter, err error) {
			var first, last int64
			err = rows.Scan(&l.ID, &l.Platform, &l.Program, &l.Source, &l.Kind, &l.Item, &l.Contractor,
				&l.Code, &l.Message, &l.Attempts, &first, &last, &l.Requeued)
			l.FirstAt, l.LastAt = instant(first), instant(last)
			return l, err
		}, platform)
}

// Requeue asks for a dead letter to be sent again at the next drain, under the
// ID it always had (law 10). An unknown one is CodeNotFound.
func (s *Store) Requeue(ctx context.Context, id int64) error {
	return s.inTx(ctx, func(tx *txn) error {
		n, err := requeue(ctx, tx, `UPDATE dead_letter SET state = 'requeued' WHERE id = $1`, id)
		if err == nil && n == 0 {
			return &loyalty.Error{
				Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no dead letter %d", id),
				Hint: "list them: loyalsync deliveries --dead",
			}
		}
		return err
	})
}

// RequeueAll asks for every dead letter to be sent again, and returns how many.
func (s *Store) RequeueAll(ctx context.Context) (n int64, err error) {
	err = s.inTx(ctx, func(tx *txn) error {
		n, err = requeue(ctx, tx, `UPDATE dead_letter SET state = 'requeued' WHERE state = 'dead'`)
		return err
	})
	return n, err
}

func requeue(ctx context.Context, tx *txn, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, storeError("requeue dead letters", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, storeError("requeue dead letters", err)
	}
	return n, nil
}

// BlockedPlatforms lists the platforms that refuse everything.
func (s *Store) BlockedPlatforms(ctx context.Context) ([]BlockedPlatform, error) {
	return collect(ctx, s.readers, "list the blocked platforms", `SELECT platform, blocked_since, reason FROM platform_state ORDER BY platform`,
		func(rows *sql.Rows) (b BlockedPlatform, err error) {
			var since int64
			err = rows.Scan(&b.Platform, &since, &b.Reason)
			b.Since = instant(since)
			return b, err
		})
}

// IncompleteAccounts lists the accounts of which platforms lack movements: those
// with dead letters, until these are delivered.
func (s *Store) IncompleteAccounts(ctx context.Context) ([]IncompleteAccount, error) {
	return collect(ctx, s.readers, "list the incomplete accounts", `SELECT platform, account_id, count(*) FROM dead_letter
		WHERE account_id <> 0 AND kind = 'points' GROUP BY platform, account_id ORDER BY platform, account_id`,
		func(rows *sql.Rows) (a IncompleteAccount, err error) {
			err = rows.Scan(&a.Platform, &a.Account, &a.Letters)
			return a, err
		})
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// leaseSkew is how many times its own length a lease may lie in the future
// before it is taken for a leftover of a clock that was set back.
const leaseSkew = 3

// TakeLease takes a lease that nobody holds, or whose holder let it expire, for
// ttl. The second result is false when somebody holds it. The token is higher
// than every token of that name before.
func (s *Store) TakeLease(ctx context.Context, name, owner string, ttl time.Duration) (loyalty.Lease, bool, error) {
	now := s.cfg.Now()
	lease := loyalty.Lease{Name: name}
	err := s.inTx(ctx, func(tx *txn) error {
		return tx.QueryRowContext(ctx, `
			INSERT INTO lease (name, token, owner, expires_at) VALUES ($1, 1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET token = lease.token + 1, owner = excluded.owner, expires_at = excluded.expires_at
			WHERE lease.expires_at <= $4 OR lease.expires_at > $5
			RETURNING token`,
			name, owner, micros(now.Add(ttl)), micros(now), micros(now.Add(leaseSkew*ttl))).Scan(&lease.Token)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return loyalty.Lease{}, false, nil
	case err != nil:
		return loyalty.Lease{}, false, storeError("take the lease "+name, err)
	}
	return lease, true, nil
}

// RenewLease keeps a lease for another ttl from now. ErrLeaseLost says that it
// has been taken over meanwhile.
func (s *Store) RenewLease(ctx context.Context, lease loyalty.Lease, ttl time.Duration) error {
	return s.setLease(ctx, lease, s.cfg.Now().Add(ttl))
}

// ReleaseLease lets others take the lease at once. ErrLeaseLost says that
// somebody has it already.
func (s *Store) ReleaseLease(ctx context.Context, lease loyalty.Lease) error {
	return s.setLease(ctx, lease, time.UnixMicro(0))
}

func (s *Store) setLease(ctx context.Context, lease loyalty.Lease, until time.Time) error {
	res, err := s.exec(ctx, `UPDATE lease SET expires_at = $1 WHERE name = $2 AND token = $3`,
		micros(until), lease.Name, lease.Token)
	if err != nil {
		return storeError("renew the lease "+lease.Name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(loyalty.ErrLeaseLost, err)
	}
	return nil
}

// LeaseHolder returns who holds a lease now, or "".
func (s *Store) LeaseHolder(ctx context.Context, name string) (string, error) {
	var owner string
	err := s.readers.QueryRowContext(ctx, `SELECT owner FROM lease WHERE name = $1 AND expires_at > $2`,
		name, micros(s.cfg.Now())).Scan(&owner)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", storeError("read the lease "+name, err)
	}
	return owner, nil
}

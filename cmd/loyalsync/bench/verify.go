package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	_ "modernc.org/sqlite" // the store's own tables are read, whatever the store says of them
)

// same compares what each contractor has in the ledger beside a configuration with
// what the statement computed.
func (b *bench) same(ctx context.Context, path string, want map[string]balance) (err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(filepath.Dir(path), "data", "loyalsync.db"))+"?mode=ro")
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT c.erp_key, a.active - a.debt, a.pending FROM account a JOIN contractor c ON c.id = a.id`)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	wrong, seen := 0, 0
	var has, should balance
	for rows.Next() {
		var contractor string
		var got balance
		if err := rows.Scan(&contractor, &got.active, &got.pending); err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		seen++
		has.add(got)
		if got != want[contractor] {
			wrong++
		}
	}
	for _, w := range want {
		should.add(w)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	if wrong > 0 || seen != len(want) {
		return fmt.Errorf("%w: %d contractors with %d points and %d pending, the statement has %d with %d and %d; %d contractors differ", ErrWrong,
			seen, has.active, has.pending, len(want), should.active, should.pending, wrong)
	}
	b.cfg.Say("right: %d contractors, %d points, %d pending, as the statement computes", seen, has.active, has.pending)
	return nil
}

func (b *balance) add(other balance) { b.active += other.active; b.pending += other.pending }

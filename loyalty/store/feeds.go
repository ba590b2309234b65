package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
)

// OpenFeed returns the feed of a source and a program, made when it is new. A
// program whose currency or decimals differ from the stored ones is an error
// with CodeAction: its points would change their meaning.
func (s *Store) OpenFeed(ctx context.Context, f loyalty.Feed) (loyalty.Feed, error) {
	found, err := s.findFeed(ctx, s.readers, f)
	if err != nil || found.ID != 0 {
		return found, err
	}
	err = s.inTx(ctx, func(tx *txn) error {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO program (name, currency, decimals) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`, []any{f.ProgramName, f.Currency, f.Decimals}},
			{`INSERT INTO source (name, identity) VALUES ($1, '') ON CONFLICT (name) DO NOTHING`, []any{f.SourceName}},
			{`INSERT INTO feed (program_id, source_id) SELECT p.id, s.id FROM program p, source s WHERE p.name = $1 AND s.name = $2
				ON CONFLICT DO NOTHING`, []any{f.ProgramName, f.SourceName}},
		} {
			if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
				return storeError("make the feed "+f.Name(), err)
			}
		}
		var err error
		found, err = s.findFeed(ctx, tx, f)
		return err
	})
	return found, err
}

func (s *Store) findFeed(ctx context.Context, q querier, f loyalty.Feed) (loyalty.Feed, error) {
	var currency string
	var decimals int
	err := q.QueryRowContext(ctx, `SELECT id, currency, decimals FROM program WHERE name = $1`, f.ProgramName).Scan(&f.Program, &currency, &decimals)
	if errors.Is(err, sql.ErrNoRows) {
		return loyalty.Feed{}, nil
	}
	if err != nil {
		return f, storeError("read the program", err)
	}
	if currency != f.Currency || decimals != f.Decimals {
		return f, &loyalty.Error{
			Code: loyalty.CodeAction,
			Message: fmt.Sprintf("program %s was started in %s with %d decimals of points, and is now configured as %s with %d",
				f.ProgramName, currency, decimals, f.Currency, f.Decimals),
			Hint: "put currency and points.decimals back; a program in another currency is a new program, under another name (or, after a trial, another store)",
		}
	}
	err = q.QueryRowContext(ctx, `SELECT f.id, f.source_id FROM feed f JOIN source s ON s.id = f.source_id WHERE f.program_id = $1 AND s.name = $2`,
		f.Program, f.SourceName).Scan(&f.ID, &f.Source)
	if errors.Is(err, sql.ErrNoRows) {
		return loyalty.Feed{}, nil
	}
	if err != nil {
		return f, storeError("read the feed", err)
	}
	return f, nil
}

// CheckIdentity compares what the ERP says it is with what was stored at the
// first run. Another database is an error with CodeAction.
func (s *Store) CheckIdentity(ctx context.Context, source, identity string) error {
	return s.inTx(ctx, func(tx *txn) error {
		var stored string
		if err := tx.QueryRowContext(ctx, `SELECT identity FROM source WHERE name = $1`, source).Scan(&stored); err != nil {
			return storeError("read the source", err)
		}
		switch stored {
		case identity:
			return nil
		case "":
			if _, err := tx.ExecContext(ctx, `UPDATE source SET identity = $1 WHERE name = $2`, identity, source); err != nil {
				return storeError("store the source's identity", err)
			}
			return nil
		}
		return &loyalty.Error{
			Code: loyalty.CodeAction, Message: fmt.Sprintf("source %s is another database than before: it was %q and is %q", source, stored, identity),
			Hint: "point the source back at its database; if the change is meant: loyalsync source accept " + source,
		}
	})
}

// Identity is what the source was at its first run, "" when no run has read it or
// another database was accepted since.
func (s *Store) Identity(ctx context.Context, source string) (identity string, err error) {
	err = s.readers.QueryRowContext(ctx, `SELECT identity FROM source WHERE name = $1`, source).Scan(&identity)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", storeError("read the source", err)
	}
	return identity, nil
}

// AcceptIdentity lets the next run store whatever database the source then is,
// and read it from the beginning: its stamps are its own. What was posted stays.
func (s *Store) AcceptIdentity(ctx context.Context, source string) error {
	return s.inTx(ctx, func(tx *txn) error {
		result, err := tx.ExecContext(ctx, `UPDATE source SET identity = '' WHERE name = $1`, source)
		if err != nil {
			return storeError("accept the source", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(&loyalty.Error{Code: loyalty.CodeNotFound, Message: "no run has read a source called " + source, Hint: "names of sources are in loyalsync.yaml"}, err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM cursor WHERE feed_id IN
			(SELECT f.id FROM feed f JOIN source s ON s.id = f.source_id WHERE s.name = $1)`, source); err != nil {
			return storeError("accept the source", err)
		}
		return nil
	})
}

// LoadCursor returns where reading a feed's documents stands.
func (s *Store) LoadCursor(ctx context.Context, feed loyalty.Feed) (c loyalty.Cursor, err error) {
	err = s.readers.QueryRowContext(ctx, `SELECT floor, position, ceiling, snapshot, taken FROM cursor WHERE feed_id = $1 AND kind = 'documents'`, feed.ID).
		Scan(&c.Floor, &c.Position, &c.Ceiling, &c.Snapshot, &c.Taken)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, storeError("read the cursor", err)
	}
	return c, nil
}

func saveCursor(ctx context.Context, q querier, feed int64, c loyalty.Cursor) error {
	_, err := q.ExecContext(ctx, `INSERT INTO cursor (feed_id, kind, floor, position, ceiling, snapshot, taken) VALUES ($1, 'documents', $2, $3, $4, $5, $6)
		ON CONFLICT (feed_id, kind) DO UPDATE SET floor = excluded.floor, position = excluded.position, ceiling = excluded.ceiling,
			snapshot = excluded.snapshot, taken = excluded.taken`,
		feed, c.Floor, c.Position, c.Ceiling, c.Snapshot, c.Taken)
	if err != nil {
		return storeError("save the cursor", err)
	}
	return nil
}

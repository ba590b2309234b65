package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Transferred is what was copied from one store to another, and found there.
type Transferred struct {
	Tables  int    `json:"tables"`
	Rows    int64  `json:"rows"`
	Entries int64  `json:"entries"`
	Hash    string `json:"hash"` // SHA-256 over all entries in their order, in hex
}

// tables are all of the store, each after those it refers to. A test holds them to
// the migrations.
func tables() []string {
	return []string{
		"store_meta", "store_epoch", "program", "source", "feed", "lease", "cursor", "rule_set", "rule", "rule_table", "contractor",
		"participation", "tier", "representative", "document", "document_moved", "erp_merge", "reevaluate", "operation", "account_merge", "merge_dismissed", "batch", "entry", "account_document", "ledger_block", "period", "period_total", "lot", "account", "cap_use", "delivery_position",
		"dead_letter", "platform_state", "app_user", "session", "audit", "job", "job_state", "run", "alert_state", "received_version",
		"received_item", "reconciled", "recompute", "recompute_pin",
	}
}

// seeded says which tables have rows in an empty store.
func seeded(table string) bool { return table == "store_meta" || table == "store_epoch" }

// TransferTo copies everything, as it is at one instant, into another store, which
// must be empty, and compares counts, totals and entries. It is one transaction of
// the target: an error leaves it empty. Memory does not grow with the store.
func (s *Store) TransferTo(ctx context.Context, to *Store) (done Transferred, err error) {
	err = s.inRead(ctx, func(from *txn) error {
		return to.inTx(ctx, func(tx *txn) error {
			if err := tx.mustBeEmpty(ctx, to.name); err != nil {
				return err
			}
			t := transfer{from: from, to: tx}
			for _, table := range tables() {
				if err := t.table(ctx, table); err != nil {
					return err
				}
			}
			if err := tx.continueNumbers(ctx); err != nil {
				return err
			}
			done, err = t.verify(ctx)
			return err
		})
	})
	return done, err
}

// mustBeEmpty refuses a store in which anything was written.
func (t *txn) mustBeEmpty(ctx context.Context, name string) error {
	for _, table := range tables() {
		var used bool
		if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&used); err != nil {
			return storeError("look at the target", err)
		}
		if used && !seeded(table) {
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: name + " is not empty: it has rows in " + table,
				Hint: "name a new file, database or schema; nothing was changed",
			}
		}
	}
	return nil
}

// continueNumbers lets the next row of each table have a number of its own. SQLite
// counts from what is there.
func (t *txn) continueNumbers(ctx context.Context) error {
	if t.dialect == onSQLite {
		return nil
	}
	for _, table := range tables() {
		var sequence sql.NullString
		err := t.QueryRowContext(ctx, `SELECT pg_get_serial_sequence(a.attrelid::regclass::text, 'id') FROM pg_attribute a
			WHERE a.attrelid = CAST($1 AS regclass) AND a.attidentity <> ''`, table).Scan(&sequence)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil {
			_, err = t.ExecContext(ctx, `SELECT setval(CAST($1 AS regclass), max(id)) FROM `+table+` HAVING max(id) IS NOT NULL`, sequence.String)
		}
		if err != nil {
			return storeError("number what comes next", err)
		}
	}
	return nil
}

// transfer copies between two transactions.
type transfer struct {
	from, to *txn
	rows     int64
	sum      string // of the entries read
}

const rowsPerTransfer = 1000

func (t *transfer) table(ctx context.Context, table string) error {
	if seeded(table) {
		return t.seed(ctx, table)
	}
	digest := sha256.New()
	chunk := make([][]any, 0, rowsPerTransfer)
	columns, err := eachRow(ctx, t.from, table, func(columns []string, row []any) error {
		t.rows++
		if table == "entry" {
			_, _ = digest.Write(appendEntry(nil, row))
		}
		if chunk = append(chunk, row); len(chunk) < rowsPerTransfer {
			return nil
		}
		err := insert(ctx, t.to, "copy "+table, table, strings.Join(columns, ", "), "", chunk)
		chunk = chunk[:0]
		return err
	})
	if err != nil {
		return err
	}
	if table == "entry" {
		t.sum = hex.EncodeToString(digest.Sum(nil))
	}
	return insert(ctx, t.to, "copy "+table, table, strings.Join(columns, ", "), "", chunk)
}

// seed puts the rows of a table in place of those that every new store has. The
// row that writers wait for stays, with other values.
func (t *transfer) seed(ctx context.Context, table string) error {
	columns, err := eachRow(ctx, t.from, table, func(columns []string, row []any) error {
		t.rows++
		set := make([]string, len(columns))
		for i, c := range columns {
			set[i] = c + " = excluded." + c
		}
		return insert(ctx, t.to, "copy "+table, table, strings.Join(columns, ", "), "ON CONFLICT ("+columns[0]+") DO UPDATE SET "+strings.Join(set, ", "), [][]any{row})
	})
	if err == nil && len(columns) == 0 {
		err = fmt.Errorf("table %s has no columns", table)
	}
	return err
}

// eachRow reads a table, by id where it has one, and returns its columns.
func eachRow(ctx context.Context, q *txn, table string, row func(columns []string, values []any) error) (columns []string, err error) {
	order := ""
	if table == "entry" {
		order = " ORDER BY id"
	}
	rows, err := q.QueryContext(ctx, `SELECT * FROM `+table+order)
	if err != nil {
		return nil, storeError("read "+table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if columns, err = rows.Columns(); err != nil {
		return nil, storeError("read "+table, err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return columns, storeError("read "+table, err)
		}
		if err := row(columns, values); err != nil {
			return columns, err
		}
	}
	if err := rows.Err(); err != nil {
		return columns, storeError("read "+table, err)
	}
	return columns, nil
}

// verify compares the target with the source before anything is committed.
func (t *transfer) verify(ctx context.Context) (done Transferred, err error) {
	differs := func(what string) error {
		return &loyalty.Error{
			Code: loyalty.CodeInternal, Message: "the copy differs from its source in " + what,
			Hint: "nothing was kept, and the target is empty; if it happens again, check the disks of both",
		}
	}
	for _, table := range tables() {
		counts, err := both(t, func(q *txn) (n int64, err error) {
			return n, q.QueryRowContext(ctx, `SELECT count(*) FROM `+table).Scan(&n)
		})
		if err != nil {
			return done, storeError("count the rows", err)
		}
		if counts[0] != counts[1] {
			return done, differs("the number of rows of " + table)
		}
		done.Rows += counts[1]
	}
	sums, err := both(t, func(q *txn) ([4]int64, error) { return totals(ctx, q) })
	if err != nil {
		return done, err
	}
	if sums[0] != sums[1] {
		return done, differs("the sums of points")
	}
	digest := sha256.New()
	if _, err = eachRow(ctx, t.to, "entry", func(_ []string, row []any) error {
		_, err := digest.Write(appendEntry(nil, row))
		return err
	}); err != nil {
		return done, err
	}
	if done.Hash = hex.EncodeToString(digest.Sum(nil)); done.Hash != t.sum || done.Rows != t.rows {
		return done, differs("its entries")
	}
	done.Tables, done.Entries = len(tables()), sums[1][0]
	return done, nil
}

// both asks the source and the target the same.
func both[T any](t *transfer, ask func(*txn) (T, error)) (answers [2]T, err error) {
	for i, q := range []*txn{t.from, t.to} {
		if answers[i], err = ask(q); err != nil {
			return answers, err
		}
	}
	return answers, nil
}

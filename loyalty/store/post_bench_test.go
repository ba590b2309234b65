package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// Entries of a benchmark: those of a page, and of a document, of so many accounts.
const (
	pageEntries, documentEntries = 5000, 5
	benchAccounts                = 5000
)

// benchEntries is how many are posted; another number by LOYALSYNC_BENCH_ENTRIES.
func benchEntries(b *testing.B) int {
	b.Helper()
	text := os.Getenv("LOYALSYNC_BENCH_ENTRIES")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// toPost is a store with the documents of n entries, and no entries.
const toPost = `
INSERT INTO program (id, name, currency, decimals) VALUES (1, 'main', 'PLN', 0);
INSERT INTO source (id, name, identity) VALUES (1, 'erp', 'x');
INSERT INTO feed (id, program_id, source_id) VALUES (1, 1, 1);
INSERT INTO rule (id, program_id, name) VALUES (1, 1, 'base');
INSERT INTO rule_set (id, program_id, valid_from, hash, body, created_at) VALUES (1, 1, 0, 'h', '{}', 0);
INSERT INTO contractor (id, feed_id, erp_key, code, name)
	WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d) SELECT i, 1, i, 'K' || i, 'Firma ' || i FROM n;
INSERT INTO document (id, feed_id, erp_key, type, root, number, state, date, issued_on, party, account_id, hash, digest, modified, body)
	WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %[2]d)
	SELECT i, 1, i, 'FS', i, 'FS/' || i, 2, 20000, 20000, 1 + i %% %[1]d, 1 + i %% %[1]d, '', '', '', '' FROM n;
INSERT INTO account (id, program_id) SELECT id, 1 FROM contractor;`

// byStatement is the same work as one SQL statement each for entries and balances.
const byStatement = `
INSERT INTO batch (id, feed_id, actor, reason, posted_at) VALUES (1, 1, 'run', '', 1);
INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, batch_id)
	SELECT %[2]d * (d.id - 1) + l.line, d.account_id, d.id, l.line, 1, 1, 1, 1, 3, 10, d.date, 1, 1
	FROM document d, generate_series(1, %[2]d) AS l (line) WHERE d.id <= %[1]d / %[2]d;
UPDATE account SET active = e.points, seq = e.seq FROM (SELECT account_id, sum(amount) AS points, max(id) AS seq FROM entry GROUP BY account_id) e
	WHERE e.account_id = account.id;`

// BenchmarkPost posts entries and balances page by page, beside the same work by hand: in
// PostgreSQL a statement for all entries, in SQLite a statement for each.
func BenchmarkPost(b *testing.B) {
	n := benchEntries(b)
	for name, place := range map[string]func(testing.TB) storetest.Place{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			for way, post := range map[string]func(context.Context, *store.Store, *sql.DB, int) error{"pages": byPages, "by_hand": map[string]func(context.Context, *store.Store, *sql.DB, int) error{
				"SQLite": byRows, "PostgreSQL": func(ctx context.Context, _ *store.Store, db *sql.DB, n int) error {
					_, err := db.ExecContext(ctx, fmt.Sprintf(byStatement, n, documentEntries))
					return err
				},
			}[name]} {
				b.Run(way, func(b *testing.B) {
					for b.Loop() {
						b.StopTimer()
						p := place(b)
						s, db := p.OpenAt(b, time.Now), p.DB(b)
						db.SetMaxOpenConns(1)
						if _, err := db.ExecContext(b.Context(), fmt.Sprintf(toPost, benchAccounts, n/documentEntries)); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
						if err := post(b.Context(), s, db, n); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
				})
			}
		})
	}
}

func earned(i int) loyalty.Entry {
	document := 1 + int64(i/documentEntries)
	return loyalty.Entry{
		Account: 1 + document%benchAccounts, Document: document, Line: 1 + int64(i%documentEntries), Rule: 1, Revision: 1, Kind: loyalty.Earn,
		From: loyalty.Issued, To: loyalty.Active, Amount: 10, EffectiveOn: 20000, RuleSet: 1,
	}
}

// byPages posts as runs do.
func byPages(ctx context.Context, s *store.Store, _ *sql.DB, n int) error {
	balances := make(map[int64]loyalty.Balance)
	for from := 0; from < n; from += pageEntries {
		p := loyalty.PageWrite{Feed: loyalty.Feed{ID: 1, Program: 1}, Version: -1, Actor: "run", At: time.Unix(1, 0)}
		p.Entries = make([]loyalty.Entry, 0, pageEntries)
		before := make(map[int64]loyalty.Balance)
		var order []int64
		for i := from; i < min(n, from+pageEntries); i++ {
			e := earned(i)
			balance := balances[e.Account]
			if _, known := before[e.Account]; !known {
				before[e.Account] = balance
				order = append(order, e.Account)
			}
			balance.Active += e.Amount
			balance.Seq = int64(from + pageEntries)
			balances[e.Account] = balance
			p.Entries = append(p.Entries, e)
		}
		for _, id := range order {
			p.Accounts = append(p.Accounts, loyalty.AccountWrite{ID: id, Before: before[id], After: balances[id], Exists: true})
		}
		if err := s.Post(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// byRows inserts a row at a time, in transactions of as many as a page has.
func byRows(ctx context.Context, _ *store.Store, db *sql.DB, n int) error {
	if _, err := db.ExecContext(ctx, `PRAGMA synchronous=FULL; INSERT INTO batch (id, feed_id, actor, reason, posted_at) VALUES (1, 1, 'run', '', 1)`); err != nil {
		return err
	}
	for from := 0; from < n; from += pageEntries {
		if err := pageByRows(ctx, db, from, min(n, from+pageEntries)); err != nil {
			return err
		}
	}
	return nil
}

func pageByRows(ctx context.Context, db *sql.DB, from, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after the commit there is nothing left
	insert, err := tx.PrepareContext(ctx, `INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, batch_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`)
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // a benchmark's
	add, err := tx.PrepareContext(ctx, `UPDATE account SET active = active + ?, seq = ? WHERE id = ?`)
	if err != nil {
		return err
	}
	defer add.Close() //nolint:errcheck // a benchmark's
	for i := from; i < to; i++ {
		e := earned(i)
		if _, err := insert.ExecContext(ctx, i+1, e.Account, e.Document, e.Line, e.Rule, e.Revision, int64(e.Kind), int64(e.From), int64(e.To), int64(e.Amount), int64(e.EffectiveOn), e.RuleSet); err != nil {
			return err
		}
		if _, err := add.ExecContext(ctx, int64(e.Amount), i+1, e.Account); err != nil {
			return err
		}
	}
	return tx.Commit()
}

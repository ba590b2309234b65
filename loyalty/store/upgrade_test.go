package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// raw opens the file of a store behind the program's back.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// posted are the points of a store written by hand: enough to see that they stay.
const posted = `
	INSERT INTO program (id, name, currency, decimals) VALUES (1, 'main', 'PLN', 0);
	INSERT INTO source (id, name, identity) VALUES (1, 'erp', '');
	INSERT INTO feed (id, program_id, source_id) VALUES (1, 1, 1);
	INSERT INTO contractor (id, feed_id, erp_key) VALUES (1, 1, 'K1');
	INSERT INTO document (id, feed_id, erp_key, type, root, number, state, date, issued_on, party, hash, digest, modified)
		VALUES (1, 1, '1', 'FS', '1', 'FS/1', 2, 20500, 20500, 'K1', '', '', '');
	INSERT INTO lot (account_id, document_id, earned_on, lapses_on, pending, active) VALUES (1, 1, 20500, 20510, 30, 70);
	INSERT INTO account (id, program_id, pending, active, debt) VALUES (1, 1, 30, 70, 5);
	INSERT INTO entry (account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, batch_id)
		VALUES (1, 1, 1, 1, 1, 1, 1, 3, 100, 20260101, 1)`

// older makes a store as the program with an older schema left it; latest is the
// newest schema there is.
func older(t *testing.T, path string, version int64) (latest int64) {
	t.Helper()
	db := raw(t, path)
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations/sqlite"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), posted); err != nil {
		t.Fatal(err)
	}
	_, latest, err = provider.GetVersions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return latest
}

// points reads the schema and the points of a store.
func points(t *testing.T, path string) string {
	t.Helper()
	db := raw(t, path)
	defer func() { _ = db.Close() }()
	var out string
	if err := db.QueryRowContext(t.Context(), `SELECT 'schema ' || max(version_id) || ', ' || (SELECT group_concat(pending || '/' || active || '/' || debt) FROM account)
		|| ', ' || (SELECT sum(amount) FROM entry) FROM goose_db_version`).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// lotFeeds are the feeds that lots belong to.
func lotFeeds(t *testing.T, path string) (out string) {
	t.Helper()
	db := raw(t, path)
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), `SELECT group_concat(feed_id) FROM lot`).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// files are the names in a store's folder.
func files(t *testing.T, path string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

// TestUpgrade opens stores of every older schema: each is copied as it was, then
// brought up to date with its points, once.
func TestUpgrade(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }
	latest := int64(2)
	for version := int64(1); version < latest; version++ {
		if files, err := filepath.Glob(fmt.Sprintf("migrations/sqlite/%05d_*.sql", version)); err != nil || len(files) == 0 {
			continue
		}
		path := filepath.Join(t.TempDir(), "loyalsync.db")
		latest = older(t, path, version)
		before, here := points(t, path), files(t, path)

		if _, err := store.Open(t.Context(), store.Config{Path: path, ReadOnly: true, Now: now}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("schema %d for reading: %v", version, err)
		}
		if got := files(t, path); points(t, path) != before || !cmp.Equal(here, got) {
			t.Errorf("schema %d was changed by a reader: %s, files %v", version, points(t, path), got)
		}

		var told []string
		for range 2 {
			s, err := store.Open(t.Context(), store.Config{Path: path, Now: now, Progress: func(m string) { told = append(told, m) }})
			if err != nil {
				t.Fatalf("schema %d: %v", version, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		copied := fmt.Sprintf("loyalsync.db.schema-%d-20261125T120000Z", version)
		if len(told) != 1 || !strings.Contains(told[0], fmt.Sprintf("from schema %d to %d", version, latest)) || !strings.Contains(told[0], copied) {
			t.Errorf("schema %d: it tells %q", version, told)
		}
		if got := points(t, filepath.Join(filepath.Dir(path), copied)); got != before {
			t.Errorf("schema %d: the copy has %s, was %s", version, got, before)
		}
		if got, want := points(t, path), strings.Replace(before, fmt.Sprintf("schema %d,", version), fmt.Sprintf("schema %d,", latest), 1); got != want {
			t.Errorf("schema %d became %s, want %s", version, got, want)
		}
		const lapsing = 12 // the schema from which lots name their feed themselves
		if got := lotFeeds(t, path); version < lapsing && got != "1" {
			t.Errorf("schema %d: feeds of the lots %q", version, got)
		}
		if got := files(t, path); !cmp.Equal(got, []string{"loyalsync.db", copied}) {
			t.Errorf("schema %d: files %v", version, got)
		}
	}
	if latest < 5 {
		t.Errorf("only %d schemas: the test tests too little", latest)
	}
}

// TestNewerStoreIsRefused: a program that is older than the store says so, and
// changes not a byte.
func TestNewerStoreIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loyalsync.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		_, err := store.Open(t.Context(), store.Config{Path: path, ReadOnly: readOnly, Now: time.Now})
		if loyalty.CodeOf(err) != loyalty.CodeInvalid || !strings.Contains(err.Error(), "schema 9000") {
			t.Errorf("read only %v: %v", readOnly, err)
		}
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) || !cmp.Equal(files(t, path), []string{"loyalsync.db"}) {
		t.Errorf("it was changed; files %v", files(t, path))
	}
}

// migrated is a store of an older schema, with rows that a script adds, after it was opened.
func migrated(t *testing.T, version int64, script string) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "loyalsync.db")
	older(t, path, version)
	db := raw(t, path)
	_, err := db.ExecContext(t.Context(), script)
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	db = raw(t, path)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestReceivedPointsOfOlderStores: what items moved is read out of their entries, also
// of one that was split, and of those of another call.
func TestReceivedPointsOfOlderStores(t *testing.T) {
	db := migrated(t, 12, `
		INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, batch_id) VALUES
			(2, 1, 1, 1, 1, 2, 1, 1, 7, 5, 1, 2), (3, 1, 1, 1, 1, 3, 1, 1, 3, 2, 1, 2), (4, 1, 1, 1, 1, 4, 1, 1, 3, 9, 1, 2), (5, 1, 1, 1, 1, 5, 5, 3, 6, 1, 1, 3);
		INSERT INTO received_item (feed_id, id, fingerprint, document, of_item, entry_id, body) VALUES
			(1, 'a', '', '', '', 1, NULL), (1, 'b', '', '', '', 4, NULL), (1, 'c', '', '', '', 2, NULL), (1, 'd', '', '', '', 0, '{}')`)
	var got string
	if err := db.QueryRowContext(t.Context(), `SELECT group_concat(id || points, ' ' ORDER BY id) FROM received_item`).Scan(&got); err != nil || got != "a100 b9 c7 d0" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestEntriesOfOlderStores: those of documents that are another's by now, or nobody's, are
// found by their accounts.
func TestEntriesOfOlderStores(t *testing.T) {
	db := migrated(t, 20, `
		INSERT INTO contractor (id, feed_id, erp_key, code) VALUES (8, 1, 'k8', 'K8'), (9, 1, 'k9', 'K9');
		INSERT INTO document (id, feed_id, erp_key, type, root, number, state, date, issued_on, party, account_id, hash, digest, modified)
			VALUES (8, 1, '8', 'FS', '8', 'FS/8', 2, 1, 1, 'k8', 8, '', '', ''), (9, 1, '9', 'FS', '9', 'FS/9', 2, 1, 1, '', NULL, '', '', '');
		INSERT INTO operation (id, program_id, account_id, kind, state, other_id, points, spent, rate, worth, on_date, actor, reason, created_at)
			VALUES (5, 1, 8, 3, 2, 9, 1, 0, '0', '0', 1, 'x', 'x', 1);
		INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, batch_id) VALUES
			(12, 8, 8, 1, 1, 1, 1, 1, 3, 5, 1, 2), (13, 9, 8, 1, 1, 2, 1, 1, 3, 5, 1, 2), (14, 9, 9, 1, 1, 1, 1, 1, 3, 5, 1, 2),
			(15, 8, -5, 1, 0, 1, 10, 3, 8, 5, 1, 2), (16, 9, -5, 1, 0, 2, 10, 8, 3, 5, 1, 2)`)
	var got string
	err := db.QueryRowContext(t.Context(), `SELECT group_concat(account_id || ':' || document_id, ' ' ORDER BY document_id) FROM account_document WHERE account_id > 7`).Scan(&got)
	if want := "9:-5 9:8 9:9"; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

package storetest

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Transfer copies a store of one database into one of another, and checks that all
// of it is there and goes on from there.
func Transfer(t *testing.T, from, to Checks) {
	source, db := from.seeded(t)
	if _, err := source.QueueRun(t.Context(), loyalty.Run{Job: "points", Kind: "points", Actor: "anna"}); err != nil {
		t.Fatal(err)
	}
	if err := source.Sessions().CommitCtx(t.Context(), "token", []byte{0, 1, 0xff}, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE store_meta SET epoch = 3, version = 77`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO store_epoch (epoch, first_entry) VALUES (3, 5)`); err != nil {
		t.Fatal(err)
	}
	place := to.Fresh(t)
	target := place.Open(t)
	done, err := source.TransferTo(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	want, got := content(t, db), content(t, place.DB(t))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if done.Tables != len(want) || done.Entries != 9 || len(done.Hash) != 64 || done.Rows < 40 {
		t.Errorf("%+v of %d tables", done, len(want))
	}
	if _, err := source.TransferTo(t.Context(), target); loyalty.CodeOf(err) != loyalty.CodeConflict {
		t.Errorf("over another store: %v", err)
	}
	if diff := cmp.Diff(got, content(t, place.DB(t))); diff != "" {
		t.Errorf("a refused copy changed something: %s", diff)
	}
	if id, err := target.QueueRun(t.Context(), loyalty.Run{Job: "points", Kind: "points", Actor: "anna"}); err != nil || id != 2 {
		t.Errorf("the next run is %d, %v", id, err)
	}
	if f, err := target.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "new", SourceName: "new", Currency: "PLN"}); err != nil || f.ID != 4 || f.Program != 3 {
		t.Errorf("the next feed is %+v, %v", f, err)
	}
}

// FailedTransfer copies a store that breaks the rules of the target: nothing of it
// is there then, and a good one can be copied.
func FailedTransfer(t *testing.T, to Checks) {
	from := OnSQLite()
	bad, db := from.seeded(t)
	db.SetMaxOpenConns(1)
	for _, statement := range []string{`PRAGMA ignore_check_constraints = 1`, `UPDATE account SET debt = -1 WHERE id = 4`} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	place := to.Fresh(t)
	target := place.Open(t)
	before := content(t, place.DB(t))
	if _, err := bad.TransferTo(t.Context(), target); err == nil {
		t.Fatal("a debt below nothing was copied")
	}
	if diff := cmp.Diff(before, content(t, place.DB(t))); diff != "" {
		t.Errorf("an unfinished copy left something: %s", diff)
	}
	good, _ := from.seeded(t)
	if _, err := good.TransferTo(t.Context(), target); err != nil {
		t.Errorf("after an unfinished copy: %v", err)
	}
}

// content is every row of every table but that of versions, as text, by table.
func content(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range tableNames(t, db) {
		found, err := db.QueryContext(t.Context(), `SELECT * FROM `+table) //nolint:gosec // a name of the catalog
		if err != nil {
			t.Fatal(err)
		}
		out[table] = texts(t, found)
	}
	return out
}

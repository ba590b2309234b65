package compiere_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

func snapshot(t *testing.T, src *compiere.Source) string {
	t.Helper()
	moment, err := src.Snapshot(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// at is the moment with another number of a transaction. The server's own number
// is that of its oldest transaction, which may be another database's, and then
// more is read again; a test that says how much says since when.
func at(t *testing.T, moment string, number int64) string {
	t.Helper()
	parts := strings.Fields(moment)
	if len(parts) != 6 {
		t.Fatalf("moment %q", moment)
	}
	first, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || first > number {
		t.Fatalf("moment %q is after transaction %d, which is not over", moment, number)
	}
	parts[3] = strconv.FormatInt(number, 10)
	return strings.Join(parts, " ")
}

// begun is a transaction under way, with a number, and rolled back at the end of
// the test at the latest.
func begun(t *testing.T, e *erp) pgx.Tx {
	t.Helper()
	tx, err := e.db.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	numberOf(t, tx)
	return tx
}

func numberOf(t *testing.T, tx pgx.Tx) (number int64) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), "SELECT txid_current()").Scan(&number); err != nil {
		t.Fatal(err)
	}
	return number
}

// lateIDs lists what was committed since a moment, page by page.
func lateIDs(t *testing.T, src *compiere.Source, since string, below connectors.Stamp, limit int) []string {
	t.Helper()
	var all []string
	for after := connectors.Position(""); ; {
		page, err := src.Late(t.Context(), since, below, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, inv := range page.Items {
			all = append(all, inv.Key.ID)
		}
		if after = page.Next; page.Done {
			return all
		}
	}
}

// A transaction stamps a reversal, works on, and commits when the pass and its
// overlap have gone by: the next pass's floor is above its stamp for ever. Its
// savepoint has a number of its own.
func TestLateCommitBehindTheFloor(t *testing.T) {
	for _, member := range []string{"adempiere", "openbravo", "metasfresh", "libertya"} {
		t.Run(member, func(t *testing.T) {
			ctx := t.Context()
			e := stocked(t, member)
			other := begun(t, e) // of somebody else, for as long as this test: as on a shared server
			for id := 900; id <= 905; id++ {
				e.invoice(t, id, nil)
			}
			src := e.open(t)
			slow := begun(t, e)
			change := "UPDATE " + e.schema + ".c_invoice SET docstatus = 'RE', updated = '2026-01-15 10:30:00' WHERE c_invoice_id::text = "
			for _, sql := range []string{"SET LOCAL TimeZone = '" + e.zone + "'", change + "'900'", "SAVEPOINT step", change + "'901'"} {
				if _, err := slow.Exec(ctx, sql); err != nil {
					t.Fatal(err)
				}
			}
			e.must(t, "UPDATE c_invoice SET updated = '2026-01-15 13:00:00' WHERE c_invoice_id::text = '902'")

			told := snapshot(t, src)
			at(t, told, numberOf(t, other))          // it waits for all of the server's transactions
			moment := at(t, told, numberOf(t, slow)) // the pass: up to 13:00, and its overlap of two hours
			pass := connectors.Range{Floor: "2026-01-15T10:00:00.000000", Ceiling: "2026-01-15T13:00:00.000000"}
			same(t, "the pass", passIDs(t, src, pass, 10), []string{"900", "901", "903", "904", "905", "902"})
			floor := connectors.Stamp("2026-01-15T11:00:00.000000")
			e.must(t, "UPDATE c_invoice SET ispaid = 'Y' WHERE c_invoice_id::text = '903'") // by hand, without a stamp
			if err := slow.Commit(ctx); err != nil {
				t.Fatal(err)
			}

			next := connectors.Range{Floor: floor, Ceiling: "2026-01-15T14:00:00.000000"}
			same(t, "the next pass", passIDs(t, src, next, 10), []string{"902"})
			for _, limit := range []int{1, 2, 10} {
				same(t, "late", lateIDs(t, src, moment, floor, limit), []string{"900", "901", "903"})
			}
			same(t, "late by the server's own moment", lateIDs(t, src, told, floor, 10), []string{"900", "901", "903", "904", "905"})
			same(t, "state of what is late", find(t, src, "900").State, connectors.Cancelled)
			var over int64
			if err := e.db.admin.QueryRow(ctx, "SELECT txid_snapshot_xmax(txid_current_snapshot())").Scan(&over); err != nil {
				t.Fatal(err)
			}
			same(t, "late since now", lateIDs(t, src, at(t, snapshot(t, src), over), floor, 10), []string(nil))
			same(t, "late below every stamp", lateIDs(t, src, moment, "2026-01-01T00:00:00.000000", 10), []string(nil))
		})
	}
}

// While a transaction is open, the moment stays before it, however many others
// commit meanwhile; what they wrote is read again, and nothing is lost.
func TestMomentWaitsForTheOldestTransaction(t *testing.T) {
	ctx := t.Context()
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	src := e.open(t)
	slow, err := e.db.admin.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // committed below
	if _, err := slow.Exec(ctx, "UPDATE "+e.schema+".c_invoice SET docstatus = 'VO'"); err != nil {
		t.Fatal(err)
	}
	for id := 901; id <= 903; id++ {
		e.invoice(t, id, nil)
	}
	moment := snapshot(t, src)
	if err := slow.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	same(t, "late", lateIDs(t, src, moment, "2026-02-01T00:00:00.000000", 10), []string{"900", "901", "902", "903"})
}

// A moment of another server, of the future or of nobody finds nothing, and is no
// error: the next pass has a new one.
func TestForeignMoments(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	src := e.open(t)
	moment := snapshot(t, src)
	parts := strings.Fields(moment)
	if len(parts) != 6 {
		t.Fatalf("moment %q", moment)
	}
	e.must(t, "UPDATE c_invoice SET ispaid = 'Y'")
	const below = "2026-02-01T00:00:00.000000"
	same(t, "its own moment", lateIDs(t, src, moment, below, 10), []string{"900"})
	for _, foreign := range []string{
		fmt.Sprintf("1 %s %s %s", parts[1], parts[2], parts[3]),
		fmt.Sprintf("%s 99 %s %s", parts[0], parts[2], parts[3]),
		fmt.Sprintf("%s %s 1 %s", parts[0], parts[1], parts[3]),
		fmt.Sprintf("%s %s %s 9000000000000000000", parts[0], parts[1], parts[2]),
		"", "yesterday",
	} {
		same(t, "moment "+foreign, lateIDs(t, src, foreign, below, 10), []string(nil))
	}
}

// Where documents are a view, rows have no transaction: nothing is told.
func TestViewsTellNothing(t *testing.T) {
	e := stocked(t, "adempiere")
	e.must(t, "ALTER TABLE c_invoice RENAME TO c_invoice_kept; CREATE VIEW c_invoice AS SELECT * FROM c_invoice_kept; GRANT SELECT ON c_invoice TO "+e.role)
	src := e.open(t)
	same(t, "moment", snapshot(t, src), "")
	same(t, "late", lateIDs(t, src, "1 1 1 1", "2026-02-01T00:00:00.000000", 10), []string(nil))
}

// A login with rights on single columns may not ask for a row's transaction.
func TestColumnsAloneTellNothing(t *testing.T) {
	e := stocked(t, "adempiere")
	same(t, "all of the table", snapshot(t, e.open(t)) != "", true)
	e.must(t, "REVOKE SELECT ON c_invoice FROM "+e.role+`;
		DO $$ BEGIN EXECUTE (SELECT 'GRANT SELECT (' || string_agg(attname, ', ') || ') ON c_invoice TO `+e.role+`'
			FROM pg_attribute WHERE attrelid = 'c_invoice'::regclass AND attnum > 0 AND NOT attisdropped); END $$`)
	same(t, "columns alone", snapshot(t, e.open(t)), "")
}

// The numbers of transactions run in a circle of 2^32: the condition of late.sql,
// asked of numbers instead of rows.
func TestNumbersRunInACircle(t *testing.T) {
	d := newDatabase(t)
	text, err := os.ReadFile("sql/late.sql")
	if err != nil {
		t.Fatal(err)
	}
	var condition string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "i.xmin") {
			condition = strings.TrimPrefix(strings.TrimSpace(line), "AND ")
		}
	}
	const end = 1 << 32
	age := func(number string) string { // as the server tells it when $3 is the next number
		return "CASE WHEN " + number + "::bigint < 3 THEN 2147483647 ELSE (($3::bigint - " + number + "::bigint + 2147483648) & 4294967295) - 2147483648 END"
	}
	for _, c := range []struct {
		name              string
		row, moment, next int64 // the row's as it is stored, the others whole
		want              bool
	}{
		{"before the moment", 999, 1000, 1010, false},
		{"the oldest that was under way", 1000, 1000, 1010, true},
		{"the latest of all", 1009, 1000, 1010, true},
		{"nothing since", 999, 1000, 1000, false},
		{"the moment in the second round, the row before it", 999, end + 1000, end + 1010, false},
		{"the moment in the second round, the row after it", 1005, end + 1000, end + 1010, true},
		{"the moment before the end, the row behind it", 5, end - 10, end + 10, true},
		{"the moment before the end, the row too", end - 5, end - 10, end + 10, true},
		{"the moment before the end, the row older", end - 11, end - 10, end + 10, false},
		{"a frozen row", 2, end + 1000, end + 1010, false},
		{"half a circle ago", 1000 - 1, 1000, 1000 + 1<<31 - 1, false},
	} {
		sql := strings.NewReplacer("age(i.xmin)", age("$1"), "age(@since::text::xid)", age("$2")).Replace(condition)
		var got bool
		if err := d.admin.QueryRow(t.Context(), "SELECT "+sql, c.row, c.moment, c.next).Scan(&got); err != nil {
			t.Fatal(err)
		}
		same(t, c.name, got, c.want)
	}
}

// since is the moment after an earlier one.
func since(t *testing.T, src *compiere.Source, last string) string {
	t.Helper()
	moment, err := src.Snapshot(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// counted waits until the server has counted what was written: a connection tells at
// its end at the latest.
func counted(t *testing.T, e *erp) {
	t.Helper()
	e.db.admin.Reset()
	for writers := 1; writers > 0; {
		if err := e.db.admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'loyalsync'`).Scan(&writers); err != nil {
			t.Fatal(err)
		}
	}
}

// The moment stays while nothing is counted, and what was committed meanwhile, but
// counted later, is found by it.
func TestMomentStaysWhileNothingIsWritten(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	e.invoice(t, 901, nil)
	counted(t, e)
	src := e.open(t)
	first := snapshot(t, src)
	e.must(t, "UPDATE c_bpartner SET name = 'Hurt'; UPDATE c_invoiceline SET line = 20") // of other tables
	counted(t, e)
	same(t, "nothing written", since(t, src, first), first)

	e.must(t, "UPDATE c_invoice SET ispaid = 'Y' WHERE c_invoice_id = 900")
	counted(t, e)
	second := snapshot(t, src)
	same(t, "written and counted", since(t, src, first) == first, false)
	same(t, "late", lateIDs(t, src, first, "2026-02-01T00:00:00.000000", 10), []string{"900"})

	of, counts := strings.Fields(first), strings.Fields(second) // as if it were not counted yet
	of[4], of[5] = counts[4], counts[5]
	early := strings.Join(of, " ")
	same(t, "written, not counted", since(t, src, early), early)
	e.must(t, "UPDATE c_invoice SET ispaid = 'Y' WHERE c_invoice_id = 901")
	counted(t, e)
	same(t, "and another one, counted", since(t, src, early) == early, false)
	same(t, "both", lateIDs(t, src, early, "2026-02-01T00:00:00.000000", 10), []string{"900", "901"})
}

// What is written to a table below that of the documents counts there: such a server
// is always looked at.
func TestTablesBelowAreNotCounted(t *testing.T) {
	e := stocked(t, "adempiere")
	e.must(t, "CREATE TABLE c_invoice_old () INHERITS (c_invoice)")
	counted(t, e)
	src := e.open(t)
	moment := snapshot(t, src)
	same(t, "the moment stays", since(t, src, moment) == moment, false)
}

package jobs

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestHourOfADocument: a document whose time nobody knows gets nothing of a rule that
// asks for the hour, and all once it is read with one; its corrections go by it too.
func TestHourOfADocument(t *testing.T) {
	e := newERP()
	firms(e, 1)
	late, unknown := invoice("1", "1", "2026-02-01", released, "A 500"), invoice("2", "1", "2026-02-01", released, "A 700")
	late.Time = "17:45"
	e.put(late)
	e.put(unknown)
	e.put(correction("3", "1", "1", "2026-02-03", released, "A -100"))
	b := newBench(t, e)
	b.rules.Rules[0].When = `hour >= 17`
	b.run(KindPoints)
	points := `SELECT group_concat(erp_key || ':' || active, ' ') FROM (SELECT erp_key, active FROM document ORDER BY erp_key)`
	if got := b.query(points); got != "1:5 2:0 3:-1" {
		t.Fatalf("points %q", got)
	}
	if got := b.query(`SELECT body LIKE '%"time"%' FROM document ORDER BY erp_key`); got != "1\n0\n0" {
		t.Errorf("bodies with a time: %q", got)
	}
	unknown.Time = "18:00" // as an update of loyalsync, which reads it now
	e.put(unknown)
	if _, err := b.try(KindPoints, Options{Since: loyalty.NewDate(2026, 1, 1)}); err != nil {
		t.Fatal(err)
	}
	if got := b.query(points); got != "1:5 2:7 3:-1" {
		t.Errorf("points %q once the time is read", got)
	}
	b.settled("with times")
	b.consistent()
}

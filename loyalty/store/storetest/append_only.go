package storetest

import (
	"fmt"
	"strings"
	"testing"
)

// TestLaw3_EntriesAreNeverChanged tries to change and to delete entries past the
// program: the database itself refuses, whatever the column.
func (on Checks) testLaw3_EntriesAreNeverChanged(t *testing.T) {
	_, db := on.seeded(t)
	sum := func() (text string) {
		t.Helper()
		err := db.QueryRowContext(t.Context(), `SELECT count(*) || ' ' || sum(amount * id) || ' ' || sum(account_id) FROM entry`).Scan(&text)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	before := sum()
	columns := []string{"account_id", "document_id", "line", "rule_id", "revision", "kind", "from_bucket", "to_bucket", "amount", "effective_on", "batch_id"}
	var statements []string
	for _, c := range columns {
		statements = append(statements, fmt.Sprintf(`UPDATE entry SET %s = %[1]s + 1 WHERE id = 1`, c))
	}
	statements = append(statements, `DELETE FROM entry WHERE id = 1`, `DELETE FROM entry`)
	statements = append(statements, on.alsoChange...)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err == nil || !strings.Contains(err.Error(), "entries are never") {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{ // a key that is there already, by its number and by its nature
		`INSERT INTO entry SELECT * FROM entry WHERE id = 1`,
		`INSERT INTO entry SELECT id + 1000, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, of_id, batch_id FROM entry WHERE id = 1`,
	} {
		if _, err := db.ExecContext(t.Context(), s); err == nil {
			t.Errorf("%s: was taken", s)
		}
	}
	if after := sum(); after != before {
		t.Errorf("entries were %s and are %s", before, after)
	}
}

// testChecksHold: the database itself keeps buckets from going below nothing, and
// states to those there are.
func (on Checks) testChecksHold(t *testing.T) {
	_, db := on.seeded(t)
	statements := []string{
		`INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, batch_id)
			VALUES (1000, 1, 1, 1, 1, 1, 1, 1, 3, 0, 1, 1)`,
		`UPDATE lot SET pending = -1`, `UPDATE lot SET active = -1`, `UPDATE lot SET lapsed = -1`,
		`INSERT INTO store_meta (id, epoch, created_at) VALUES (2, 1, 1)`,
		`INSERT INTO run (job, kind, state, actor, queued) VALUES ('j', 'points', 'lost', 'a', 1)`,
		`INSERT INTO dead_letter (platform, feed_id, kind, item, ref, account_id, code, message, attempts, first_at, last_at, state)
			VALUES ('p', 1, 'points', 'i', 1, 1, '', '', 1, 1, 1, 'lost')`,
	}
	for _, bucket := range []string{"pending", "active", "held", "spent", "lapsed", "debt"} {
		statements = append(statements, `UPDATE account SET `+bucket+` = -1`)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: was taken", statement)
		}
	}
}

package storetest

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// today is the day on which the seeded store is read.
var today = loyalty.NewDate(2026, 11, 14)

// seeded opens a store with two programs, five contractors and the documents
// listed in documents.
func (on Checks) seeded(t *testing.T) (*store.Store, *sql.DB) {
	t.Helper()
	place := on.Fresh(t)
	s, db := place.Open(t), place.DB(t)
	for _, statement := range append(people(), documents()...) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
	return s, db
}

func people() []string {
	day := func(y, m, d int) int { return int(loyalty.NewDate(y, 1, 1).AddMonths(m-1)) + d - 1 }
	contractor := func(id int, key, code, name, tax, card string, joined int) string {
		return fmt.Sprintf(`INSERT INTO contractor (id, feed_id, erp_key, code, name, tax_id, card, joined_on, email, phone)
			VALUES (%d, 1, '%s', '%s', '%s', '%s', '%s', nullif(%d, 0), 'a@example.com', '600')`, id, key, code, name, tax, card, joined)
	}
	return []string{
		`INSERT INTO program (id, name, currency, decimals) VALUES (1, 'main', 'PLN', 0), (2, 'extra', 'EUR', 2)`,
		`INSERT INTO source (id, name, identity) VALUES (1, 'optima', 'x'), (2, 'shop', 'y')`,
		`INSERT INTO feed (id, program_id, source_id) VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)`,
		contractor(1, "101", "K001", "Żółw i Synowie", "525-224-84-81", "C-77", day(2026, 1, 2)),
		contractor(2, "102", "K002", "ŁĄKA Sp. z o.o.", "1111111111", "", day(2026, 2, 2)),
		contractor(3, "103", "K003", "", "", "", 0),
		contractor(4, "104", "k004", "Anna [Nowak] 100%", "", "C-78", day(2025, 5, 5)),
		`INSERT INTO contractor (id, feed_id, erp_key, code, name) VALUES (5, 2, '101', 'K001', 'Ten sam kod')`,
		fmt.Sprintf(`INSERT INTO participation (contractor_id, takes_part, from_on, to_on, beneficiary, reason, decided_at, superseded_at) VALUES
			(1, 0, 0, NULL, '', 'not_in_program', 1, 2), (1, 1, %[1]d, NULL, '', '', 2, NULL), (2, 1, %[1]d, NULL, '101', '', 2, NULL),
			(3, 0, 0, NULL, '', 'not_in_program', 2, NULL), (4, 0, %[1]d, %[2]d, '', 'not_in_program', 2, NULL),
			(5, 1, %[1]d, NULL, '', '', 2, NULL)`, day(2026, 1, 1), day(2026, 6, 30)),
		`INSERT INTO account (id, program_id, pending, active, lapsed, debt, scored, rewards, seq) VALUES
			(1, 1, 5, 32, 1, 0, 3, 0, 9), (4, 1, 0, 0, 0, 7, 1, 0, 3)`,
		fmt.Sprintf(`INSERT INTO lot (account_id, document_id, earned_on, lapses_on, pending, active) VALUES
			(1, 1, 0, %d, 0, 12), (1, 5, 0, %d, 0, 20), (1, 2, 0, NULL, 5, 0)`, day(2026, 11, 13), day(2026, 11, 14)),
		`INSERT INTO representative (feed_id, erp_key, contractor_key, name, email, phone, active, hash, version) VALUES
			(1, '1', '101', 'Zofia', 'z@example.com', '1', 1, '', 1), (1, '2', '101', 'Adam', '', '', 0, '', 2), (2, '3', '101', 'Cudza', '', '', 1, '', 3)`,
	}
}

// documents writes, for contractor 1: 1 released with two lines, 2 buffered, 3
// cancelled after it had points, 4 a correction of 1, 5 bought by contractor 2,
// 6 without points; and 7 for contractor 4.
func documents() []string {
	body := func(lines string) string { return `{"currency":"PLN","lines":[` + lines + `]}` }
	wine := `{"id":"11","no":1,"kind":"goods","code":"WINE-1","name":"Wino","quantity":"2","net":"100","gross":"123"}`
	cork := `{"id":"a-12","no":2,"kind":"goods","code":"CORK","name":"Korek","quantity":"1","net":"1","gross":"1.23"}`
	document := func(id int, key, corrects, root, number string, state loyalty.State, on loyalty.Date, party, account, reason, body string) string {
		return fmt.Sprintf(`INSERT INTO document (id, feed_id, erp_key, type, corrects, root, number, external_no, state, date, issued_on, party,
			account_id, rule_set_id, reason, pending, active, hash, digest, modified, body)
			VALUES (%d, 1, '%s', 'FS', '%s', '%s', '%s', 'KSeF-%d', %d, %d, %d, '%s', %s, 1, '%s', 0, 0, '', '', '', %s)`,
			id, key, corrects, root, number, id, state, on, on, party, account, reason, body)
	}
	d := func(month, day int) loyalty.Date { return loyalty.NewDate(2026, 1, day).AddMonths(month - 1) }
	entries := 0
	entry := func(account, document int, line int64, rule, revision int, from, to loyalty.Bucket, amount int, on loyalty.Date, batch int) string {
		entries++
		return fmt.Sprintf(`INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, batch_id)
			VALUES (%d, %d, %d, %d, %d, %d, 1, %d, %d, %d, %d, 1, %d)`, entries, account, document, line, rule, revision, from, to, amount, on, batch)
	}
	const i, p, a = loyalty.Issued, loyalty.Pending, loyalty.Active
	return []string{
		`INSERT INTO rule (id, program_id, name) VALUES (1, 1, 'base'), (2, 1, 'wine')`,
		`INSERT INTO rule_set (id, program_id, valid_from, hash, body, created_at) VALUES (1, 1, 0, 'h',
			'{"valid_from":"","currency":"PLN","rules":[{"name":"base","title":{"pl":"Podstawowa","en":"Base"},"from":"","to":""},{"name":"wine","from":"","to":""}]}', 0)`,
		`INSERT INTO batch (id, actor, reason, posted_at) VALUES (1, 'run', '', 1000), (2, 'run', '', 2000)`,
		document(1, "1", "", "1", "FS/1/2026", loyalty.Released, d(1, 10), "101", "1", "", "'"+body(wine+","+cork)+"'"),
		document(2, "2", "", "2", "FS/2/2026", loyalty.Buffered, d(3, 1), "101", "1", "", "'"+body(wine)+"'"),
		document(3, "3", "", "3", "FS/3/2026", loyalty.Cancelled, d(4, 1), "101", "1", "cancelled", "'"+body(wine)+"'"),
		document(4, "4", "1", "1", "FKOR/Ś/1", loyalty.Released, d(4, 1), "101", "1", "", "'"+body(cork)+"'"),
		document(5, "5", "", "5", "FS/5/2026", loyalty.Released, d(5, 1), "102", "1", "", "'"+body(wine)+"'"),
		document(6, "6", "", "6", "FS/6/2026", loyalty.Released, d(2, 1), "101", "NULL", "no_rule_fired", "'"+body(wine)+"'"),
		document(7, "7", "", "7", "fs/1/2026", loyalty.Released, d(1, 1), "104", "4", "", "NULL"),
		entry(1, 1, 11, 1, 1, i, p, 10, d(1, 10), 1), entry(1, 1, 11, 1, 2, p, a, 10, d(1, 10), 2), entry(1, 1, 11, 2, 1, i, a, 5, d(1, 10), 1),
		entry(1, 2, 11, 1, 1, i, p, 5, d(3, 1), 1),
		entry(1, 3, 11, 1, 1, i, a, 8, d(4, 1), 1), entry(1, 3, 11, 1, 2, a, i, 8, d(4, 1), 2),
		entry(1, 4, loyalty.LineID("a-12"), 1, 1, a, i, 3, d(4, 1), 2),
		entry(1, 5, 11, 1, 1, i, a, 20, d(5, 1), 2),
		entry(4, 7, 99, 1, 1, loyalty.Debt, i, 7, d(1, 1), 1),
	}
}

// Package storetest is the suite that a store passes on every database, and gives
// the tests of other packages a place for a store.
package storetest

import (
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
)

// Checks are the suite, each on a store of its own.
type Checks struct {
	// Fresh is an empty place for a store.
	Fresh func(t testing.TB) Place
	// alsoChange are statements of this database alone that change entries.
	alsoChange []string
	// withoutTriggers lets entries and blocks be changed.
	withoutTriggers []string
	// anyCase is a text without the case of its letters.
	anyCase func(text string) string
	// plan is how the database would run a query on many rows, and walks is what in
	// it reads a whole table or sorts.
	plan  func(t *testing.T, db *sql.DB, query string) string
	walks *regexp.Regexp
}

// OnSQLite is the suite on SQLite.
func OnSQLite() Checks {
	return Checks{
		Fresh:      SQLite,
		alsoChange: []string{`UPDATE OR REPLACE entry SET amount = amount`},
		withoutTriggers: []string{
			`DROP TRIGGER entry_never_updated`, `DROP TRIGGER entry_never_deleted`, `DROP TRIGGER ledger_block_never_updated`, `DROP TRIGGER ledger_block_never_deleted`,
		},
		anyCase: func(text string) string { return text + ` COLLATE NOCASE` },
		plan: func(t *testing.T, db *sql.DB, query string) string {
			return rows(t, db, `EXPLAIN QUERY PLAN `+query, 4)
		},
		walks: regexp.MustCompile("SCAN|TEMP B-TREE"),
	}
}

// OnPostgres is the suite on PostgreSQL.
func OnPostgres() Checks {
	return Checks{
		Fresh:           Postgres,
		alsoChange:      []string{`TRUNCATE entry`, `UPDATE ONLY entry SET amount = amount`},
		withoutTriggers: []string{`ALTER TABLE entry DISABLE TRIGGER USER`, `ALTER TABLE ledger_block DISABLE TRIGGER USER`},
		anyCase:         func(text string) string { return `lower(` + text + ` COLLATE "C")` },
		plan: func(t *testing.T, db *sql.DB, query string) string {
			db.SetMaxOpenConns(1)
			for _, way := range []string{"seqscan", "sort", "hashagg", "bitmapscan"} { // all that a small table tempts to
				if _, err := db.ExecContext(t.Context(), `SET enable_`+way+` = off`); err != nil {
					t.Fatal(err)
				}
			}
			return rows(t, db, `EXPLAIN (COSTS OFF) `+query, 1)
		},
		walks: regexp.MustCompile("Seq Scan|Sort"),
	}
}

// Run makes every check.
func (on Checks) Run(t *testing.T) {
	for _, c := range []struct {
		name  string
		check func(*testing.T)
	}{
		{"Programs", on.testPrograms},
		{"Contractors", on.testContractors},
		{"AvailableIgnoresLapsedLots", on.testAvailableIgnoresLapsedLots},
		{"Contractor", on.testContractor},
		{"Representatives", on.testRepresentatives},
		{"FindContractors", on.testFindContractors},
		{"ContractorsNamed", on.testContractorsNamed},
		{"Periods", on.testPeriods},
		{"PeriodsAddUp", on.testPeriodsAddUp},
		{"Liability", on.testLiability},
		{"Redemptions", on.testRedemptions},
		{"HistoryPages", on.testHistoryPages},
		{"HistoryLines", on.testHistoryLines},
		{"HistoryOfALineThatIsGone", on.testHistoryOfALineThatIsGone},
		{"HistorySpan", on.testHistorySpan},
		{"FindDocuments", on.testFindDocuments},
		{"Balance", on.testBalance},
		{"ReadsUseIndexes", on.testReadsUseIndexes},
		{"SpendOrder", on.testSpendOrder},
		{"Post", on.testPost},
		{"ManyRows", on.testManyRows},
		{"Law1_PageIsOneTransaction", on.testLaw1_PageIsOneTransaction},
		{"Law9_LostLeaseWritesNothing", on.testLaw9_LostLeaseWritesNothing},
		{"StalePages", on.testStalePages},
		{"RuleSets", on.testRuleSets},
		{"Identities", on.testIdentities},
		{"RuleSetsTakenOut", on.testRuleSetsTakenOut},
		{"RuleHashStays", on.testRuleHashStays},
		{"Law3_RulesOfEntries", on.testLaw3_RulesOfEntries},
		{"Law3_EntriesAreNeverChanged", on.testLaw3_EntriesAreNeverChanged},
		{"ChecksHold", on.testChecksHold},
		{"PointsToDeliver", on.testPointsToDeliver},
		{"PointsInBatches", on.testPointsInBatches},
		{"PositionNeverGoesBack", on.testPositionNeverGoesBack},
		{"PeopleToDeliver", on.testPeopleToDeliver},
		{"AccountsShareASequence", on.testAccountsShareASequence},
		{"Acknowledge", on.testAcknowledge},
		{"DeadLetters", on.testDeadLetters},
		{"ANewerVersionSettlesALetter", on.testANewerVersionSettlesALetter},
		{"Law10IDsOutliveARestore", on.testLaw10IDsOutliveARestore},
		{"BlockedPlatforms", on.testBlockedPlatforms},
		{"Deliveries", on.testDeliveries},
		{"Law9_LeasesAreFenced", on.testLaw9_LeasesAreFenced},
		{"RunRoundTrip", on.testRunRoundTrip},
		{"JobStateRoundTrip", on.testJobStateRoundTrip},
		{"Law9_ATickIsClaimedOnce", on.testLaw9_ATickIsClaimedOnce},
		{"PruneKeepsWhatIsOpen", on.testPruneKeepsWhatIsOpen},
		{"InterruptRunsSparesWhatTheCallerExecutes", on.testInterruptRunsSparesWhatTheCallerExecutes},
		{"UserNamesAreUniqueWhateverTheirCase", on.testUserNamesAreUniqueWhateverTheirCase},
		{"WhatEndsTheSessionsOfAUser", on.testWhatEndsTheSessionsOfAUser},
		{"AuditIsAppendOnly", on.testAuditIsAppendOnly},
		{"Sessions", on.testSessions},
		{"Sales", on.testSales},
		{"SetTiers", on.testSetTiers},
		{"CapUses", on.testCapUses},
		{"Lapse", on.testLapse},
		{"Law9_LostLeaseLapsesNothing", on.testLaw9_LostLeaseLapsesNothing},
		{"Waiting", on.testWaiting},
		{"Operations", on.testOperations},
		{"ManyAccounts", on.testManyAccounts},
		{"ManyEntries", on.testManyEntries},
		{"OperationsTogether", on.testOperationsTogether},
		{"Merges", on.testMerges},
		{"MergesOfERP", on.testMergesOfERP},
		{"MovedDocuments", on.testMovedDocuments},
		{"PaidBills", on.testPaidBills},
		{"Chain", on.testChain},
		{"ChainBreaks", on.testChainBreaks},
		{"Held", on.testHeld},
		{"KnownPoints", on.testKnownPoints},
		{"Unreconciled", on.testUnreconciled},
		{"RebuildBalances", on.testRebuildBalances},
		{"LineDifferences", on.testLineDifferences},
		{"Taken", on.testTaken},
		{"BlocksAreNeverChanged", on.testBlocksAreNeverChanged},
		{"Law9_OneProcessWins", on.testLaw9_OneProcessWins},
		{"Law1_ProcessesPostAtOnce", on.testLaw1_ProcessesPostAtOnce},
	} {
		t.Run(c.name, c.check)
	}
}

// rows is the last of a query's columns as text, a line a row.
func rows(t *testing.T, db *sql.DB, query string, columns int) string {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	var out strings.Builder
	for _, line := range texts(t, found) {
		cells := strings.Split(line, "|")
		out.WriteString(cells[columns-1] + "\n")
	}
	return out.String()
}

// texts are rows as text, sorted, their columns apart by a stroke.
func texts(t *testing.T, found *sql.Rows) (out []string) {
	t.Helper()
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		cells, places := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			places[i] = &cells[i]
		}
		if err := found.Scan(places...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = c.String
			if !c.Valid {
				line[i] = "NULL"
			}
		}
		out = append(out, strings.Join(line, "|"))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// tableNames are the tables of a store.
func tableNames(t *testing.T, db *sql.DB) []string {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`
	if _, server := db.Driver().(*stdlib.Driver); server {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE 'goose%'`
	}
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return texts(t, found)
}

package storetest

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// testManyEntries: entries of a page are written as they are and in their order, however
// many of them are alike, and whether they are about others of the page or of none.
func (on Checks) testManyEntries(t *testing.T) {
	place := on.Fresh(t)
	s, db := place.Open(t), place.DB(t)
	feed, err := s.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp", Currency: "PLN"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SaveContractors(t.Context(), feed, loyalty.Lease{}, []loyalty.ContractorChange{
		{Contractor: loyalty.Contractor{Key: "1", Active: true}, Participation: loyalty.Participation{TakesPart: true}},
		{Contractor: loyalty.Contractor{Key: "2", Active: true}, Participation: loyalty.Participation{TakesPart: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.Members(t.Context(), feed, []string{"1", "2"})
	if err != nil {
		t.Fatal(err)
	}
	accounts := []int64{people["1"].ID, people["2"].ID}
	page := loyalty.PageWrite{Feed: feed, Version: -1, At: time.Unix(1, 0), Actor: "test"}
	var want []loyalty.Entry
	for round := range int64(2) {
		page.Entries = nil
		for i := range int64(450) {
			e := loyalty.Entry{
				Account: accounts[i%2], Document: 1000*(1+round) + i, Line: i, Rule: 1 + i%2, Revision: 1, Kind: loyalty.Earn,
				From: loyalty.Issued, To: loyalty.Active, Amount: loyalty.Points(1 + i), EffectiveOn: loyalty.Date(20000 + i%5), RuleSet: 3,
			}
			switch i % 10 {
			case 3:
				e.To, e.RuleSet = loyalty.Pending, 0
			case 5:
				e.Kind, e.From, e.To, e.Of = loyalty.Reverse, loyalty.Active, loyalty.Issued, -i
			case 7:
				e.Revision = int(2 + i)
			}
			page.Entries = append(page.Entries, e)
			e.ID, e.Batch = 1+int64(len(want)), 1+round
			if e.Of < 0 {
				e.Of = 450*round + i
			}
			want = append(want, e)
		}
		if err := s.Post(t.Context(), page); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, entriesOf(t, db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	page.Entries[5].Revision++ // the rest is there already
	if err := s.Post(t.Context(), page); err == nil {
		t.Error("entries were written twice")
	}
	if got := entriesOf(t, db); len(got) != len(want) {
		t.Errorf("a page that failed left %d entries", len(got)-len(want))
	}
}

func entriesOf(t *testing.T, db *sql.DB) (out []loyalty.Entry) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on,
		coalesce(rule_set_id, 0), coalesce(of_id, 0), batch_id FROM entry ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read to the end
	for rows.Next() {
		var e loyalty.Entry
		if err := rows.Scan(&e.ID, &e.Account, &e.Document, &e.Line, &e.Rule, &e.Revision, &e.Kind, &e.From, &e.To, &e.Amount, &e.EffectiveOn, &e.RuleSet, &e.Of, &e.Batch); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

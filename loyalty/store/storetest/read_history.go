package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

func numbers(docs []loyalty.HistoryDocument) string {
	out := make([]string, len(docs))
	for i, d := range docs {
		out[i] = fmt.Sprintf("%d:%d", d.ID, d.Points)
	}
	return strings.Join(out, " ")
}

func (on Checks) testHistoryPages(t *testing.T) {
	s, _ := on.seeded(t)
	for name, tt := range map[string]struct {
		filter loyalty.HistoryFilter
		want   string
		more   bool
	}{
		"all, newest first":             {loyalty.HistoryFilter{Contractor: 1, Limit: 10}, "5:20 4:-3 3:0 2:5 6:0 1:15", false},
		"exactly one page":              {loyalty.HistoryFilter{Contractor: 1, Limit: 6}, "5:20 4:-3 3:0 2:5 6:0 1:15", false},
		"first page":                    {loyalty.HistoryFilter{Contractor: 1, Limit: 2}, "5:20 4:-3", true},
		"the page after equal dates":    {loyalty.HistoryFilter{Contractor: 1, Limit: 2, Before: loyalty.HistoryCursor{Date: loyalty.NewDate(2026, 4, 1), ID: 4}}, "3:0 2:5", true},
		"the last page":                 {loyalty.HistoryFilter{Contractor: 1, Limit: 2, Before: loyalty.HistoryCursor{Date: loyalty.NewDate(2026, 3, 1), ID: 2}}, "6:0 1:15", false},
		"one state":                     {loyalty.HistoryFilter{Contractor: 1, Limit: 10, State: loyalty.Cancelled}, "3:0", false},
		"some days":                     {loyalty.HistoryFilter{Contractor: 1, Limit: 10, From: loyalty.NewDate(2026, 2, 1), To: loyalty.NewDate(2026, 4, 1)}, "4:-3 3:0 2:5 6:0", false},
		"bought here, points elsewhere": {loyalty.HistoryFilter{Contractor: 2, Limit: 10}, "5:20", false},
		"no documents":                  {loyalty.HistoryFilter{Contractor: 3, Limit: 10}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := tt.filter
			if f.From == 0 {
				f.From = loyalty.NoDate
			}
			if f.To == 0 {
				f.To = loyalty.NoDate
			}
			docs, more, err := s.History(t.Context(), f)
			if err != nil || numbers(docs) != tt.want || more != tt.more {
				t.Errorf("got %q, more %v, %v; want %q, %v", numbers(docs), more, err, tt.want, tt.more)
			}
		})
	}
}

func (on Checks) testHistoryLines(t *testing.T) {
	s, _ := on.seeded(t)
	docs, _, err := s.History(t.Context(), loyalty.HistoryFilter{Contractor: 1, From: loyalty.NoDate, To: loyalty.NoDate, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	first := docs[5]
	want := []loyalty.HistoryRule{
		{Name: "base", Title: loyalty.Title{"pl": "Podstawowa", "en": "Base"}, Points: 10},
		{Name: "wine", Points: 5},
	}
	if len(first.Posted) != 1 || first.Without != 1 || first.Posted[0].Code != "WINE-1" || first.Posted[0].Points != 15 || first.Posted[0].Pending != 0 {
		t.Fatalf("lines of document 1: %+v, without points %d", first.Posted, first.Without)
	}
	if diff := cmp.Diff(want, first.Posted[0].Rules); diff != "" {
		t.Error(diff)
	}
	if buffered := docs[3]; buffered.State != loyalty.Buffered || buffered.Posted[0].Pending != 5 {
		t.Errorf("buffered document: %+v", buffered)
	}
	if correction := docs[1]; correction.Corrects != "1" || correction.Posted[0].Name != "Korek" || correction.Posted[0].Points != -3 {
		t.Errorf("correction: %+v", correction)
	}
	if other := docs[0]; other.BuyerID != 2 || other.BuyerCode != "K002" || other.Account != 1 || other.AccountCode != "K001" {
		t.Errorf("bought by another: %+v", other)
	}
	if none := docs[4]; none.Reason != loyalty.ReasonNothing || none.Account != 0 || len(none.Posted) != 0 || none.Source != "optima" {
		t.Errorf("without points: %+v", none)
	}
}

// Points of a line that the document no longer has are shown all the same.
func (on Checks) testHistoryOfALineThatIsGone(t *testing.T) {
	s, _ := on.seeded(t)
	docs, _, err := s.History(t.Context(), loyalty.HistoryFilter{Contractor: 4, From: loyalty.NoDate, To: loyalty.NoDate, Limit: 10})
	if err != nil || len(docs) != 1 || docs[0].HasBody || len(docs[0].Posted) != 1 || docs[0].Posted[0].Points != -7 {
		t.Errorf("got %+v, %v", docs, err)
	}
}

func (on Checks) testHistorySpan(t *testing.T) {
	s, _ := on.seeded(t)
	oldest, newest, err := s.HistorySpan(t.Context(), 1)
	if err != nil || oldest != loyalty.NewDate(2026, 1, 10) || newest != loyalty.NewDate(2026, 5, 1) {
		t.Errorf("got %s to %s, %v", oldest, newest, err)
	}
	if oldest, newest, err = s.HistorySpan(t.Context(), 3); err != nil || oldest != loyalty.NoDate || newest != loyalty.NoDate {
		t.Errorf("without documents: %s to %s, %v", oldest, newest, err)
	}
}

func (on Checks) testFindDocuments(t *testing.T) {
	s, _ := on.seeded(t)
	for name, tt := range map[string]struct {
		query loyalty.Query
		want  string
	}{
		"number in any case, several":  {loyalty.Query{Text: "Fs/1/2026"}, "1:15 7:-7"},
		"Polish letters in lower case": {loyalty.Query{Text: "fkor/ś/1"}, "4:-3"},
		"external number":              {loyalty.Query{Text: "ksef-6"}, "6:0"},
		"key":                          {loyalty.Query{Text: "5"}, "5:20"},
		"another source":               {loyalty.Query{Text: "5", Source: "shop"}, ""},
		"the right source and program": {loyalty.Query{Text: " 5 ", Source: "optima", Program: "main"}, "5:20"},
		"another program":              {loyalty.Query{Text: "5", Program: "extra"}, ""},
		"unknown":                      {loyalty.Query{Text: "FS/9"}, ""},
		"nothing typed":                {loyalty.Query{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			docs, err := s.FindDocuments(t.Context(), tt.query)
			if err != nil || numbers(docs) != tt.want {
				t.Errorf("got %q, %v; want %q", numbers(docs), err, tt.want)
			}
		})
	}
}

func (on Checks) testBalance(t *testing.T) {
	s, db := on.seeded(t)
	_ = db
	now, err := s.Balance(t.Context(), 1, loyalty.AsOf{Date: loyalty.NoDate, Today: today})
	if err != nil || now.Available != 20 || now.Pending != 5 || now.Lapsed != 13 || now.Scored != 3 {
		t.Errorf("now: %+v, %v", now, err)
	}
	early := loyalty.NewDate(2026, 1, 31)
	for name, tt := range map[string]struct {
		account int64
		at      loyalty.AsOf
		want    loyalty.BalanceOverview
	}{
		"by document date": {
			1,
			loyalty.AsOf{Date: early, Today: early},
			loyalty.BalanceOverview{Balance: loyalty.Balance{Active: 15, Scored: 1, Seq: 3}, Available: 15},
		},
		"by posting": {
			1,
			loyalty.AsOf{Date: loyalty.NoDate, PostedAt: instant(1500), Today: early},
			loyalty.BalanceOverview{Balance: loyalty.Balance{Pending: 15, Active: 13, Scored: 2, Seq: 5}, Available: 13},
		},
		"by both": {
			1,
			loyalty.AsOf{Date: early, PostedAt: instant(1000), Today: early},
			loyalty.BalanceOverview{Balance: loyalty.Balance{Pending: 10, Active: 5, Scored: 1, Seq: 3}, Available: 5},
		},
		"everything, with a lot past its date": {
			1,
			loyalty.AsOf{Date: loyalty.NewDate(2026, 12, 31), Today: today},
			loyalty.BalanceOverview{Balance: loyalty.Balance{Pending: 5, Active: 32, Lapsed: 12, Scored: 2, Seq: 8}, Available: 20},
		},
		"debt": {
			4,
			loyalty.AsOf{Date: today, Today: today},
			loyalty.BalanceOverview{Balance: loyalty.Balance{Debt: 7, Seq: 9}},
		},
		"nothing yet": {3, loyalty.AsOf{Date: today, Today: today}, loyalty.BalanceOverview{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.Balance(t.Context(), tt.account, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// No read of a page may walk a whole table of documents or entries.
func (on Checks) testReadsUseIndexes(t *testing.T) {
	_, db := on.seeded(t)
	for name, query := range map[string]string{
		"account":  `SELECT id, date FROM document WHERE account_id = 1 AND (date, id) < (20000, 3) AND date >= 100 ORDER BY date DESC, id DESC LIMIT 5`,
		"party":    `SELECT id, date FROM document WHERE feed_id = 1 AND party = '101' AND (date, id) < (20000, 3) AND date >= 100 ORDER BY date DESC, id DESC LIMIT 5`,
		"entries":  `SELECT sum(amount) FROM entry WHERE document_id IN (1, 2) GROUP BY document_id, line, rule_id`,
		"late":     `SELECT sum(active) FROM lot WHERE account_id = 1 AND active > 0 AND lapses_on < 20000`,
		"lapsing":  `SELECT id FROM lot WHERE feed_id = 1 AND active > 0 AND lapses_on IS NOT NULL AND lapses_on < 20000 ORDER BY lapses_on, id LIMIT 5`,
		"waiting":  `SELECT id FROM document WHERE feed_id = 1 AND waits > 0 AND (waits, id) > (0, 0) AND waits <= 20000 ORDER BY waits, id LIMIT 5`,
		"number":   `SELECT id FROM document WHERE ` + on.anyCase("number") + ` IN (` + on.anyCase("'a'") + `, ` + on.anyCase("'b'") + `)`,
		"external": `SELECT id FROM document WHERE external_no <> '' AND ` + on.anyCase("external_no") + ` IN (` + on.anyCase("'a'") + `)`,
		"card":     `SELECT id FROM contractor WHERE card = 'a' AND card <> ''`,
		"oldest":   `SELECT min(date) FROM document WHERE account_id = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			if plan := on.plan(t, db, query); on.walks.MatchString(plan) {
				t.Errorf("%s\n%s", query, plan)
			}
		})
	}
}

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// lapseDay is today in Warsaw at lapseNow, which is yesterday in UTC.
var (
	lapseDay = loyalty.NewDate(2026, 7, 1)
	lapseNow = time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC)
)

// lapsing opens a program and a source, and gives one contractor lots of five points
// in smallest units, with these last days.
func lapsing(t *testing.T, s *store.Store, program string, decimals int, last ...loyalty.Date) {
	t.Helper()
	feed, err := s.OpenFeed(t.Context(), loyalty.Feed{ProgramName: program, SourceName: "erp", Currency: "PLN", Decimals: decimals})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SaveContractors(t.Context(), feed, loyalty.Lease{}, []loyalty.ContractorChange{{
		Contractor: loyalty.Contractor{Key: "1", Code: "K1", Active: true, Hash: "h"}, Participation: loyalty.Participation{TakesPart: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	members, err := s.Members(t.Context(), feed, []string{"1"})
	if err != nil {
		t.Fatal(err)
	}
	account := members["1"].ID
	page := loyalty.PageWrite{
		Feed: feed, Version: -1, At: lapseNow, Actor: "test",
		Accounts: []loyalty.AccountWrite{{ID: account, After: loyalty.Balance{Active: loyalty.Points(5 * len(last))}}},
	}
	for i, day := range last {
		key, id := fmt.Sprint(i), int64(-1-i)
		page.Documents = append(page.Documents, loyalty.StoredDocument{
			ID: id, Root: key, Account: account, Document: loyalty.Document{Key: loyalty.Key{Type: "FS", ID: key}, Number: key, State: loyalty.Released, Party: "1"},
		})
		page.Entries = append(page.Entries, loyalty.Entry{
			Account: account, Document: id, Line: 1, Rule: 1, Revision: 1, Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Amount: 5,
		})
		page.Lots = append(page.Lots, loyalty.Lot{Account: account, Document: id, LapsesOn: day, Active: 5})
	}
	if err := s.Post(t.Context(), page); err != nil {
		t.Fatal(err)
	}
}

// sendings are the deliveries that a job asks for.
type sendings []string

func (s *sendings) Deliver(_ context.Context, feed loyalty.Feed, platform string) (delivered, rejected int, err error) {
	*s = append(*s, feed.Name()+" to "+platform)
	return 1, 0, nil
}

// crashing is a store whose process ends after so many pages.
type crashing struct {
	*store.Store
	pages int
}

var errCrash = errors.New("crash")

func (c *crashing) Post(ctx context.Context, page loyalty.PageWrite) error {
	if c.pages--; c.pages < 0 {
		return errCrash
	}
	return c.Store.Post(ctx, page)
}

// TestLapseJob breaks the job off after each number of pages: the run after it does
// the rest, once, in the programs that are held here, by the day of the zone.
func TestLapseJob(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for pages := range 5 {
		s := storetest.Fresh(t).OpenAt(t, func() time.Time { return lapseNow })
		past, today := lapseDay.AddDays(-1), lapseDay
		lapsing(t, s, "main", 0, past, past, past, today, loyalty.NoDate)
		lapsing(t, s, "second", 2, past, today)
		lapsing(t, s, "elsewhere", 0, past)
		var sent sendings
		run := func(pages int) (loyalty.RunCounts, error) {
			task := jobs.NewLapse(jobs.LapseConfig{
				Programs: []string{"main", "second", "unknown"}, Store: &crashing{s, pages}, Deliver: &sent, Zone: zone, Now: func() time.Time { return lapseNow }, Page: 1,
			})
			r := jobs.NewRun(1, jobs.Definition{Name: "lapse", Kind: jobs.KindLapse, Platforms: []string{"panel"}}, jobs.Options{}, loyalty.Lease{}, slog.New(slog.DiscardHandler))
			err := task.Run(t.Context(), r)
			counts, _ := r.Snapshot()
			return counts, err
		}
		broken, err := run(pages)
		if wantErr := pages < 4; errors.Is(err, errCrash) != wantErr || broken.Entries != int64(min(pages, 4)) {
			t.Errorf("broken off after %d pages: %d entries, %v", pages, broken.Entries, err)
		}
		rest, err := run(100)
		if err != nil || broken.Entries+rest.Entries != 4 {
			t.Errorf("after %d pages and a crash %d more entries, %v", pages, rest.Entries, err)
		}
		// 15 points of the first program, 0.05 of the second
		if got := (broken.Points.Lapsed + rest.Points.Lapsed).Format(2); got != "15.05" {
			t.Errorf("after %d pages and a crash: lapsed %s", pages, got)
		}
		if len(sent) < 2 || sent[len(sent)-2] != "main/erp to panel" || sent[len(sent)-1] != "second/erp to panel" {
			t.Errorf("sent %v", sent)
		}
		if again, err := run(100); err != nil || again.Entries != 0 {
			t.Errorf("a third run: %d entries, %v", again.Entries, err)
		}
		for program, want := range map[string]loyalty.Points{"main": 0, "second": 0, "elsewhere": 5} {
			feeds, err := s.Feeds(t.Context(), program)
			if err != nil {
				t.Fatal(err)
			}
			f, err := s.LapseForecast(t.Context(), feeds[0].Program, lapseDay, lapseDay)
			if err != nil || f.Overdue.Points != want {
				t.Errorf("%s: %d to be posted, want %d, %v", program, f.Overdue.Points, want, err)
			}
		}
	}
}

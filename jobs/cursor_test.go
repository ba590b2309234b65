package jobs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// save writes a document under a stamp of its own, as a row that was committed
// late, or that a machine with a wrong clock has saved.
func (e *erp) save(inv connectors.Invoice, stamp time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	inv.Modified = connectors.NewStamp(stamp)
	e.write(inv)
}

// has checks the active points of the first contractor.
func (b *bench) has(points int, when string) {
	b.tb.Helper()
	if got := b.query(`SELECT coalesce(sum(active), 0) FROM account`); got != fmt.Sprint(points) {
		b.tb.Errorf("%s: %s points, want %d", when, got, points)
	}
}

// settled checks that reading everything again, in every way there is, changes
// nothing, and that a new store comes to the same.
func (b *bench) settled(when string) {
	b.tb.Helper()
	for _, again := range []struct {
		kind string
		opts Options
	}{{KindPoints, Options{}}, {KindPoints, Options{Since: loyalty.NewDate(2000, 1, 1)}}, {KindSweep, Options{}}} {
		counts, err := b.try(again.kind, again.opts)
		if err != nil || counts.Entries > 0 {
			b.tb.Errorf("%s: another %s posted %d entries, %v", when, again.kind, counts.Entries, err)
		}
	}
	b.sameAsFresh(when)
}

// TestLaw1_LateCommit commits rows whose stamps a pass has already gone by: the
// overlap reads what is two hours late, the sweep the rest.
func TestLaw1_LateCommit(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	e.put(invoice("1", "1", "2026-02-01", released, "A 100"))
	b.run(KindPoints)
	passed := e.now
	e.save(invoice("2", "1", "2026-02-01", released, "A 200"), passed.Add(-119*time.Minute))
	e.save(invoice("3", "1", "2026-02-01", released, "A 400"), passed.Add(-121*time.Minute))
	e.save(invoice("4", "1", "2026-02-01", released, "A 800"), passed)
	b.run(KindPoints)
	b.has(1+2+8, "a pass with an overlap of two hours")
	b.run(KindSweep)
	b.has(1+2+4+8, "the sweep")
	b.settled("late commits")
}

// passedTelling is a source that tells of late commits, after a pass over one invoice.
func passedTelling(t *testing.T) (e *erp, b *bench, passed time.Time) {
	t.Helper()
	e = newERP()
	e.tells = true
	firms(e, 1)
	b = newBench(t, e)
	e.put(invoice("1", "1", "2026-02-01", released, "A 100"))
	b.run(KindPoints)
	b.has(1, "the first pass")
	return e, b, e.now
}

// moments are those that the cursor remembers: of the last completed pass, and of the
// one under way.
func (b *bench) moments() string {
	b.tb.Helper()
	return b.query(`SELECT snapshot || '/' || taken FROM cursor`)
}

// TestLaw1_LateCommitsOfATellingSource: where the source can tell, the next pass
// reads what was committed behind its floor, however late; an interrupted pass
// makes nothing count as seen.
func TestLaw1_LateCommitsOfATellingSource(t *testing.T) {
	e, b, passed := passedTelling(t)
	if got := b.moments(); got != "1/" {
		t.Errorf("after a completed pass: snapshot/taken %s, want 1/", got)
	}

	for i := range 10 { // more than a page, days behind the floor
		e.save(invoice(fmt.Sprintf("2%02d", i), "1", "2026-02-01", released, "A 200"), passed.Add(-72*time.Hour))
	}
	e.failAt = 2 // the second page of what is late
	if _, err := b.try(KindPoints, Options{}); err == nil {
		t.Fatal("the run did not fail")
	}
	if got := b.moments(); got != "1/" {
		t.Errorf("after a pass that failed: snapshot/taken %s, want 1/", got)
	}
	e.failAt = 4 // the second page of the pass, after both late ones
	for i := range 10 {
		e.put(invoice(fmt.Sprintf("3%02d", i), "1", "2026-02-01", released, "A 100"))
	}
	if _, err := b.try(KindPoints, Options{}); err == nil {
		t.Fatal("the run did not fail")
	}
	if got := b.moments(); got != "1/21" {
		t.Errorf("in the middle of a pass: snapshot/taken %s, want 1/21", got)
	}
	e.save(invoice("400", "1", "2026-02-01", released, "A 800"), passed.Add(-72*time.Hour)) // while the pass waits
	b.run(KindPoints)
	b.has(1+10*2+10*1+8, "the pass gone on with, and one more")
	b.settled("late commits of a source that tells")

	counts, err := b.try(KindPoints, Options{})
	if err != nil || counts.Read.Invoices > 11 {
		t.Errorf("what was late is read again: %d documents, %v", counts.Read.Invoices, err)
	}
}

// TestLaw1_LateCommitsCountedLater: a server may count a commit some time after it. A
// tick's run that is told of nothing looks at no header, and what it did not look at is
// found when it is counted, by the moment before. A person's run always looks.
func TestLaw1_LateCommitsCountedLater(t *testing.T) {
	for name, counted := range map[string]bool{"counted": true, "asked by a person": false} {
		t.Run(name, func(t *testing.T) {
			e, b, passed := passedTelling(t)
			e.counted, b.scheduled = e.transaction, true
			e.save(invoice("2", "1", "2026-02-01", released, "A 200"), passed.Add(-72*time.Hour))
			for range 2 {
				b.run(KindPoints)
				b.has(1, "a commit that is not counted")
				if got := b.moments(); got != "1/" {
					t.Errorf("told of nothing: snapshot/taken %s, want 1/", got)
				}
			}
			if b.scheduled = counted; counted {
				e.counted = -1
			}
			b.run(KindPoints)
			b.has(1+2, "a commit that is "+name)
			b.settled("late commits counted later")
		})
	}
}

// TestReadAhead: a page that was read ahead of a document fetched by key must not
// put that document back to what it was before.
func TestReadAhead(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	b.feed.Page = 1
	e.put(correction("2", "1", "1", "2026-02-02", released, "A -100"))
	e.put(invoice("1", "1", "2026-02-01", released, "A 300"))
	e.put(invoice("3", "1", "2026-02-01", released, "A 1000"))
	b.run(KindContractors)
	e.onFetch = sync.OnceFunc(func() {
		for e.pages.Load() < 2 { // the next page has the original as it is now
			runtime.Gosched()
		}
		e.mu.Lock()
		e.now = e.now.Add(time.Hour)
		e.mu.Unlock()
		e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	})
	b.run(KindPoints)
	b.has(5-1+10, "the original changed while a page was read ahead")
	b.settled("afterwards")
}

// TestLaw1_EqualStamps reads eleven pages of one stamp, with a failure between
// two of them, and rows that come under that stamp behind the reader.
func TestLaw1_EqualStamps(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	const documents = 75
	stamp := e.now
	for i := range documents {
		e.save(invoice(fmt.Sprintf("%03d", i+1), "1", "2026-02-01", released, "A 100"), stamp)
	}
	e.failAt = 5
	counts, err := b.try(KindPoints, Options{})
	if err == nil || counts.Read.Invoices != 4*7 {
		t.Fatalf("a pass that fails at its fifth page read %d documents, %v", counts.Read.Invoices, err)
	}
	b.has(4*7, "before the failure")
	e.save(invoice("000", "1", "2026-02-01", released, "A 100"), stamp) // behind
	e.save(invoice("999", "1", "2026-02-01", released, "A 100"), stamp) // ahead
	reads := 0
	e.onRead = func() { reads++ }
	b.run(KindPoints)
	e.onRead = nil
	b.has(documents+2, "after the pass that went on")
	if want := 7 + 11; reads != want { // the rest of the old pass, then a whole one
		t.Errorf("%d reads, want %d", reads, want)
	}
	if got := b.query(`SELECT count(*) FROM entry`); got != fmt.Sprint(documents+2) {
		t.Errorf("%s entries for %d documents", got, documents+2)
	}
	b.settled("equal stamps")
}

// TestLaw1_FutureStamp saves a row on a machine whose clock is days ahead: it
// moves no watermark, a sweep reads it, and its time changes nothing.
func TestLaw1_FutureStamp(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	ahead := e.now.Add(72 * time.Hour)
	e.save(invoice("1", "1", "2026-02-01", released, "A 100"), ahead)
	b.run(KindPoints)
	b.has(0, "a pass before its time")
	if got := b.query(`SELECT floor <= '` + string(connectors.NewStamp(e.now)) + `' FROM cursor`); got != "1" {
		t.Error("the watermark is in the future")
	}
	e.put(invoice("2", "1", "2026-02-01", released, "A 200"))
	b.run(KindPoints)
	b.has(2, "the next pass")
	b.run(KindSweep)
	b.has(3, "the sweep")
	e.now = ahead.Add(-time.Minute)
	b.run(KindPoints)
	e.now = ahead.Add(time.Minute)
	if counts := b.run(KindPoints); counts.Read.Invoices != 1 || counts.Entries != 0 {
		t.Errorf("when its time has come: read %d, %d entries", counts.Read.Invoices, counts.Entries)
	}
	b.settled("a stamp in the future")
}

// TestLaw1_StampSetBack changes documents and sets their stamps back.
func TestLaw1_StampSetBack(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	for i := range 3 {
		e.put(invoice(fmt.Sprint(i+1), "1", "2026-02-01", released, "A 100"))
	}
	b.run(KindPoints)
	e.save(invoice("1", "1", "2026-02-01", released, "A 500"), e.now.Add(-time.Hour))
	e.save(invoice("2", "1", "2026-02-01", released, "A 700"), e.now.AddDate(-1, 0, 0))
	e.save(invoice("3", "1", "2026-02-01", cancelled, "A 100"), time.Time{})
	b.run(KindPoints)
	b.has(5+1+1, "a pass")
	b.run(KindSweep)
	b.has(5+7, "the sweep")
	b.settled("stamps set back")
}

// TestLaw1_ClockSetBack sets the database's own clock back by a day, and lets it
// go on from there.
func TestLaw1_ClockSetBack(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	e.put(invoice("1", "1", "2026-02-01", released, "A 100"))
	b.run(KindPoints)
	before := e.now
	e.now = before.Add(-24 * time.Hour)
	e.put(invoice("2", "1", "2026-02-01", released, "A 200"))
	b.run(KindPoints)
	b.has(1, "a pass with the clock of yesterday")
	b.run(KindSweep)
	b.has(3, "the sweep")
	e.now = before.Add(time.Minute)
	e.put(invoice("3", "1", "2026-02-01", released, "A 400"))
	b.run(KindPoints)
	b.has(7, "the clock has caught up")
	b.settled("a clock set back")
}

// warsaw is where the wall clock of the tests below hangs.
func warsaw(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestLaw8_AutumnHour lets documents be saved every five minutes of the night in
// which the hour from two to three comes twice, and passes run between them.
// Stamps are wall clock and go back by an hour; no document is lost or doubled.
func TestLaw8_AutumnHour(t *testing.T) {
	zone := warsaw(t)
	for _, every := range []int{1, 5, 13} {
		t.Run(fmt.Sprintf("a pass every %d documents", every), func(t *testing.T) {
			e := newERP()
			firms(e, 1)
			b := newBench(t, e)
			b.mapping.EarnFrom = loyalty.NewDate(2025, 1, 1)
			b.today = time.Date(2025, 10, 27, 12, 0, 0, 0, time.UTC)
			at := time.Date(2025, 10, 25, 22, 0, 0, 0, time.UTC) // midnight in Warsaw
			saved, back := 0, false
			for last := connectors.Stamp(""); saved < 60; saved++ {
				at = at.Add(5 * time.Minute)
				e.now = at.In(zone)
				e.put(invoice(fmt.Sprintf("%03d", saved), "1", "2025-10-26", released, "A 100"))
				stamp := connectors.NewStamp(e.now)
				back, last = back || stamp < last, stamp
				if saved%every == 0 {
					b.run(KindPoints)
				}
			}
			if !back {
				t.Fatal("the clock never went back: the test tests nothing")
			}
			e.now = at.Add(time.Minute).In(zone)
			b.run(KindPoints)
			b.has(saved, "without any sweep")
			if got := b.query(`SELECT count(*) FROM entry`); got != fmt.Sprint(saved) {
				t.Errorf("%s entries for %d documents", got, saved)
			}
			b.settled("the autumn hour")
		})
	}
}

// TestLaw8_BusinessDays: the day on which a contractor left is the one on the
// wall in the program's zone, not that of UTC.
func TestLaw8_BusinessDays(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	b.feed.Zone, b.today = warsaw(t), time.Date(2026, 3, 20, 23, 30, 0, 0, time.UTC) // half past midnight of the 21st
	b.run(KindContractors)
	e.contractor("1", "other")
	b.run(KindContractors)
	want := fmt.Sprint(int64(loyalty.NewDate(2026, 3, 21)))
	if got := b.query(`SELECT to_on FROM participation WHERE superseded_at IS NULL`); got != want {
		t.Errorf("left on day %s, want %s", got, want)
	}
}

// TestLaw1_AnyStamps saves, changes and stamps documents as it likes between
// passes that may fail; after a sweep everything is there once.
func TestLaw1_AnyStamps(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			e := newERP()
			firms(e, 2)
			b := newBench(t, e)
			b.feed.Page = 1 + random.IntN(5)
			for range 4 + random.IntN(20) {
				e.stir(b, random)
			}
			b.run(KindSweep)
			e.now = e.now.Add(10000 * time.Minute) // beyond every stamp, for the store that reads afresh
			b.settled("any stamps")
		})
	}
}

// stir saves a document, lets time pass, or runs a pass that may fail.
func (e *erp) stir(b *bench, random *rand.Rand) {
	b.tb.Helper()
	switch random.IntN(6) {
	case 0, 1, 2:
		inv := invoice(fmt.Sprint(1+random.IntN(8)), fmt.Sprint(1+random.IntN(2)), "2026-02-01",
			pick(random, released, buffered, cancelled), pick(random, "A 100", "A 250", "W 300"))
		e.save(inv, e.now.Add(time.Duration(pick(random, 0, 0, -1, -60, -119, -200, -10000, 30, 5000))*time.Minute))
	case 3:
		e.now = e.now.Add(time.Duration(random.IntN(300)) * time.Minute)
	case 4:
		e.failAt = 1 + random.IntN(4)
		if _, err := b.try(KindPoints, Options{}); err != nil && !errors.Is(err, connectors.ErrUnreachable) {
			b.tb.Fatal(err)
		}
		e.failAt = 0
	default:
		b.run(KindPoints)
	}
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

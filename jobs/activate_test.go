package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// pay pays documents without touching their stamps.
func (e *erp) pay(ids ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range ids {
		inv := e.invoices[id]
		inv.Paid = true
		e.invoices[id] = inv
	}
}

// TestActivateAfterDays: the job activates what has waited long enough, in pages, by the
// ledger's own documents, and once.
func TestActivateAfterDays(t *testing.T) {
	e := newERP()
	firms(e, 1)
	for i := range 20 {
		e.put(invoice(fmt.Sprint(i+1), "1", fmt.Sprintf("2026-03-%02d", i+1), released, "A 100"))
	}
	e.put(correction("101", "1", "1", "2026-03-02", released, "A -100"))
	e.put(invoice("99", "1", "2026-02-01", buffered, "A 100"))
	b := newBench(t, e)
	b.feed.Page = 3
	b.rules.Activate = loyalty.Activation{AfterDays: 14}
	b.run(KindPoints)
	if got, want := b.balances(), "1|15|5|0|6"; got != want { // of those of 1 to 6 March
		t.Errorf("on 20 March %q, want %q", got, want)
	}
	read := 0
	e.onFetch = func() { read++ }
	b.today = b.today.AddDate(0, 0, 10)
	first := b.run(KindActivate)
	if got, want := b.balances(), "1|5|15|0|16"; got != want {
		t.Errorf("on 30 March %q, want %q", got, want)
	}
	if first.Points.Earned != 10 || first.Entries != 10 || first.Changed != 10 || read != 0 {
		t.Errorf("the run counts %+v, and read documents by key %d times", first, read)
	}
	if again := b.run(KindActivate); again.Entries != 0 || again.Changed != 0 || again.Read.Invoices != 0 {
		t.Errorf("another run counts %+v", again)
	}
	b.today = b.today.AddDate(0, 0, -10)
	b.run(KindSweep)
	if got, want := b.balances(), "1|5|15|0|16"; got != want {
		t.Errorf("after the clock was set back %q, want %q", got, want)
	}
	b.today = b.today.AddDate(0, 0, 20)
	e.put(invoice("99", "1", "2026-02-01", released, "A 100"))
	b.run(KindPoints) // activates what it sees on its way
	b.run(KindActivate)
	b.sameAsFresh("on 9 April")
}

// TestActivateOnPayment: payments that leave no stamp behind are found by the keys of
// what is not paid, and nothing else is read.
func TestActivateOnPayment(t *testing.T) {
	e := newERP()
	firms(e, 1)
	for i := range 10 {
		e.put(invoice(fmt.Sprint(i+1), "1", "2026-03-01", released, "A 100"))
	}
	e.put(correction("101", "1", "1", "2026-03-02", released, "A -100"))
	b := newBench(t, e)
	b.feed.Page = 4
	b.rules.Activate, b.mapping.HashPaid = loyalty.Activation{Paid: true}, true
	e.pay("10")
	b.run(KindPoints)
	e.now = e.now.Add(30 * 24 * time.Hour)
	b.run(KindPoints)
	e.pay("1", "2", "3") // passes are past them
	b.run(KindPoints)
	if got, want := b.balances(), "1|8|1|0|1"; got != want {
		t.Errorf("before the job %q, want %q", got, want)
	}
	if counts := b.run(KindActivate); counts.Read.Invoices != 9 {
		t.Errorf("the job has read %d documents of the 9 that wait", counts.Read.Invoices)
	}
	if got, want := b.balances(), "1|6|3|0|4"; got != want {
		t.Errorf("afterwards %q, want %q", got, want)
	}
	if again := b.run(KindActivate); again.Entries != 0 || again.Changed != 0 {
		t.Errorf("another run counts %+v", again)
	}
	inv := e.invoices["2"]
	inv.Paid = false
	e.put(inv)
	b.run(KindPoints)
	if got, want := b.balances(), "1|7|2|0|3"; got != want {
		t.Errorf("a payment taken back: %q, want %q", got, want)
	}
	b.sameAsFresh("a payment taken back")
}

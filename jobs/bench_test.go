package jobs

import (
	"fmt"
	"testing"
)

// BenchmarkPoints reads a page of 500 invoices of five lines for the first time,
// scores and posts it; an operation is the page. It guards the way from a record
// to a committed entry.
func BenchmarkPoints(b *testing.B) {
	for range b.N {
		b.StopTimer()
		e := newERP()
		firms(e, 50)
		for i := range 500 {
			e.put(invoice(fmt.Sprintf("%03d", i), fmt.Sprint(1+i%50), "2026-02-01", released, "A 120", "B 80", "C 300", "W 40", "X 99.99"))
		}
		w := newBench(b, e)
		w.feed.Page = 500
		w.run(KindContractors)
		b.StartTimer()
		w.run(KindPoints)
	}
}

// BenchmarkNothingChanged reads the same page again: nothing is to be posted.
func BenchmarkNothingChanged(b *testing.B) {
	e := newERP()
	firms(e, 50)
	for i := range 500 {
		e.put(invoice(fmt.Sprintf("%03d", i), fmt.Sprint(1+i%50), "2026-02-01", released, "A 120", "B 80", "C 300", "W 40", "X 99.99"))
	}
	w := newBench(b, e)
	w.feed.Page = 500
	w.run(KindPoints)
	b.ResetTimer()
	for range b.N {
		w.run(KindPoints)
	}
}

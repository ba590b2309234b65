package optima_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/optima/optimatest"
)

// linesPerInvoice of the set that the benchmark reads.
const linesPerInvoice = 5

// grow writes invoices of five lines, stamped over two years.
func grow(b *testing.B, db *database, invoices int) {
	b.Helper()
	w := optimatest.Writer{Exec: db.exec}
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	const items = 500
	var towary []optimatest.Row
	for i := 1; i <= items; i++ {
		towary = append(towary, optimatest.Row{"Twr_TwrId": i, "Twr_Kod": fmt.Sprint("TOW-", i), "Twr_Nazwa": fmt.Sprint("Towar numer ", i), "Twr_TwGGIDNumer": 1})
	}
	must(w.Insert(b.Context(), "Towary", towary...))
	must(w.Insert(b.Context(), "TwrGrupy", optimatest.Row{"TwG_TwGID": 1, "TwG_GIDTyp": -16, "TwG_GIDNumer": 1, "TwG_GrOTyp": -16, "TwG_GrONumer": 0, "TwG_Kod": "ALKO"}))
	step := 730 * 24 * time.Hour / time.Duration(invoices)
	var headers, lines []optimatest.Row
	for i := range invoices {
		at := connectors.NewStamp(time.Date(2024, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * step))
		headers = append(headers, header(i+1, "TrN_TS_Mod", at, "TrN_Opis", fmt.Sprint("zamówienie ", i), "TrN_RazemNetto", dec("500.00"), "TrN_RazemBrutto", dec("615.00")))
		for j := range linesPerInvoice {
			n := i*linesPerInvoice + j
			lines = append(lines, element(n+1, i+1, "TrE_Lp", j+1, "TrE_TwrId", n%items+1, "TrE_TwrKod", fmt.Sprint("TOW-", n%items+1),
				"TrE_TwrNazwa", fmt.Sprint("Towar numer ", n%items+1), "TrE_WartoscNetto", dec("100.00"), "TrE_WartoscBrutto", dec("123.00")))
		}
		if len(headers) == items || i == invoices-1 {
			must(w.Insert(b.Context(), "TraNag", headers...))
			must(w.Insert(b.Context(), "TraElem", lines...))
			headers, lines = nil, nil
		}
	}
}

// BenchmarkRead reads a pass of documents through a source, and the same statements
// in a bare loop over the driver that looks at no value. The ratio of the two is
// what matters, and must not fall under 0.6; the heap that lives must not grow with
// what was read. LOYALSYNC_BENCH_LINES sets the size: 1000000 for the whole measure.
func BenchmarkRead(b *testing.B) {
	lines := 20_000
	if text := os.Getenv("LOYALSYNC_BENCH_LINES"); text != "" {
		var err error
		if lines, err = strconv.Atoi(text); err != nil {
			b.Fatal("LOYALSYNC_BENCH_LINES is no number")
		}
	}
	db := newDatabase(b, optimatest.Schema())
	grow(b, db, lines/linesPerInvoice)
	src, err := optima.Open(b.Context(), optima.Config{Server: db.reader})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = src.Close() })
	bare := func() int {
		n, err := src.Bare(b.Context(), 500)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	bare() // what is read first warms the server's cache
	var through, alone time.Duration
	var early, late uint64
	b.ResetTimer()
	for range b.N {
		n, took, a, z := throughSource(b, db, src)
		through += took
		early, late = a, z
		start := time.Now()
		if m := bare(); n != m || n != lines {
			b.Fatalf("%d lines through the source, %d bare, want %d", n, m, lines)
		}
		alone += time.Since(start)
	}
	b.ReportMetric(alone.Seconds()/through.Seconds(), "of-bare")
	b.ReportMetric(float64(lines*b.N)/through.Seconds(), "lines/s")
	b.ReportMetric(float64(late)/(1<<20), "MB-heap")
	if late > early+8<<20 {
		b.Errorf("the heap grew from %d to %d bytes", early, late)
	}
}

// throughSource counts the lines of a pass, the time it takes to read them, and the
// bytes that live on the heap after some pages and at its end.
func throughSource(b *testing.B, db *database, src *optima.Source) (lines int, took time.Duration, early, late uint64) {
	b.Helper()
	r := connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}
	for pages := 1; ; pages++ {
		start := time.Now()
		page, err := src.Invoices(b.Context(), r, 500)
		if err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		for _, inv := range page.Items {
			lines += len(inv.Lines)
		}
		if pages == 4 {
			early = living(db)
		}
		if r.After = page.Next; page.Done {
			return lines, took, early, living(db)
		}
	}
}

// living is the heap without what the test server has noted down.
func living(db *database) uint64 {
	if !db.Real() {
		db.Server().Forget()
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

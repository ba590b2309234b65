package compiere_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

// linesPerInvoice of the set that the benchmark reads.
const linesPerInvoice = 5

// grow makes invoices of five lines, stamped over two years, with the index that
// Examine asks for.
func (e *erp) grow(tb testing.TB, invoices int) {
	tb.Helper()
	if err := e.exec(tb.Context(), fmt.Sprintf(`
		INSERT INTO m_product (m_product_id, ad_client_id, value, name, upc, sku, c_uom_id, m_product_category_id)
			SELECT 10000 + n, 1000000, 'TOW-' || n, 'Towar numer ' || n, '590' || n, 'S-' || n, 100, 602 FROM generate_series(1, 500) n;
		INSERT INTO c_bpartner (c_bpartner_id, ad_client_id, value, name)
			SELECT 10000 + n, 1000000, 'K' || n, 'Firma ' || n FROM generate_series(1, 200) n;
		INSERT INTO c_invoice (c_invoice_id, ad_client_id, updated, documentno, docstatus, c_doctype_id, c_doctypetarget_id, c_bpartner_id,
				c_currency_id, dateinvoiced, totallines, grandtotal, description)
			SELECT 1000000 + n, 1000000, at, 'FV/' || n || '/2025', 'CO', 116, 116, 10001 + n %% 200, 287, date_trunc('day', at), 500, 615, 'zamówienie ' || n
			FROM (SELECT n, timestamp '2024-01-01 08:00' + n * (interval '730 days' / %[1]d) AS at FROM generate_series(1, %[1]d) n) s;
		INSERT INTO c_invoiceline (c_invoiceline_id, ad_client_id, c_invoice_id, line, m_product_id, c_uom_id, c_tax_id, qtyinvoiced, qtyentered, linenetamt)
			SELECT 1000000 + n, 1000000, 1000001 + n / %[2]d, 10 * (1 + n %% %[2]d), 10001 + n %% 500, 100, 100, 2, 2, 100.00 FROM generate_series(0, %[2]d * %[1]d - 1) n;
		INSERT INTO c_invoicetax (c_invoice_id, c_tax_id, taxbaseamt, taxamt) SELECT 1000000 + n, 100, 500, 115 FROM generate_series(1, %[1]d) n;
		CREATE INDEX ON c_invoice (updated, c_invoice_id);
		ANALYZE`, invoices, linesPerInvoice)); err != nil {
		tb.Fatal(err)
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
	e := newDatabase(b).stocked(b, "adempiere")
	e.grow(b, lines/linesPerInvoice)
	src := e.open(b)
	config, err := pgx.ParseConfig(e.config().URL)
	if err != nil {
		b.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // as the source
	conn, err := pgx.ConnectConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(b.Context()) })
	if _, err := conn.Exec(b.Context(), "SET search_path = "+e.schema); err != nil {
		b.Fatal(err)
	}
	e.bare(b, src, conn) // what is read first warms the server's cache
	var read, bare time.Duration
	var early, late uint64
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		n, a, z := throughSource(b, src)
		read += time.Since(start)
		early, late = a, z
		start = time.Now()
		if m := e.bare(b, src, conn); n != m || n != lines {
			b.Fatalf("%d lines through the source, %d bare, want %d", n, m, lines)
		}
		bare += time.Since(start)
	}
	b.ReportMetric(bare.Seconds()/read.Seconds(), "of-bare")
	b.ReportMetric(float64(lines*b.N)/read.Seconds(), "lines/s")
	b.ReportMetric(float64(late)/(1<<20), "MB-heap")
	if late > early+8<<20 {
		b.Errorf("the heap grew from %d to %d bytes", early, late)
	}
}

// throughSource counts the lines of a pass, and the bytes that live on the heap
// after its first tenth and at its end.
func throughSource(b *testing.B, src *compiere.Source) (lines int, early, late uint64) {
	b.Helper()
	r := connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}
	for pages := 1; ; pages++ {
		page, err := src.Invoices(b.Context(), r, 500)
		if err != nil {
			b.Fatal(err)
		}
		for _, inv := range page.Items {
			lines += len(inv.Lines)
		}
		if pages == 4 {
			early = living()
		}
		if r.After = page.Next; page.Done {
			return lines, early, living()
		}
	}
}

func living() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// bare runs what a pass runs, and looks at the keys alone.
func (e *erp) bare(b *testing.B, src *compiere.Source, conn *pgx.Conn) (lines int) {
	b.Helper()
	all, err := conn.Query(b.Context(), src.Statement("listed"), pgx.StrictNamedArgs{
		"tenant": "1000000", "documents": []string{"ARI", "ARC"}, "after_stamp": "-infinity", "after_id": "-1",
		"ceiling": "2099-01-01T00:00:00.000000", "limit": 1_000_000,
	})
	if err != nil {
		b.Fatal(err)
	}
	var stamp, id string
	var keys []string
	if _, err := pgx.ForEachRow(all, []any{&stamp, &id}, func() error { keys = append(keys, id); return nil }); err != nil {
		b.Fatal(err)
	}
	for ids := range slices.Chunk(keys, 500) {
		headers, err := conn.Query(b.Context(), src.Statement("invoices_by_key"), compiere.TextNumbers(), pgx.StrictNamedArgs{"ids": ids})
		if err != nil {
			b.Fatal(err)
		}
		for headers.Next() {
			_ = headers.RawValues()
		}
		if headers.Err() != nil {
			b.Fatal(headers.Err())
		}
		rows, err := conn.Query(b.Context(), src.Statement("lines"), compiere.TextNumbers(), pgx.StrictNamedArgs{"ids": ids})
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			lines++
		}
		if rows.Err() != nil {
			b.Fatal(rows.Err())
		}
	}
	return lines
}

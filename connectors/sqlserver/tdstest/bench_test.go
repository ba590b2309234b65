package tdstest_test

import (
	"testing"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// BenchmarkRows is how fast rows come through the driver, so that a benchmark of
// a connector knows what of its time is the server's.
func BenchmarkRows(b *testing.B) {
	db := tdstest.Database(b, shop+`
GO
WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO CDN.Line (DocId, Ilosc, Cena) SELECT 10, i / 7.0, i FROM n OPTION (MAXRECURSION 0)`)
	for b.Loop() {
		n, err := count(b.Context(), db.Pool(), "SELECT Id, DocId, Ilosc, Cena FROM CDN.Line")
		if err != nil || n < 100000 {
			b.Fatalf("%d rows, %v", n, err)
		}
		b.ReportMetric(float64(n), "rows/op")
	}
}

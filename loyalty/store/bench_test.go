package store

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// postedPoints fills a store with documents of three lines and points for each.
const postedPoints = `
INSERT INTO program (id, name, currency, decimals) VALUES (1, 'main', 'PLN', 0);
INSERT INTO source (id, name, identity) VALUES (1, 'erp', 'x');
INSERT INTO feed (id, program_id, source_id) VALUES (1, 1, 1);
INSERT INTO rule (id, program_id, name) VALUES (1, 1, 'base');
INSERT INTO rule_set (id, program_id, valid_from, hash, body, created_at) VALUES (1, 1, 0, 'h', '{}', 0);
INSERT INTO batch (id, actor, reason, posted_at) VALUES (1, 'run', '', 1000);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO contractor (id, feed_id, erp_key, code, name) SELECT i, 1, i, 'K' || i, 'Firma ' || i FROM n;
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO document (id, feed_id, erp_key, type, root, number, state, date, issued_on, party, account_id, hash, digest, modified, body)
SELECT i, 1, i, 'FS', i, 'FS/' || i || '/2026', 2, 20000, 20000, 1, 1 + i % 40, '', '', '', '{"currency":"PLN","store":"MAG1","lines":['
	|| '{"id":"1","no":1,"kind":"goods","code":"CHE-010","name":"Środek czyszczący","group":"CHEMIA/DOMOWA","quantity":"1","unit":"szt","net":"22.3","gross":"27.43"},'
	|| '{"id":"2","no":2,"kind":"goods","code":"BUD-008","name":"Płytka ceramiczna","group":"BUDOWLANE","quantity":"8.625","unit":"m2","net":"512.33","gross":"630.17"},'
	|| '{"id":"3","no":3,"kind":"goods","code":"DAN-003","name":"Pierogi domowe","group":"SPOZYWCZE","quantity":"6","unit":"szt","net":"121.8","gross":"131.54"}]}' FROM n;
INSERT INTO lot (account_id, document_id, earned_on, lapses_on, pending, active) SELECT account_id, id, 20000, NULL, 0, 30 FROM document;
INSERT INTO entry (account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, batch_id)
SELECT d.account_id, d.id, l.column1, 1, 1, 1, 1, 3, 10, 20000, 1, 1 FROM document d, (VALUES (1), (2), (3)) l ORDER BY d.id, l.column1;`

// BenchmarkNextDeliveries reads all points in batches, as a push does.
func BenchmarkNextDeliveries(b *testing.B) {
	s, err := Open(b.Context(), Config{Path: filepath.Join(b.TempDir(), "loyalsync.db"), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // nothing is kept
	if _, err := s.writer.ExecContext(b.Context(), postedPoints); err != nil {
		b.Fatal(err)
	}
	q := wire.Queue{Platform: "hosted", Feed: loyalty.Feed{ID: 1, ProgramName: "main", SourceName: "erp"}, Kind: wire.Points}
	b.ReportAllocs()
	items := 0
	for b.Loop() {
		for after := int64(0); ; {
			batch, err := s.NextDeliveries(b.Context(), q, after, wire.MaxItems)
			if err != nil {
				b.Fatal(err)
			}
			if batch.Through == 0 {
				break
			}
			items, after = items+len(batch.Items), batch.Through
		}
	}
	if items != b.N*6000 {
		b.Fatalf("%d items", items)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(items), "ns/item")
}

// BenchmarkBodies encodes the bodies of a page of documents of five lines.
func BenchmarkBodies(b *testing.B) {
	docs := make([]loyalty.StoredDocument, 500)
	for i := range docs {
		d := &docs[i]
		d.HasBody, d.SoldOn, d.Buyer, d.Recipient, d.Payer, d.Currency = true, day("2026-03-02"), "1000017", "1000017", "1000017", "PLN"
		d.Net, d.Gross = decimal.RequireFromString("1234.50"), decimal.RequireFromString("1518.44")
		for n := range 5 {
			d.Lines = append(d.Lines, loyalty.Line{
				ID: strconv.Itoa(1000000 + n), No: 10 * n, Kind: loyalty.Goods, Code: "ITEM-17", Name: "Item number 17", Group: "DRINKS/WINE", Unit: "pcs",
				Quantity: decimal.NewFromInt(2), Net: decimal.RequireFromString("246.90"), Gross: decimal.RequireFromString("303.69"),
				Attributes: loyalty.Attributes{"upc": "59017", "sku": "S-17"},
			})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bodiesOf(docs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(docs)), "ns/document")
}

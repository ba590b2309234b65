package compiere

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Limit sets the time that a read may take, past the one that follows from Config.
func (s *Source) Limit(d time.Duration) { s.limit = d }

// Statement is a statement of the source, for a reader of its own.
func (s *Source) Statement(name string) string {
	return map[string]string{"listed": s.sql.listed, "invoices_by_key": s.sql.invoicesByKey, "lines": s.sql.lines}[name]
}

// TextNumbers is how the source asks for its results.
func TextNumbers() pgx.QueryResultFormatsByOID {
	return pgx.QueryResultFormatsByOID{pgtype.NumericOID: pgx.TextFormatCode}
}

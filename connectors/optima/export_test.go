package optima

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// Bare runs the statements of a whole pass over the same connections, one page
// after another, and looks at no value but the keys: what the driver alone costs.
// It returns the number of lines.
func (s *Source) Bare(ctx context.Context, limit int) (lines int, err error) {
	after := keyset{stamp: firstInstant(), id: -1}
	for more := true; more; {
		err := s.db.Read(ctx, "read bare", func(ctx context.Context, tx *sql.Tx) error {
			headers, err := collect(ctx, tx, s.sql.invoices, []any{int64(limit), sqlserver.Stamp(lastInstant()), sqlserver.Stamp(after.stamp), after.id}, scanKeyset)
			if err != nil {
				return err
			}
			more = len(headers) == limit
			ids := make([]int32, len(headers))
			for i, h := range headers {
				ids[i], after = h.id, h
			}
			for _, text := range []string{
				s.sql.invoicesByKey,
				s.sql.lines, s.sql.documentAttributes, s.sql.headersAgain, s.sql.itemAttributes, s.sql.lineAttributes, s.sql.itemGroups,
			} {
				rows, err := collectByID(ctx, tx, text, ids, func(*sql.Rows) (struct{}, error) { return struct{}{}, nil })
				if err != nil {
					return err
				}
				if text == s.sql.lines {
					lines += len(rows)
				}
			}
			_, err = collect(ctx, tx, s.sql.groups, nil, func(*sql.Rows) (struct{}, error) { return struct{}{}, nil })
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return lines, nil
}

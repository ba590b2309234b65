package optimatest

import (
	"context"
	_ "embed" // the schema
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

//go:embed optima.sql
var schema string

// Schema is the script that makes the tables, its batches parted by GO.
func Schema() string { return schema }

// Row is a row by column. Values are string, int, bool (a tinyint), decimal.Decimal,
// connectors.Stamp (to the millisecond), connectors.Date, SQL, or nil.
type Row map[string]any

// SQL is a value that is an expression.
type SQL string

// Writer writes rows. Exec runs one batch of T-SQL on a login that may write.
type Writer struct {
	Exec func(ctx context.Context, tsql string) error
}

// identities are the tables whose key the server would choose.
func identities() map[string]string {
	return map[string]string{
		"FormyPlatnosci": "FPl_FPlId", "Magazyny": "Mag_MagId", "DokDefinicje": "DDf_DDfID", "DefAtrybuty": "DeA_DeAId",
		"Kontrahenci": "Knt_KntId", "KntOsoby": "KnO_KnOId", "KntAtrybuty": "KnA_KnAId", "KntScalHist": "KSH_KSHID",
		"Producenci": "Prd_PrdId", "Marki": "Mrk_MrkId", "Towary": "Twr_TwrId", "TwrAtrybuty": "TwA_TwAId",
		"TraNag": "TrN_TrNID", "TraElem": "TrE_TrEID", "TraElemKorZbiorcza": "TreZ_TreZID", "TraNagRelacje": "TrR_TrRId",
		"DokAtrybuty": "DAt_DAtId", "TraElemAtr": "TrA_TrAId", "PodmiotRejestracjaZgod": "PRZ_PRZID",
	}
}

// rowsAtOnce is how many rows one INSERT writes; SQL Server allows 1,000.
const rowsAtOnce = 500

// Insert writes rows of a table of CDN, with the keys they have. Rows of the same
// columns are written together.
func (w Writer) Insert(ctx context.Context, table string, rows ...Row) error {
	for len(rows) > 0 {
		columns := slices.Sorted(maps.Keys(rows[0]))
		n := 1
		for n < min(len(rows), rowsAtOnce) && slices.Equal(slices.Sorted(maps.Keys(rows[n])), columns) {
			n++
		}
		if err := w.insert(ctx, table, columns, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (w Writer) insert(ctx context.Context, table string, columns []string, rows []Row) error {
	tuples := make([]string, len(rows))
	for i, r := range rows {
		values := make([]string, len(columns))
		for j, c := range columns {
			values[j] = literal(r[c])
		}
		tuples[i] = "(" + strings.Join(values, ", ") + ")"
	}
	text := fmt.Sprintf("INSERT INTO CDN.%s (%s) VALUES %s;", table, strings.Join(columns, ", "), strings.Join(tuples, ", "))
	if key := identities()[table]; key != "" && slices.Contains(columns, key) {
		text = fmt.Sprintf("SET IDENTITY_INSERT CDN.%[1]s ON; %[2]s SET IDENTITY_INSERT CDN.%[1]s OFF;", table, text)
	}
	return w.run(ctx, text)
}

// Update changes the rows of a table of CDN that fulfil a condition.
func (w Writer) Update(ctx context.Context, table, where string, set Row) error {
	columns := slices.Sorted(maps.Keys(set))
	changes := make([]string, len(columns))
	for i, c := range columns {
		changes[i] = c + " = " + literal(set[c])
	}
	return w.run(ctx, fmt.Sprintf("UPDATE CDN.%s SET %s WHERE %s;", table, strings.Join(changes, ", "), where))
}

// Delete removes the rows of a table of CDN that fulfil a condition.
func (w Writer) Delete(ctx context.Context, table, where string) error {
	return w.run(ctx, fmt.Sprintf("DELETE FROM CDN.%s WHERE %s;", table, where))
}

// Remove deletes a document with all that belongs to it.
func (w Writer) Remove(ctx context.Context, id string) error {
	for _, part := range []struct{ table, where string }{
		{"TraElemAtr", "TrA_TrEId IN (SELECT e.TrE_TrEID FROM CDN.TraElem e WHERE e.TrE_TrNId = " + id + ")"},
		{"TraElem", "TrE_TrNId = " + id},
		{"TraElemKorZbiorcza", "TreZ_TrNID = " + id},
		{"DokAtrybuty", "DAt_TrNId = " + id},
		{"TraNagRelacje", "TrR_TrNId = " + id + " OR TrR_FaId = " + id},
		{"TraNag", "TrN_TrNID = " + id},
	} {
		if err := w.Delete(ctx, part.table, part.where); err != nil {
			return err
		}
	}
	return nil
}

func (w Writer) run(ctx context.Context, text string) error {
	if err := w.Exec(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// literal writes a value as T-SQL does.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "N'" + strings.ReplaceAll(v, "'", "''") + "'"
	case int:
		return strconv.Itoa(v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case decimal.Decimal:
		return v.String()
	case connectors.Stamp:
		return "'" + string(v[:len("2006-01-02T15:04:05.000")]) + "'"
	case connectors.Date:
		return "'" + string(v) + "T00:00:00'"
	case SQL:
		return string(v)
	}
	panic(fmt.Sprintf("no column takes a %T", v))
}

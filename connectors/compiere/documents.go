package compiere

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// documents are headers and their lines as the server wrote them, of one moment.
type documents struct {
	headers *rows
	lines   *rows
	of      [][]int // the rows of lines of each header, in their order
}

// linesOfDocument is how many lines a document has, most of the time.
const linesOfDocument = 8

// readDocuments reads headers, then all lines of those headers. The lines are asked
// for also when there are none, so that an ERP without their table is not taken for an
// empty one.
func (s *Source) readDocuments(ctx context.Context, tx pgx.Tx, sql string, args pgx.StrictNamedArgs) (d documents, err error) {
	if d.headers, err = readRows(ctx, tx, sql, args, pageDocuments); err != nil {
		return d, err
	}
	ids := make([]string, 0, d.headers.len())
	for row := range d.headers.len() {
		ids = append(ids, string(d.headers.cell(row, headerID)))
	}
	if d.lines, err = readRows(ctx, tx, s.sql.lines, pgx.StrictNamedArgs{"ids": ids}, linesOfDocument*len(ids)); err != nil {
		return d, err
	}
	d.of = d.lines.byDocument(ids)
	return d, nil
}

// pageDocuments is how many documents are read at a time, most of the time.
const pageDocuments = 500

// byDocument gives each document its lines, by number and key.
func (r *rows) byDocument(ids []string) [][]int {
	places := make(map[string]int, len(ids))
	for i, id := range ids {
		places[id] = i
	}
	place, count := make([]int, r.len()), make([]int, len(ids))
	for row := range place {
		id := r.cell(row, lineDocument)
		if row > 0 && ids[place[row-1]] == string(id) {
			place[row] = place[row-1] // most come document by document
		} else {
			place[row] = places[string(id)]
		}
		count[place[row]]++
	}
	of, room := make([][]int, len(ids)), make([]int, r.len())
	for i, n := range count {
		of[i], room = room[:0:n], room[n:]
	}
	for row, i := range place {
		of[i] = append(of[i], row)
	}
	for _, lines := range of {
		slices.SortFunc(lines, r.compareLines)
	}
	return of
}

// compareLines orders lines by their number, then by key, shorter ones first.
func (r *rows) compareLines(a, b int) int {
	x, y := r.cell(a, lineID), r.cell(b, lineID)
	return cmp.Or(cmp.Compare(r.whole(a, lineNumber), r.whole(b, lineNumber)), cmp.Compare(len(x), len(y)), bytes.Compare(x, y))
}

package compiere

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// documents are headers and their lines as the server wrote them, of one moment.
type documents struct {
	headers rows
	lines   rows
	named   rows    // what the lines name, one kind after the other
	of      [][]int // the rows of lines of each header, in their order
}

// read reads headers by the statement which, then all lines of those headers. The lines
// are asked for also when there are none, so that an ERP without their table is not
// taken for an empty one.
func (d *documents) read(ctx context.Context, tx pgx.Tx, sql statements, which string, args pgx.StrictNamedArgs) error {
	if err := d.headers.read(ctx, tx, which, args); err != nil {
		return err
	}
	ids := make([]string, 0, d.headers.len())
	for row := range d.headers.len() {
		ids = append(ids, string(d.headers.cell(row, headerID)))
	}
	if err := d.lines.read(ctx, tx, sql.lines, pgx.StrictNamedArgs{"ids": ids}); err != nil {
		return err
	}
	d.of = d.lines.byDocument(ids)
	return nil
}

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

// keys are the keys and digests of the documents.
func (d *documents) keys(digests *digester) []connectors.KeyDigest {
	list := make([]connectors.KeyDigest, 0, d.headers.len())
	for row := range d.headers.len() {
		key := connectors.InvoiceKey{Type: documentTable, ID: string(d.headers.cell(row, headerID))}
		list = append(list, connectors.KeyDigest{Key: key, Digest: digests.of(d, row)})
	}
	return list
}

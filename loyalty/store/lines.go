package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// originals returns the originals of those documents that are corrections, by
// the correction's ID: points of a correction stand under the original's lines,
// also under lines that the correction itself does not have.
func (s *Store) originals(ctx context.Context, ids []int64) (map[int64]*loyalty.Document, error) {
	type pair struct {
		id  int64
		doc loyalty.Document
	}
	pairs, err := collect(ctx, s.readers, "read the originals of corrections", `SELECT c.id, o.type, o.erp_key, o.body
		FROM document c JOIN document o ON o.feed_id = c.feed_id AND o.erp_key = c.root AND o.type = c.type
		WHERE c.id `+s.in("$1")+` AND c.corrects <> '' AND o.body IS NOT NULL`,
		func(rows *sql.Rows) (p pair, err error) {
			var text string
			if err = rows.Scan(&p.id, &p.doc.Key.Type, &p.doc.Key.ID, &text); err == nil {
				_, err = decodeBody(text, &p.doc)
			}
			return p, err
		}, s.list(ids))
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*loyalty.Document, len(pairs))
	for i := range pairs {
		out[pairs[i].id] = &pairs[i].doc
	}
	return out, nil
}

// documentIDs are the IDs of documents.
func documentIDs(docs []loyalty.HistoryDocument) []int64 {
	ids := make([]int64, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	return slices.Compact(ids)
}

package store

import (
	"context"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Waiting returns originals of a feed whose points wait, the soonest first: those behind
// a wait and a document's ID, up to and including another wait.
func (s *Store) Waiting(ctx context.Context, feed loyalty.Feed, after loyalty.Wait, id int64, until loyalty.Wait, limit int) ([]loyalty.StoredDocument, error) {
	return collect(ctx, s.readers, "read the documents that wait", `SELECT `+documentColumns+` FROM document d
		WHERE d.feed_id = $1 AND d.waits > 0 AND (d.waits, d.id) > ($2, $3) AND d.waits <= $4 ORDER BY d.waits, d.id LIMIT CAST($5 AS BIGINT)`,
		scanDocument, feed.ID, int64(after), id, int64(until), limit)
}

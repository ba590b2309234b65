package store

import (
	"context"

	"github.com/loyalsync/loyalsync/loyalty"
)

const noteMerges = "note merges of the ERP"

// merges notes what the ERP says that contractors were merged into, and forgets what it
// says no more. Of one that is gone without a word, what was said before stays.
func (w *peopleWriter) merges(ctx context.Context, changes []loyalty.ContractorChange) error {
	var not []string
	for i := range changes {
		c := &changes[i]
		switch {
		case c.MergedInto != "":
			if err := w.merged(ctx, c.Key, c.MergedInto); err != nil {
				return err
			}
		case !c.Gone:
			not = append(not, c.Key)
		}
	}
	if len(not) == 0 {
		return nil
	}
	if _, err := w.tx.ExecContext(ctx, `DELETE FROM erp_merge WHERE feed_id = $1 AND from_key `+w.tx.in("$2"), w.feed.ID, w.tx.list(not)); err != nil {
		return storeError(noteMerges, err)
	}
	return nil
}

// merged notes one merge. Chains end at their last: into one that was merged itself
// counts as into that one's last, and those merged into from go on with it. Of a merge
// and the same one the other way round the later counts.
func (w *peopleWriter) merged(ctx context.Context, from, into string) error {
	for _, step := range []struct {
		text string
		args []any
	}{
		{`DELETE FROM erp_merge WHERE feed_id = $1 AND from_key = $3 AND into_key = $2`, []any{w.feed.ID, from, into}},
		{
			`INSERT INTO erp_merge (feed_id, from_key, into_key, seen_at)
			VALUES ($1, $2, coalesce((SELECT x.into_key FROM erp_merge x WHERE x.feed_id = $1 AND x.from_key = $3), $3), $4)
			ON CONFLICT (feed_id, from_key) DO UPDATE SET into_key = excluded.into_key,
				seen_at = CASE WHEN erp_merge.into_key = excluded.into_key THEN erp_merge.seen_at ELSE excluded.seen_at END`,
			[]any{w.feed.ID, from, into, micros(w.store.cfg.Now())},
		},
		{`UPDATE erp_merge SET into_key = (SELECT x.into_key FROM erp_merge x WHERE x.feed_id = $1 AND x.from_key = $2)
			WHERE feed_id = $1 AND into_key = $2`, []any{w.feed.ID, from}},
	} {
		if err := w.tx.execute(ctx, noteMerges, step.text, step.args); err != nil {
			return err
		}
	}
	return nil
}

// moved notes whose documents of the page were before. One that moves again the same way
// was noted before.
func (w *pageWriter) moved(ctx context.Context) error {
	return insertEach(ctx, w.tx, "note moved documents", "document_moved", "document_id, from_key, seen_at", "ON CONFLICT DO NOTHING", len(w.page.Moved),
		func(i int, to []any) error {
			to[0], to[1], to[2] = w.page.Moved[i].Document, w.page.Moved[i].From, micros(w.page.At)
			return nil
		})
}

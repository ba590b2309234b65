package compiere

import (
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// upcoming remembers which documents come next in a pass that has far to go. The stamps of
// the family have no index, so that finding the next ones reads all headers of the ERP: it
// is done for many pages at once. Near the ceiling, where documents may still come, it is
// done for each page.
type upcoming struct {
	mu      sync.Mutex
	ceiling string
	after   keyset // they come after it
	keys    []keyset
}

// mostListed is for how many documents that is done, of some 80 bytes each.
const mostListed = 10_000

// next are the documents of a page, as far as they are known.
func (u *upcoming) next(after keyset, ceiling string, limit int) (keys []keyset, known bool) {
	if u.ceiling != ceiling {
		return nil, false
	}
	from := 0
	if after != u.after {
		if from = slices.Index(u.keys, after) + 1; from == 0 {
			return nil, false
		}
	}
	if len(u.keys)-from < limit {
		return nil, false
	}
	return u.keys[from : from+limit], true
}

// listed finds the documents of a page, and whether it is the last.
func (s *Source) listed(ctx context.Context, after keyset, ceiling string, limit int) (keys []keyset, last bool, err error) {
	u := &s.upcoming
	u.mu.Lock()
	defer u.mu.Unlock()
	if keys, known := u.next(after, ceiling, limit); known {
		return keys, false, nil
	}
	most := max(mostListed, limit+1)
	var found []keyset
	err = s.read(ctx, "list invoices", func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = collect(ctx, tx, s.sql.listed, pgx.StrictNamedArgs{
			"tenant": s.tenant.id, "documents": s.documents,
			"after_stamp": after.stamp, "after_id": after.id, "ceiling": ceiling, "limit": most,
		}, func(row pgx.CollectableRow) (k keyset, err error) {
			err = row.Scan(&k.stamp, &k.id)
			return k, err
		})
		return err
	})
	if err != nil {
		return nil, false, err
	}
	u.ceiling, u.after, u.keys = ceiling, after, nil
	if len(found) == most {
		u.keys = found
	}
	return found[:min(limit, len(found))], len(found) <= limit, nil
}

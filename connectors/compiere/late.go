package compiere

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// moment is a point in the transactions of one server.
type moment struct {
	server string // identifier, timeline and database
	first  int64  // the lowest number that may not have been committed yet
	next   int64  // every number seen is below
}

// text is a moment as it is stored.
func (m moment) text() string { return m.server + " " + strconv.FormatInt(m.first, 10) }

// parseMoment reads a stored moment; ok is false for what is none.
func parseMoment(s string) (m moment, ok bool) {
	at := strings.LastIndexByte(s, ' ')
	if at < 0 {
		return moment{}, false
	}
	first, err := strconv.ParseInt(s[at+1:], 10, 64)
	return moment{server: s[:at], first: first}, err == nil && first >= 0
}

// knowable is how many transactions a moment may lie back: rows remember the lower
// 32 bits of a number, and half of the circle leaves no doubt.
const knowable = 1 << 31

// comparable reports whether what was committed since then can be told now: it was
// the same server, timeline and database, not a restored or replaced one, and not
// too long ago.
func (m moment) comparable(then moment) bool {
	age := m.next - then.first
	return m.server == then.server && age >= 0 && age < knowable
}

func (s *Source) moment(ctx context.Context) (m moment, err error) {
	err = s.read(ctx, "read the server's transactions", func(ctx context.Context, tx pgx.Tx) error {
		m, err = one(ctx, tx, s.sql.snapshot, nil, func(row pgx.CollectableRow) (m moment, err error) {
			err = row.Scan(&m.server, &m.first, &m.next)
			return m, err
		})
		return err
	})
	return m, err
}

// Snapshot names this moment for [Source.Late], or is "" where the server does not
// tell: it is older than PostgreSQL 9.6, the login may not ask, or the documents
// are a view.
func (s *Source) Snapshot(ctx context.Context) (string, error) {
	if !s.tells {
		return "", nil
	}
	m, err := s.moment(ctx)
	if err != nil {
		return "", err
	}
	return m.text(), nil
}

// Late returns one page of the documents whose header was written by a transaction
// that had not been committed at the moment since, stamped before below, in the
// order of their key. It also finds what a statement outside the ERP wrote without
// a new stamp; not what changed in lines alone. A moment that cannot be compared
// with now has none: what was late then is left to the sweep.
func (s *Source) Late(
	ctx context.Context, since string, below connectors.Stamp, after connectors.Position, limit int,
) (connectors.Page[connectors.Invoice], error) {
	nothing := connectors.Page[connectors.Invoice]{Next: after, Done: true}
	then, ok := parseMoment(since)
	if !s.tells || !ok {
		return nothing, nil
	}
	floor, err := bound(below)
	if err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	from, err := s.member.keys.parseKey(after)
	if err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	now, err := s.moment(ctx)
	if err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	if !now.comparable(then) {
		return nothing, nil
	}
	limit = max(limit, 1)
	items, err := s.documentsOf(ctx, "read late documents", s.sql.late, pgx.StrictNamedArgs{
		"tenant": s.tenant.id, "documents": s.documents, "since": then.first, "below": floor, "after": from, "limit": limit,
	})
	if err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	page := connectors.Page[connectors.Invoice]{Items: items, Next: after, Done: len(items) < limit}
	if n := len(items); n > 0 {
		page.Next = connectors.Position(items[n-1].Key.ID)
	}
	return page, nil
}

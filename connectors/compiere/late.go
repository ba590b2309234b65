package compiere

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// moment is a point in the transactions of one server.
type moment struct {
	server  string // identifier, timeline and database
	first   int64  // the lowest number that may not have been committed yet
	next    int64  // every number seen is below
	at      int64  // the server's clock, in milliseconds
	written string // the table and how often its rows were written, "" where nobody counts
}

// text is a moment as it is stored.
func (m moment) text() string {
	return fmt.Sprintf("%s %d %d %s", m.server, m.first, m.at, orText(m.written, uncounted))
}

// number is the first number as rows remember it: its lower 32 bits.
func (m moment) number() string { return strconv.FormatInt(m.first&(1<<32-1), 10) }

// uncounted stands for no count in the text of a moment.
const uncounted = "-"

// parseMoment reads a stored moment; ok is false for what is none. An earlier version
// stored no clock and no count.
func parseMoment(s string) (m moment, ok bool) {
	const server, earlier, whole = 3, 4, 6
	parts := strings.Fields(s)
	if len(parts) != earlier && len(parts) != whole {
		return moment{}, false
	}
	m.server = strings.Join(parts[:server], " ")
	var err, late error
	m.first, err = strconv.ParseInt(parts[server], 10, 64)
	if len(parts) == whole {
		m.at, late = strconv.ParseInt(parts[4], 10, 64)
		m.written = strings.TrimPrefix(parts[5], uncounted)
	}
	return m, errors.Join(err, late) == nil && m.first >= 0
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

// trusted is how long the server's counts may do instead of a look at the rows. They are
// lost in a crash, and a superuser may turn them off for a session.
const trusted = time.Hour

// quiet reports whether the server has counted no write since then. It may count one
// some time after its commit: so the earlier moment stays, until a look at the rows
// since then.
func (m moment) quiet(then moment) bool {
	age := m.at - then.at
	return m.written != "" && m.written == then.written && age >= 0 && age < trusted.Milliseconds()
}

func (s *Source) moment(ctx context.Context) (m moment, err error) {
	err = s.read(ctx, "read the server's transactions", func(ctx context.Context, tx pgx.Tx) error {
		m, err = one(ctx, tx, s.sql.snapshot, pgx.StrictNamedArgs{"schema": s.schema}, func(row pgx.CollectableRow) (m moment, err error) {
			err = row.Scan(&m.server, &m.first, &m.next, &m.at, &m.written)
			return m, err
		})
		return err
	})
	return m, err
}

// Snapshot names this moment for [Source.Late]. It is last, an earlier one, where the
// server has counted no write to a document since; then nothing is late, as far as is
// known, and what is counted afterwards is later than last. It is "" where the server
// does not tell: it is older than PostgreSQL 9.6, the login may not ask, or the
// documents are a view.
func (s *Source) Snapshot(ctx context.Context, last string) (string, error) {
	if !s.tells {
		return "", nil
	}
	m, err := s.moment(ctx)
	if err != nil {
		return "", err
	}
	if then, ok := parseMoment(last); ok && m.comparable(then) && m.quiet(then) {
		return last, nil
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
		"tenant": s.tenant.id, "documents": s.documents, "since": then.number(), "below": floor, "after": from, "limit": limit,
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

package sqlerp

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

var _ connectors.Examiner = (*Source)(nil)

// examination is one look at all documents.
type examination struct {
	source *Source
	tx     *sql.Tx
	found  schema
	now    connectors.Stamp
}

// Examine reads the documents once: how many there are, the first and the last
// day, states in no list, stamps that are missing or in the future. Whether an
// index serves the stamp cannot be told through a SELECT that is not ours.
func (s *Source) Examine(ctx context.Context) ([]connectors.Finding, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var out []connectors.Finding
	err = s.within(ctx, "look at the documents", func(ctx context.Context, tx *sql.Tx, found schema) error {
		x := examination{source: s, tx: tx, found: found, now: now}
		for _, look := range []func(context.Context) (connectors.Finding, error){x.documents, x.states, x.stampless, x.future} {
			finding, err := look(ctx)
			if err != nil {
				return err
			}
			out = append(out, finding)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// documents counts them. Days are compared as the column compares them, which
// for a text is as text.
func (x examination) documents(ctx context.Context) (connectors.Finding, error) {
	issued := x.found.invoices.columns["issued_on"]
	text := "SELECT COUNT(*), MIN(" + issued.read + "), MAX(" + issued.read + ") FROM " + x.found.invoices.from
	var n int64
	var first, last sql.NullString
	if err := x.tx.QueryRowContext(ctx, text).Scan(&n, &first, &last); err != nil {
		return connectors.Finding{}, err
	}
	if n == 0 {
		return connectors.Finding{
			Check: "documents", Condition: connectors.Remark, Message: "the SELECT of invoices gives no document",
			Hint: "is it the right database? look at sql.invoices.select", Data: map[string]string{"count": "0"},
		}, nil
	}
	data := map[string]string{"count": strconv.FormatInt(n, 10)}
	message := fmt.Sprintf("%d documents", n)
	from, fine := x.day(issued, first.String)
	to, alsoFine := x.day(issued, last.String)
	if !fine || !alsoFine {
		return connectors.Finding{
			Check: "documents", Condition: connectors.Broken, Data: data, Message: message + ", some with an issued_on that is no date like 2026-01-31",
			Hint: "convert it in sql.invoices.select, or put the rows right in the ERP; reading stops at such a document",
		}, nil
	}
	data["first"], data["last"] = from, to
	return connectors.Finding{Check: "documents", Condition: connectors.Fine, Message: fmt.Sprintf("%s, issued from %s to %s", message, from, to), Data: data}, nil
}

func (x examination) day(c column, raw string) (day string, ok bool) {
	parse := parseDate
	if c.utc {
		parse = func(s string) (connectors.Date, error) { return dayIn(x.source.zone, s) }
	}
	d, err := parse(raw)
	return string(d), err == nil
}

// states lists state codes, which are the ERP's own and nobody's data.
func (x examination) states(ctx context.Context) (connectors.Finding, error) {
	state := x.found.invoices.columns["state"].read
	text := x.source.dialect.syntax().first(50, state, "\nFROM "+x.found.invoices.from+"\nGROUP BY "+state+"\nORDER BY 1")
	values, err := x.source.listText(ctx, x.tx, text)
	if err != nil {
		return connectors.Finding{}, err
	}
	var strange []string
	for _, v := range values {
		if _, ok := x.source.config.States.of(v); !ok {
			strange = append(strange, strconv.Quote(v))
		}
	}
	if len(strange) == 0 {
		return connectors.Finding{Check: "states", Condition: connectors.Fine, Message: "every state is in one of the lists"}, nil
	}
	listed := strings.Join(strange, ", ")
	return connectors.Finding{
		Check: "states", Condition: connectors.Broken, Message: "states in no list: " + listed,
		Hint: "add them to sql.states.buffered, released or cancelled; reading stops at such a document", Data: map[string]string{"states": listed},
	}, nil
}

// listText reads one column.
func (s *Source) listText(ctx context.Context, tx *sql.Tx, text string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var value sql.NullString
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		out = append(out, value.String)
	}
	return out, rows.Err()
}

func (x examination) count(ctx context.Context, where condition) (n int64, err error) {
	text := "SELECT COUNT(*) FROM " + x.found.invoices.from + " WHERE " + x.source.dialect.syntax().numbered(where.text, 0)
	err = x.tx.QueryRowContext(ctx, text, where.args...).Scan(&n)
	return n, err
}

// stampless are documents that no pass reads.
func (x examination) stampless(ctx context.Context) (connectors.Finding, error) {
	n, err := x.count(ctx, condition{text: x.found.modified.read + " IS NULL"})
	if err != nil {
		return connectors.Finding{}, err
	}
	if n == 0 {
		return connectors.Finding{Check: "stamps", Condition: connectors.Fine, Message: "every document has a stamp"}, nil
	}
	return connectors.Finding{
		Check: "stamps", Condition: connectors.Remark, Message: fmt.Sprintf("%d documents without a stamp", n),
		Hint: "only the sweep reads them; COALESCE(modified, created) in the SELECT helps", Data: map[string]string{"count": strconv.FormatInt(n, 10)},
	}, nil
}

// future are documents with a stamp of more than a day ahead.
func (x examination) future(ctx context.Context) (connectors.Finding, error) {
	fine := connectors.Finding{Check: "future", Condition: connectors.Fine, Message: "no stamp is in the future"}
	sep, some, err := x.source.stampForm(ctx, x.tx, x.found)
	if err != nil || !some {
		return fine, err
	}
	m := x.found.modified
	n, err := x.count(ctx, condition{m.order + " > " + m.mark(), []any{x.found.stamp.upper(x.now.Add(24*time.Hour), sep)}})
	if err != nil || n == 0 {
		return fine, err
	}
	return connectors.Finding{
		Check: "future", Condition: connectors.Remark, Message: fmt.Sprintf("%d documents with a stamp in the future", n),
		Hint: "only the sweep reads them until then; look at the clocks of the machines that write to the ERP", Data: map[string]string{"count": strconv.FormatInt(n, 10)},
	}, nil
}

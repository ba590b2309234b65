package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

const historyColumns = `d.id, d.erp_key, d.type, d.corrects, d.root, d.number, d.external_no, d.state, d.date, d.issued_on, d.party,
	coalesce(d.account_id, 0), coalesce(d.rule_set_id, 0), d.reason, d.pending, d.active, d.body,
	f.program_id, s.name, coalesce(b.id, 0), coalesce(b.code, ''), coalesce(a.code, '')`

const historyTables = `
	JOIN feed f ON f.id = d.feed_id
	JOIN source s ON s.id = f.source_id
	LEFT JOIN contractor b ON b.feed_id = d.feed_id AND b.erp_key = d.party
	LEFT JOIN contractor a ON a.id = d.account_id`

// History returns a page of the documents that gave points to a contractor or
// that it takes part with, newest first, and whether older ones follow. It reads
// at most two pages of documents, from the ends of two indexes, however long the
// history is; only a filter by state looks at the documents it passes over.
func (s *Store) History(ctx context.Context, filter loyalty.HistoryFilter) (docs []loyalty.HistoryDocument, more bool, err error) {
	// Both branches are cut before they are joined: the newest of the whole are
	// among the newest of each.
	const branch = `SELECT * FROM (SELECT id, date FROM document WHERE %s AND (date, id) < ($2, $3) AND date >= $4
		AND ($5 = 0 OR state = $5) ORDER BY date DESC, id DESC LIMIT CAST($6 AS BIGINT)) newest`
	with, err := s.Merged(ctx, filter.Contractor)
	if err != nil {
		return nil, false, err
	}
	query := `SELECT ` + historyColumns + ` FROM (` +
		fmt.Sprintf(branch, `account_id = $1`) + ` UNION ` + eachMerged(with, branch) +
		fmt.Sprintf(branch, `feed_id = (SELECT feed_id FROM contractor WHERE id = $1) AND party = (SELECT erp_key FROM contractor WHERE id = $1)`) +
		`) k JOIN document d ON d.id = k.id` + historyTables + ` ORDER BY d.date DESC, d.id DESC LIMIT CAST($6 AS BIGINT)`
	docs, err = s.documents(ctx, query, filter.Contractor, before(filter).Date, before(filter).ID, filter.From, filter.State, filter.Limit+1)
	if err != nil {
		return nil, false, err
	}
	if len(docs) > filter.Limit {
		docs, more = docs[:filter.Limit], true
	}
	return docs, more, s.fillPoints(ctx, docs)
}

// eachMerged are the documents of the accounts that are merged into one, each from the end
// of the index.
func eachMerged(with loyalty.Merged, branch string) (query string) {
	for _, id := range with.From {
		query += fmt.Sprintf(branch, fmt.Sprintf(`account_id = %d`, id)) + ` UNION `
	}
	return query
}

// before is where a page begins: after the one before it, or at the end of the
// days asked for.
func before(filter loyalty.HistoryFilter) loyalty.HistoryCursor {
	const afterAll = loyalty.Date(1<<31 - 1)
	end := loyalty.HistoryCursor{Date: afterAll}
	if filter.To != loyalty.NoDate && filter.To != 0 {
		end.Date = filter.To.AddDays(1)
	}
	if c := filter.Before; c != (loyalty.HistoryCursor{}) && c.Date < end.Date {
		return c
	}
	return end
}

// HistorySpan returns the dates of the oldest and the newest document of a
// contractor's history, NoDate when there is none.
func (s *Store) HistorySpan(ctx context.Context, contractor int64) (oldest, newest loyalty.Date, err error) {
	// Each min and each max is one look at the end of an index.
	const own = `FROM document WHERE account_id IN (SELECT CAST($1 AS BIGINT) UNION ALL SELECT from_id FROM account_merge WHERE into_id = $1 AND undone_at IS NULL)`
	const party = `FROM document WHERE feed_id = (SELECT feed_id FROM contractor WHERE id = $1) AND party = (SELECT erp_key FROM contractor WHERE id = $1)`
	var first, last sql.Null[loyalty.Date]
	err = s.readers.QueryRowContext(ctx, `SELECT min(lo), max(hi) FROM (
		SELECT (SELECT min(date) `+own+`) AS lo, (SELECT max(date) `+own+`) AS hi
		UNION ALL SELECT (SELECT min(date) `+party+`), (SELECT max(date) `+party+`)) ends`, contractor).Scan(&first, &last)
	if err != nil {
		return loyalty.NoDate, loyalty.NoDate, storeError("read the span of the history", err)
	}
	return dateOr(first), dateOr(last), nil
}

// FindDocuments looks documents up by printed number or external number in any
// case, or by the ERP's key, newest first. At most 20 hits come back; none is no
// error.
func (s *Store) FindDocuments(ctx context.Context, query loyalty.Query) ([]loyalty.HistoryDocument, error) {
	text := strings.TrimSpace(query.Text)
	if text == "" {
		return nil, nil
	}
	q := &statement{dialect: s.dialect, args: []any{text, strings.ToLower(text), strings.ToUpper(text)}}
	q.feed(query)
	// NOCASE folds ASCII; the spellings all in lower and all in upper case cover
	// the rest.
	same := func(column string) string {
		return s.anyCase(column) + ` IN (` + s.anyCase("$1") + `, ` + s.anyCase("$2") + `, ` + s.anyCase("$3") + `)`
	}
	sqlText := `SELECT ` + historyColumns + ` FROM (
		SELECT id FROM document WHERE ` + same("number") + `
		UNION SELECT id FROM document WHERE external_no <> '' AND ` + same("external_no") + `
		UNION SELECT id FROM document WHERE feed_id IN (SELECT id FROM feed) AND erp_key = $1
		) k JOIN document d ON d.id = k.id` + historyTables + q.conditions() +
		` ORDER BY d.date DESC, d.id DESC LIMIT CAST(` + q.arg(foundLimit) + ` AS BIGINT)`
	docs, err := s.documents(ctx, sqlText, q.args...)
	if err != nil {
		return nil, err
	}
	return docs, s.fillPoints(ctx, docs)
}

// Document returns a document by its number in the store; CodeNotFound for none.
func (s *Store) Document(ctx context.Context, id int64) (loyalty.HistoryDocument, error) {
	docs, err := s.documents(ctx, `SELECT `+historyColumns+` FROM document d`+historyTables+` WHERE d.id = $1`, id)
	if err != nil {
		return loyalty.HistoryDocument{}, err
	}
	if len(docs) == 0 {
		return loyalty.HistoryDocument{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no document %d", id)}
	}
	return docs[0], s.fillPoints(ctx, docs)
}

func (s *Store) documents(ctx context.Context, query string, args ...any) (docs []loyalty.HistoryDocument, err error) {
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, storeError("read the documents", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d loyalty.HistoryDocument
		var body sql.NullString
		err := rows.Scan(&d.ID, &d.Key.ID, &d.Key.Type, &d.Corrects, &d.Root, &d.Number, &d.ExternalNo, &d.State, &d.Date, &d.IssuedOn,
			&d.Party, &d.Account, &d.RuleSet, &d.Reason, &d.Pending, &d.Active, &body,
			&d.Program, &d.Source, &d.BuyerID, &d.BuyerCode, &d.AccountCode)
		if err != nil {
			return nil, storeError("read the documents", err)
		}
		if d.HasBody = body.Valid; d.HasBody {
			if _, err := decodeBody(body.String, &d.Document); err != nil {
				return nil, err
			}
		}
		docs = append(docs, d)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the documents", err)
	}
	return docs, nil
}

// posted is what one rule gave one line, net of everything posted.
type posted struct {
	line            int64
	rule            string
	points, pending loyalty.Points
}

// fillPoints adds the points of all documents, from their entries, read at once.
func (s *Store) fillPoints(ctx context.Context, docs []loyalty.HistoryDocument) error {
	if len(docs) == 0 {
		return nil
	}
	entries, err := s.postedOf(ctx, docs)
	if err != nil {
		return err
	}
	titles, err := s.titlesOf(ctx, docs)
	if err != nil {
		return err
	}
	originals, err := s.originals(ctx, documentIDs(docs))
	if err != nil {
		return err
	}
	for i := range docs {
		fillLines(&docs[i], originals[docs[i].ID], entries[docs[i].ID], titles[docs[i].RuleSet])
	}
	return nil
}

func (s *Store) postedOf(ctx context.Context, docs []loyalty.HistoryDocument) (byDocument map[int64][]posted, err error) {
	q := &statement{}
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = q.arg(docs[i].ID)
	}
	issued, pending := q.arg(loyalty.Issued), q.arg(loyalty.Pending)
	rows, err := s.readers.QueryContext(ctx, fmt.Sprintf(`
		SELECT e.document_id, e.line, coalesce(min(r.name), ''),
		  sum(CASE WHEN e.from_bucket = %[1]s THEN e.amount ELSE 0 END) - sum(CASE WHEN e.to_bucket = %[1]s THEN e.amount ELSE 0 END),
		  sum(CASE WHEN e.to_bucket = %[2]s THEN e.amount ELSE 0 END) - sum(CASE WHEN e.from_bucket = %[2]s THEN e.amount ELSE 0 END)
		FROM entry e LEFT JOIN rule r ON r.id = e.rule_id
		WHERE e.document_id IN (%[3]s) GROUP BY e.document_id, e.line, e.rule_id`, issued, pending, strings.Join(ids, ", ")), q.args...)
	if err != nil {
		return nil, storeError("read the entries", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	byDocument = map[int64][]posted{}
	for rows.Next() {
		var document int64
		var p posted
		if err := rows.Scan(&document, &p.line, &p.rule, &p.points, &p.pending); err != nil {
			return nil, storeError("read the entries", err)
		}
		if p.points != 0 {
			byDocument[document] = append(byDocument[document], p)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the entries", err)
	}
	return byDocument, nil
}

// titlesOf returns the titles of rules, by rule set and name of the rule. A page
// of documents is pinned to very few rule sets.
func (s *Store) titlesOf(ctx context.Context, docs []loyalty.HistoryDocument) (titles map[int64]map[string]loyalty.Title, err error) {
	titles = map[int64]map[string]loyalty.Title{}
	q := &statement{}
	var ids []string
	for i := range docs {
		id := docs[i].RuleSet
		if _, known := titles[id]; id != 0 && !known {
			titles[id] = map[string]loyalty.Title{}
			ids = append(ids, q.arg(id))
		}
	}
	if len(ids) == 0 {
		return titles, nil
	}
	rows, err := s.readers.QueryContext(ctx, `SELECT id, body FROM rule_set WHERE id IN (`+strings.Join(ids, ", ")+`)`, q.args...)
	if err != nil {
		return nil, storeError("read the rules", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		var body string
		if err := rows.Scan(&id, &body); err != nil {
			return nil, storeError("read the rules", err)
		}
		var set loyalty.RuleSet
		if err := json.Unmarshal([]byte(body), &set); err != nil {
			return nil, fmt.Errorf("rule set %d: %w", id, err)
		}
		for _, r := range set.Rules {
			titles[id][r.Name] = r.Title
		}
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the rules", err)
	}
	return titles, nil
}

// fillLines lays the points of a document on its lines, in their order. Points
// of lines that only the corrected document has come next, those of lines that
// are on neither any more last.
func fillLines(d *loyalty.HistoryDocument, original *loyalty.Document, entries []posted, titles map[string]loyalty.Title) {
	byLine := make(map[*loyalty.Line]*loyalty.HistoryLine)
	var elsewhere []*loyalty.Line
	var gone loyalty.HistoryLine
	for _, p := range entries {
		at := d.LineByKey(p.line, original)
		line := &gone
		if at != nil {
			if line = byLine[at]; line == nil {
				line = &loyalty.HistoryLine{Line: *at}
				byLine[at] = line
				elsewhere = append(elsewhere, at)
			}
		}
		line.Points += p.points
		line.Pending += p.pending
		line.Rules = append(line.Rules, loyalty.HistoryRule{Name: p.rule, Title: titles[p.rule], Points: p.points})
		d.Points += p.points
	}
	for i := range d.Lines {
		line := byLine[&d.Lines[i]]
		if line == nil {
			d.Without++
			continue
		}
		d.Posted = append(d.Posted, *line)
		delete(byLine, &d.Lines[i])
	}
	slices.SortStableFunc(elsewhere, func(a, b *loyalty.Line) int { return cmp.Compare(a.No, b.No) })
	for _, at := range elsewhere {
		if line := byLine[at]; line != nil {
			d.Posted = append(d.Posted, *line)
		}
	}
	if len(gone.Rules) > 0 {
		d.Posted = append(d.Posted, gone)
	}
}

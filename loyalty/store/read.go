package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Programs lists the programs by name, with the sources that feed them.
func (s *Store) Programs(ctx context.Context) (list []loyalty.ProgramOverview, err error) {
	rows, err := s.readers.QueryContext(ctx, `
		SELECT p.id, p.name, p.currency, p.decimals, coalesce(s.name, '')
		FROM program p LEFT JOIN feed f ON f.program_id = p.id LEFT JOIN source s ON s.id = f.source_id
		ORDER BY p.name, s.name`)
	if err != nil {
		return nil, storeError("list the programs", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p loyalty.ProgramOverview
		var source string
		if err := rows.Scan(&p.ID, &p.Name, &p.Currency, &p.Decimals, &source); err != nil {
			return nil, storeError("list the programs", err)
		}
		if n := len(list); n == 0 || list[n-1].ID != p.ID {
			list = append(list, p)
		}
		if source != "" {
			last := &list[len(list)-1]
			last.Sources = append(last.Sources, source)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("list the programs", err)
	}
	return list, nil
}

// late is what of a contractor's active points lapsed before the day $1 while
// nothing has posted it yet.
const late = `(SELECT coalesce(sum(l.active), 0) FROM lot l WHERE l.account_id IN (` + heldByContractor + `) AND l.active > 0 AND l.lapses_on < $1)`

const overviewColumns = `c.id, f.program_id, s.name, c.erp_key, c.code, c.name, c.tax_id, c.email, c.phone, c.erp_group, c.card,
	c.active, c.joined_on, coalesce(p.takes_part, 0), coalesce(a.pending, 0), coalesce(a.active, 0), coalesce(a.held, 0),
	coalesce(a.spent, 0), coalesce(a.lapsed, 0), coalesce(a.debt, 0), coalesce(a.scored, 0), coalesce(a.rewards, 0),
	coalesce(a.seq, 0), ` + late + ` AS late`

const overviewTables = ` FROM contractor c
	JOIN feed f ON f.id = c.feed_id
	JOIN source s ON s.id = f.source_id
	LEFT JOIN participation p ON p.contractor_id = c.id AND p.superseded_at IS NULL
	LEFT JOIN account a ON a.id = c.id`

// statement gathers the conditions of a SELECT and their arguments. The first
// argument is always today, for the points that have lapsed.
type statement struct {
	dialect
	where []string
	args  []any
}

func (s *Store) newStatement(today loyalty.Date) *statement {
	return &statement{dialect: s.dialect, args: []any{today}}
}

// arg adds an argument and returns its placeholder.
func (q *statement) arg(v any) string {
	q.args = append(q.args, v)
	return fmt.Sprintf("$%d", len(q.args))
}

func (q *statement) and(condition string) { q.where = append(q.where, condition) }

func (q *statement) conditions() string {
	if len(q.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.where, " AND ")
}

// search asks for every word of a text in any of the fields people look for.
func (q *statement) search(text string) {
	for _, word := range searchWords(text) {
		p := q.arg(q.searchPattern(word))
		bare := q.arg(q.searchPattern(strings.ReplaceAll(word, "-", "")))
		q.and(fmt.Sprintf(`(c.code %[1]s %[2]s OR c.name %[1]s %[2]s OR c.card %[1]s %[2]s OR c.tax_id %[1]s %[2]s
			OR replace(replace(c.tax_id, '-', ''), ' ', '') %[1]s %[3]s)`, q.like(), p, bare))
	}
}

// Contractors returns a page of contractors of one program, and how many there
// are on all pages. Its cost grows with contractors, not with their history.
func (s *Store) Contractors(ctx context.Context, filter loyalty.ContractorFilter) (list []loyalty.ContractorOverview, total int, err error) {
	q := s.newStatement(filter.Today)
	q.and("f.program_id = " + q.arg(filter.Program))
	switch filter.Taking {
	case loyalty.TakesPart:
		q.and("p.takes_part = 1")
	case loyalty.NotTaking:
		q.and("coalesce(p.takes_part, 0) = 0")
	default:
		q.and("(p.takes_part = 1 OR a.id IS NOT NULL)")
	}
	q.search(filter.Search)
	count := `SELECT count(*), CAST($1 AS BIGINT)` + overviewTables + q.conditions()
	var unused any // $1 must occur in the statement; here nothing else asks for it
	if err = s.readers.QueryRowContext(ctx, count, q.args...).Scan(&total, &unused); err != nil {
		return nil, 0, storeError("count the contractors", err)
	}
	page := `SELECT ` + overviewColumns + overviewTables + q.conditions() + s.contractorOrder(filter.Sort, filter.Desc) +
		" LIMIT CAST(" + q.arg(filter.Limit) + " AS BIGINT) OFFSET " + q.arg(filter.Offset)
	list, err = s.overviews(ctx, page, q.args)
	return list, total, err
}

func (d dialect) contractorOrder(by loyalty.ContractorSort, desc bool) string {
	code := d.anyCase("c.code")
	column := code
	switch by {
	case loyalty.SortCode:
	case loyalty.SortName:
		column = d.anyCase("c.name")
	case loyalty.SortJoined:
		column = "c.joined_on"
	case loyalty.SortAvailable:
		column = "coalesce(a.active, 0) - " + late
	case loyalty.SortPending:
		column = "coalesce(a.pending, 0)"
	case loyalty.SortScored:
		column = "coalesce(a.scored, 0)"
	}
	order := " NULLS FIRST"
	if desc {
		order = " DESC NULLS LAST"
	}
	return " ORDER BY " + column + order + ", " + code + ", c.id"
}

func (s *Store) overviews(ctx context.Context, query string, args []any) (list []loyalty.ContractorOverview, err error) {
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, storeError("read the contractors", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o loyalty.ContractorOverview
		if err := scanOverview(rows, &o); err != nil {
			return nil, storeError("read the contractors", err)
		}
		list = append(list, o)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the contractors", err)
	}
	return list, nil
}

// scanOverview reads overviewColumns, and more columns into the rest.
func scanOverview(row scanner, o *loyalty.ContractorOverview, rest ...any) error {
	var joined sql.Null[loyalty.Date]
	var lapsed loyalty.Points
	b := &o.Balance
	dest := []any{
		&o.ID, &o.Program, &o.Source, &o.Key, &o.Code, &o.Name, &o.TaxID, &o.Email, &o.Phone, &o.Group, &o.Card, &o.Active,
		&joined, &o.TakesPart, &b.Pending, &b.Active, &b.Held, &b.Spent, &b.Lapsed, &b.Debt, &b.Scored, &o.Rewards, &b.Seq, &lapsed,
	}
	if err := row.Scan(append(dest, rest...)...); err != nil {
		return err
	}
	o.JoinedOn = dateOr(joined)
	o.Available, o.Lapsed = b.Active-lapsed, b.Lapsed+lapsed
	return nil
}

// dateOr is the date of a column, NoDate for NULL.
func dateOr(v sql.Null[loyalty.Date]) loyalty.Date {
	if v.Valid {
		return v.V
	}
	return loyalty.NoDate
}

// Contractor returns one contractor with its points as of today; none of that
// ID is CodeNotFound.
func (s *Store) Contractor(ctx context.Context, id int64, today loyalty.Date) (loyalty.ContractorDetail, error) {
	query := `SELECT ` + overviewColumns + `, p.from_on, p.to_on, coalesce(p.reason, ''), coalesce(p.beneficiary, ''),
		coalesce(b.id, 0), coalesce(b.code, '')` + overviewTables + `
		LEFT JOIN contractor b ON b.feed_id = c.feed_id AND b.erp_key = p.beneficiary AND b.id <> c.id
		WHERE c.id = $2`
	var d loyalty.ContractorDetail
	var from, to sql.Null[loyalty.Date]
	err := scanOverview(s.readers.QueryRowContext(ctx, query, today, id), &d.ContractorOverview,
		&from, &to, &d.Reason, &d.Beneficiary, &d.BeneficiaryID, &d.BeneficiaryCode)
	if errors.Is(err, sql.ErrNoRows) {
		return d, &loyalty.Error{
			Code: loyalty.CodeNotFound, Message: "there is no such contractor",
			Hint: "look it up by code, name, tax number or card",
		}
	}
	if err != nil {
		return d, storeError("read the contractor", err)
	}
	d.EarnFrom, d.To = dateOr(from), dateOr(to)
	return d, nil
}

// Representatives lists the people who sign in for a contractor, the contractor's
// own choice first, then by name.
func (s *Store) Representatives(ctx context.Context, contractor int64) (list []loyalty.Representative, err error) {
	rows, err := s.readers.QueryContext(ctx, `
		SELECT r.erp_key, r.contractor_key, r.name, r.email, r.phone, r.active, r.preferred, r.consents
		FROM contractor c JOIN representative r ON r.feed_id = c.feed_id AND r.contractor_key = c.erp_key
		WHERE c.id = $1 ORDER BY r.preferred DESC, `+s.anyCase("r.name")+`, r.id`, contractor)
	if err != nil {
		return nil, storeError("list the representatives", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r loyalty.Representative
		var consents []byte
		if err := rows.Scan(&r.Key, &r.Contractor, &r.Name, &r.Email, &r.Phone, &r.Active, &r.Default, &consents); err != nil {
			return nil, storeError("list the representatives", err)
		}
		if err := json.Unmarshal(consents, &r.Consents); err != nil {
			return nil, storeError("read the consents of a representative", err)
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("list the representatives", err)
	}
	return list, nil
}

// foundLimit is how many hits a look-up lists at most.
const foundLimit = 20

// FindContractors looks a contractor up the way a person names it. An exact code
// or key wins over a card or tax number, and these win over words of a name. At
// most 20 hits come back; none is no error.
func (s *Store) FindContractors(ctx context.Context, query loyalty.Query, today loyalty.Date) ([]loyalty.ContractorOverview, error) {
	ways := []func(*statement){
		func(q *statement) {
			text := q.arg(query.Text)
			q.and("(c.code = " + text + " OR c.erp_key = " + text + ")")
		},
		func(q *statement) {
			text := q.arg(strings.ToUpper(query.Text))
			q.and("(upper(c.code) = " + text + " OR upper(c.card) = " + text + " OR upper(c.tax_id) = " + text + ")")
		},
		func(q *statement) { q.search(query.Text) },
	}
	if strings.TrimSpace(query.Text) == "" {
		return nil, nil
	}
	for _, way := range ways {
		q := s.newStatement(today)
		q.feed(query)
		way(q)
		list, err := s.overviews(ctx, `SELECT `+overviewColumns+overviewTables+q.conditions()+
			s.contractorOrder(loyalty.SortCode, false)+" LIMIT CAST("+q.arg(foundLimit)+" AS BIGINT)", q.args)
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
	return nil, nil
}

// ContractorsNamed returns the contractors whose code, ERP key or card number is exactly
// a text, at most 20, as a till names them: never a part, never a name or a tax number.
func (s *Store) ContractorsNamed(ctx context.Context, query loyalty.Query, today loyalty.Date) ([]loyalty.ContractorOverview, error) {
	if query.Text == "" {
		return nil, nil
	}
	q := s.newStatement(today)
	q.feed(query)
	text := q.arg(query.Text)
	q.and("c.id IN (SELECT id FROM contractor WHERE code = " + text + " UNION ALL SELECT id FROM contractor WHERE card = " + text + " AND card <> ''" +
		" UNION ALL SELECT id FROM contractor WHERE erp_key = " + text + " AND feed_id IN (SELECT id FROM feed))")
	return s.overviews(ctx, `SELECT `+overviewColumns+overviewTables+q.conditions()+" ORDER BY c.id LIMIT CAST("+q.arg(foundLimit)+" AS BIGINT)", q.args)
}

// feed narrows a look-up to a source and a program, where they are named.
func (q *statement) feed(query loyalty.Query) {
	if query.Source != "" {
		q.and("s.name = " + q.arg(query.Source))
	}
	if query.Program != "" {
		q.and("f.program_id = (SELECT id FROM program WHERE name = " + q.arg(query.Program) + ")")
	}
}

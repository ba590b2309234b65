package optima

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
)

// Contractors lists the contractors in the order of their key, inactive ones too.
func (s *Source) Contractors(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Contractor], error) {
	return listing(ctx, s, "read contractors", after, limit,
		func(ctx context.Context, tx *sql.Tx, limit int, after int32) ([]connectors.Contractor, error) {
			rows, err := collect(ctx, tx, s.sql.contractors, []any{int64(limit), after}, scanContractor)
			if err != nil {
				return nil, err
			}
			return s.contractors(ctx, tx, rows)
		}, func(c connectors.Contractor) string { return c.ID })
}

// ContractorsByKey returns the contractors of the given keys. One that a merge
// removed comes back inactive, with the key of the contractor it became.
func (s *Source) ContractorsByKey(ctx context.Context, keys []string) ([]connectors.Contractor, error) {
	ids := validIDs(keys)
	var found []connectors.Contractor
	err := s.read(ctx, "read contractors by key", func(ctx context.Context, tx *sql.Tx) error {
		rows, err := collectByID(ctx, tx, s.sql.contractorsByKey, ids, scanContractor)
		if err != nil {
			return err
		}
		if found, err = s.contractors(ctx, tx, rows); err != nil {
			return err
		}
		gone := slices.DeleteFunc(slices.Clone(ids), func(id int32) bool {
			return slices.ContainsFunc(rows, func(r *contractor) bool { return r.id == id })
		})
		into, err := s.mergedInto(ctx, tx, gone)
		for _, id := range gone {
			if to := into[id]; to != "" {
				found = append(found, connectors.Contractor{ID: idText(id), MergedInto: to})
			}
		}
		return err
	})
	return found, err
}

// Representatives lists the people of contractors in the order of their key,
// inactive ones too.
func (s *Source) Representatives(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Representative], error) {
	return listing(ctx, s, "read representatives", after, limit,
		func(ctx context.Context, tx *sql.Tx, limit int, after int32) ([]connectors.Representative, error) {
			rows, err := collect(ctx, tx, s.sql.representatives, []any{int64(limit), after}, scanPerson)
			if err != nil {
				return nil, err
			}
			ids := make([]int32, len(rows))
			for i, p := range rows {
				ids[i] = p.id
			}
			consents, err := collectByID(ctx, tx, s.sql.consents, ids, scanConsent)
			people := make([]connectors.Representative, len(rows))
			for i, p := range rows {
				people[i] = p.record(s.cfg, consents)
			}
			return people, err
		}, func(r connectors.Representative) string { return r.ID })
}

// listing reads one page in the order of a key.
func listing[T any](
	ctx context.Context, s *Source, op string, after connectors.Position, limit int,
	read func(ctx context.Context, tx *sql.Tx, limit int, after int32) ([]T, error), key func(T) string,
) (connectors.Page[T], error) {
	last, err := parseKey(after)
	if err != nil {
		return connectors.Page[T]{}, err
	}
	limit = max(limit, 1)
	page := connectors.Page[T]{Next: after}
	err = s.read(ctx, op, func(ctx context.Context, tx *sql.Tx) (err error) {
		if page.Items, err = read(ctx, tx, limit, last); err != nil || len(page.Items) == limit {
			return err
		}
		return s.settled(ctx, tx)
	})
	if err != nil {
		return connectors.Page[T]{}, err
	}
	page.Done = len(page.Items) < limit
	if n := len(page.Items); n > 0 {
		page.Next = connectors.Position(key(page.Items[n-1]))
	}
	return page, nil
}

// contractor is a row of contractors.sql.
type contractor struct {
	id                                   int32
	code                                 string
	names                                [3]string
	taxCountry, taxDigits, taxID         string
	email, phone, phone2, sms            string
	group, countryCode, country          string
	inactive, erasedNo                   int64
	erasedOn                             sql.NullTime
	regon, ean, url                      string
	province, county, municipality, city string
	postcode, post, street, house, flat  string
	address2                             string
	retail, blocked                      int64
	supplier, partner, prospect          int64
	head, parent, recipient              sql.NullInt64
	gln                                  string
	manager                              sql.NullString
}

func scanContractor(rows *sql.Rows) (*contractor, error) {
	c := &contractor{}
	return c, rows.Scan(&c.id, &c.code, &c.names[0], &c.names[1], &c.names[2], &c.taxCountry, &c.taxDigits, &c.taxID,
		&c.email, &c.phone, &c.phone2, &c.sms, &c.group, &c.countryCode, &c.country,
		&c.inactive, &c.erasedNo, &c.erasedOn, &c.regon, &c.ean, &c.url, &c.province, &c.county, &c.municipality, &c.city,
		&c.postcode, &c.post, &c.street, &c.house, &c.flat, &c.address2, &c.retail, &c.blocked, &c.supplier, &c.partner, &c.prospect,
		&c.head, &c.parent, &c.recipient, &c.gln, &c.manager)
}

// contractors finishes rows with their attributes and merges.
func (s *Source) contractors(ctx context.Context, tx *sql.Tx, rows []*contractor) ([]connectors.Contractor, error) {
	ids := make([]int32, len(rows))
	for i, c := range rows {
		ids[i] = c.id
	}
	defined, err := collectByID(ctx, tx, s.sql.contractorAttributes, ids, scanAttribute)
	if err != nil {
		return nil, err
	}
	into, err := s.mergedInto(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	of := byOwner(defined)
	out := make([]connectors.Contractor, len(rows))
	for i, c := range rows {
		out[i] = c.record(s.cfg)
		out[i].MergedInto = into[c.id]
		if !out[i].Erased {
			out[i].Attributes = with(c.attributes(), of[c.id])
		}
	}
	return out, nil
}

// record is the contractor without attributes. One who was made anonymous keeps
// nothing that tells who he is.
func (c *contractor) record(cfg Config) connectors.Contractor {
	out := connectors.Contractor{
		ID: idText(c.id), Code: c.code, Active: c.inactive == 0,
		Anonymous: cfg.standsForNobody(c.id, c.code), Erased: c.erasedNo > 0 || c.erasedOn.Valid, Group: c.group,
	}
	if code := strings.TrimSpace(c.countryCode); len(code) == 2 {
		out.Country = strings.ToUpper(code)
	}
	if out.Erased {
		return out
	}
	out.Name = joined(" ", c.names[:]...)
	out.TaxID = orText(c.taxDigits, c.taxID)
	if c.taxCountry != "" && c.taxCountry != "PL" && out.TaxID != "" && !strings.HasPrefix(out.TaxID, c.taxCountry) {
		out.TaxID = c.taxCountry + out.TaxID
	}
	out.Email, out.Phone = c.email, orText(c.phone, orText(c.sms, c.phone2))
	return out
}

func (cfg Config) standsForNobody(id int32, code string) bool {
	return slices.Contains(cfg.AnonymousIDs, int(id)) ||
		slices.ContainsFunc(cfg.Anonymous, func(name string) bool { return strings.EqualFold(name, strings.TrimSpace(code)) })
}

func (c *contractor) attributes() map[string]string {
	return attributes("regon", c.regon, "ean", c.ean, "gln", c.gln, "url", c.url, "phone2", c.phone2, "sms", c.sms,
		"country", c.country, "province", c.province, "county", c.county, "municipality", c.municipality, "city", c.city,
		"postal", c.postcode, "post", c.post, "street", c.street, "house", c.house, "flat", c.flat, "address2", c.address2,
		"retail", flag(c.retail), "blocked", flag(c.blocked), "supplier", flag(c.supplier), "partner", flag(c.partner), "prospect", flag(c.prospect),
		"head", keyOf(c.head), "parent", keyOf(c.parent), "recipient", keyOf(c.recipient), "manager", c.manager.String)
}

func flag(n int64) string {
	if n == 0 {
		return ""
	}
	return "1"
}

func keyOf(n sql.NullInt64) string {
	if !n.Valid || n.Int64 == 0 {
		return ""
	}
	return idText(int32(n.Int64)) //nolint:gosec // the column is an int
}

// joined puts the parts that say something together.
func joined(between string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" }), between)
}

// maxMerges bounds a chain of merges, and cycles.
const maxMerges = 32

// mergedInto says what contractors were merged into at last.
func (s *Source) mergedInto(ctx context.Context, tx *sql.Tx, ids []int32) (map[int32]string, error) {
	next := make(map[int32]int32)
	for ask := ids; len(ask) > 0 && len(next) < maxMerges*max(len(ids), 1); {
		found, err := collectByID(ctx, tx, s.sql.merges, ask, scanMerge)
		if err != nil {
			return nil, err
		}
		ask = nil
		for _, m := range found {
			if !s.cfg.isMergeTable(m.table) {
				continue
			}
			next[m.from] = m.to // the newest row wins
			ask = append(ask, m.to)
		}
		ask = slices.DeleteFunc(unique(ask), func(id int32) bool { _, known := next[id]; return known })
	}
	out := make(map[int32]string)
	for _, id := range ids {
		if last := follow(next, id); last != id {
			out[id] = idText(last)
		}
	}
	return out, nil
}

// follow goes to the end of a chain of merges. In a circle nobody is the last, and
// nobody counts as merged.
func follow(next map[int32]int32, id int32) int32 {
	last := id
	for range maxMerges {
		to, merged := next[last]
		if !merged {
			return last
		}
		last = to
	}
	return id
}

type merge struct {
	from, to int32
	table    string
}

func scanMerge(rows *sql.Rows) (m merge, err error) {
	var table sql.NullString
	err = rows.Scan(&m.from, &m.to, &table)
	m.table = table.String
	return m, err
}

// isMergeTable says whether rows of a table count, by its name as the history of
// merges writes it, with or without its schema and brackets.
func (cfg Config) isMergeTable(name string) bool {
	if cfg.MergeTable == "" {
		return true
	}
	plain := strings.NewReplacer("[", "", "]", "", " ", "").Replace(name)
	return strings.EqualFold(strings.TrimPrefix(strings.ToUpper(plain), "CDN."), cfg.MergeTable)
}

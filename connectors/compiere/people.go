package compiere

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// Contractors lists the company's customers in the order of their key, inactive
// ones too.
func (s *Source) Contractors(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Contractor], error) {
	args := pgx.StrictNamedArgs{"tenant": s.tenant.id}
	return listing(ctx, s, "read contractors", s.sql.contractors, args, after, limit, scanContractor,
		func(c connectors.Contractor) string { return c.ID })
}

// Representatives lists the contacts of the company's customers in the order of
// their key, inactive ones too.
func (s *Source) Representatives(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Representative], error) {
	args := pgx.StrictNamedArgs{"tenant": s.tenant.id}
	return listing(ctx, s, "read representatives", s.sql.representatives, args, after, limit, scanRepresentative,
		func(r connectors.Representative) string { return r.ID })
}

// ContractorsByKey returns the company's partners of the given keys, also those
// that are not marked as customers.
func (s *Source) ContractorsByKey(ctx context.Context, keys []string) ([]connectors.Contractor, error) {
	args := pgx.StrictNamedArgs{"tenant": s.tenant.id, "ids": s.validKeys(keys)}
	var found []connectors.Contractor
	err := s.read(ctx, "read contractors by key", func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = collect(ctx, tx, s.sql.contractorsByKey, args, scanContractor)
		return err
	})
	return found, err
}

// listing reads one page of a listing in the order of its key.
func listing[T any](
	ctx context.Context, s *Source, op, sql string, args pgx.StrictNamedArgs,
	after connectors.Position, limit int, scan pgx.RowToFunc[T], key func(T) string,
) (connectors.Page[T], error) {
	from, err := s.member.keys.parseKey(after)
	if err != nil {
		return connectors.Page[T]{}, err
	}
	limit = max(limit, 1)
	args["after"], args["limit"] = from, limit
	page := connectors.Page[T]{Next: after}
	err = s.read(ctx, op, func(ctx context.Context, tx pgx.Tx) (err error) {
		page.Items, err = collect(ctx, tx, sql, args, scan)
		return err
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

// validKeys leaves out what cannot be a key of the ERP: it names no record.
func (s *Source) validKeys(keys []string) []string {
	valid := make([]string, 0, len(keys))
	for _, k := range keys {
		if s.member.keys.valid(k) {
			valid = append(valid, k)
		}
	}
	return valid
}

func scanContractor(row pgx.CollectableRow) (connectors.Contractor, error) {
	var c connectors.Contractor
	var name2, reference, description, language, city, postal, priceList, salesRep string
	err := row.Scan(&c.ID, &c.Code, &c.Name, &c.TaxID, &c.Email, &c.Phone, &c.Group, &c.Country, &c.Active, &c.Anonymous,
		&name2, &reference, &description, &language, &city, &postal, &priceList, &salesRep)
	c.Attributes = attributes( // the names are attributeNames
		"name2", name2, "referenceno", reference, "description", description, "language", language,
		"city", city, "postal", postal, "pricelist", priceList, "salesrep", salesRep)
	return c, err
}

// attributeNames are the attributes that a contractor may have.
func attributeNames() []string {
	return []string{"name2", "referenceno", "description", "language", "city", "postal", "pricelist", "salesrep"}
}

// maxGroups is how many groups of contractors are worth listing.
const maxGroups = 5000

// Vocabulary lists the names of contractors' attributes, and the groups that the
// company's customers are in; nil groups when there are too many to list.
func (s *Source) Vocabulary(ctx context.Context) (names, groups []string, err error) {
	args := pgx.StrictNamedArgs{"tenant": s.tenant.id, "limit": maxGroups + 1}
	err = s.read(ctx, "list groups", func(ctx context.Context, tx pgx.Tx) (err error) {
		groups, err = collect(ctx, tx, s.sql.groups, args, pgx.RowTo[string])
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(groups) > maxGroups:
		groups = nil
	case groups == nil:
		groups = []string{}
	}
	return attributeNames(), groups, nil
}

func scanRepresentative(row pgx.CollectableRow) (connectors.Representative, error) {
	var r connectors.Representative
	err := row.Scan(&r.ID, &r.Contractor, &r.Name, &r.Email, &r.Phone, &r.Active, &r.Default)
	return r, err
}

// attributes keeps the pairs of name and value that have a value.
func attributes(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}

package sqlerp

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/connectors"
)

// Contractors returns at most limit contractors after a position.
func (s *Source) Contractors(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Contractor], error) {
	shapeOf := func(found schema) shape { return found.contractors }
	return listed(ctx, s, "read contractors", shapeOf, after, limit, contractor)
}

// Representatives returns at most limit representatives after a position.
func (s *Source) Representatives(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Representative], error) {
	shapeOf := func(found schema) shape { return found.representatives }
	return listed(ctx, s, "read representatives", shapeOf, after, limit, representative)
}

// ContractorsByKey returns those of the given keys that exist.
func (s *Source) ContractorsByKey(ctx context.Context, keys []string) ([]connectors.Contractor, error) {
	var out []connectors.Contractor
	err := s.within(ctx, "read contractors by key", func(ctx context.Context, tx *sql.Tx, found schema) error {
		for some := range slices.Chunk(keys, maxKeys) {
			q := query{shape: found.contractors}
			if !q.among(s.dialect, found.contractors.columns["id"], some) {
				continue
			}
			err := q.run(ctx, tx, s.dialect.syntax(), func(r *row) error {
				out = append(out, contractor(r))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// listed reads one page of a listing in the order of the keys.
func listed[T any](
	ctx context.Context, s *Source, op string, shapeOf func(schema) shape,
	after connectors.Position, limit int, record func(*row) T,
) (connectors.Page[T], error) {
	page := connectors.Page[T]{Next: after}
	err := s.within(ctx, op, func(ctx context.Context, tx *sql.Tx, found schema) error {
		q := query{shape: shapeOf(found), limit: limit + 1}
		if err := q.afterKey(after); err != nil {
			return err
		}
		last := ""
		page.Done = true
		err := q.run(ctx, tx, s.dialect.syntax(), func(r *row) error {
			if len(page.Items) == limit {
				page.Done = false
				return nil
			}
			page.Items, last = append(page.Items, record(r)), r.id
			return nil
		})
		if err == nil && len(page.Items) > 0 {
			page.Next, err = newPosition(last)
		}
		return err
	})
	if err != nil {
		return connectors.Page[T]{Next: after}, err
	}
	return page, nil
}

// afterKey orders a query by key and starts it behind a position.
func (q *query) afterKey(after connectors.Position) error {
	id := q.shape.columns["id"]
	q.order = []string{id.order}
	if after == "" {
		return nil
	}
	parts, err := parsePosition(after, 1)
	if err != nil {
		return err
	}
	value, ok := id.key(parts[0])
	if !ok {
		return badPosition()
	}
	q.and(id.order+" > "+id.mark(), value)
	return nil
}

func contractor(r *row) connectors.Contractor {
	return connectors.Contractor{
		ID: r.id, Code: r.text("code"), Name: r.text("name"), TaxID: r.text("tax_id"),
		Email: r.text("email"), Phone: r.text("phone"), Group: r.text("group"), Country: r.text("country"),
		Active: r.yes("active", true), Anonymous: r.yes("anonymous", false),
		MergedInto: r.text("merged_into"), Attributes: r.attributes(),
	}
}

func representative(r *row) connectors.Representative {
	return connectors.Representative{
		ID: r.id, Contractor: r.key("contractor"), Name: r.text("name"),
		Email: r.text("email"), Phone: r.text("phone"), Active: r.yes("active", true),
	}
}

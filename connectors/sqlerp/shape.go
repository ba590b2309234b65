package sqlerp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// shape is a configured SELECT, matched with the columns that it gives.
type shape struct {
	block   string
	from    string // the SELECT, ready to stand behind FROM
	zone    *time.Location
	fields  []string
	columns map[string]column // by field
	missing []string          // "invoices.netto": asked for and not there, or of no use
	faults  Faults            // the same in full, and columns that hold something else than is wanted
	floats  []string          // fields kept as binary floats
}

// schema is the shape of all four SELECTs.
type schema struct {
	contractors, representatives, invoices, lines shape
	modified                                      column
	stamp                                         stampKind
}

func (s schema) shapes() []shape {
	return []shape{s.contractors, s.representatives, s.invoices, s.lines}
}

// probe runs each SELECT without rows and matches fields with columns. A table
// that is not there is among the missing, like a column.
func (s *Source) probe(ctx context.Context) (schema, error) {
	var found schema
	for b, to := range map[string]*shape{
		"contractors": &found.contractors, "representatives": &found.representatives,
		"invoices": &found.invoices, "lines": &found.lines,
	} {
		if err := s.probeBlock(ctx, b, to, &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

func (s *Source) probeBlock(ctx context.Context, name string, to *shape, found *schema) error {
	all := blocks()
	b := all[slices.IndexFunc(all, func(b block) bool { return b.name == name })]
	statement := *b.of(&s.config)
	*to = shape{block: name, from: "(\n" + statement.Select + "\n) q", columns: map[string]column{}, zone: s.zone}
	types, err := s.columnTypes(ctx, to.from)
	if err != nil {
		err = s.failure(ctx, "look at "+name, err)
		if errors.Is(err, connectors.ErrSchema) {
			to.missing = append(to.missing, name+".select: "+told(err))
			to.faults = append(to.faults, Fault{Path: name + ".select", Message: told(err), Hint: hintOf(err)})
			return nil
		}
		return err
	}
	for _, f := range b.wanted(statement) {
		c, ok := match(types, f.column)
		if !ok {
			if f.required {
				to.lacks(f, types)
			}
			continue
		}
		column := s.dialect.column(c.Name(), c.DatabaseTypeName(), s.config.Timezone)
		to.add(f.name, column)
		to.judge(f, column, c.DatabaseTypeName(), s.config)
		if name == "invoices" && f.name == "modified" {
			found.modified, found.stamp = s.dialect.stamp(c.Name(), c.DatabaseTypeName(), s.config.Stamp)
			to.columns["modified"] = found.modified
		}
	}
	if _, typed := to.columns["type"]; name == "invoices" && !typed && len(s.config.Documents) > 0 {
		to.missing = append(to.missing, "invoices.type (documents filters by it)")
		to.faults = append(to.faults, Fault{
			Path: "invoices.columns.type", Message: "the SELECT gives no type, and documents filters by it",
			Hint: "name the column of the document's type, or remove documents",
		})
	}
	return nil
}

func (sh *shape) add(field string, c column) {
	sh.fields = append(sh.fields, field)
	sh.columns[field] = c
	amount := slices.Contains([]string{"net", "gross", "quantity", "document_quantity", "rate", "discount"}, field)
	if amount && c.holds == float {
		sh.floats = append(sh.floats, sh.block+"."+field)
	}
}

// want is a field, and the column that it is looked for in.
type want struct {
	name, column string
	required     bool
}

// wanted are the fields that are named, and all others under their own names.
func (b block) wanted(s Statement) []want {
	var out []want
	for _, f := range b.fields {
		named, ok := s.Columns[f.name]
		if !ok {
			named = f.name
		}
		out = append(out, want{f.name, named, f.required || ok})
	}
	for name, from := range s.Columns {
		if strings.HasPrefix(name, attribute) {
			out = append(out, want{name, from, true})
		}
	}
	return out
}

// match finds a column by its exact name, or else by its name in any case when
// only one fits.
func match(types []*sql.ColumnType, name string) (*sql.ColumnType, bool) {
	var near []*sql.ColumnType
	for _, t := range types {
		if t.Name() == name {
			return t, true
		}
		if strings.EqualFold(t.Name(), name) {
			near = append(near, t)
		}
	}
	if len(near) != 1 {
		return nil, false
	}
	return near[0], true
}

func (s *Source) columnTypes(ctx context.Context, from string) ([]*sql.ColumnType, error) {
	rows, err := s.db.QueryContext(ctx, s.dialect.syntax().none(from))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	rows.Next() // some drivers report a failure only here
	return types, errors.Join(rows.Err(), err)
}

// known returns the schema, probing it on the first call. A schema in which
// something is missing is an error, and is probed again by the next call.
func (s *Source) known(ctx context.Context) (schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schema != nil {
		return *s.schema, nil
	}
	found, err := s.probe(ctx)
	if err != nil {
		return found, err
	}
	var missing []string
	for _, sh := range found.shapes() {
		missing = append(missing, sh.missing...)
	}
	if len(missing) > 0 {
		return found, &connectors.Error{
			Kind: connectors.ErrSchema, Op: "look at the SELECTs", Err: fmt.Errorf("missing: %s", strings.Join(missing, ", ")),
			Hint: "give the column under that name in the SELECT, or name another one under columns",
		}
	}
	s.schema = &found
	return found, nil
}

func (s *Source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schema = nil
}

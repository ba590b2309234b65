package sqlerp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
)

// Verify runs each SELECT without rows and returns a fault for each that does not
// run, each column that is not there, and each that holds something else than its
// field. Paths are those of the configuration, as in "invoices.columns.net".
func (s *Source) Verify(ctx context.Context) (Faults, error) {
	var faults Faults
	err := s.limited(ctx, "look at the SELECTs", func(ctx context.Context) error {
		found, err := s.probe(ctx)
		for _, sh := range found.shapes() {
			faults = append(faults, sh.faults...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return faults, nil
}

// maxGroups is how many groups of contractors are worth listing.
const maxGroups = 5000

// Vocabulary lists the attributes that the SELECT of contractors gives, and the
// groups of contractors; nil groups when there are too many to list.
func (s *Source) Vocabulary(ctx context.Context) (attributes, groups []string, err error) {
	err = s.within(ctx, "list groups", func(ctx context.Context, tx *sql.Tx, found schema) error {
		attributes, groups = []string{}, []string{}
		for _, f := range found.contractors.fields {
			if name, ok := strings.CutPrefix(f, attribute); ok {
				attributes = append(attributes, name)
			}
		}
		slices.Sort(attributes)
		group, ok := found.contractors.columns["group"]
		if !ok {
			return nil
		}
		text := s.dialect.syntax().first(maxGroups+1, group.read, "\nFROM "+found.contractors.from+"\nGROUP BY "+group.read)
		values, err := s.listText(ctx, tx, text)
		if len(values) > maxGroups {
			groups = nil
			return err
		}
		groups = append(groups, slices.DeleteFunc(values, func(v string) bool { return strings.TrimSpace(v) == "" })...)
		return err
	})
	return attributes, groups, err
}

// hintOf is the hint of an error of this package.
func hintOf(err error) string {
	if e, ok := errors.AsType[*connectors.Error](err); ok {
		return e.Hint
	}
	return ""
}

// lacks notes a column that the SELECT does not give.
func (sh *shape) lacks(f want, types []*sql.ColumnType) {
	sh.missing = append(sh.missing, sh.block+"."+f.column)
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, t.Name())
	}
	hint := "the SELECT gives " + strings.Join(names[:min(len(names), 50)], ", ")
	if near := nearest(f.column, names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	sh.faults = append(sh.faults, Fault{
		Path: sh.block + ".columns." + f.name, Hint: hint,
		Message: fmt.Sprintf("the SELECT gives no column %q for %s", f.column, f.name),
	})
}

// use is what a field needs of its column.
type use struct {
	what    string // in words
	accepts []content
	hint    string
}

var (
	amounts = []string{"net", "gross", "quantity", "document_quantity", "rate", "discount"}
	days    = []string{"issued_on", "sold_on"}
	yesNo   = []string{"active", "anonymous", "paid", "return", "discounted"}
)

func (f want) use(c Config) use {
	switch {
	case slices.Contains(amounts, f.name):
		u := use{"an exact number", []content{integer, number}, "CAST it to a DECIMAL with the decimals of the currency, in the SELECT"}
		if c.Dialect == SQLite { // which has no exact number of its own: Check warns of floats
			u.accepts = append(u.accepts, text, float)
		}
		return u
	case f.name == "modified":
		u := use{"a stamp", []content{moment, text, integer}, "give the time of the last change: a timestamp, a text like 2026-01-31 18:30:00, or whole seconds since 1970"}
		if c.Stamp == "unix" {
			u.accepts = append(u.accepts, number)
		}
		return u
	case slices.Contains(days, f.name):
		return use{"a date", []content{moment, text}, "convert it to a date in the SELECT"}
	case f.name == "time":
		return use{"a time", []content{clock, moment, text}, "give a time, a text like 17:30, or a timestamp"}
	case slices.Contains(yesNo, f.name):
		return use{"yes or no", []content{truth, integer, number, text}, "write CASE WHEN … THEN 1 ELSE 0 END in the SELECT"}
	}
	return use{"a text or a key", []content{text, integer, number, moment, truth}, "convert it to a text or a whole number in the SELECT"}
}

// judge notes a column that holds something else than its field. A type that is
// not known may hold anything.
func (sh *shape) judge(f want, c column, declared string, config Config) {
	u := f.use(config)
	if c.holds == unknown || slices.Contains(u.accepts, c.holds) {
		return
	}
	kind := declared
	if c.holds == float {
		kind += ", a binary float,"
	}
	fault := Fault{
		Path: sh.block + ".columns." + f.name, Hint: u.hint,
		Message: fmt.Sprintf("the column %q is %s where %s is wanted", c.name, kind, u.what),
	}
	sh.faults = append(sh.faults, fault)
	if f.name == "modified" { // nothing can be read by it
		sh.missing = append(sh.missing, sh.block+"."+c.name+" ("+declared+" is no stamp)")
	}
}

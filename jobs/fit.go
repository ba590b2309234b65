package jobs

import (
	"context"
	"fmt"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping"
)

// Unfit says why no job reads a source, by what its check found: ErrSchema for
// what is missing, ErrSettings for a login that may write (law 4) unless that is
// allowed. Nil for a source that is read.
func Unfit(r connectors.Report, allowWritable bool) error {
	switch {
	case len(r.Missing) > 0:
		return &connectors.Error{
			Kind: connectors.ErrSchema, Op: "check", Err: fmt.Errorf("missing: %s", strings.Join(r.Missing, ", ")),
			Hint: "is it the right database, schema and version? loyalsync config check --online shows the places",
		}
	case len(r.Writable) > 0 && !allowWritable:
		return &connectors.Error{
			Kind: connectors.ErrSettings, Op: "check", Err: fmt.Errorf("the login may write (%s)", strings.Join(r.Writable, ", ")),
			Hint: "give loyalsync a login with SELECT only (login.sql of loyalsync init makes one), or set allow_writable_login: true",
		}
	}
	return nil
}

// vocabulary is a source that can list what expressions name.
type vocabulary interface {
	// Vocabulary lists the names of attributes and the groups of contractors. A nil
	// list is one that is not known, or too long.
	Vocabulary(ctx context.Context) (attributes, groups []string, err error)
}

// Unknown compares what a mapping names with what the source has: attributes and
// groups in its expressions, where the source can list them, and contractor codes.
// It reads all contractors when the mapping names codes.
func Unknown(ctx context.Context, source connectors.Source, m *mapping.Mapping) ([]loyalty.Fault, error) {
	var faults []loyalty.Fault
	if v, ok := source.(vocabulary); ok {
		attributes, groups, err := v.Vocabulary(ctx)
		if err != nil {
			return nil, err
		}
		faults = m.UnknownNames(mapping.Vocabulary{Attributes: attributes, Groups: groups})
	}
	codes := m.Codes()
	if codes.Named() == 0 {
		return faults, nil
	}
	for after := connectors.Position(""); ; {
		page, err := source.Contractors(ctx, after, peoplePage)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Items {
			codes.See(c.Code)
		}
		if after = page.Next; page.Done {
			break
		}
	}
	for _, u := range codes.Unknown() {
		f := loyalty.Fault{Path: u.Path, Message: fmt.Sprintf("no contractor has the code %q", u.Code), Hint: "look the code up in the ERP; it may have been changed there"}
		if u.Near != "" {
			f.Hint = fmt.Sprintf("upper and lower case differ: the ERP has %q", u.Near)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

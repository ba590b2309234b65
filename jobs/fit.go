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
			Hint: "give loyalsync a login with SELECT only (loyalsync doctor --sql prints the script), or set allow_writable_login: true",
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

// UnknownNames compares what a mapping's expressions name with what the source has:
// attributes and groups, where the source can list them.
func UnknownNames(ctx context.Context, source connectors.Source, m *mapping.Mapping) ([]loyalty.Fault, error) {
	v, ok := source.(vocabulary)
	if !ok {
		return nil, nil
	}
	attributes, groups, err := v.Vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	return m.UnknownNames(mapping.Vocabulary{Attributes: attributes, Groups: groups}), nil
}

// Unknown is UnknownNames, and the contractor codes that nobody has. It reads all
// contractors when the mapping names codes.
func Unknown(ctx context.Context, source connectors.Source, m *mapping.Mapping) ([]loyalty.Fault, error) {
	faults, err := UnknownNames(ctx, source, m)
	if err != nil {
		return nil, err
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

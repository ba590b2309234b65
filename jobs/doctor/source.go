package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/mapping"
)

// Source is how a source is looked at.
type Source struct {
	Name string
	Zone *time.Location // of the ERP's stamps
	// Probe looks at what comes before a login. Nil when the connector has none.
	Probe func(ctx context.Context) []connectors.Finding
	Open  func(ctx context.Context) (connectors.Source, error)
	// Identity is what the source was at its first run, "" before that or when
	// nobody knows. May be nil.
	Identity      func(ctx context.Context) (string, error)
	AllowWritable bool
	Mappings      []Mapping
	Limit         time.Duration // of one step. Defaults to DefaultLimit.
	Now           func() time.Time
}

// Mapping is what a program makes of a source's contractors.
type Mapping struct {
	Program string
	Mapping *mapping.Mapping
}

// Look examines the source.
func (s Source) Look(ctx context.Context) []connectors.Finding {
	if s.Limit == 0 {
		s.Limit = DefaultLimit
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	var found []connectors.Finding
	if s.Probe != nil {
		probed, err := step(ctx, s.Limit, func(ctx context.Context) ([]connectors.Finding, error) { return s.Probe(ctx), nil }, nil)
		if err != nil {
			return []connectors.Finding{failed(ctx, "connect", err), skippedData()}
		}
		found = append(found, probed...)
		if broken(probed) {
			return append(found, skippedData())
		}
	}
	source, err := step(ctx, s.Limit, s.Open, func(late connectors.Source) { _ = late.Close() })
	if err != nil {
		return append(found, failed(ctx, "connect", err), skippedData())
	}
	found = append(found, s.inside(ctx, source)...)
	_, _ = step(ctx, s.Limit, func(context.Context) (struct{}, error) { return struct{}{}, source.Close() }, nil) // nothing was written
	return found
}

// inside looks at what an open source holds.
func (s Source) inside(ctx context.Context, source connectors.Source) []connectors.Finding {
	asked := s.Now()
	report, err := step(ctx, s.Limit, source.Check, nil)
	if err != nil {
		return []connectors.Finding{failed(ctx, "connect", err), skippedData()}
	}
	middle := asked.Add(s.Now().Sub(asked) / 2)
	found := s.judge(ctx, report, middle)
	if len(report.Missing) > 0 {
		return append(found, skippedData())
	}
	if x, ok := source.(connectors.Examiner); ok {
		examined, err := step(ctx, s.Limit, x.Examine, nil)
		for _, f := range examined {
			if f.Check != "clock" { // judged already, against the same clock
				found = append(found, f)
			}
		}
		if err != nil {
			found = append(found, incomplete(ctx, "data", err))
		}
	}
	if len(s.Mappings) == 0 {
		return append(found, tell("mapping", connectors.Remark, "unmapped"))
	}
	return append(found, s.selection(ctx, source)...)
}

func broken(found []connectors.Finding) bool {
	for _, f := range found {
		if f.Condition == connectors.Broken {
			return true
		}
	}
	return false
}

func skippedData() connectors.Finding { return tell("data", connectors.Skipped, "skipped") }

// failed tells why a source does not answer as it should.
func failed(ctx context.Context, check string, err error) connectors.Finding {
	if pastLimit(ctx, err) {
		return tell(check, connectors.Broken, "source-hung")
	}
	code := "source-failed"
	for _, k := range []struct {
		kind        error
		check, code string
	}{
		{connectors.ErrUnreachable, "connect", "source-unreachable"},
		{connectors.ErrAuth, "login", "source-auth"},
		{connectors.ErrSchema, "tables", "source-schema"},
		{connectors.ErrSettings, "settings", "source-settings"},
		{connectors.ErrTransient, "connect", "source-transient"},
	} {
		if errors.Is(err, k.kind) {
			check, code = k.check, k.code
			break
		}
	}
	cause, hint := err.Error(), ""
	if e, ok := errors.AsType[*connectors.Error](err); ok {
		cause, hint = e.Op, e.Hint
		if e.Err != nil {
			cause += ": " + e.Err.Error()
		}
	}
	f := tell(check, connectors.Broken, code, "cause", cause)
	f.Hint = hint
	return f
}

// incomplete tells of a look at the data that did not come to its end. What runs
// read is not in question, so it is a remark when only time was short.
func incomplete(ctx context.Context, check string, err error) connectors.Finding {
	if pastLimit(ctx, err) {
		return tell(check, connectors.Remark, "data-limit")
	}
	return failed(ctx, check, err)
}

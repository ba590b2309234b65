package sqlerp

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// Now returns the clock that stamps the rows.
func (s *Source) Now(ctx context.Context) (now connectors.Stamp, err error) {
	err = s.limited(ctx, "ask for the time", func(ctx context.Context) error {
		found, err := s.known(ctx)
		if err == nil {
			now, err = s.now(ctx, found.stamp)
		}
		return err
	})
	return now, err
}

func (s *Source) now(ctx context.Context, kind stampKind) (connectors.Stamp, error) {
	text := s.config.Now
	if text == "" {
		text = s.dialect.syntax().clock
	}
	var value any
	if err := s.db.QueryRowContext(ctx, text).Scan(&value); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = &connectors.Error{Kind: connectors.ErrSettings, Op: "ask for the time", Err: errors.New("the SELECT gives no row"), Hint: "look at sql.now"}
		}
		return "", s.failure(ctx, "ask for the time", err)
	}
	stamp, err := s.clock(value, kind)
	if err != nil {
		return "", &connectors.Error{Kind: connectors.ErrSettings, Op: "ask for the time", Err: err, Hint: "sql.now gives a time, a text like 2026-01-31 18:30:00, or seconds since 1970"}
	}
	if s.config.Now == "" && !kind.utc() {
		stamp = connectors.NewStamp(stampTime(stamp).In(s.zone))
	}
	return stamp, nil
}

// clock understands what a driver gives for a time. A time without zone comes
// as UTC and is a wall clock already.
func (s *Source) clock(value any, kind stampKind) (connectors.Stamp, error) {
	switch v := value.(type) {
	case time.Time:
		switch {
		case kind.utc():
			v = v.UTC()
		case v.Location() != time.UTC:
			v = v.In(s.zone)
		}
		return connectors.NewStamp(v), nil
	case int64:
		return unixStamp.parse(strconv.FormatInt(v, 10))
	case string:
		return parseStamp(v)
	case []byte:
		return parseStamp(string(v))
	}
	return "", errors.New("the SELECT gives no time")
}

// Check asks the server who it is, what the login may write, and whether the
// SELECTs give the columns that are needed.
func (s *Source) Check(ctx context.Context) (report connectors.Report, err error) {
	err = s.limited(ctx, "check the source", func(ctx context.Context) error {
		report, err = s.check(ctx)
		return err
	})
	return report, err
}

func (s *Source) check(ctx context.Context) (connectors.Report, error) {
	report := connectors.Report{Product: "SQL"}
	about, err := s.dialect.survey(ctx, s.db, s.config)
	if err != nil {
		return report, s.failure(ctx, "ask the server who it is", err)
	}
	report.Server, report.Identity, report.Zone, report.Writable = about.server, about.identity, about.zone, about.writable
	report.Encoding = about.encoding
	if s.config.Identity != "" {
		if report.Identity, err = s.identity(ctx); err != nil {
			return report, s.failure(ctx, "ask for the identity", err)
		}
	}
	found, err := s.probe(ctx)
	if err != nil {
		return report, s.failure(ctx, "look at the SELECTs", err)
	}
	for _, sh := range found.shapes() {
		report.Missing = append(report.Missing, sh.missing...)
	}
	if found.stamp.utc() {
		report.Zone = "UTC"
	}
	if report.Now, err = s.now(ctx, found.stamp); err != nil {
		return report, err
	}
	report.Warnings = warnings(found)
	return report, nil
}

// identity joins the first row of the configured SELECT.
func (s *Source) identity(ctx context.Context) (string, error) {
	rows, err := s.db.QueryContext(ctx, s.config.Identity)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values := make([]sql.NullString, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	if !rows.Next() {
		empty := &connectors.Error{Kind: connectors.ErrSettings, Op: "ask for the identity", Err: errors.New("the SELECT gives no row"), Hint: "look at sql.identity"}
		return "", errors.Join(rows.Err(), empty)
	}
	if err := rows.Scan(targets...); err != nil {
		return "", err
	}
	parts := make([]string, 0, len(values))
	for _, v := range values {
		parts = append(parts, v.String)
	}
	return strings.Join(parts, "|"), rows.Err()
}

// warnings are what works, and will surprise somebody one day. They come from
// the types of columns alone; Examine looks at the rows.
func warnings(found schema) []connectors.Warning {
	var out []connectors.Warning
	for _, sh := range found.shapes() {
		if len(sh.floats) > 0 {
			out = append(out, connectors.Warning{
				Message: "amounts kept as binary floats: " + strings.Join(sh.floats, ", "),
				Hint:    "a float is exact to 15 digits; round it in the SELECT to the decimals of the currency",
			})
		}
	}
	return out
}

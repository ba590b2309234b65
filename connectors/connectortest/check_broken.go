package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
)

// Break is a way in which an ERP, or the way to it, is not as it should be.
type Break string

// The breaks. Each has a check of the same name.
const (
	WrongLogin    Break = "WrongLogin"    // a user or a password that the server refuses; the password is Password
	Unreachable   Break = "Unreachable"   // nobody listens where the source looks; the password is Password
	MissingColumn Break = "MissingColumn" // a column that documents are read with is not there
	DroppedTable  Break = "DroppedTable"  // nor is the table of documents or of their lines
	ReadOnlyLogin Break = "ReadOnlyLogin" // no break at all: an empty ERP, and a login that may only SELECT
	WritingLogin  Break = "WritingLogin"  // a login that may write to a table of the ERP
)

// Password is what a harness gives as the password where it must not be told.
const Password = "hunter2-geheim"

// sentinels are what a break is told as.
func sentinels() map[Break]error {
	return map[Break]error{
		WrongLogin: connectors.ErrAuth, Unreachable: connectors.ErrUnreachable,
		MissingColumn: connectors.ErrSchema, DroppedTable: connectors.ErrSchema,
	}
}

// refusals has a check of each break that must be refused.
func refusals() (all []check) {
	for _, b := range []Break{WrongLogin, Unreachable, MissingColumn, DroppedTable} {
		all = append(all, check{string(b), func(ctx context.Context, h Harness) error { return h.checkRefused(ctx, b, sentinels()[b]) }})
	}
	return all
}

// checkRefused wants every way of asking a broken ERP to end in the sentinel, with
// a hint and without the password; when the source can be opened at all.
func (h Harness) checkRefused(ctx context.Context, b Break, want error) error {
	open := h.Breaks[b]
	if open == nil {
		return notInHarness("Breaks[" + string(b) + "]")
	}
	src, err := open(ctx)
	if err != nil {
		return refusedAs("open", err, want)
	}
	defer release(src)
	report, err := src.Check(ctx)
	switch {
	case err != nil:
		if err := refusedAs("check", err, want); err != nil {
			return err
		}
	case !errors.Is(want, connectors.ErrSchema):
		return fmt.Errorf("check: no error, want %w", want)
	case len(report.Missing) == 0:
		return fmt.Errorf("check: nothing is reported as missing")
	}
	_, err = src.Invoices(ctx, everything(), 2)
	return refusedAs("invoices", err, want)
}

func refusedAs(what string, err, want error) error {
	var told *connectors.Error
	switch {
	case err == nil:
		return fmt.Errorf("%s: no error, want %w", what, want)
	case !errors.Is(err, want):
		return fmt.Errorf("%s: got %w, want %v", what, err, want) //nolint:errorlint // one of the two is the error
	case !errors.As(err, &told) || told.Hint == "":
		return fmt.Errorf("%s: no hint in %w", what, err)
	case strings.Contains(fmt.Sprintf("%v %+v %s", err, err, told.Hint), Password):
		return fmt.Errorf("%s: the error tells the password", what)
	}
	return nil
}

// checkReadOnlyLogin reads everything with a login that may only SELECT, and wants
// to be told nothing writable (law 4).
func checkReadOnlyLogin(ctx context.Context, h Harness) error {
	report, err := h.reportOf(ctx, ReadOnlyLogin, true)
	if err == nil && len(report.Writable) > 0 {
		err = fmt.Errorf("a login that may only read is said to write %v", report.Writable)
	}
	return err
}

// checkWritingLogin wants to be told what a login may write.
func checkWritingLogin(ctx context.Context, h Harness) error {
	report, err := h.reportOf(ctx, WritingLogin, false)
	if err == nil && len(report.Writable) == 0 {
		err = fmt.Errorf("a login that may write is not told")
	}
	return err
}

func (h Harness) reportOf(ctx context.Context, b Break, read bool) (connectors.Report, error) {
	open := h.Breaks[b]
	if open == nil {
		return connectors.Report{}, notInHarness("Breaks[" + string(b) + "]")
	}
	src, err := open(ctx)
	if err != nil {
		return connectors.Report{}, fmt.Errorf("open: %w", err)
	}
	defer release(src)
	report, err := src.Check(ctx)
	if err != nil {
		return report, fmt.Errorf("check: %w", err)
	}
	if read {
		err = readsNothing(ctx, src)
	}
	return report, err
}

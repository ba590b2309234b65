package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// The exit codes that scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1   // failed while running
	exitInput       = 2   // bad input or configuration
	exitNo          = 3   // the answer is "no"
	exitAct         = 4   // somebody must act
	exitInterrupted = 130 // Ctrl-C
)

// errSilent ends a command whose output has already said what is wrong. It is
// joined with the error that decides the exit code.
var errSilent = errors.New("already said")

// errNo is the answer "no".
var errNo = errors.New("no")

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// exitCode is the one mapping of errors to exit codes.
func exitCode(ctx context.Context, err error) int {
	var faults config.Faults
	var usage *usageError
	var guard *jobs.GuardError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNo):
		return exitNo
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &faults), errors.As(err, &usage),
		errors.Is(err, connectors.ErrSettings):
		return exitInput
	case errors.As(err, &guard):
		return exitAct
	}
	switch loyalty.CodeOf(err) {
	case loyalty.CodeInvalid, loyalty.CodeNotFound:
		return exitInput
	case loyalty.CodeAction:
		return exitAct
	default:
		return exitFailed
	}
}

// report tells a person what went wrong and what to do. Faults of a
// configuration are told one by one.
func report(w io.Writer, err error) {
	var faults config.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			tell(w, f.Error(), f.Hint)
		}
		return
	}
	tell(w, err.Error(), hintOf(err))
}

func tell(w io.Writer, message, hint string) {
	_, _ = fmt.Fprintln(w, "error: "+strings.ReplaceAll(message, "\n", "\n       "))
	if hint != "" {
		_, _ = fmt.Fprintln(w, "hint: "+hint)
	}
}

// hintOf is the first hint in an error's chain.
func hintOf(err error) string {
	if e, ok := errors.AsType[*loyalty.Error](err); ok && e.Hint != "" {
		return e.Hint
	}
	if e, ok := errors.AsType[*connectors.Error](err); ok && e.Hint != "" {
		return e.Hint
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return "loyalsync --help lists the commands, and loyalsync COMMAND --help what one takes"
	}
	return ""
}

package loyalty

import "errors"

// Code classes an error for exit codes and HTTP statuses.
type Code string

// The codes. Anything that is not an *Error counts as CodeInternal.
const (
	CodeInvalid   Code = "invalid"   // bad input or configuration
	CodeNotFound  Code = "not_found" // nothing by that name
	CodeConflict  Code = "conflict"  // somebody else was first, or must act first
	CodeForbidden Code = "forbidden" // not signed in, or not allowed
	CodeAction    Code = "action"    // a person must decide before it goes on
	CodeBusy      Code = "busy"      // may work when tried again
	CodeInternal  Code = "internal"
)

// Error is a failure told to a person: what happened and what to do. It holds
// no secret and no personal data (law 11).
type Error struct {
	Code    Code
	Message string
	Hint    string
	Err     error
}

// Error returns the message, with the cause behind it.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first *Error in err's chain, CodeInternal when
// there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Sentinels that callers act on.
var (
	// ErrLeaseLost says that another run has taken this run's lease; nothing of
	// the page was written (law 9).
	ErrLeaseLost = &Error{Code: CodeConflict, Message: "the run lost its lease to another run", Hint: "nothing was written after that; the other run goes on"}
	// ErrStale says that what a page was computed from has changed meanwhile;
	// the page is computed again.
	ErrStale = &Error{Code: CodeBusy, Message: "the stored state changed while the page was computed", Hint: "run the job again"}
)

// Fault is one mistake in what an administrator wrote. Path names the value as
// in "contractors.where" or "rules[2].per", relative to what was checked.
type Fault struct {
	Path    string
	Offset  int // characters into the value, for expressions; 0 is its start
	Message string
	Hint    string
}

package connectors

import "errors"

// What may go wrong at an ERP. Transient ones are retried; the others pause the
// job until a person has acted.
var (
	ErrUnreachable = errors.New("the ERP's server cannot be reached")
	ErrTransient   = errors.New("the ERP's server gave up for now") // deadlock, timeout, restart, tables locked
	ErrAuth        = errors.New("the ERP's server refuses the login")
	ErrSchema      = errors.New("the ERP's tables are not as expected")
	ErrSettings    = errors.New("the settings of the source do not work")
)

// Error is a failure at an ERP. It never holds a DSN, a password or a value of
// a row.
type Error struct {
	Kind error  // one of the sentinels of this package
	Op   string // what was being done, for example "read invoices"
	Hint string // what a person can do about it
	Err  error  // the cause, already cleaned
}

// Error says what was being done, what went wrong, and the cause.
func (e *Error) Error() string {
	s := e.Op + ": " + e.Kind.Error()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap lets errors.Is match the sentinel and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

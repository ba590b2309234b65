package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// What may come of a call, beside results.
var (
	// ErrBlocked: the platform refuses everything until a person has acted.
	// Nothing is given up; the next tick tries again.
	ErrBlocked = errors.New("the platform is blocked")
	// ErrUnavailable: the platform did not answer well in time. Nothing is lost;
	// the next tick goes on.
	ErrUnavailable = errors.New("the platform is not available for now")
	// ErrBadBatch: the platform finds the call malformed, so one of its items is.
	ErrBadBatch = errors.New("the platform does not accept the call as it is")
)

// StatusError is an answer that is not 200. It holds nothing of the body but
// the code.
type StatusError struct {
	Status int
	Code   string // the platform's, "" when it gave none
}

// Error names the status and the code.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	return s
}

// wellFormedCode keeps a platform's free text out of errors (law 11).
var wellFormedCode = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,39}$`)

func safeCode(code string) string {
	if wellFormedCode.MatchString(code) {
		return code
	}
	return ""
}

// failure classes what a call came to: kind is one of this package's sentinels.
func failure(name string, kind, cause error) error {
	e := &loyalty.Error{Message: "platform " + name + ": " + kind.Error(), Err: &classed{kind: kind, cause: cause}}
	switch {
	case errors.Is(kind, ErrBlocked):
		e.Code, e.Hint = loyalty.CodeForbidden, blockedHint(cause)
	case errors.Is(kind, ErrUnavailable):
		e.Code, e.Hint = loyalty.CodeBusy, "nothing is lost: the next run goes on where this one stopped"
	default:
		e.Code, e.Hint = loyalty.CodeInvalid, "the item is listed by: loyalsync deliveries --dead"
	}
	return e
}

// classed shows the cause and matches both kind and cause.
type classed struct{ kind, cause error }

func (e *classed) Error() string   { return e.cause.Error() }
func (e *classed) Unwrap() []error { return []error{e.kind, e.cause} }

func blockedHint(cause error) string {
	status, ok := errors.AsType[*StatusError](cause)
	if !ok {
		return "check the platform's certificate and url"
	}
	switch status.Status {
	case http.StatusUnauthorized:
		return "the token or the signature is refused: check token_file, signing_key_file and this machine's clock"
	case http.StatusForbidden:
		return "the token is not for this program or source: ask the platform's administrator"
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return "check url: /v1/sync/… is added to it"
	case http.StatusConflict:
		return "the platform reports a conflict: ask its administrator"
	}
	return "the platform answers with a redirect, which is not followed: put the final address into url"
}

// stopped says whether the caller gave up rather than the platform.
func stopped(ctx context.Context) bool { return ctx.Err() != nil }

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/loyalsync/loyalsync/loyalty"
)

// storeError names what went wrong with the store, with what to do about it.
func storeError(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", op, err)
	}
	if told, ok := errors.AsType[*loyalty.Error](err); ok { // by the transaction around it
		return told
	}
	e := &loyalty.Error{Code: loyalty.CodeInternal, Message: "the store: " + op, Err: err}
	if cause, ok := errors.AsType[*sqlite.Error](err); ok {
		if cause.Code()&0xff == sqlite3.SQLITE_INTERRUPT {
			return fmt.Errorf("%s: %w", op, context.Canceled)
		}
		explainSQLite(e, cause)
		return e
	}
	if errors.Is(err, fs.ErrPermission) {
		e.Code, e.Hint = loyalty.CodeInvalid, "give the service's account the right to write the store's folder"
		return e
	}
	explainPostgres(e, err)
	return e
}

// uniqueViolation tells a broken unique key by the driver's code.
func uniqueViolation(err error) bool {
	if cause, ok := errors.AsType[*sqlite.Error](err); ok {
		return cause.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || cause.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	cause, ok := errors.AsType[*pgconn.PgError](err)
	return ok && cause.Code == "23505"
}

// noStore is the error of a reader where nothing was ever written.
func noStore(name string, err error) error {
	return &loyalty.Error{
		Code: loyalty.CodeNotFound, Message: "there is no store at " + name,
		Hint: "run a job first (loyalsync run JOB), or check store.url", Err: err,
	}
}

func foreignDatabase(name string) error {
	return &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: name + " is a database of something else",
		Hint: "give the store a file, a database or a schema of its own in store.url; nothing was changed",
	}
}

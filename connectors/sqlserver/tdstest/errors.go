package tdstest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqlError is an error as the server tells it: number, severity, state, text.
type sqlError struct {
	Number  int32
	State   byte
	Class   byte
	Message string
	fatal   bool // the connection ends with it
}

// Error is the text.
func (e *sqlError) Error() string { return fmt.Sprintf("error %d: %s", e.Number, e.Message) }

func failf(number int32, format string, args ...any) *sqlError {
	return &sqlError{Number: number, Message: fmt.Sprintf(format, args...)}
}

// cannot is for what a real server does and this one does not: it has to be
// told apart from a fault of the statement.
func cannot(format string, args ...any) *sqlError {
	return &sqlError{Number: 50000, Class: 16, Message: "tdstest cannot do this: " + fmt.Sprintf(format, args...)}
}

// templates are the texts of SQL Server for errors that are called up by number
// alone.
var templates = map[int32]string{
	102:   "Incorrect syntax near the keyword.",
	207:   "Invalid column name.",
	208:   "Invalid object name.",
	229:   "The SELECT permission was denied on the object.",
	233:   "The column is not nullable.",
	596:   "Cannot continue the execution because the session is in the kill state.",
	701:   "There is insufficient system memory in resource pool 'default' to run this query.",
	924:   "Database is already open and can only have one user at a time.",
	927:   "Database cannot be opened. It is in the middle of a restore.",
	942:   "Database cannot be opened because it is offline.",
	1205:  "Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.",
	1222:  "Lock request time out period exceeded.",
	3960:  "Snapshot isolation transaction aborted due to update conflict.",
	4060:  "Cannot open database requested by the login. The login failed.",
	6005:  "SHUTDOWN is in progress.",
	8645:  "A timeout occurred while waiting for memory resources to execute the query in resource pool 'default' (2). Rerun the query.",
	17142: "SQL Server service has been paused. No new connections will be allowed.",
	17187: "SQL Server is not ready to accept new client connections. Wait a few minutes before trying again.",
	18452: "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.",
	18456: "Login failed for user.",
}

// severities are those of SQL Server where they differ from 16.
var severities = map[int32]byte{
	102: 15, 156: 15, 229: 14, 1205: 13, 4060: 11, 18452: 14, 18456: 14, 701: 17, 8645: 17, 2627: 14, 2601: 14, 596: 21, 6005: 10,
}

// complete fills in what an error of this number has.
func (e *sqlError) complete() *sqlError {
	out := *e
	if out.Class == 0 {
		out.Class = 16
		if s, ok := severities[out.Number]; ok {
			out.Class = s
		}
	}
	if out.State == 0 {
		out.State = 1
	}
	if out.Message == "" {
		out.Message = templates[out.Number]
	}
	return &out
}

// asSQLError reads an error of the engine.
func asSQLError(err error) *sqlError {
	var own *sqlError
	if errors.As(err, &own) {
		return own
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &sqlError{Number: 0, Message: "cancelled"}
	}
	text := err.Error()
	if _, rest, ok := strings.Cut(text, errorMark); ok { // raised by one of our functions
		number, message, _ := strings.Cut(rest, "|")
		n, _ := strconv.Atoi(number)
		if end := strings.Index(message, errorEnd); end >= 0 {
			message = message[:end]
		}
		return failf(int32(n), "%s", message) //nolint:gosec // our own number
	}
	var of *sqlite.Error
	if errors.As(err, &of) {
		switch of.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return failf(2627, "Violation of UNIQUE KEY constraint. Cannot insert duplicate key. %s", text)
		case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
			return failf(515, "Cannot insert the value NULL into column '%s'; column does not allow nulls. INSERT fails.", afterDot.FindString(text))
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return failf(547, "The statement conflicted with the FOREIGN KEY constraint.")
		case sqlite3.SQLITE_INTERRUPT:
			return &sqlError{Number: 0, Message: "cancelled"}
		}
		if of.Code() == sqlite3.SQLITE_BUSY_SNAPSHOT {
			return &sqlError{Number: 3960, Message: templates[3960]}
		}
		switch of.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return &sqlError{Number: 1222, Message: templates[1222]}
		}
	}
	return cannot("the engine says: %s", text)
}

// afterDot finds the column in an error of SQLite: "… failed: table.column (1299)".
var afterDot = regexp.MustCompile(`[^.]+$`)

// errorMark and errorEnd carry an error of ours through the engine.
const (
	errorMark = "«tds|"
	errorEnd  = "»"
)

// engineError wraps an error of ours for the way through SQLite.
func engineError(err error) error {
	var own *sqlError
	if !errors.As(err, &own) {
		return err
	}
	return fmt.Errorf("%s%d|%s%s", errorMark, own.Number, own.Message, errorEnd)
}

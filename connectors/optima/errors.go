package optima

import (
	"errors"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// unreadable is the error for a value that its column should not hold. The driver's
// own text may quote it, and is dropped (law 11).
func unreadable() error {
	return &connectors.Error{
		Kind: connectors.ErrSchema, Op: "read a row", Hint: "is this a company database of Comarch ERP Optima?",
		Err: errors.New("a column holds something else than in Optima"),
	}
}

// The numbers of SQL Server's errors that a conversion of the database by Optima
// brings about, or a wrong setting does.
const (
	noColumn     = 207
	noObject     = 208
	lockTimeout  = 1222
	cannotOpen   = 4060
	singleUser   = 924
	notOnline    = 942
	beingOpened  = 927
	noSchemaName = 2760
)

// mayBeConversion reports whether an error is one that Optima's conversion of its
// database to a newer version explains: tables and columns are made anew, locked.
func mayBeConversion(err error) bool {
	switch sqlserver.Number(err) {
	case noColumn, noObject, lockTimeout, noSchemaName:
		return true
	}
	return errors.Is(err, connectors.ErrSchema)
}

// unavailable turns the errors of a database that only one user may open, or
// nobody, into transient ones: Optima converts and restores in that state. A
// misspelt name looks alike, so the hint names both.
func unavailable(err error) error {
	switch sqlserver.Number(err) {
	case cannotOpen, singleUser, notOnline, beingOpened:
		return &connectors.Error{
			Kind: connectors.ErrTransient, Op: "open the database",
			Hint: "is database: spelt right, and may this login open it? while Optima converts or restores a database nobody else can; it is tried again",
			Err:  errors.New("the server does not open the database for this login now"),
		}
	}
	return err
}

func converting(what string) error {
	return &connectors.Error{
		Kind: connectors.ErrTransient, Op: "read the database",
		Hint: "Optima seems to be converting it to another version; it is tried again, and nothing counts as deleted meanwhile",
		Err:  errors.New(what),
	}
}

// notOptima is the error for a database without CDN.SystemCDN.
func (c catalog) notOptima() error {
	if len(c) > 0 {
		return &connectors.Error{
			Kind: connectors.ErrTransient, Op: "recognise the ERP",
			Hint: "may this login SELECT from CDN.SystemCDN? loyalsync doctor --sql writes the statements; while Optima converts a database, tables come and go",
			Err:  errors.New("the database has tables of Optima, and CDN.SystemCDN is not among those that the login sees"),
		}
	}
	return &connectors.Error{
		Kind: connectors.ErrSchema, Op: "recognise the ERP",
		Hint: "is database: the company's (CDN_…), not the configuration's (CDN_KNF_…)? may the login SELECT from its tables? loyalsync doctor --sql writes the statements",
		Err:  errors.New("the login sees no table of Optima in the database"),
	}
}

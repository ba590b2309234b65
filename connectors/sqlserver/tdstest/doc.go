// Package tdstest is a SQL Server for tests: it speaks TDS 7.4 on the loopback
// and has its statements executed by SQLite, over tables with the types that
// T-SQL declares. Only tests import it.
//
// # Use
//
//	db := tdstest.Database(t, ddl)          // runs on either kind of server
//	db.Owner, db.Reader                     // connections; Reader has SELECT only
//	db.Exec(ctx, "INSERT …")                // fixtures, past the connector
//	db.Server().Inject(tdstest.Fault{…})    // faults; nil when db.Real()
//	db.Server().Statements()                // what came over the wire
//
//	srv := tdstest.Start(t, tdstest.Options{TLS: tdstest.TLSRequired})
//	srv.URL("reader", tdstest.Password, "ERP")
//
// Database runs on a real server when LOYALSYNC_TEST_SQLSERVER names one, a
// sqlserver:// URL of a login that may create databases and logins; the database
// and the logins are dropped at the end.
//
// Faults (faults.go): a stall, a cut, a drip or an error by number, at PRELOGIN,
// at the login, at a statement that matches, or behind so many rows; Refuse closes
// the port; Drop cuts what is connected; Heal ends it all. Options has the modes of
// TLS and certificates with one fault each, CA() their authority.
//
// Statements() tells the type of each parameter as it came: a code that was sent
// as nvarchar, a stamp that was sent as datetimeoffset. Text in a varchar parameter
// is bytes of the database's code page, as on a real server. More than 2,100
// parameters, two of which are sp_executesql's own, are error 8003.
//
// # How it works
//
// A connection (conn.go) reads PRELOGIN, LOGIN7 (login.go) and then requests:
// batches, sp_executesql, the transaction manager's, attention (packet.go). A
// statement is read by a parser of T-SQL (lexer.go, parser*.go), typed and written
// as SQLite's SQL by a compiler (compile*.go, functions.go), and run on the
// session's own connection to the database's file; its rows are written with the
// types that the compiler found (answer.go, wirevalue.go). An expression that
// cannot be typed, a statement that is not known, a value that does not fit its
// type: an error 50000 that begins with "tdstest cannot", never a guess.
//
// Values in the engine: whole numbers, decimal and money are integers, scaled by
// their type, so that sums are exact; moments are text of one width; datetime is
// rounded to 1/300 s; uniqueidentifier is text.
//
// # What is rewritten
//
// The production SQL is not bent to this server. The compiler rewrites
//
//   - names: [a], "a", schema.table and database.schema.table; aliases; * into columns
//   - TOP, OFFSET and FETCH into LIMIT; hints (NOLOCK, OPTION) are dropped
//   - + on texts into ||; / and % so that dividing by zero is error 8134
//   - arithmetic and comparison of decimals of different scale
//   - comparison of texts: COLLATE of the column, of the database, or as told
//   - implicit conversions by T-SQL's precedence, to columns with a check of length
//   - CAST, CONVERT with styles, TRY_ ones, ISNULL, IIF, LEN, LIKE with sets, DATEADD, DATEDIFF,
//     DATEPART and the rest of functions.go into functions of engine*.go
//   - VALUES as a derived table; WITH, recursive too
//   - CROSS and OUTER APPLY of a query of one row into scalar subqueries
//   - sys.* and INFORMATION_SCHEMA views, SERVERPROPERTY, OBJECT_ID, HAS_PERMS_BY_NAME and their
//     like into their values
//   - CREATE TABLE into a STRICT table: keys are kept; references and checks are not
//
// # What it cannot show
//
//   - collation beyond letter case, accents, trailing blanks and the Polish alphabet;
//     a column of another collation than the database's has its own code page
//   - locks: a reader never waits, as with READ_COMMITTED_SNAPSHOT; a second writer waits and is
//     told 1222. Deadlocks come from Inject
//   - plans: a scan where an index would be used elsewhere is only to be seen in Statements, by the
//     types of the parameters
//   - temporary tables, MERGE, FOR XML, cursors, WHILE; computed columns, triggers, functions and
//     procedures of users; checks and foreign keys
//   - decimals of more than 18 digits, between them too: two decimals whose common scale needs more
//     are compared as floating point
//   - Windows authentication (error 18452), named instances and the Browser service
//   - one transaction over several databases; rollback of CREATE, ALTER and DROP
//   - a batch goes on after some errors on a real server; here it ends with the first
//   - a datetime meets a datetime2 as in compatibility level 130 and later: .003 is .0033333
//   - 3.33 ms: rounding is as documented, but other arithmetic of datetime is to the 100 ns
package tdstest

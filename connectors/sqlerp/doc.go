// Package sqlerp reads any ERP that can be described by four SELECTs: for
// contractors, representatives, invoices and their lines. An administrator
// writes them into loyalsync.yaml, with the columns that hold each field. The
// dialects are SQLite, PostgreSQL, MySQL with MariaDB, and SQL Server.
//
// # Fields
//
// A star marks what every SELECT of the block must give. A field is read from
// the column of its own name unless "columns" names another; contractors,
// invoices and lines also take any number of "attributes.NAME".
//
//	contractors      id* code name tax_id email phone group country active
//	                 anonymous merged_into
//	representatives  id* contractor* name email phone active
//	invoices         id* type number* external_no state* modified* issued_on*
//	                 sold_on time buyer* recipient payer currency* rate net*
//	                 gross* store payment_form paid corrects return
//	lines            id* invoice* corrects no kind code* name group quantity*
//	                 unit document_quantity document_unit net* gross*
//	                 discount discounted
//
// id is the ERP's primary key and unique in its SELECT; an ERP that numbers its
// document tables apart makes it so, as in 'FS-' || id (law 5). invoice, buyer,
// recipient, payer, contractor, merged_into and corrects hold such keys. type is
// the ERP's class of a document; the filter goes by it, and it may change.
//
// When a SELECT does not give them: sold_on is issued_on, recipient and payer
// are the buyer, document_quantity and document_unit are quantity and unit,
// active is yes, kind is goods, everything else is empty. A column that is there
// and NULL is empty.
//
// time is the time on the day of issue, for rules that ask for the hour: a time, a text
// such as 17:30, or a time with its day, of which exactly midnight is a day without a
// time.
//
// discount is percent below the list price; discounted says yes where only that is
// known, and is otherwise whether discount is above zero.
//
// Amounts are signed: a correction that takes value back is negative. Yes and no
// are 1, t, true, y, yes, tak and 0, f, false, n, no, nie. kind is one of goods,
// service, deposit, charge, component. A value that is none of these, a number with a
// comma, or a state in no list stops the reading with the row's key and the
// column: guessing would post wrong points.
//
// # Stamps
//
// modified is compared in the database, in the column's own form, so an index on
// it is used. Text ("2026-01-31 18:30:00", with T or a blank, to the minute or
// finer, all rows alike) and timestamps without zone are the ERP's wall clock.
// Instants (timestamptz, or whole seconds since 1970) are shown as the wall
// clock of UTC, and so is Now, so the hour that an autumn repeats stays two
// hours. A row without a stamp is read by the sweep alone; COALESCE(modified,
// created) is the cure, and Examine counts such rows.
//
// # MySQL and MariaDB
//
// TIMESTAMP is an instant, DATETIME a wall clock, 0000-00-00 is empty. Keys that
// are text are told apart byte by byte whatever the collation, and paged in that
// order; whole numbers as keys are faster. sql_mode stays that of the server: a
// name with "…" around it is a name only where ANSI_QUOTES is set there, `…`
// always is. Tables that have no transactions (MyISAM) are not seen as of one
// moment.
//
// # SQL Server
//
// A SELECT is a subquery of ours: no WITH, no ORDER BY. datetime, datetime2,
// smalldatetime and date are wall clocks, datetimeoffset an instant; timestamp
// (rowversion) is no stamp. Keys that are text are asked for in the column's own
// type and collation, so that its index is used, and told apart character by
// character. There is no read-only transaction: the login must be one that may
// only SELECT. With ALLOW_SNAPSHOT_ISOLATION in the ERP's database a page is of one
// moment; without it, a page that was changed while it was read is read again.
// lock_timeout has no effect, statement_timeout ends a wait.
//
// # Worked examples
//
// examples/dolibarr.yaml (MariaDB) and examples/odoo.yaml (PostgreSQL) are complete
// configurations; testdata names where each fact about those ERPs comes from.
//
// # Laws kept here
//
//   - Law 1: a position is the last row's stamp, as the database wrote it, and
//     key; nothing is kept between reads but the names of the columns.
//   - Law 4: a statement is one SELECT, wrapped in ours, run in a read-only
//     transaction of a session that is read-only too, where the server has such; a
//     SQLite file is opened read-only.
//   - Law 6: InvoicesByKey ignores the filter and says why a document is out of
//     scope.
//   - Law 7: every value is read as the text the database writes for it, and
//     parsed exactly. Columns that are binary floats are reported by Check.
//   - Law 11: errors name block, column and row key. Of what a server says, only
//     complaints about names of tables and columns are passed on.
//
// # How it works
//
// The first read runs each SELECT without rows, matches fields with columns and
// picks how keys and stamps are compared (shape.go, and one file per dialect).
// Each page is one transaction that sees one moment: headers, then all lines of
// those headers. The digest of a document is computed here from all its fields
// but the stamp, so Keys reads whole documents too.
package sqlerp

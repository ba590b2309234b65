// Package store keeps everything loyalsync remembers, in SQLite or PostgreSQL:
// documents, contractors, who takes part, entries, lots, balances, cursors, runs,
// leases, deliveries and users. Package storetest is the suite that both pass.
//
// # One writer
//
// One connection of a process writes, a small pool reads. Every write goes through
// inTx, which makes it the only writer over all processes until it ends; others
// wait, at most half a minute. In SQLite that is BEGIN IMMEDIATE, in PostgreSQL a
// lock of the one row of store_meta, held from the first statement on, so under
// READ COMMITTED each statement sees all that was committed before. What a
// transaction has read therefore stays so, numbers given out as max + 1 are free,
// and entries become visible in the order of their numbers. No transaction is open
// while an ERP, a network or an expression is at work, so the waiting is short.
// Operations that wait for it together are committed together. Readers wait for nobody.
//
// Every turn with a PostgreSQL server takes its time: a statement whose answer can wait is
// queued, the BEGIN among them, and goes with the next one whose answer cannot (txn.execute,
// txn.ask). What a group of operations begins with is read ahead in one turn; an account
// that one of them has written is read again for the next (txn.touched).
//
// # The file, the database
//
// A file is in WAL mode with synchronous=FULL, so what was committed survives a
// power cut. A schema older than the program is migrated and checked, a file after
// being copied beside itself; a newer one is refused. Both databases have the same
// tables under the same names, and a test keeps the migrations level. Texts are in
// the order of their bytes in both.
//
// An index by contractor has some leaf for every document of a page, so a first run would
// write all leaves of it with every page. BeginFill and EndFill do without: see there.
//
// # Laws kept here
//
//   - Law 1: Post writes documents, entries, balances and the cursor of a page in
//     one transaction, and refuses when the run's lease has another token.
//   - Law 3: triggers refuse any update or deletion of an entry. Seal chains entries
//     in blocks, so that a change past the triggers is found by VerifyLedger.
//   - Law 10: entries are numbered in commit order; a delivery position over
//     those numbers can therefore neither skip nor repeat one by accident.
//   - Law 11: contractors who do not take part are kept without name or contacts.
//
// # Conventions
//
// Points are integers in the program's smallest unit, business dates are days
// since 1970-01-01, instants are microseconds since the epoch, in UTC, flags are 0
// or 1. SQL is one text for both databases; where they differ, dialect writes it.
// A limit is written LIMIT CAST($1 AS BIGINT): SQLite looks at the value of a bare
// LIMIT $1 while it plans, and so plans the statement again for each value it is given.
package store

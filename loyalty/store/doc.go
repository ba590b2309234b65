// Package store keeps everything loyalsync remembers, in SQLite: documents,
// contractors, who takes part, entries, lots, balances, cursors, runs, leases,
// deliveries and users.
//
// # How it is opened
//
// One connection writes, a small pool reads; both see the same file in WAL mode
// with synchronous=FULL, so what was committed survives a power cut. Every write
// goes through InTx, which begins IMMEDIATE: there is one writer at a time, over
// all processes, and a second waits. A schema older than the program is copied
// beside the store, migrated and checked; a newer one is refused.
//
// # Laws kept here
//
//   - Law 1: Post writes documents, entries, balances and the cursor of a page in
//     one transaction, and refuses when the run's lease has another token.
//   - Law 3: triggers refuse any update or deletion of an entry.
//   - Law 10: entries are numbered in commit order; a delivery position over
//     those numbers can therefore neither skip nor repeat one by accident.
//   - Law 11: contractors who do not take part are kept without name or contacts.
//
// # Conventions
//
// Points are integers in the program's smallest unit, business dates are days
// since 1970-01-01, instants are microseconds since the epoch, in UTC. SQL uses
// $1 placeholders, ON CONFLICT and RETURNING, which PostgreSQL shares.
package store

// Package connectors defines what loyalsync asks of an ERP database, and the
// records it hands on. The code that speaks to one kind of ERP lives in a
// sub-package (compiere, sqlerp), passes the suite in connectortest, and is
// chosen in cmd; there is no registry and no init().
//
// # Laws kept here
//
//   - Law 1 (with jobs): a cursor comes from a [Page] and is stored only together
//     with the effects of that page. A connector keeps no position of its own.
//   - Law 4: the ERP is never written. A connector runs single SELECTs, inside a
//     read-only transaction where the server has one, and its Check reports
//     whether the login could write.
//   - Law 5: a document is identified by the ERP's primary key and type, never
//     by its printed number.
//   - Law 6 (with jobs): Keys lists a whole window, InvoicesByKey looks a key up
//     without any filter of class, so "gone" and "no longer ours" stay apart.
//   - Law 7: amounts, quantities and rates are exact decimals from the driver on.
//   - Law 8: stamps are the ERP's own wall clock, business dates are dates.
//   - Law 11: errors carry no DSN, no password and no value of a row.
//
// # How changes are read
//
// A pass over invoices is a [Range]: stamps from Floor to Ceiling, both
// inclusive, in the order (stamp, key), page after page. Equal stamps are split
// by key. The caller chooses Ceiling from Now, so a stamp in the future is never
// read by a pass, and re-reads an overlap, so a row committed late is. A source may
// also tell what was committed behind the floor: see jobs, lateCommits.
package connectors

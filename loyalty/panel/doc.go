// Package panel is the embedded panel: what an administrator sees of
// contractors and their points. Its tables are the ledger itself; nothing is
// copied, and in this form nothing is changed.
//
// Pages, all behind a sign-in and in Polish or English:
//
//   - /admin/contractors: the contractors of a program with their balances, to
//     search, sort and leaf through.
//   - /admin/contractors/{id}: one contractor's balance, facts, representatives,
//     what its points were spent on, and history: documents with their lines, points, state and rule, also
//     those without points, with the reason.
//   - / leads to /admin, /admin to the contractors.
//
// Sign-in, layout and protection are those of package web.
//
// # Laws kept here
//
//   - Law 7: points stay whole numbers of the program's smallest unit up to the
//     function that writes them.
//   - Law 8: "today", which decides what has lapsed, is the day in the zone given.
//   - Law 11: addresses hold numbers of rows, never a name or a tax number, but
//     for the word an operator types into the search; that is not logged.
//   - Law 12: points shown are the sums of what was posted.
package panel

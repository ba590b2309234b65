// Package loyalty is the domain: what a document, a contractor, a rule, a point
// and a movement of points are. It knows no database, no network and no clock;
// the standard library and exact decimals are all it imports.
//
// # Words
//
// A contractor buys; a representative signs in for a contractor. A document is a
// sales invoice or a correction; it is buffered, released or cancelled. A
// program is one loyalty scheme, a feed is one source read for one program. A
// rule of a rule set gives awards to lines; an entry is one immutable movement
// of points; a lot is what is left of what a document earned. A chain is an
// original document with its corrections. The home is the one store where a
// program's points are held, spent and lapse.
//
// # Laws
//
//  1. A cursor is never ahead of its effects: one page is one transaction.
//  2. Points are a function of state, not an increment: desired - posted = delta.
//  3. Entries are never updated or deleted.
//  4. The ERP is never written.
//  5. Documents are keyed by the ERP's primary key and type, never by number.
//  6. A missing document counts as deleted only after a complete scan of its
//     window and a look-up by key, and a run that would reverse more than a set
//     share of the points stops and asks.
//  7. No floats for money, quantities or points.
//  8. ERP stamps are wall clock, instants are UTC, business dates are dates;
//     clocks are passed in.
//  9. Every tick runs once or is recorded as missed; a run has a fenced lease.
//  10. A push may be repeated without harm.
//  11. No secret and no personal data in logs, errors, metrics or URLs.
//  12. Shown, simulated and posted points come from the same function.
//
// The place that keeps a law names its number in a comment.
package loyalty

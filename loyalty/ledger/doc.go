// Package ledger turns documents into movements of points.
//
// # What a page does
//
// [Ledger.Page] takes documents as they stand now and makes the ledger say what
// they say:
//
//  1. Documents whose content is as stored are left alone.
//  2. The chains of the others are completed: stored members from the store,
//     missing ones through the caller's Fetch.
//  3. Every chain is scored: desired points per document, line and rule.
//  4. desired - posted = delta. A delta of 0 writes nothing (law 2).
//  5. Deltas become movements between buckets, over lots and balances.
//  6. The guard judges what would be taken back (law 6).
//  7. Documents, entries, lots, balances and the cursor are committed in one
//     transaction, which checks the lease and that nothing moved meanwhile
//     (laws 1 and 9). If something did, the page is computed again.
//
// No transaction is open while anything is computed or fetched.
//
// # The chain
//
// An original and its corrections are one chain, in the order of document date
// and ERP key. With N(k) the original's lines netted with the released
// corrections up to the k-th, correction k gets R(N(k)) - R(N(k-1)), posted under
// its own key. R is one call of the rules, so points are rounded on what is left
// of the purchase, never on a return alone: a full return ends at exactly 0, and
// the order in which documents arrive cannot matter.
//
// A correction's line is netted with the line it names; without a name with the
// first line of the same item code; else it stands beside them.
//
//   - The original in the buffer: its points are pending; its corrections wait.
//   - The original waits to become active: so do they, see Activation.
//   - A correction in the buffer: what it adds is pending, what it takes back
//     waits for release.
//   - The original cancelled, deleted or without points: its corrections have
//     none either.
//   - A document that takes value back without naming an original is scored alone
//     on its absolute amounts, sign last; or, if the rules say so, it is matched line
//     by line with the newest sales of its items, and takes back what they gave.
//
// Taking part, the first day that counts, the rule set and the beneficiary are
// the original's. The rule set is pinned when any document of the chain first gets
// points, and changes only if the original's date does or another document becomes
// the original; so are the facts about the contractor that its conditions ask for,
// which change with the party too.
//
// Whether it is the first purchase of its account is such a fact too: no other original
// of the account has points when the chain is first scored, in the order of posting. A
// new date of the original leaves it. Which of several documents is the first depends
// on the order in which they are posted; what is promised whatever the order is for
// chains with the same pinned facts.
//
// # Caps
//
// What a chain may get of a cap is decided when it is first scored, in the order of
// posting, and pinned with it as its share: what others do later does not change it.
// If the chain grows, it takes more of what is left then; a return gives nothing back
// to the cap, so that undoing the return needs nothing from it; a document that no
// longer counts gives all of its share back. What is used is counted by rule, account
// and period in the transaction that pins the shares, and can be counted again from
// them.
//
// # Buckets and lots
//
//	           earn                activate
//	ISSUED ───────────> PENDING ───────────> ACTIVE
//	   │  earn                                ^
//	   ├──────────────────────────────────────┘     reverse: the way back to ISSUED
//	   └──> DEBT   earnings repay a debt first; a return nothing covers makes one
//
// A chain has one lot per account: what is left of its points, with the day they
// were earned and the last day they may be spent. A return takes from the
// chain's own lot, then from others in spend order, then becomes debt: it is
// never refused, so posted = desired always. A program may rather write off what the
// chain's own lot, or all lots, do not cover, ADJUST to ISSUED; if what was taken back is
// given anew, that comes back to nobody first. Debt and points that may be spent never
// stand side by side, which makes balances independent of the order of events, but for
// points that have lapsed.
//
// # Activation
//
// The points of a released document may wait, as the pinned rule set says: for a day,
// counted from the date of the chain's original, or for its payment. The whole chain
// waits with its original: what a correction adds is pending, and what it takes back
// reduces the pending points, so that nobody owes for what was never theirs. When the
// original waits no more, every page that meets it makes the chain active; it is kept
// with the original what it waits for, so that the days that have come, and what has not
// been paid, are found by an index and not in the history. A return without an original
// takes active points back at once: where nobody may owe, what they do not cover is
// written off, also while a sale of the same items waits.
//
// For days, what has become active stays so on whatever day a clock shows, as long as the
// original keeps its date. A payment that the ERP takes back makes the points pending
// again, as the ERP says so and not a clock: they are taken back as by a return, so what
// was spent of them is owed, and the next activation repays it.
//
// A change of the way is a change of the rules: it needs a rule set of a later date, and
// moves nothing that was posted.
//
// # Redemption
//
// A [Redeemer] holds points, ACTIVE to HELD, and posts, HELD to SPENT, or releases
// them; or spends them at once. It takes lots in spend order, one entry a lot, which
// names it: what is released or undone returns to the lots it came from, after what is
// owed, and has the last day it had. Everything is read, decided and written in one
// transaction of the only writer, so that as many as there are can be spent, and no
// more, whoever asks at once. A redemption is resolved once, by its state; one that
// nobody resolves in time is let go by whoever looks next.
//
// The part of a bill that was paid with points earns nothing, unless the rules say so:
// every award of the chain is multiplied by what is left of the original's gross. What
// was paid is read with the page and compared in its transaction; a redemption that
// comes later puts the document on the re-evaluate queue.
//
// # Merges
//
// Two contractors of a program may be one firm: [Adjuster.Merge] gives what one has to the
// other, by entries through ADJUST, one pair for each lot that has anything. Documents and
// lots stay whose they are; only who holds them changes, as long as the merge is in force.
// So entries of a document stand at the account that held it when they were posted, and
// count for the document's own account whenever they are compared with what it should
// have: no merge, and no way back, makes any document post anything. The holder spends
// the lots of both in one order, a return finds its chain's lot, pending points leave the
// lots of their own account alone. Debts of both are repaid from lots that may be spent,
// and the rest is the holder's. Limits of caps and first purchases are the holder's from
// then on.
//
// [Adjuster.Unmerge] gives back what is left of the lots that are the account's, also of
// those that its documents opened meanwhile, and what of its old debt is still owed. What
// the holder spent it has spent; undone later, it returns to the lots it came from, whoever
// has them then. An account that is merged has nobody merged into it, and no operations
// are begun with it, so there are neither chains nor circles.
//
// # Lapse
//
// A lot has the last day that the policy of its rule set gave it, and keeps it when
// the policy changes. Points past that day are worth nothing from the next on, posted
// or not: they are not available, and not taken for the return of another chain. A [Lapser] posts it, ACTIVE to LAPSED, one entry a lot, at the home
// of the program alone. A return of the chain takes lapsed points back like others,
// LAPSED to ISSUED, and costs the member nothing more. So balances do not depend on
// when, or whether, the job runs. Pending points do not lapse; when they become
// active after the last day, they do.
//
// # Recompute
//
// A [Recomputer] pins the originals of a period to a chosen version, page by page, and the
// same comparison of desired and posted gives the entries. What they were pinned to is kept
// in the transaction of the page. Facts that the old version asked for stay, others are as
// they are now; shares of caps are given back and taken anew; returns stay matched. Undone,
// the pins are put back, and the entries follow from that. Before that is begun, accounts
// that have less than it would take back are named; who spends while it runs owes, as after
// a return.
//
// # Closed periods
//
// A period that is closed keeps what moved in it and what was owed at its end. It locks
// nothing: posted = desired for documents of its days too. An entry that came after it was
// closed keeps its day, which decides the rules, the lot and the last day, and counts in
// the books in the first period that was open then. So totals of periods and statements
// that were given out stay as they were, and balances are right.
package ledger

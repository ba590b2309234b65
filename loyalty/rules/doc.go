// Package rules turns a sale into points. It is pure: no clock, no storage, no
// network; the same rule set and the same sale give the same awards for ever.
//
//	set, faults := rules.Compile(ruleSet)
//	awards := set.Score(sale)       // points by rule and line
//	why := set.Explain(sale)        // the same scoring, told as data
//	fmt.Print(why.Words("pl"))
//
// # Laws kept here
//
//   - Law 2: points are a function of the sale and the rule set, of nothing else,
//     and do not depend on the order of lines.
//   - Law 7: amounts, quantities and points are exact. A share is a fraction of
//     whole numbers until it is rounded, once.
//   - Law 12: Score and Explain run one function; Explain only adds a recorder.
//
// # What a rule gives
//
// A rule looks at the lines of the whole bill, at items by code, or at an item
// group of the sale's source; a condition may leave some of them out. Deposits,
// components of sets and what the program excludes earn under no rule; goods,
// services and charges such as freight do. It adds up one measure of these lines
// (gross, net or quantity) and gives
//
//	measure / per * points
//
// points, a fraction, brought to the program's decimals by its rounding mode.
// There are no steps: 3 points for every 100 make 4 of 150 (4.5 rounded down),
// not 3. Rounding works on the size, the sign comes last.
//
// With calculate_on quantity_slab a rule gives by slabs of quantity instead, of
// each line or of its lines together. Graduated, each slab gives for the units
// within it; flat, the slab reached gives for all of them. Slabs that begin at 1
// count units: "from 6" gives for what is above five, and is reached, flat, by
// six. Slabs that begin at 0 cut the quantity itself: "from 2.5" gives for what
// is above 2.5. Slabs over a document are found for the sum of the lines that the
// rule has, and the lines share what it brings by their quantities.
//
// A rule may say the points of single items, in a table with days or by an
// expression on the line: then the measure counts times the points of the item,
// over the item's own per or the rule's. A line whose item has none is not one
// that the rule is about.
//
// Rounded per document, the sum is rounded once and spread over the lines: each
// gets its share rounded down, and what is left goes in single units to the
// lines with the largest remainders, ties by line number, then ID. Rounded per
// line, each line is rounded by itself. Either way, a rule whose lines come to
// less than nothing, because more is returned than bought, gives nothing.
//
// Multipliers whose conditions hold multiply the measure's points, all of them,
// before any rounding. A rule with a limit gives a document no more than that;
// its lines share the limit as they would have shared the whole.
//
// A rule is silent outside its dates (both days count), when its condition does
// not hold, and below its minimum, which is compared with the gross or net sum of
// all lines, deposits included, or of the lines the rule is about. A rule whose
// condition cannot be evaluated for a sale gives nothing, a multiplier multiplies
// nothing; for a line, be the condition the rule's own or that of what is
// excluded, the line earns nothing. The explanation says so. A sale in another
// currency than the program's gets nothing, or, where the rule set says so, counts
// by the document's own rate, exactly and before any rounding. A rule that would
// give a sale more than 10^15 smallest units gives nothing and says so: that is a
// slip of the keyboard, and sums of points have to stay countable.
//
// # Several rules
//
// Under "sum" every rule counts every line it is about. Under "best" and "first"
// a line counts for one rule only: under best for the rule in which the line's
// exact share, before rounding, is the largest, ties to the earlier rule; under
// first for the earliest rule in which it has any share. Only rules within
// their dates and minimum compete. Each rule then adds up and rounds the lines
// it has: a line keeps its rule even when that rule's sum rounds to nothing. Under
// "exclusive" the whole document counts for one rule, the one that gives it the
// most points, rounded and limited as they are; ties to the earlier rule.
//
// # Returns
//
// A correction that names its original is no matter of this package: the ledger
// nets the chain line by line and scores it as one sale. A return without an
// original ([Sale].Return) has negative amounts; it is scored on their size,
// minimums are ignored, the fraction is dropped whatever the rounding mode, and
// the sign is put back.
//
// Limits are ignored too; conditions and multipliers hold as for a purchase.
//
// # Conditions
//
// The package knows no language: [Conditions] compile what administrators write.
// A condition on a sale may ask for facts of the document and for facts about the
// contractor. The latter change, so the ledger keeps those that [Set.Needed] names
// with the chain when it first gets points, and always scores it by these.
//
// # Numbers
//
// All amounts of a sale are whole numbers at one scale, all factors of a rule
// set have one denominator. They are machine words, with products of 128 bits,
// as long as they fit, and big integers from then on; the type num hides which.
package rules

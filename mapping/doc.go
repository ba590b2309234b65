// Package mapping turns the records of an ERP into what the loyalty core works
// on: who takes part and since when, whose document it is, on which date it
// counts, in which unit and through which channel.
//
// # Laws kept here
//
//   - Law 2: everything is a function of the record and the configuration.
//     There is no I/O, no clock and no memory between calls, so a record read
//     twice gives the same result and the same hash.
//   - Law 5: documents and contractors go by the ERP's keys. Codes, which people
//     may edit, occur only in the configuration and are resolved to keys here.
//   - Law 7: amounts and quantities stay exact decimals; 1.5 and 1.50 are equal
//     also to a hash.
//   - Law 8: business dates are dates without a zone; the time of a document is moved
//     from the ERP's clock to that of the program, its date stays.
//   - Law 11: errors name the source and the key of a record, never what the
//     record holds.
//
// # How it works
//
// Compile checks a Config and returns every fault in it, by path and position,
// or a Mapping whose methods may be called by several goroutines at once:
//
//	Participation   takes a contractor part, since when, who gets the points
//	Contractor      the contractor as panels see it, with a hash of its content
//	Representative  the same for the people who sign in
//	Document        an invoice with its lines, ready to be scored
//
// A document's party is the contractor whose taking part decides. The
// beneficiary of that contractor's participation gets the points, whether or not
// the beneficiary takes part, and only one step far: overrides do not chain.
//
// Hashes tell whether anything that matters has changed. They leave out what
// makes noise in an ERP: change stamps, digests, the order of attributes,
// trailing zeros, padding, and payment unless Config.HashPaid asks for it.
// Fingerprints tell whether the configuration itself has changed in a way that
// asks for contractors or documents to be evaluated again.
//
// Conditions are written in the language of package expression.
package mapping

// Package wire is what travels between this ledger and a platform: the records,
// their keys, the signature, and the batches that the outbox hands to a client.
// It is pure, so that the store, the client and the receiving API share it
// without knowing each other.
//
// # The calls
//
// POST {base}/v1/sync/{contractors,representatives,points,accounts} with a
// [Request] of at most [MaxItems] items; the answer is a [Response] with one
// [Result] per item, in any order. An answer that is not 200 carries a [Problem].
// Amounts and points are decimal text, dates 2006-01-02.
//
// # Laws kept here
//
//   - Law 7: amounts are text and are never read into a float.
//   - Law 10: a points item's ID is made of what never changes about its entry
//     ([PointsID]), and the key of a call of nothing but the IDs and versions in
//     it ([IdempotencyKey]), so a repetition is recognised however late it comes.
//   - Law 11: [Contractor] and [Representative] know which of their values are
//     personal, so that a platform's words can be cleaned before they are kept.
package wire

// Package platform sends what the ledger has to platforms: a remote panel, or
// anything that speaks the calls of package wire.
//
// # How a delivery travels
//
//	Outbox ──batch──> Drainer ──call──> Sender (Client over HTTP) ──> platform
//	   ^                 │
//	   └── progress: position, delivered items, dead letters, at once
//
// Points are not queued: the entries of the ledger are the queue, and a platform
// has a position in them. [Drainer.Drain] goes through contractors,
// representatives, points and accounts, each in its order, so a contractor's
// movements arrive in the order in which they were posted. A program whose home
// is this ledger has nothing to send to the embedded panel: the same tables are
// read there, and delivery is an acknowledgement that moves the position.
//
// # What answers mean
//
//	200            every item has its own result; a rejected one becomes a dead letter
//	400, 413, 422  the batch is halved until the bad item is found: a dead letter
//	401, 403, 404, 405, 410, 3xx, another 409, certificates
//	               ErrBlocked: nothing is given up, tried again at the next tick
//	409 in_progress, 429, 503, everything else, no answer
//	               retried with a capped, jittered, growing pause, or after what
//	               Retry-After says (10 minutes at most); then ErrUnavailable
//
// A dead letter holds nothing else back. It is sent again when someone asks for
// it (requeue), alone, with the ID it always had.
//
// # After a backup was put back
//
// What was sent after the backup is on the platforms and no longer in the ledger.
// Before anything else, a [Reconciler] asks a platform which items it has (GET on the
// address of points), and sends repairs of those that differ: an item that the ledger
// has not is taken back, one that was taken back before and is in the ledger again is
// given again. Items are told by their IDs, which name the epoch of the store in which
// they were posted, and a repair's ID is the item's with a number. What to send follows
// from what is there and nothing else, so it may be broken off and repeated. Then
// everything is sent again: points under the IDs they had, people and balances with
// versions of the new epoch, above all that were sent before. A platform that cannot
// tell gets nothing until a person has accepted what it has.
//
// # Reconciling
//
// A [Comparer] asks the same question at any time: what a platform has of a feed, against
// what is recorded as taken by it. To mend, it sends the same repairs, and once more, under
// the IDs they have, items that the platform lost. Items of this epoch that the ledger does
// not have are taken back only within the guard's share; those of a later one never. What a
// platform has with other content under the same ID is told, and left to a person.
//
// # Laws kept here
//
//   - Law 1: the position moves only after the platform has answered for
//     everything before it, in one transaction with the dead letters. A batch is
//     recorded while the next one is on its way, so a crash makes at most two
//     batches travel again.
//   - Law 10: a call's Idempotency-Key is made of the IDs and versions in it,
//     and is the same on every retry; only the signature's time is fresh.
//   - Law 11: errors name the platform, the status and codes, never the address'
//     query, a token, a key, a body, or a value of an item. Redirects are not
//     followed, so a token goes nowhere but to the configured address, and that
//     is https unless it is this machine.
package platform

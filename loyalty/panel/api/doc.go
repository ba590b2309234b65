// Package api is what other programs ask of a program's home: ledgers, each beside its
// ERP, push contractors, representatives and points to it, and tills spend the points.
//
// # Addresses
//
//	POST /api/v1/sync/contractors      stored, and shown in the panel
//	POST /api/v1/sync/representatives  stored
//	POST /api/v1/sync/points           posted to the ledger, each item once
//	GET  /api/v1/sync/points           told again, to a sender that put a backup back
//	POST /api/v1/sync/accounts         accepted and ignored: a home has its own balances
//	PUT  /api/v1/tiers                 kept, for rules that ask for them
//	POST /api/v1/pos/balance           what a contractor may spend, and its worth in money
//	POST /api/v1/pos/redemptions       points are held for a bill, or spent at once
//	GET  /api/v1/pos/redemptions/{id}  as it is now; …/post, …/void and …/undo resolve it
//	GET  /api/openapi.json             describes the above
//
// # Who may call
//
// An [Agent] has a token for one program, rights, and a signing key if it is to sign: one
// that pushes spends nothing, and a till pushes nothing. A source that this store reads
// itself is not for agents. Answers to strangers say nothing but that.
//
//	401  no or another token, no or another signature     403  another program, no right
//	400  not JSON, no source                              413  over 8 MiB, too many items
//	409  a source of this store, or another program's settings
//	422  a till sent a value that is missing or wrong     404  no such redemption or contractor
//	503  try again
//
// To a till, 409 is the answer "no" with a [loyalty.Refusal] as its code, or ambiguous:
// several contractors are meant. It says neither who, nor how many.
//
// An item that is malformed is rejected by itself, with a code; the others are
// kept. Unknown fields are ignored, so that senders may be newer.
//
// # Laws kept here
//
//   - Law 10: what is received twice counts once: points by their ID, people by
//     their version, redemptions by their key. The Idempotency-Key of a call is
//     looked at, not remembered.
//   - Law 11: answers and logs repeat no value of an item, no token and no key. Who a
//     till asks about stands in bodies, never in an address, and no answer says a name.
package api

// Package api is the receiving side of a program's home: other ledgers, each
// beside its ERP, push contractors, representatives and points to it.
//
// # Addresses
//
//	POST /api/v1/sync/contractors      stored, and shown in the panel
//	POST /api/v1/sync/representatives  stored
//	POST /api/v1/sync/points           posted to the ledger, each item once
//	POST /api/v1/sync/accounts         accepted and ignored: a home has its own balances
//	GET  /api/openapi.json             describes the above
//
// # Who may push
//
// An [Agent] has a token for one program, and a signing key if it is to sign. A
// source that this store reads itself is not for agents. Answers to strangers
// say nothing but that.
//
//	401  no or another token, no or another signature     403  another program
//	400  not JSON, no source                              413  over 8 MiB or 500 items
//	409  a source of this store, or another program's settings
//	503  try again
//
// An item that is malformed is rejected by itself, with a code; the others are
// kept. Unknown fields are ignored, so that senders may be newer.
//
// # Laws kept here
//
//   - Law 10: what is received twice counts once: points by their ID, people by
//     their version. The Idempotency-Key of a call is looked at, not remembered.
//   - Law 11: answers and logs repeat no value of an item, no token and no key.
package api

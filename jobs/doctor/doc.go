// Package doctor tells an administrator whether the work can be done, before it
// is: what was looked at, what is wrong with it, and what cures it.
//
// An [Examination] looks at one subject: a source, a platform, the store, the
// configuration. [Run] makes them all at the same time, each step within its own
// limit, so one that hangs keeps none of the others from being told, and hands
// the subjects over in their order. What is [connectors.Broken] is a fault: a run
// would fail, or would be wrong. A remark is worth reading and stops nothing.
//
// How a source is looked at, each step only when the one before allows it: a
// probe before the login (the connector's), the login, the check that begins
// every run, the connector's examination of the data, then everybody in it once,
// by pages, for what the mapping makes of them.
//
// # What is looked at how
//
//   - The source's clock is compared in the zone of its stamps. A minute apart is
//     a remark; three quarters of an hour a fault, and whole quarters of an hour
//     are taken for another zone. When the server's own zone explains it, it is a
//     remark alone: stamps may rightly be in that zone.
//   - Codes that the configuration names and no contractor has are faults: what
//     the file says cannot be done.
//   - A store that is not there yet is fine. Its structure is read as a whole
//     only as far as the limit of a step goes.
//
// # Words
//
// A finding carries a code and the figures in it; [Words] says it in the reader's
// language. Findings of connectors without a code are shown as they are, in
// English.
//
// # Laws kept here
//
//   - Law 4: the ERP is only read; a login that could write is a fault unless the
//     source allows it.
//   - Law 8: clocks are passed in.
//   - Law 11: contractors are named by code and key, never otherwise; no finding
//     holds a secret.
package doctor

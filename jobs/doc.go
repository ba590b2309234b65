// Package jobs does the work on a schedule: it knows when a job is due, runs it
// once under a lease, remembers what became of it, and tells a person when one
// must act. The kinds of jobs are tasks beside the machinery: contractors,
// points, sweep, activate, lapse, reconcile and backup.
//
// # How it works
//
// A [Definition] is what an administrator or operator writes. [Definition.Schedule]
// makes a [Schedule] of it, a pure function from an instant to the next tick. For
// each job the store keeps a horizon: every tick up to it has run or is recorded
// as missed. The [Scheduler] looks at the ticks between the horizon and now,
// decides (in ticks.go, without any I/O) which one runs and which are missed, and
// writes both together with the new horizon in one transaction that fails when
// somebody else moved the horizon. A tick that runs, like a run that a person
// asks for, becomes a queued row; whoever serves starts queued rows, oldest
// first, once their lease is free.
//
// gocron keeps the timers and does nothing else: it wakes the scheduler, which
// also looks at the wall clock by itself every second, so sleep and stepped
// clocks delay nothing. Several processes may serve one store.
//
// The [Runner] executes one run: lease, task, retries, timeout, end. A heartbeat
// renews the lease, saves the progress and sees a wish to stop. [Service] is what
// commands and screens use; it changes the store, and whoever serves notices.
//
// # A run
//
//	         queue            lease free           task returns
//	(tick) ─────────> queued ───────────> running ─────────────> succeeded
//	(person)            │                    │  ├─ error ────────> failed
//	                    ├─ cancel ─┐         │  ├─ guard ────────> guarded ── reject ─> rejected
//	                    v          v cancel  │  │                     └─ approve ─> a new queued run
//	                  missed   cancelled <───┘  └─ stop, crash ──> interrupted
//
// A stop of the [Scheduler] takes 18 s at most: for a quarter of it runs may end by
// themselves, then each finishes and commits its page. What hangs beyond that counts
// as crashed at the next start.
//
// # Points that wait
//
// A job of the kind activate makes points active whose waiting is over, best daily and
// before lapse. It looks at the documents that wait and at no others: those whose day has
// come it scores again as they are stored; those that are not paid it reads from the ERP
// by key, page by page, because a payment need not touch the stamp that passes read by. A
// points job activates what it meets on its way. Each does nothing where the other was.
//
// # Merges in the ERP
//
// Contractors that the ERP has merged are only proposed ([store.Store.MergeProposals]). The
// contractors job keeps what a source says (connectors.Contractor.MergedInto); one that a
// merge removed leaves with its name. Where a source says nothing, the page that finds a
// document with another contractor notes whose it was, in its transaction: a merge moves
// all documents of one to the other, mostly without a new stamp, so that a sweep sees it.
//
// # Reconciling
//
// A run of the kind reconcile works on a throw-away copy of the store. There it does what
// the points job would do, which is no difference, then takes all documents of its window
// as the ERP has them, whatever is stored (law 12: the code that posts). The entries that
// this posts on the copy are the difference. Documents that the ERP does not list are looked
// up by key, as a sweep does (law 6). To mend, the chains of the documents that differ, and
// those that are gone, are read once more and posted on the store, page by page under the
// run's lease and guard.
//
// # What errors mean for a job
//
// [Classify] decides. Transient failures are tried again within the run, then
// later ticks wait, from a minute up to an hour; they never pause a job, and one
// whose next tick is far away is tried again before it. What a person must mend
// (login, settings, another database) pauses it at once and tells somebody; tables
// that are not as expected do so at a job that never worked, and at another only
// when they stay so for hours, because an ERP takes its tables away while it
// converts its database. A success, also of a run by hand, ends such a pause. A
// guarded run waits for approval; until then ticks are recorded as missed. A
// blocked platform alone ([DeliveryError]) makes a run a failed one, and holds no
// tick up: reading goes on, and each run tries the platform again.
//
// # Laws kept here
//
//   - Law 9: every tick runs once or is recorded as missed, misses in a row as one
//     row with a count; a run has a fenced lease. Jobs of one source and program
//     share the lease, whatever their names. The token grows with every taking;
//     commits compare it, so a process that slept through its lease writes
//     nothing.
//   - Law 8: local times are of the configuration's zone. A local time inside the
//     gap of summer time runs when the gap ends, one that happens twice runs the
//     first time. Seconds, minutes and hours count from a stored instant in
//     absolute time, whole days in local time; a changed zone moves no stored
//     instant.
//   - Law 11: runs, logs, metrics and alerts name jobs, sources and runs, never
//     people; the address of the webhook is in no error.
//
// # What to know when changing it
//
// Rows of the run ledger may stand for several ticks: missed ones in a row, and
// idle runs of the same hour, which fold into the newest. A clock that was set
// back by more than five minutes sets the horizon back with it; a tick that ran
// does not run again. What a clock that was ahead left in the future holds nothing
// up: a backoff of more than an hour is ignored, and intervals without starting
// count from now again. A job whose schedule is changed begins anew: what was due
// before belongs to the old schedule.
package jobs

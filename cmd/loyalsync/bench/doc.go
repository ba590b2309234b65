// Package bench measures the program against plain ways of doing the same, side
// by side in one run, so that its figures can be repeated on any machine: only
// ratios are compared, never times of different machines.
//
// The data set is made inside an empty PostgreSQL database, in a schema of the
// bench's own that a comment marks; a database that holds anything else is refused
// before anything is written. Runs are those of the command run, each in a process
// of its own over a folder with a configuration, so that the bench itself counts
// neither as time nor as memory. What they post is compared, contractor by
// contractor, with what one hand-written statement computes from the same rows.
package bench

// Package jobs runs things on a schedule: it knows when a job is due, runs it
// once, remembers what happened, and tells a person when one must act.
package jobs

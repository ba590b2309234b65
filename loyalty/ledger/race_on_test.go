//go:build race

package ledger_test

// histories is how many random histories are played: fewer under the race detector,
// which makes SQLite some thirty times slower.
const histories = "8"

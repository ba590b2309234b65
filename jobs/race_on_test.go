//go:build race

package jobs

// histories is how many random histories of an ERP are played: fewer under the
// race detector, which makes SQLite some thirty times slower.
const histories = "5"

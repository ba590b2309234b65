//go:build !race

package ledger_test

// histories is how many random histories are played.
const histories = "100"

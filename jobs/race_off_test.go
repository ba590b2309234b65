//go:build !race

package jobs

// histories is how many random histories of an ERP are played.
const histories = "100"

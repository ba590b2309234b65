//go:build !race

package main

// slowness is how much work a slowed row is, in rows that SQLite makes up.
const slowness = 15000

// racing says whether the race detector is on.
const racing = false

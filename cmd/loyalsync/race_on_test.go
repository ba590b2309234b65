//go:build race

package main

// slowness is how much work a slowed row is: less under the race detector, which makes
// SQLite some thirty times slower.
const slowness = 1000

// racing says whether the race detector is on.
const racing = true

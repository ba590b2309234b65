package loyalty

// Lease is the right of one run to write a feed, or of one process to serve.
// Token grows with every taking and is the fence: whoever commits under a lease
// compares it, inside the same transaction, with the token the store holds, and
// writes nothing when they differ (ErrLeaseLost, law 9).
type Lease struct {
	Name  string
	Token int64
}

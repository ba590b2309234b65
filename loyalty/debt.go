package loyalty

// DebtPolicy says what a program does with points that are taken back after they were
// spent. What the chain itself still has, active or lapsed, always goes first, and a
// return is never refused.
type DebtPolicy string

// The policies.
const (
	// DebtUnlimited takes the rest from the account's other points, then it is owed and
	// repaid by what is earned next. "" is the same.
	DebtUnlimited DebtPolicy = "unlimited"
	// DebtWithinBalance takes the rest from the account's other points, and writes off
	// what they do not cover.
	DebtWithinBalance DebtPolicy = "within_balance"
	// DebtPendingOnly takes nothing else: points of other documents are safe once they
	// are active, and the rest is written off.
	DebtPendingOnly DebtPolicy = "pending_only"
)

package loyalty

// Statement is what happened to a contractor's points in a period of document dates.
// What was found after its own period was closed is in the first one that was open then.
// Points that are pending are not in it.
type Statement struct {
	From, To Date // inclusive
	// Opening and Closing are what may be spent and what is reserved, less what is owed,
	// at the end of the day before From and of To. Opening and the lines come to Closing.
	Opening, Closing Points
	Totals           StatementTotals
	Lines            []StatementLine // by day
}

// StatementTotals sum up the lines. Points that left are negative.
type StatementTotals struct {
	Earned, Reversed, Spent, Adjusted, Lapsed Points
}

// StatementKind is why points changed.
type StatementKind string

// The kinds of lines.
const (
	StatementEarned   StatementKind = "earned"
	StatementReversed StatementKind = "reversed"
	StatementSpent    StatementKind = "spent"    // or came back, when it was undone
	StatementAdjusted StatementKind = "adjusted" // by hand, opening balances and transfers too
	StatementLapsed   StatementKind = "lapsed"
)

// StatementLine is one document, operation or day of lapsing.
type StatementLine struct {
	// On is the day of the document or operation, or the first after the closed period that
	// it Concerns; of lapsed points the first day without them.
	On       Date
	Concerns Date // the day of what was found after its period was closed; else NoDate
	Kind     StatementKind
	Number   string // of the document, or of the bill that was paid; "" for none
	Reason   string // of what was done by hand
	Points   Points
}

// Add adds a line and its points to the totals.
func (s *Statement) Add(l StatementLine) {
	s.Lines = append(s.Lines, l)
	switch t := &s.Totals; l.Kind {
	case StatementEarned:
		t.Earned += l.Points
	case StatementReversed:
		t.Reversed += l.Points
	case StatementSpent:
		t.Spent += l.Points
	case StatementAdjusted:
		t.Adjusted += l.Points
	case StatementLapsed:
		t.Lapsed += l.Points
	}
}

// Sum is what all lines come to.
func (t StatementTotals) Sum() Points { return t.Earned + t.Reversed + t.Spent + t.Adjusted + t.Lapsed }

// Statement is the kind of line that an entry belongs to.
func (k EntryKind) Statement() StatementKind {
	switch k {
	case Earn, Activate:
		return StatementEarned
	case Reverse:
		return StatementReversed
	case Hold, Release, Spend, Undo:
		return StatementSpent
	case Adjustment, Transferring:
		return StatementAdjusted
	case Lapsing:
	}
	return StatementLapsed
}

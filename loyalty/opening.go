package loyalty

// OpeningBalance is points that a contractor had before the program was kept here: a lot
// of its own.
type OpeningBalance struct {
	Contractor string // code or ERP key
	Points     Points
	EarnedOn   Date
	LapsesOn   Date // NoDate is never
	// ByPolicy says that nobody wrote the last day: it stays the same balance when the
	// policy changes.
	ByPolicy bool
}

// OpeningOutcome is what became of an opening balance.
type OpeningOutcome string

// The outcomes.
const (
	OpeningPosted    OpeningOutcome = "posted"
	OpeningKnown     OpeningOutcome = "known"     // the same was taken over before
	OpeningUnknown   OpeningOutcome = "unknown"   // no contractor of the program has the code or key
	OpeningAmbiguous OpeningOutcome = "ambiguous" // several have it
)

// Failed says whether nobody can get the points.
func (o OpeningOutcome) Failed() bool { return o == OpeningUnknown || o == OpeningAmbiguous }

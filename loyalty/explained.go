package loyalty

// LotOverview is a lot with what it came from.
type LotOverview struct {
	Lot
	// Number, or Key, is of the chain's original; both are "" for points of an operation.
	Number    string
	Key       Key
	Operation Operation // that gave the points, its ID 0 for none
}

// EntryOverview is an entry with everything that it refers to.
type EntryOverview struct {
	PostedEntry
	Contractor string // code of the one whose account it is
	Source     string
	Program    ProgramOverview
	// Number and Key are of the document; "" for an entry of an operation.
	Number    string
	Key       Key
	Operation Operation // its ID is 0 for an entry of a document
	Rule      string    // "" for none
	ValidFrom Date      // of the version of the rules; NoDate for none
	Lot       Lot       // that it moved points of, its ID 0 if that cannot be told
	Block     int64     // of the program, that proves it; 0 while none does
	Hash      string
	Reversed  []int64 // entries that say they are about this one
}

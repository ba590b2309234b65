package loyalty

// KnownContractor is what the store remembers of a contractor, to tell whether
// anything about it has changed.
type KnownContractor struct {
	Member
	Hash string
}

// ContractorChange is a contractor as it now stands, with what was decided about
// it. Today is the business day on which that was noticed.
type ContractorChange struct {
	Contractor
	Participation
	Today Date
	// Keep stores name and contacts although the contractor does not take part:
	// it gets the points of another.
	Keep bool
	// Gone contractors are no longer in the ERP: only Key is known of them, and
	// what is stored stays.
	Gone bool
}

// PeopleResult counts what a page of contractors changed.
type PeopleResult struct {
	Changed int // contractors or representatives written
	Joined  int
	Left    int
	Queued  int // documents to be computed again
}

// StoredKey is a stored document as a sweep compares it.
type StoredKey struct {
	ID     int64
	Key    Key
	Digest string
	State  State
	Reason Reason
}

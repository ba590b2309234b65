package loyalty

// ReceivedItem is a movement of points that another ledger sent to this home,
// by the ID it has for ever (law 10).
type ReceivedItem struct {
	ID          string
	Fingerprint string // of what never changes about it
	Document    string // its document's ID, as sent
	Of          string // the item it is about, "" for none
	// Entry is what it became: an entry's ID, -1-i for the entry at place i of
	// the page, or 0 while it waits for what it is about.
	Entry  int64
	Body   string // as received, while it waits
	Points Points
}

// ReceivingIDs are the rows that received movements refer to, made when they
// were missing.
type ReceivingIDs struct {
	Accounts map[string]int64 // by contractor key
	Rules    map[string]int64 // by name
}

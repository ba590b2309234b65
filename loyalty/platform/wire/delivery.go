package wire

import "github.com/loyalsync/loyalsync/loyalty"

// Queue is everything of one kind that a feed has for a platform. Its items go
// out in the order of their positions.
type Queue struct {
	Platform string
	Feed     loyalty.Feed
	Kind     Kind
}

// Outgoing is one item on its way to a platform.
type Outgoing struct {
	ID       string
	Version  int64 // 0 for points: an entry never changes
	Position int64 // in the queue: entry, version of a person, or sequence of an account
	Ref      int64 // the row it was made of: entry, contractor, representative or account
	Account  int64 // whose points or balance it is, 0 for people
	Body     any   // Contractor, Representative, Movement or Account
	// JSON is the body as it travels, once Encode has made it.
	JSON []byte
}

// Batch is what comes next in a queue. Through is the position once all of it
// is delivered; it may be beyond the last item when what lies between does not
// belong to the queue.
type Batch struct {
	Items   []Outgoing
	Through int64
}

// Letter is an item that the platform will not take. It is kept until someone
// asks for it to be sent again.
type Letter struct {
	Item    Outgoing
	Code    string
	Message string // the platform's words, cleaned of personal data and cut
}

// Progress is what a batch came to, to be recorded at once and whole: delivered
// items, letters and position. Through 0 leaves the position where it is; a
// position never goes back.
type Progress struct {
	Through   int64
	Delivered []Outgoing
	Dead      []Letter
}

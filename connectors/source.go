package connectors

import (
	"context"
	"time"
)

// Position is where a listing goes on. It is opaque to everyone but the
// connector that made it, survives being stored as text, and "" is the start.
type Position string

// Stamp is an instant of the ERP's wall clock in the ERP's zone, as fixed-width
// text "2006-01-02T15:04:05.000000", so that stamps sort as text. "" is before
// every stamp.
type Stamp string

// StampLayout is the layout of a Stamp for package time.
const StampLayout = "2006-01-02T15:04:05.000000"

// NewStamp returns the stamp that shows the wall clock of t, whatever its zone.
func NewStamp(t time.Time) Stamp { return Stamp(t.Format(StampLayout)) }

// Add moves a stamp by d on the wall clock, without regard to any change of
// summer time: stamps carry no offset. "" stays "".
func (s Stamp) Add(d time.Duration) Stamp {
	t, err := time.Parse(StampLayout, string(s))
	if err != nil {
		return ""
	}
	return NewStamp(t.Add(d))
}

// Range is one pass over changed records.
type Range struct {
	Floor   Stamp    // inclusive; "" reads from the beginning
	Ceiling Stamp    // inclusive
	After   Position // "" starts the pass
}

// Page is one read: records, and where the listing goes on.
type Page[T any] struct {
	Items []T
	Next  Position // where to go on; equal to the asked position when nothing was read
	Done  bool     // nothing more in this listing
}

// People lists who may take part. Both listings are complete and in key order;
// they carry no change stamp, because not every ERP stamps attributes and
// consents: the caller compares content.
type People interface {
	// Contractors returns at most limit contractors after a position.
	Contractors(ctx context.Context, after Position, limit int) (Page[Contractor], error)
	// Representatives returns at most limit representatives after a position.
	Representatives(ctx context.Context, after Position, limit int) (Page[Representative], error)
	// ContractorsByKey returns those of the given keys that exist, in any order. One
	// that a merge removed may come back with nothing but its key and MergedInto.
	ContractorsByKey(ctx context.Context, keys []string) ([]Contractor, error)
}

// Invoices reads sales documents with their lines, in every state.
type Invoices interface {
	// Now returns the database's clock as the ERP would stamp a row.
	Now(ctx context.Context) (Stamp, error)
	// Invoices returns at most limit documents of a pass, ordered by (stamp, key).
	Invoices(ctx context.Context, r Range, limit int) (Page[Invoice], error)
	// InvoicesByKey returns those of the given documents that exist, in any order.
	// It applies no filter of class, type or tenant: a document outside the
	// filter comes back with OutOfScope set. The Type of a key may be empty.
	InvoicesByKey(ctx context.Context, keys []InvoiceKey) ([]Invoice, error)
	// Keys lists the documents of the filter issued on from or later, in key
	// order, with the digest that Invoices gives for the same row.
	Keys(ctx context.Context, from Date, after Position, limit int) (Page[KeyDigest], error)
}

// Checker tells what a source is before anything is read from it.
type Checker interface {
	// Check asks the server who it is, whether the login may write, and whether
	// the tables and columns needed are there. Every run begins with it, so it
	// reads nothing that grows with history.
	Check(ctx context.Context) (Report, error)
}

// Examiner looks at what only a doctor asks: it may read a table once.
type Examiner interface {
	// Examine reports on the data: the first and the last document, stamps in the
	// future, an index on the stamp, states that are not known. An error is for
	// what could not be asked at all.
	Examine(ctx context.Context) ([]Finding, error)
}

// Source reads one ERP database. It never writes to it. Its methods may be
// called at the same time. Errors match one of the sentinels of this package.
type Source interface {
	People
	Invoices
	Checker
	// Close releases the connections. Closing twice is not an error.
	Close() error
}

// Report is what Check found.
type Report struct {
	Server   string    // the server's own name and version
	Product  string    // the ERP recognised, for example "ADempiere"
	Version  string    // of the ERP's database, "" when it does not say
	Encoding string    // collation and code page of its texts, as the server names them
	Identity string    // what makes this database this database; compared with the one stored at the first run
	Zone     string    // the zone the server says it is in, "" when it does not say
	Now      Stamp     // the server's clock
	Writable []string  // tables the login may write, empty for a right login
	Missing  []string  // "table" or "table.column" needed and not there
	Warnings []Warning // worth telling, no reason to stop
}

// Warning is a remark about a source, with what to do about it.
type Warning struct{ Message, Hint string }

// Condition is how a Finding turned out.
type Condition string

// The conditions of a Finding.
const (
	Fine    Condition = "ok"
	Remark  Condition = "warning" // worth telling, no reason to stop
	Broken  Condition = "fault"   // a run would fail, or would be wrong
	Skipped Condition = "skipped" // not asked, because something before it is broken
)

// Finding is one thing that a doctor has looked at. Like errors, it holds no
// password and no personal data (law 11).
type Finding struct {
	Check     string // what was looked at, a stable name such as "resolve", "port", "login"
	Condition Condition
	Code      string            // names Message for readers of other languages, who fill in Data; "" when nobody translates it
	Message   string            // in English
	Hint      string            // what to do, for Remark and Broken
	Data      map[string]string // the figures and names in Message, for programs
}

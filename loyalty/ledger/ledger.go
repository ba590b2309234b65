package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// Store is what the ledger needs of the place it is kept in.
type Store interface {
	// PageState returns the stored documents with these keys, the documents of
	// the chains that they are the originals of, and what was posted for any.
	PageState(ctx context.Context, feed loyalty.Feed, keys []loyalty.Key) (loyalty.PageState, error)
	// Members returns the contractors with these keys, as far as they are known.
	Members(ctx context.Context, feed loyalty.Feed, keys []string) (map[string]loyalty.Member, error)
	// Balances returns the balances of accounts, as far as they exist.
	Balances(ctx context.Context, accounts []int64) (map[int64]loyalty.Balance, error)
	// Lots returns the lots of these documents and, of each account in need, other
	// lots with points that may be spent today, in spend order until the need is
	// covered.
	Lots(ctx context.Context, documents []int64, need map[int64]loyalty.Points, today loyalty.Date) ([]loyalty.Lot, error)
	// Groups returns those of accounts that are merged with others, with all that are
	// held together with them.
	Groups(ctx context.Context, accounts []int64) (loyalty.Groups, error)
	// CapUses returns what is used of caps, as far as anything is.
	CapUses(ctx context.Context, program int64, uses []loyalty.CapUse) (map[loyalty.CapUse]loyalty.Points, error)
	// Sales returns the keys of scored sales of contractors, those of each the newest
	// first: limit of them after the first skip.
	Sales(ctx context.Context, feed loyalty.Feed, of []loyalty.SalesOf, skip, limit int) ([]loyalty.Key, error)
	// PaidBills returns what was paid with points of bills with these numbers, by number,
	// then account.
	PaidBills(ctx context.Context, program int64, numbers []string) ([]loyalty.PaidBill, error)
	// Post commits a page. It returns loyalty.ErrStale when the feed's version, an
	// account or what was paid of a bill has moved on, and loyalty.ErrLeaseLost for a
	// lost lease.
	Post(ctx context.Context, page loyalty.PageWrite) error
}

// Config is what one program's ledger is made of.
type Config struct {
	Store    Store
	Feed     loyalty.Feed
	RuleSets []loyalty.RuleSetVersion // every stored version of the program
	RuleIDs  map[string]int64         // by rule name
	// Conditions compile those of the rule sets; nil when no set has any.
	Conditions rules.Conditions
	Lapse      loyalty.Lapse // of rule sets that have none of their own
	// Tables loads the tables of points of single items, by hash. Nil when no rule
	// set names one.
	Tables func(ctx context.Context, hashes []string) (map[string]loyalty.ItemTable, error)
	// Debts is what is done where points are held: elsewhere it is empty, as what is owed
	// is settled there.
	Debts loyalty.DebtPolicy
	// IgnoreBuffered gives documents in the buffer no pending points.
	IgnoreBuffered bool
	Now            func() time.Time
	Zone           *time.Location // of business days; nil is UTC
}

// day is the business day of an instant.
func (c Config) day(at time.Time) loyalty.Date { return dayIn(at, c.Zone) }

// today is the business day of now.
func (l *Ledger) today() loyalty.Date { return l.cfg.day(l.cfg.Now()) }

func dayIn(at time.Time, zone *time.Location) loyalty.Date {
	if zone == nil {
		zone = time.UTC
	}
	return loyalty.DateIn(at, zone)
}

func (c Config) validate() error {
	if c.Store == nil || c.Now == nil || c.Feed.ID == 0 {
		return &loyalty.Error{Code: loyalty.CodeInternal, Message: "the ledger needs a store, a clock and a feed"}
	}
	return nil
}

// Ledger posts the documents of one feed.
type Ledger struct {
	cfg  Config
	sets []*version // newest first
	mu   sync.Mutex // over what is made ready in sets, and over met
	met  met
}

// version is a rule set. It is made ready to score when a chain first needs it:
// most stored versions are never needed again.
type version struct {
	id      int64
	body    loyalty.RuleSet
	set     *rules.Set // nil until needed
	ruleIDs []int64
}

// New makes a ledger.
func New(cfg Config) (*Ledger, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	l := &Ledger{cfg: cfg}
	for _, v := range cfg.RuleSets {
		l.sets = append(l.sets, &version{id: v.ID, body: v.Body})
	}
	slices.SortFunc(l.sets, func(a, b *version) int {
		if a.body.ValidFrom != b.body.ValidFrom {
			return int(b.body.ValidFrom) - int(a.body.ValidFrom)
		}
		return int(b.id - a.id)
	})
	return l, nil
}

// rulesFor returns the version that a chain is scored under: the pinned one, or
// the newest that is valid on its date; an empty one when there is none.
//
// A stored rule set that no longer compiles is an error with CodeInternal: it was
// checked before it was stored.
func (l *Ledger) rulesFor(ctx context.Context, original *loyalty.StoredDocument) (*version, error) {
	for _, v := range l.sets {
		if (original.RuleSet != 0 && v.id == original.RuleSet) || (original.RuleSet == 0 && v.body.ValidFrom <= original.Date) {
			return v, l.ready(ctx, v)
		}
	}
	return &version{}, nil
}

// ready makes a version ready to score.
func (l *Ledger) ready(ctx context.Context, v *version) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.set != nil {
		return nil
	}
	var tables []string
	for _, r := range v.body.Rules {
		if r.Table != "" {
			tables = append(tables, r.Table)
		}
	}
	if len(tables) > 0 && l.cfg.Tables != nil {
		var err error
		if v.body.Tables, err = l.cfg.Tables(ctx, tables); err != nil {
			return fmt.Errorf("load the tables of rule set %d: %w", v.id, err)
		}
	}
	set, faults := rules.Compile(v.body, l.cfg.Conditions)
	if len(faults) > 0 {
		return &loyalty.Error{
			Code: loyalty.CodeInternal, Message: fmt.Sprintf("stored rule set %d: %s: %s", v.id, faults[0].Path, faults[0].Message),
			Hint: "the store was written by another version of loyalsync: use that one, or put back a backup",
		}
	}
	v.set, v.body.Tables = set, nil
	for _, r := range v.body.Rules {
		v.ruleIDs = append(v.ruleIDs, l.cfg.RuleIDs[r.Name])
	}
	return nil
}

// Page is one page of documents as they stand now.
type Page struct {
	Documents []loyalty.Document
	// Force scores documents even when their content is as stored: who takes
	// part, or to whom points go, has changed.
	Force  bool
	Cursor *loyalty.Cursor
	Done   []int64 // to take off the re-evaluate queue
	Lease  loyalty.Lease
	Run    int64
	Actor  string
	Reason string
	Guard  *Guard
	// Recompute pins the page's originals anew; nil for an ordinary page.
	Recompute *Recomputing
	// Fetch reads documents of the feed by key, with their contractors made
	// known. Those that do not exist are left out.
	Fetch func(ctx context.Context, keys []loyalty.Key) ([]loyalty.Document, error)
}

// Result counts what a page did.
type Result struct {
	Changed  int // documents whose content or points changed
	Entries  int
	Earned   loyalty.Points // became active
	Pending  loyalty.Points // became pending
	Reversed loyalty.Points // taken back
}

// attempts is how often a page is computed again when something moved meanwhile.
const attempts = 5

// Losses says what a page would take back, and writes nothing: how a guarded
// run tells the whole of what it asks about.
func (l *Ledger) Losses(ctx context.Context, p Page) ([]Loss, error) {
	plan, err := l.plan(ctx, p)
	return plan.lost, err
}

// Page makes the ledger say what the documents say, and moves the cursor, in one
// transaction. A *Guarded error, loyalty.ErrLeaseLost and every failure of the
// store leave nothing of the page behind.
func (l *Ledger) Page(ctx context.Context, p Page) (Result, error) {
	var err error
	for range attempts {
		var plan plan
		if plan, err = l.plan(ctx, p); err != nil {
			return Result{}, err
		}
		if err = p.Guard.judge(sum(plan.lost)); err != nil {
			return Result{}, err
		}
		if err = l.cfg.Store.Post(ctx, plan.write); err == nil {
			p.Guard.committed(sum(plan.lost))
			return plan.result, nil
		}
		if !errors.Is(err, loyalty.ErrStale) {
			return Result{}, fmt.Errorf("post a page of %s: %w", l.cfg.Feed.Name(), err)
		}
	}
	return Result{}, fmt.Errorf("post a page of %s: %w", l.cfg.Feed.Name(), err)
}

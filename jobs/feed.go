package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/mapping"
)

// FeedConfig is everything that reading one source for one program needs.
type FeedConfig struct {
	Source  string
	Open    func(ctx context.Context) (connectors.Source, error)
	Mapping *mapping.Mapping
	// PointsTo are the contractor codes that overrides send points to.
	PointsTo []string
	// AttributeCodes is the document attribute that names a contractor, or "".
	AttributeCodes string

	Program        string
	RuleSets       []loyalty.RuleSet // by their days, the oldest first; at least one
	Lapse          loyalty.Lapse
	IgnoreBuffered bool
	Debts          loyalty.DebtPolicy // where points are held here; else ""
	MaxReversed    decimal.Decimal    // percent, see ledger.Guard
	MinReversed    loyalty.Points

	Overlap       time.Duration // re-read by every pass
	Lag           time.Duration // kept from the database's now by scheduled runs
	Window        time.Duration // looked back on by a sweep
	Page          int           // documents a page, at most
	AllowWritable bool

	Store   FeedStore
	Deliver Deliverer
	Zone    *time.Location // of business dates
	Now     func() time.Time
}

// Deliverer sends what is waiting for a platform.
type Deliverer interface {
	// Deliver drains a feed's outbox to a platform and counts what was accepted
	// and what was refused for good.
	Deliver(ctx context.Context, feed loyalty.Feed, platform string) (delivered, rejected int, err error)
}

// FeedStore is where feeds are kept. It is put together of what each kind of job
// needs.
type FeedStore interface {
	ledger.Store
	feedStore
	guardStore
	cursorStore
	fillStore
	peopleStore
	representativeStore
	queueStore
	sweepStore
	waitingStore
	LastOperation(ctx context.Context) (time.Time, error)
}

type feedStore interface {
	OpenFeed(ctx context.Context, f loyalty.Feed) (loyalty.Feed, error)
	CheckIdentity(ctx context.Context, source, identity string) error
	SaveRuleSets(ctx context.Context, program int64, sets []loyalty.RuleSet) error
	RuleSets(ctx context.Context, program int64) ([]loyalty.RuleSetVersion, map[string]int64, error)
	RuleTables(ctx context.Context, hashes []string) (map[string]loyalty.ItemTable, error)
}

type guardStore interface {
	Outstanding(ctx context.Context, program int64) (loyalty.Points, error)
	WaitingRun(ctx context.Context, feed loyalty.Feed) (int64, error)
}

type cursorStore interface {
	LoadCursor(ctx context.Context, feed loyalty.Feed) (loyalty.Cursor, error)
	SetCursor(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, c loyalty.Cursor) error
	Fingerprints(ctx context.Context, feed loyalty.Feed) (people, documents string, err error)
	SavePeopleFingerprint(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, fp string) error
	SaveDocumentsFingerprint(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, fp string) (int, error)
}

type fillStore interface {
	BeginFill(ctx context.Context) error
	EndFill(ctx context.Context) error
}

type peopleStore interface {
	KnownContractors(ctx context.Context, feed loyalty.Feed, keys []string) (map[string]loyalty.KnownContractor, error)
	ContractorKeys(ctx context.Context, feed loyalty.Feed, codes []string) (map[string]string, error)
	Participants(ctx context.Context, feed loyalty.Feed, after string, limit int) ([]string, error)
	SaveContractors(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, changes []loyalty.ContractorChange) (loyalty.PeopleResult, error)
}

type representativeStore interface {
	SaveRepresentatives(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, people []loyalty.Representative) (int, error)
	ActiveRepresentatives(ctx context.Context, feed loyalty.Feed, after string, limit int) ([]string, error)
	RetireRepresentatives(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, keys []string) error
}

type queueStore interface {
	Queued(ctx context.Context, feed loyalty.Feed, limit int) ([]loyalty.StoredDocument, error)
	QueueWithoutParty(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease) error
}

type sweepStore interface {
	StoredKeys(ctx context.Context, feed loyalty.Feed, keys []loyalty.Key) (map[loyalty.Key]loyalty.StoredKey, error)
	SweepKeys(ctx context.Context, feed loyalty.Feed, from loyalty.Date, after int64, limit int) ([]loyalty.StoredKey, error)
	Documents(ctx context.Context, ids []int64) ([]loyalty.StoredDocument, error)
}

// peoplePage is how many contractors or representatives are read at once.
const peoplePage = 500

// feedRun is one run over one feed.
type feedRun struct {
	cfg    FeedConfig
	run    *Run
	log    *slog.Logger
	source connectors.Source
	feed   loyalty.Feed
	ledger *ledger.Ledger
	guard  *ledger.Guard
	// guarded is set once the guard has stopped the run: it goes on reading to
	// tell the whole of what it would take back, and posts nothing more.
	guarded *ledger.Guarded
	listed  int               // documents named in the run's log
	codes   map[string]string // contractor code -> key, as far as asked for
	met     map[string]bool   // contractors who are known, or were looked for
	page    int
	filling bool // the store was told of the first page
	read    int64
	fetches atomic.Int64 // of documents by key
}

// feedTask is a kind of job over one feed.
type feedTask struct {
	cfg  FeedConfig
	work func(*feedRun, context.Context) error
}

// Run does the work and sends what waits for the platforms, also when the work
// failed: what was posted before is posted. A run that was stopped or has lost
// its lease sends nothing more.
func (t feedTask) Run(ctx context.Context, r *Run) (err error) {
	s, err := t.cfg.start(ctx, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.source.Close()) }()
	workErr := t.work(s, ctx)
	if s.guarded != nil && (workErr == nil || errors.Is(workErr, errCounted)) {
		workErr = &GuardError{Err: s.guarded}
	}
	if asks := s.guard.Asks(); asks != nil && r.Options.DryRun {
		r.Count(func(c *Counts) { c.Guard = asks.Error() })
	}
	if errors.Is(workErr, loyalty.ErrLeaseLost) || ctx.Err() != nil {
		return workErr
	}
	return errors.Join(workErr, s.deliver(ctx))
}

// start opens the source and the feed, and refuses what must not be worked on: a
// login that may write, missing tables, another database than before, rules
// changed under points already given.
func (c FeedConfig) start(ctx context.Context, r *Run) (*feedRun, error) {
	s := &feedRun{cfg: c, run: r, log: r.Logger, codes: make(map[string]string), met: make(map[string]bool)}
	var err error
	if s.source, err = c.Open(ctx); err != nil {
		return nil, fmt.Errorf("source %s: %w", c.Source, err)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.source.Close())
	}
	return s, nil
}

func (s *feedRun) prepare(ctx context.Context) error {
	report, err := s.source.Check(ctx)
	if err != nil {
		return fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	if err := Unfit(report, s.cfg.AllowWritable); err != nil {
		return fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	for _, w := range report.Warnings {
		s.log.DebugContext(ctx, "remark about the source", "warning", w.Message, "hint", w.Hint)
	}
	rules := s.cfg.RuleSets[len(s.cfg.RuleSets)-1]
	s.feed, err = s.cfg.Store.OpenFeed(ctx, loyalty.Feed{
		ProgramName: s.cfg.Program, SourceName: s.cfg.Source, Currency: rules.Currency, Decimals: rules.Decimals,
	})
	if err != nil {
		return err
	}
	if err := s.cfg.Store.CheckIdentity(ctx, s.cfg.Source, report.Identity); err != nil {
		return err
	}
	if err := s.cfg.Store.SaveRuleSets(ctx, s.feed.Program, s.cfg.RuleSets); err != nil {
		return err
	}
	s.run.Count(func(c *Counts) { c.Points.Decimals = s.feed.Decimals })
	return s.openLedger(ctx)
}

func (s *feedRun) openLedger(ctx context.Context) error {
	if s.run.guard == nil {
		base, err := s.cfg.Store.Outstanding(ctx, s.feed.Program)
		if err != nil {
			return err
		}
		waiting, err := s.cfg.Store.WaitingRun(ctx, s.feed)
		if err != nil {
			return err
		}
		s.run.guard = &ledger.Guard{
			Waiting: waiting, MaxPercent: s.cfg.MaxReversed, MinPoints: s.cfg.MinReversed, Base: base,
			Approved: s.run.Options.Approved, Decimals: s.feed.Decimals,
		}
	}
	s.guard = s.run.guard
	var err error
	s.ledger, err = s.cfg.Ledger(ctx, s.feed)
	return err
}

// Ledger is the feed's ledger under the stored versions of its rules.
func (c FeedConfig) Ledger(ctx context.Context, feed loyalty.Feed) (*ledger.Ledger, error) {
	versions, ids, err := c.Store.RuleSets(ctx, feed.Program)
	if err != nil {
		return nil, err
	}
	return ledger.New(ledger.Config{
		Store: c.Store, Feed: feed, RuleSets: versions, RuleIDs: ids, Lapse: c.Lapse, Conditions: mapping.RuleConditions{}, Tables: c.Store.RuleTables,
		IgnoreBuffered: c.IgnoreBuffered, Debts: c.Debts, Now: c.Now, Zone: c.Zone,
	})
}

// today is the business day of the run.
func (s *feedRun) today() loyalty.Date { return loyalty.DateIn(s.cfg.Now(), s.cfg.Zone) }

// deliver drains the outbox to the job's platforms. Every platform gets its
// turn, whatever became of the one before.
func (s *feedRun) deliver(ctx context.Context) error {
	var errs []error
	for _, platform := range s.run.Definition.Platforms {
		delivered, rejected, err := s.cfg.Deliver.Deliver(ctx, s.feed, platform)
		s.run.Count(func(c *Counts) {
			c.Delivered += int64(delivered)
			c.Rejected += int64(rejected)
		})
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return &DeliveryError{Err: err} // reading went well, whatever becomes of sending
	}
	return nil
}

// A page's transaction makes tills wait: while they ask, pages are short. They do if one
// asked so recently.
const (
	shortPage   = 10 // documents
	tillsLately = 30 * time.Second
	// Those of other processes look again after a few milliseconds whether a file of the
	// store is free, so it is left to them for as long.
	afterShortPage = 5 * time.Millisecond
)

// post hands documents to the ledger, in parts while tills ask. Parts but the last leave
// the cursor and the queue as they are: after a crash their documents come again, and have
// not changed.
func (s *feedRun) post(ctx context.Context, p ledger.Page) error {
	if len(p.Documents) > shortPage {
		asked, err := s.cfg.Store.LastOperation(ctx)
		if err != nil {
			return err
		}
		for s.cfg.Now().Sub(asked).Abs() < tillsLately && len(p.Documents) > shortPage {
			part := p
			part.Documents, part.Cursor, part.Done = p.Documents[:shortPage], nil, nil
			if err := s.postPage(ctx, part); err != nil {
				return err
			}
			p.Documents = p.Documents[shortPage:]
			time.Sleep(afterShortPage)
			if asked, err = s.cfg.Store.LastOperation(ctx); err != nil {
				return err
			}
		}
	}
	return s.postPage(ctx, p)
}

// postPage posts a page and counts.
func (s *feedRun) postPage(ctx context.Context, p ledger.Page) error {
	p.Lease, p.Run, p.Guard, p.Fetch = s.run.Lease(), s.run.ID, s.guard, s.fetch
	p.Actor = "job " + s.run.Definition.Name
	if p.Reason == "" {
		p.Reason = s.run.Definition.Kind
	}
	if s.guarded != nil {
		return s.countLosses(ctx, p)
	}
	result, err := s.ledger.Page(ctx, p)
	if guarded, ok := errors.AsType[*ledger.Guarded](err); ok {
		s.guarded = guarded
		s.guarded.Reversed = s.guard.Reversed()
		return s.countLosses(ctx, p)
	}
	if err != nil {
		return err
	}
	lines := 0
	for i := range p.Documents {
		lines += len(p.Documents[i].Lines)
	}
	s.page++
	s.read += int64(len(p.Documents))
	s.run.Count(func(c *Counts) {
		c.Read.Invoices += int64(len(p.Documents))
		c.Read.Lines += int64(lines)
		c.Changed += int64(result.Changed)
		c.Entries += int64(result.Entries)
		c.Points.Earned += result.Earned
		c.Points.Pending += result.Pending
		c.Points.Reversed += result.Reversed
	})
	s.run.Progress(s.page, s.read, "invoices")
	return nil
}

// errCounted ends what cannot go on without posting.
var errCounted = errors.New("the run is guarded")

// listedLosses is how many documents a guarded run names in its log.
const listedLosses = 30

// countLosses adds what a page would take back to what the guard asks about, and
// names the documents in the run's log.
func (s *feedRun) countLosses(ctx context.Context, p ledger.Page) error {
	losses, err := s.ledger.Losses(ctx, p)
	if err != nil {
		return err
	}
	for _, l := range losses {
		s.guarded.Add(l.Points)
		if s.listed++; s.listed <= listedLosses {
			s.log.WarnContext(ctx, "would be taken back", "document", l.Document.ID, "number", l.Number, "points", l.Points.Format(s.feed.Decimals))
		}
	}
	if len(p.Done) > 0 {
		return errCounted // the queue empties only by posting
	}
	return nil
}

// gracePeriod is how long a page may go on after the run was asked to stop, so
// that what was read is not read again. It fits into the scheduler's StopTimeout.
const gracePeriod = 10 * time.Second

// finishing returns a context for one page: a request to stop lets it finish, a
// lost lease or a timeout does not.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	page, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		cause := context.Cause(ctx)
		if errors.Is(cause, errTimeout) || errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, loyalty.ErrLeaseLost) {
			cancel(cause)
			return
		}
		time.AfterFunc(gracePeriod, func() { cancel(context.Cause(ctx)) })
	})
	return page, func() { stop(); cancel(nil) }
}

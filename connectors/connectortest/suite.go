package connectortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// Harness is what a backend supplies: an ERP that can be filled and read.
type Harness struct {
	// Name of the backend, for messages.
	Name string
	// Server is a text that Check().Server must contain, for example "PostgreSQL".
	Server string
	// Type is the type in the keys of the backend's documents: the table they
	// come from, "" where keys are unique over all of them.
	Type string
	// Class is the class of the fixture's invoices; the source's filter must take
	// it. Defaults to "FS".
	Class string
	// OutsideClass is a class that the source's filter does not take.
	OutsideClass string

	// Open returns a source over an empty ERP, private to one check. The source
	// is closed by the check; what it stood on is the harness's to clean up.
	Open func(ctx context.Context) (connectors.Source, error)
	// Seed adds a fixture to the ERP behind src, in the backend's own schema and
	// past the source. It may be called again, with other records.
	Seed func(ctx context.Context, src connectors.Source, f Fixture) error
	// Update replaces a document of the ERP behind src, lines and stamp included, in
	// one transaction.
	Update func(ctx context.Context, src connectors.Source, inv connectors.Invoice) error
	// Delete removes a document with its lines.
	Delete func(ctx context.Context, src connectors.Source, key connectors.InvoiceKey) error
	// Rows counts the rows of every table of the ERP behind src.
	Rows func(ctx context.Context, src connectors.Source) (map[string]int, error)

	// UpdateContractor replaces a contractor, setting no stamp anywhere. May be nil.
	UpdateContractor func(ctx context.Context, src connectors.Source, c connectors.Contractor) error
	// Tripwire makes it an error to read more than a hundred rows of documents at
	// once. May be nil.
	Tripwire func(ctx context.Context, src connectors.Source) error
	// Breaks open a source over an ERP, or with a login, that is wrong in a way of
	// its own; what fails may be the opening or the first read. Those that a backend
	// cannot have are left out.
	Breaks map[Break]func(ctx context.Context) (connectors.Source, error)

	// Precision is the smallest step of a stamp, one second at most; time.Second/300
	// is SQL Server's datetime. Defaults to a microsecond.
	Precision time.Duration
	// MaxText is how many letters the longest name of an item may have. Defaults to
	// 227.
	MaxText int
	// Letters is what becomes of a text that the backend's code page cannot hold;
	// nil when it holds all of Unicode.
	Letters func(text string) string
	// HoldsNUL says that the backend's texts can hold a NUL.
	HoldsNUL bool

	// StandIn says what stood in for the server, when it was not the real one; the
	// README tells it in the server's place.
	StandIn string

	// Skip names checks that the backend cannot meet, each with the reason.
	Skip map[string]string
	// Lossy names fields that the backend cannot hold as the fixture has them,
	// like "Invoice.Rate" or "Line.Kind", each with the reason.
	Lossy map[string]string

	unrecorded bool // the suite's own source
}

// Fixture is what an ERP holds. Keys are digits, at most ten of them, so that
// numeric keys can hold them. Invoices name only contractors that are seeded with
// them or before.
type Fixture struct {
	Contractors     []connectors.Contractor
	Representatives []connectors.Representative
	Invoices        []connectors.Invoice
}

// check is one promise of the contract. It returns an error instead of failing
// a test, so that it can be run against sources that are broken on purpose.
type check struct {
	name string
	run  func(ctx context.Context, h Harness) error
}

func checks() []check {
	return slices.Concat([]check{
		{"WhoAreYou", checkWhoAreYou},
		{"EmptyDatabase", checkEmpty},
		{"FieldRoundTrip", checkRoundTrip},
		{"EmptyFields", checkEmptyFields},
		{"HostileText", checkHostileText},
		{"LineKinds", checkKinds},
		{"People", checkPeople},
		{"AttributesWithoutStamp", checkSilentAttributes},
		{"PagesCoverEverything", checkPages},
		{"KeyLengths", checkKeyLengths},
		{"TiesAcrossPages", checkTies},
		{"LargePage", checkLargePage},
		{"LongDocument", checkLongDocument},
		{"PositionSurvivesText", checkPositions},
		{"ResumeAmongNewRows", checkResume},
		{"FloorAndCeilingInclusive", checkRange},
		{"Precision", checkPrecision},
		{"ClockChanges", checkClockChanges},
		{"FutureStamps", checkFuture},
		{"FutureStampsReported", checkFutureReported},
		{"UpdateReappears", checkUpdate},
		{"LateCommit", checkLateCommit},
		{"StampBackwards", checkStampBackwards},
		{"TornRead", checkTornRead},
		{"EveryState", checkStates},
		{"DeletedIsGone", checkDeleted},
		{"KeysFromDate", checkKeysFrom},
		{"UnknownKeys", checkUnknownKeys},
		{"ManyKeys", checkManyKeys},
		{"OutOfScopeByKey", checkOutOfScope},
		{"DigestAgrees", checkDigestAgrees},
		{"DigestChanges", checkDigestChanges},
		{"CancelledContext", checkCancelled},
		{"ParallelReads", checkParallel},
		{"CloseTwice", checkCloseTwice},
		{"NothingWritten", checkNothingWritten},
		{"CheckReadsLittle", checkReadsLittle},
		{"ReadOnlyLogin", checkReadOnlyLogin},
		{"WritingLogin", checkWritingLogin},
	}, refusals())
}

// notInHarness is the error of a check that needs what the harness does not give.
type notInHarness string

// notRun begins what is recorded of a check for which the harness gives nothing.
const notRun = "not run"

// Error names the field of Harness.
func (e notInHarness) Error() string { return notRun + ": the harness gives no " + string(e) }

// Checks lists the names of all checks, in the order they are run.
func Checks() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// Run runs every check as a parallel subtest named after it. With
// LOYALSYNC_TEST_REPORT set to a folder it leaves there what became of them; with
// LOYALSYNC_TEST_REQUIRE=1 it fails when that is not what is recorded.
func Run(t *testing.T, h Harness) {
	t.Helper()
	h = h.withDefaults()
	if err := h.validate(); err != nil {
		t.Fatal(err)
	}
	results := startRecord(t, h)
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			results.note(c.name, failed) // also when it panics
			if why, skip := h.Skip[c.name]; skip {
				results.note(c.name, why)
				t.Skipf("%s: %s", h.Name, why)
			}
			err := c.run(t.Context(), h)
			var missing notInHarness
			switch {
			case errors.As(err, &missing):
				results.note(c.name, err.Error())
				t.Skipf("%s: %v", h.Name, err)
			case err != nil:
				t.Errorf("%s: %v", h.Name, err)
			default:
				results.note(c.name, passed)
			}
		})
	}
}

func (h Harness) withDefaults() Harness {
	if h.Class == "" {
		h.Class = "FS"
	}
	if h.Precision == 0 {
		h.Precision = tick
	}
	if h.MaxText == 0 {
		h.MaxText = 227
	}
	return h
}

func (h Harness) validate() error {
	if h.Name == "" || h.Server == "" {
		return fmt.Errorf("harness: Name and Server must be set")
	}
	if h.Open == nil || h.Seed == nil || h.Update == nil || h.Delete == nil || h.Rows == nil {
		return fmt.Errorf("harness %s: every func must be set", h.Name)
	}
	known := map[string]bool{}
	for _, name := range Checks() {
		known[name] = true
	}
	for name, why := range h.Skip {
		if !known[name] || why == "" {
			return fmt.Errorf("harness %s: Skip[%q]: no such check, or no reason", h.Name, name)
		}
	}
	for b := range h.Breaks {
		if !known[string(b)] {
			return fmt.Errorf("harness %s: Breaks[%q]: no such break", h.Name, b)
		}
	}
	for path, why := range h.Lossy {
		if !isField(path) || why == "" {
			return fmt.Errorf("harness %s: Lossy[%q]: no such field, or no reason", h.Name, path)
		}
	}
	return nil
}

// filled opens a source over an ERP that holds f. The caller closes it.
func (h Harness) filled(ctx context.Context, f Fixture) (connectors.Source, error) {
	src, err := h.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	if err := h.Seed(ctx, src, f); err != nil {
		_ = src.Close() // the failed seed is the news
		return nil, fmt.Errorf("seed: %w", err)
	}
	return src, nil
}

// release closes a source at the end of a check. Whether it closes well is
// checkCloseTwice's to say.
func release(src connectors.Source) { _ = src.Close() }

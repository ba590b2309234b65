package connectortest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
)

func TestMemory(t *testing.T) { Run(t, memoryHarness("")) }

// broken names, for each check, the sources that it must catch.
func broken() map[string][]fault {
	return map[string][]fault{
		"WhoAreYou":                {"another server", "no identity", "columns missing", "clock is no stamp"},
		"EmptyDatabase":            {"invents a record"},
		"FieldRoundTrip":           {"reads through floats", "stamps go through UTC", "drops the sign", "ASCII only", "needs the type"},
		"PagesCoverEverything":     {"stops at a full page", "last row again"},
		"TiesAcrossPages":          {"position is the stamp alone"},
		"PositionSurvivesText":     {"positions are consumed", "positions are bytes"},
		"FloorAndCeilingInclusive": {"floor is exclusive", "ceiling is exclusive", "loses seconds' fractions"},
		"EmptyFields":              {"writes NULL"},
		"HostileText":              {"keeps two bytes a letter", "ends at a NUL", "takes escapes", "cuts long texts"},
		"LineKinds":                {"all lines are goods"},
		"People":                   {"shows the erased", "takes no consent for unknown", "knows no default"},
		"AttributesWithoutStamp":   {"reads who has a new stamp"},
		"KeyLengths":               {"numbers in order, positions as text"},
		"LargePage":                {"lines by parameters"},
		"LongDocument":             {"stops at 1,000 lines"},
		"ResumeAmongNewRows":       {"positions are counts"},
		"Precision":                {"position cut to milliseconds", "loses seconds' fractions"},
		"ClockChanges":             {"stamps go through UTC"},
		"FutureStampsReported":     {"does not examine"},
		"StampBackwards":           {"digest of what moves forward"},
		"TornRead":                 {"reads lines later"},
		"CheckReadsLittle":         {"checks each document", "no wire"},
		"ReadOnlyLogin":            {"sees every login as its own"},
		"WritingLogin":             {"sees no grants"},
		"WrongLogin":               {"tells the password", "takes all failures for the network", "gives no hint"},
		"Unreachable":              {"tells the password", "opens all the same"},
		"MissingColumn":            {"opens all the same", "takes all failures for the network"},
		"DroppedTable":             {"opens all the same", "tells the password"},
		"FutureStamps":             {"reads the future", "sweep stops at now"},
		"UpdateReappears":          {"caches documents", "looks at no payment of old"},
		"LateCommit":               {"remembers the newest"},
		"EveryState":               {"hides the buffer", "hides cancelled"},
		"DeletedIsGone":            {"keeps deleted"},
		"KeysFromDate":             {"first day is left out"},
		"UnknownKeys":              {"no keys means all"},
		"ManyKeys":                 {"too many parameters"},
		"OutOfScopeByKey":          {"filters by key", "does not tell the scope", "sweep ignores the filter"},
		"DigestAgrees":             {"sweep has its own digest", "no digest"},
		"DigestChanges":            {"digest of the total", "digest of the stamp"},
		"CancelledContext":         {"ignores the context"},
		"ParallelReads":            {"one reader at a time"},
		"CloseTwice":               {"closes once"},
		"NothingWritten":           {"writes"},
	}
}

// TestSuiteCatchesBrokenSources proves that each check can fail, and that it
// fails for the fault and not by itself.
func TestSuiteCatchesBrokenSources(t *testing.T) {
	for _, c := range checks() {
		faults := broken()[c.name]
		if len(faults) == 0 {
			t.Errorf("%s has no source that it catches", c.name)
		}
		for _, f := range faults {
			t.Run(c.name+"/"+string(f), func(t *testing.T) {
				err := c.run(t.Context(), memoryHarness(f))
				if err == nil {
					t.Fatal("the check passed on a source broken on purpose")
				}
				t.Log(err)
			})
		}
	}
}

func TestHarnessIsHeldToItsLists(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Harness)
		want   string
	}{
		"unknown check":          {func(h *Harness) { h.Skip = map[string]string{"Nonsense": "why"} }, "no such check"},
		"skip without a reason":  {func(h *Harness) { h.Skip = map[string]string{"LateCommit": ""} }, "no reason"},
		"unknown field":          {func(h *Harness) { h.Lossy = map[string]string{"Invoice.Colour": "why"} }, "no such field"},
		"unknown record":         {func(h *Harness) { h.Lossy = map[string]string{"Bill.Net": "why"} }, "no such field"},
		"lossy without a reason": {func(h *Harness) { h.Lossy = map[string]string{"Invoice.Rate": ""} }, "no reason"},
		"no name":                {func(h *Harness) { h.Name = "" }, "Name"},
		"no delete":              {func(h *Harness) { h.Delete = nil }, "every func"},
	} {
		t.Run(name, func(t *testing.T) {
			h := memoryHarness("")
			tc.change(&h)
			if err := h.validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("validate() = %v, want something about %q", err, tc.want)
			}
		})
	}
}

// TestLossyFieldsAreNotCompared: what is declared lost is let go, nothing else.
func TestLossyFieldsAreNotCompared(t *testing.T) {
	h := memoryHarness("reads through floats")
	if err := checkRoundTrip(t.Context(), h); err == nil {
		t.Fatal("a lost amount passed undeclared")
	}
	h.Lossy = map[string]string{"Invoice.Net": "kept as a float"}
	if err := checkRoundTrip(t.Context(), h); err != nil {
		t.Errorf("a declared loss failed: %v", err)
	}
	h = memoryHarness("drops the sign")
	h.Lossy = map[string]string{"Invoice.Net": "kept as a float", "Line.Kind": "none"}
	if err := checkRoundTrip(t.Context(), h); err == nil {
		t.Error("an undeclared loss passed beside a declared one")
	}
}

func TestFixturesKeepTheirPromises(t *testing.T) {
	h := memoryHarness("")
	for name, f := range map[string]Fixture{"plain": h.plain(30, every), "rich": h.rich()} {
		var people, lines []string
		for _, c := range f.Contractors {
			people = append(people, c.ID)
		}
		for _, inv := range f.Invoices {
			for _, key := range []string{inv.Buyer, inv.Recipient, inv.Payer} {
				if key != "" && !slices.Contains(people, key) {
					t.Errorf("%s: document %s names contractor %s, who is not there", name, inv.Key.ID, key)
				}
			}
			net, gross := dec("0"), dec("0")
			for _, l := range inv.Lines {
				lines = append(lines, l.ID)
				net, gross = net.Add(l.Net), gross.Add(l.Gross)
				if len(l.ID) > 10 {
					t.Errorf("%s: line key %s is too long", name, l.ID)
				}
			}
			if !net.Equal(inv.Net) || !gross.Equal(inv.Gross) {
				t.Errorf("%s: document %s: lines sum to %s and %s, not %s and %s", name, inv.Key.ID, net, gross, inv.Net, inv.Gross)
			}
		}
		if slices.Sort(lines); len(slices.Compact(slices.Clone(lines))) != len(lines) {
			t.Errorf("%s: a line key is used twice", name)
		}
	}
}

// TestOpenFailsTheCheck: a harness that cannot open its ERP is no pass.
func TestOpenFailsTheCheck(t *testing.T) {
	h := memoryHarness("")
	h.Open = func(context.Context) (connectors.Source, error) { return nil, connectors.ErrUnreachable }
	for b := range h.Breaks {
		h.Breaks[b] = h.Open
	}
	for _, c := range checks() {
		if err := c.run(t.Context(), h); err == nil {
			t.Errorf("%s passed without an ERP", c.name)
		}
	}
}

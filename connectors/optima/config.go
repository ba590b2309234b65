package optima

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// The kinds of documents that a source may read: [Config.Documents].
const (
	Invoices = "FS" // sales invoices with their corrections, class 302
	Receipts = "PA" // receipts with their corrections, class 305
)

// Which of a receipt and the invoice made of it counts: [Config.Receipts].
const (
	CountInvoice = "invoice" // the invoice, which names its buyer
	CountReceipt = "receipt" // the receipt, for the buyer of the invoice
)

// Which of advance invoices and the final one count: [Config.Advances].
const (
	CountFinal   = "final"   // the final invoice, as in Comarch's own sales reports
	CountAdvance = "advance" // the advances
	CountBoth    = "both"    // both: where the final invoice holds only the rest
)

// What documents that take value back without an original do: [Config.Collective]
// and [Config.Outside].
const (
	AsReturn = "return" // they take points back by their value
	Ignore   = "ignore" // nothing
)

// Whether lines count that Optima marks as not active: [Config.InactiveLines].
const (
	InactiveAuto   = "auto"   // where a document has no active line at all, as an invoice made of a receipt
	InactiveCount  = "count"  // always
	InactiveIgnore = "ignore" // never
)

// Config says which company database is read, and how what no source tells for
// certain is understood. The zero value of everything but Server is safe.
type Config struct {
	Server sqlserver.Config

	// Documents are the kinds to read, of FS and PA. Defaults to FS.
	Documents []string
	// Timezone is the IANA zone of Optima's stamps, for the clock of Check. Stamps
	// themselves stay the wall clock they are.
	Timezone string

	Receipts string // Defaults to invoice. Matters where both kinds are read.
	Advances string // Defaults to final.
	// Collective says what collective corrections do, which name neither items
	// nor originals. Defaults to return.
	Collective string
	// Outside says what corrections of documents do that this database never had.
	// Defaults to ignore: the originals earned nothing here.
	Outside       string
	InactiveLines string // Defaults to auto.

	// The values of TrN_Rodzaj that mark a document's part in the above.
	AdvanceKinds    []int // Defaults to 302200 and 302202.
	FinalKinds      []int // Defaults to 302009.
	CollectiveKinds []int // Defaults to 302010.
	OutsideKinds    []int // Defaults to 302101, 302102, 302103 and 305101.

	// Anonymous are the codes, AnonymousIDs the keys, of contractors that stand for
	// nobody. Default to !NIEOKREŚLONY! and 1, which is its row.
	Anonymous    []string
	AnonymousIDs []int
	// ConsentFlags takes the old marks of a person (KnO_Mailing) for consent to
	// e-mail where the register of consents has nothing about him.
	ConsentFlags bool
	// MergeTable is the one table (KSH_NazwaTabeli) whose rows in the history of
	// merges count. Empty takes those of all tables.
	MergeTable string
	// Settlement is a SELECT with the columns document (TrN_TrNID) and paid (0 or
	// not). Without it nothing is known about payments.
	Settlement string

	// Now is this machine's clock, which Examine compares with the server's. Nil
	// compares nothing.
	Now func() time.Time
}

// String names the source without its secrets.
func (c Config) String() string { return "optima source" }

// LogValue keeps the URL and the password out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) withDefaults() Config {
	c.Documents = orList(c.Documents, Invoices)
	c.Receipts, c.Advances = orText(c.Receipts, CountInvoice), orText(c.Advances, CountFinal)
	c.Collective, c.Outside = orText(c.Collective, AsReturn), orText(c.Outside, Ignore)
	c.InactiveLines = orText(c.InactiveLines, InactiveAuto)
	c.AdvanceKinds, c.FinalKinds = orList(c.AdvanceKinds, 302200, 302202), orList(c.FinalKinds, 302009)
	c.CollectiveKinds = orList(c.CollectiveKinds, 302010)
	c.OutsideKinds = orList(c.OutsideKinds, 302101, 302102, 302103, 305101)
	c.Anonymous, c.AnonymousIDs = orList(c.Anonymous, "!NIEOKREŚLONY!"), orList(c.AnonymousIDs, 1)
	c.Settlement = strings.TrimSpace(c.Settlement)
	return c
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func orList[T any](list []T, otherwise ...T) []T {
	if list == nil {
		return otherwise
	}
	return list
}

// isSelect reports whether a text begins as a SELECT and has no semicolon, which
// could end it. The login decides what it may do (law 4); this catches slips.
func isSelect(text string) bool {
	words := strings.Fields(text)
	return strings.EqualFold(words[0], "SELECT") && !strings.Contains(text, ";")
}

// validate returns the first fault as ErrSettings. The server's settings are
// checked when it is opened.
func (c Config) validate() error {
	words := []struct {
		setting, value string
		known          []string
	}{
		{"receipts", c.Receipts, []string{CountInvoice, CountReceipt}},
		{"advances", c.Advances, []string{CountFinal, CountAdvance, CountBoth}},
		{"collective", c.Collective, []string{AsReturn, Ignore}},
		{"outside", c.Outside, []string{AsReturn, Ignore}},
		{"inactive_lines", c.InactiveLines, []string{InactiveAuto, InactiveCount, InactiveIgnore}},
	}
	for _, w := range words {
		if !slices.Contains(w.known, w.value) {
			return settingsError(fmt.Sprintf("%s: %q is not known", w.setting, w.value), "write one of "+strings.Join(w.known, ", "))
		}
	}
	for i, d := range c.Documents {
		if (d != Invoices && d != Receipts) || slices.Contains(c.Documents[:i], d) {
			return settingsError(fmt.Sprintf("documents: %q is unknown or named twice", d), "documents: takes FS (invoices) and PA (receipts)")
		}
	}
	if len(c.Documents) == 0 {
		return settingsError("documents names no kind of document", "documents: takes FS (invoices) and PA (receipts)")
	}
	if c.Settlement != "" && !isSelect(c.Settlement) {
		return settingsError("settlement is not one SELECT", "write SELECT … AS document, … AS paid FROM …, without ; and without ORDER BY; WITH cannot stand in it")
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return settingsError(fmt.Sprintf("time zone %q is unknown", c.Timezone), "give an IANA name, for example Europe/Warsaw")
	}
	return nil
}

func settingsError(what, hint string) error {
	return &connectors.Error{Kind: connectors.ErrSettings, Op: "configure", Hint: hint, Err: errors.New(what)}
}

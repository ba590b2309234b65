package mapping

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// noDate is why a document without any date is out of scope: no rule set, no
// participation and no lapse could be found for it.
const noDate = "the document has no date"

// Document maps a sales document with its lines, in the ERP's order.
//
// Its date is the sale's or the issue's by the setting, the other one when that
// is missing. Its party is the buyer, recipient or payer by the setting, the
// buyer when there is no such; a document attribute that names a contractor
// code goes before. A code that nobody has leaves the party empty, so that
// nobody else gets the points, and gives a warning.
//
// An error is of code invalid: the connector gave a date or a word that does
// not exist.
func (m *Mapping) Document(inv connectors.Invoice, resolve Resolve) (loyalty.Document, []connectors.Warning, error) {
	doc := loyalty.Document{
		Key:   loyalty.Key{Type: inv.Key.Type, ID: inv.Key.ID},
		Class: strings.TrimSpace(inv.Class), Number: strings.TrimSpace(inv.Number), ExternalNo: strings.TrimSpace(inv.ExternalNo),
		Buyer: inv.Buyer, Recipient: inv.Recipient, Payer: inv.Payer,
		Currency: strings.TrimSpace(inv.Currency), Rate: inv.Rate, Net: inv.Net, Gross: inv.Gross,
		Store: strings.TrimSpace(inv.Store), PaymentForm: strings.TrimSpace(inv.PaymentForm), Paid: inv.Paid,
		Corrects: inv.Corrects, Return: inv.Return, OutOfScope: inv.OutOfScope, NotCounted: inv.NotCounted,
		Digest: inv.Digest, Modified: string(inv.Modified),
	}
	if err := m.translate(&doc, inv); err != nil {
		return loyalty.Document{}, nil, &loyalty.Error{
			Code:    loyalty.CodeInvalid,
			Message: fmt.Sprintf("source %s: document %s %s", m.cfg.Source, inv.Key.Type, inv.Key.ID),
			Hint:    "the connector or its columns do not fit this ERP; look at this document there",
			Err:     err,
		}
	}
	m.currency(&doc)
	doc.Channel = m.channel(doc.Store)
	warnings := m.party(&doc, inv, resolve)
	doc.Hash = m.hash(&doc)
	return doc, warnings, nil
}

// translate fills in what can be wrong: dates, the state and the lines.
func (m *Mapping) translate(doc *loyalty.Document, inv connectors.Invoice) (err error) {
	if doc.IssuedOn, err = loyalty.ParseDate(string(inv.IssuedOn)); err != nil {
		return fmt.Errorf("date of issue: %w", err)
	}
	if doc.SoldOn, err = loyalty.ParseDate(string(inv.SoldOn)); err != nil {
		return fmt.Errorf("date of sale: %w", err)
	}
	doc.Date = m.date(doc.SoldOn, doc.IssuedOn)
	if doc.Time, err = m.time(doc, inv.Time); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	if doc.Date == loyalty.NoDate && doc.OutOfScope == "" {
		doc.OutOfScope = noDate
	}
	if doc.State, err = state(inv.State); err != nil {
		return err
	}
	if len(inv.Lines) > 0 {
		doc.Lines = make([]loyalty.Line, len(inv.Lines))
	}
	for i := range inv.Lines {
		if err := m.line(&doc.Lines[i], &inv.Lines[i]); err != nil {
			return fmt.Errorf("line %s: %w", inv.Lines[i].ID, err)
		}
	}
	return nil
}

// date chooses, and takes the other date when the chosen one is missing.
func (m *Mapping) date(sold, issued loyalty.Date) loyalty.Date {
	first, second := sold, issued
	if m.cfg.DocumentDate == dateOfIssue {
		first, second = issued, sold
	}
	if first == loyalty.NoDate {
		return second
	}
	return first
}

// time is that of the day of issue, on the clock of business dates. A document that
// counts on another day has none.
func (m *Mapping) time(doc *loyalty.Document, at connectors.Time) (loyalty.TimeOfDay, error) {
	t, err := loyalty.ParseTimeOfDay(string(at))
	switch {
	case err != nil || doc.Date != doc.IssuedOn:
		return "", err
	case m.cfg.movesClock():
		return t.MovedTo(m.cfg.Zone, doc.IssuedOn, m.cfg.SourceZone), nil
	}
	return t, nil
}

func state(s connectors.State) (loyalty.State, error) {
	switch s {
	case connectors.Buffered:
		return loyalty.Buffered, nil
	case connectors.Released:
		return loyalty.Released, nil
	case connectors.Cancelled:
		return loyalty.Cancelled, nil
	}
	return 0, fmt.Errorf("%q is no state of a document", s)
}

func (m *Mapping) line(out *loyalty.Line, in *connectors.Line) error {
	*out = loyalty.Line{
		ID: in.ID, Corrects: in.Corrects, No: in.No, Kind: loyalty.LineKind(in.Kind),
		Code: strings.TrimSpace(in.Code), Name: strings.TrimSpace(in.Name), Group: strings.TrimSpace(in.Group),
		Quantity: in.Quantity, Unit: strings.TrimSpace(in.Unit), Net: in.Net, Gross: in.Gross,
		Discount: decimal.Max(in.Discount, decimal.Zero), Discounted: in.Discounted || in.Discount.IsPositive(), Attributes: trimmed(in.Attributes),
	}
	// A source that does not know the document's unit leaves both empty.
	if m.cfg.Unit == unitDocument && (in.DocumentUnit != "" || !in.DocumentQuantity.IsZero()) {
		out.Quantity, out.Unit = in.DocumentQuantity, strings.TrimSpace(in.DocumentUnit)
	}
	switch out.Kind {
	case loyalty.Goods, loyalty.Service, loyalty.Deposit, loyalty.Charge, loyalty.Component:
		return nil
	case "":
		out.Kind = loyalty.Goods
		return nil
	}
	return fmt.Errorf("%q is no kind of a line", in.Kind)
}

// currency fills in what an ERP leaves out for documents in its base currency.
func (m *Mapping) currency(doc *loyalty.Document) {
	if doc.Currency == "" {
		doc.Currency = m.cfg.BaseCurrency
	}
	if doc.Currency != "" && doc.Currency == m.cfg.BaseCurrency && doc.Rate.IsZero() {
		doc.Rate = decimal.NewFromInt(1)
	}
}

// channel returns the first channel that a store belongs to, "" for none.
func (m *Mapping) channel(store string) string {
	for _, ch := range m.cfg.Channels {
		for _, pattern := range ch.Stores {
			if store != "" && loyalty.MatchPattern(pattern, store) {
				return ch.Name
			}
		}
	}
	return ""
}

// party decides whose document it is.
func (m *Mapping) party(doc *loyalty.Document, inv connectors.Invoice, resolve Resolve) []connectors.Warning {
	if code := strings.TrimSpace(inv.Attributes[m.cfg.PointsToAttribute]); code != "" && m.cfg.PointsToAttribute != "" {
		key, ok := resolve.key(code)
		if !ok {
			return []connectors.Warning{{
				Message: fmt.Sprintf("document %s %s: its attribute %s names a contractor code that nobody has; nobody gets points for it", inv.Key.Type, inv.Key.ID, m.cfg.PointsToAttribute),
				Hint:    "correct the attribute in the ERP: codes compare exactly, upper and lower case differ",
			}}
		}
		doc.Party = key
		return nil
	}
	switch m.cfg.PointsTo {
	case toRecipient:
		doc.Party = inv.Recipient
	case toPayer:
		doc.Party = inv.Payer
	}
	if doc.Party == "" {
		doc.Party = inv.Buyer
	}
	return nil
}

// hash sums up what matters to points and history: not the key, which is the
// identity, nor stamps and digests; payment only when it decides about points.
func (m *Mapping) hash(doc *loyalty.Document) string {
	const usual = 2048 // bytes; most documents fit, and stay off the heap
	var room [usual]byte
	b := canon(room[:0]).
		text(doc.Class).text(doc.Number).text(doc.ExternalNo).count(int(doc.State)).date(doc.Date).date(doc.IssuedOn).date(doc.SoldOn).
		text(doc.Buyer).text(doc.Recipient).text(doc.Payer).text(doc.Party).
		text(doc.Currency).number(doc.Rate).number(doc.Net).number(doc.Gross).
		text(doc.Store).text(doc.Channel).text(doc.PaymentForm).flag(m.cfg.HashPaid && doc.Paid).
		text(doc.Corrects).flag(doc.Return).text(doc.OutOfScope).count(len(doc.Lines))
	if doc.NotCounted != "" { // written only then: the hashes of all others stay what they were
		b = b.text(doc.NotCounted)
	}
	if doc.Time != "" { // likewise
		b = b.text("time").text(string(doc.Time))
	}
	for i := range doc.Lines {
		l := &doc.Lines[i]
		b = b.text(l.ID).text(l.Corrects).count(l.No).text(string(l.Kind)).text(l.Code).text(l.Name).text(l.Group).
			number(l.Quantity).text(l.Unit).number(l.Net).number(l.Gross).attributes(l.Attributes)
	}
	for i := range doc.Lines {
		if l := &doc.Lines[i]; l.Discounted { // likewise
			b = b.text("discount").count(i).number(l.Discount)
		}
	}
	return b.sum()
}

package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// documentBody is what of a document is kept as one JSON value: everything that
// is not searched for. The field names are part of the store's format, and so is
// the order within a line.
//
// Bodies are most of what a store weighs. Lines are therefore arrays, parties that
// are the buyer again are left out, and appendBody writes them without reflection.
type documentBody struct {
	Format      int               `json:"v"` // 0 has lines as objects and names every party
	SoldOn      loyalty.Date      `json:"sold_on"`
	Time        loyalty.TimeOfDay `json:"time,omitempty"`
	Buyer       string            `json:"buyer,omitempty"`
	Recipient   *string           `json:"recipient,omitempty"`
	Payer       *string           `json:"payer,omitempty"`
	Currency    string            `json:"currency"`
	Rate        decimal.Decimal   `json:"rate"`
	Net         decimal.Decimal   `json:"net"`
	Gross       decimal.Decimal   `json:"gross"`
	Store       string            `json:"store,omitempty"`
	Channel     string            `json:"channel,omitempty"`
	PaymentForm string            `json:"payment_form,omitempty"`
	Paid        bool              `json:"paid,omitempty"`
	Return      bool              `json:"return,omitempty"`
	OutOfScope  string            `json:"out_of_scope,omitempty"`
	NotCounted  string            `json:"not_counted,omitempty"`
	Class       string            `json:"class,omitempty"`
	Inputs      *loyalty.Inputs   `json:"inputs,omitempty"` // pinned with the rule set
	Rows        []bodyLine        `json:"rows,omitempty"`
	Lines       []loyalty.Line    `json:"lines,omitempty"` // of format 0
}

// bodyLine is a line as an array: those of its members that are often empty come
// last and are left out.
type bodyLine loyalty.Line

// UnmarshalJSON reads what appendLine wrote.
func (l *bodyLine) UnmarshalJSON(text []byte) error {
	members := [...]any{
		&l.ID, &l.No, &l.Kind, &l.Code, &l.Name, &l.Group, &l.Quantity, &l.Unit, &l.Net, &l.Gross,
		&l.Attributes, &l.Corrects, &l.Discount, &l.Discounted,
	}
	return json.Unmarshal(text, &members)
}

// decodeBody fills in a document and returns the inputs pinned with it.
func decodeBody(text string, d *loyalty.Document) (*loyalty.Inputs, error) {
	var b documentBody
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, damaged(d.Key, err)
	}
	d.SoldOn, d.Buyer, d.Currency, d.Rate = b.SoldOn, b.Buyer, b.Currency, b.Rate
	d.Net, d.Gross, d.Store, d.Channel, d.PaymentForm, d.Paid = b.Net, b.Gross, b.Store, b.Channel, b.PaymentForm, b.Paid
	d.Return, d.OutOfScope, d.NotCounted, d.Class, d.Time = b.Return, b.OutOfScope, b.NotCounted, b.Class, b.Time
	d.Recipient, d.Payer, d.Lines = b.party(b.Recipient), b.party(b.Payer), b.Lines
	if len(b.Rows) > 0 {
		d.Lines = make([]loyalty.Line, len(b.Rows))
		for i, l := range b.Rows {
			d.Lines[i] = loyalty.Line(l)
		}
	}
	return b.Inputs, nil
}

// damaged says that the body of a document cannot be read.
func damaged(key loyalty.Key, err error) error {
	return &loyalty.Error{
		Code: loyalty.CodeInternal, Message: fmt.Sprintf("the stored document %s %s cannot be read", key.Type, key.ID),
		Hint: "put back a backup of the store", Err: err,
	}
}

// party is the buyer unless another one stands there.
func (b *documentBody) party(named *string) string {
	switch {
	case named != nil:
		return *named
	case b.Format == 0:
		return ""
	}
	return b.Buyer
}

// bodiesOf are the bodies of documents as a column takes them: nil for none. They
// share one text.
func bodiesOf(docs []loyalty.StoredDocument) ([]any, error) {
	const document, line = 256, 128 // bytes, about
	room := 0
	for i := range docs {
		if docs[i].HasBody {
			room += document + line*len(docs[i].Lines)
		}
	}
	var all strings.Builder
	all.Grow(room)
	var one []byte
	ends := make([]int, len(docs))
	for i := range docs {
		if docs[i].HasBody {
			var err error
			if one, err = appendBody(one[:0], &docs[i]); err != nil {
				return nil, err
			}
			all.Write(one)
		}
		ends[i] = all.Len()
	}
	text, from := all.String(), 0
	bodies := make([]any, len(docs))
	for i, end := range ends {
		if docs[i].HasBody {
			bodies[i] = text[from:end]
		}
		from = end
	}
	return bodies, nil
}

// appendBody writes the body of a document.
func appendBody(b []byte, d *loyalty.StoredDocument) ([]byte, error) {
	b = append(b, `{"v":1,"sold_on":"`...)
	b = append(append(b, d.SoldOn.String()...), '"')
	b = appendMember(b, "time", string(d.Time))
	b = appendMember(b, "buyer", d.Buyer)
	b = appendParty(b, "recipient", d.Recipient, d.Buyer)
	b = appendParty(b, "payer", d.Payer, d.Buyer)
	b = wire.AppendText(append(b, `,"currency":`...), d.Currency)
	b = appendDecimal(append(b, `,"rate":`...), d.Rate)
	b = appendDecimal(append(b, `,"net":`...), d.Net)
	b = appendDecimal(append(b, `,"gross":`...), d.Gross)
	b = appendMember(b, "store", d.Store)
	b = appendMember(b, "channel", d.Channel)
	b = appendMember(b, "payment_form", d.PaymentForm)
	b = appendFlag(b, "paid", d.Paid)
	b = appendFlag(b, "return", d.Return)
	b = appendMember(b, "out_of_scope", d.OutOfScope)
	b = appendMember(b, "not_counted", d.NotCounted)
	b = appendMember(b, "class", d.Class)
	if d.RuleSet != 0 && d.Inputs != nil {
		inputs, err := json.Marshal(d.Inputs)
		if err != nil {
			return b, fmt.Errorf("encode document %s %s: %w", d.Key.Type, d.Key.ID, err)
		}
		b = append(append(b, `,"inputs":`...), inputs...)
	}
	if len(d.Lines) > 0 {
		b = append(b, `,"rows":[`...)
		for i := range d.Lines {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendLine(b, &d.Lines[i])
		}
		b = append(b, ']')
	}
	return append(b, '}'), nil
}

func appendLine(b []byte, l *loyalty.Line) []byte {
	b = wire.AppendText(append(b, '['), l.ID)
	b = strconv.AppendInt(append(b, ','), int64(l.No), 10)
	b = wire.AppendText(append(b, ','), string(l.Kind))
	b = wire.AppendText(append(b, ','), l.Code)
	b = wire.AppendText(append(b, ','), l.Name)
	b = wire.AppendText(append(b, ','), l.Group)
	b = appendDecimal(append(b, ','), l.Quantity)
	b = wire.AppendText(append(b, ','), l.Unit)
	b = appendDecimal(append(b, ','), l.Net)
	b = appendDecimal(append(b, ','), l.Gross)
	more := l.Corrects != "" || l.Discounted || !l.Discount.IsZero()
	if len(l.Attributes) > 0 || more {
		b = appendAttributes(append(b, ','), l.Attributes)
	}
	if more {
		b = wire.AppendText(append(b, ','), l.Corrects)
		b = appendDecimal(append(b, ','), l.Discount)
		b = strconv.AppendBool(append(b, ','), l.Discounted)
	}
	return append(b, ']')
}

// appendAttributes writes attributes by name, so that equal ones are written alike.
func appendAttributes(b []byte, a loyalty.Attributes) []byte {
	const usual = 8 // attributes; so many stay off the heap
	var room [usual]string
	names := room[:0]
	for name := range a {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendText(append(wire.AppendText(b, name), ':'), a[name])
	}
	return append(b, '}')
}

func appendParty(b []byte, name, key, buyer string) []byte {
	if key == buyer {
		return b
	}
	return wire.AppendText(append(append(append(b, `,"`...), name...), `":`...), key)
}

func appendMember(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return wire.AppendText(append(append(append(b, `,"`...), name...), `":`...), text)
}

func appendFlag(b []byte, name string, set bool) []byte {
	if !set {
		return b
	}
	return append(append(append(b, `,"`...), name...), `":true`...)
}

// appendDecimal writes a number as JSON, exactly, without zeros that say nothing.
func appendDecimal(b []byte, d decimal.Decimal) []byte {
	const digits = 18 // always fit an int64
	places := -d.Exponent()
	if places < 0 || places > digits || d.NumDigits() > digits {
		return append(b, d.String()...)
	}
	n := d.CoefficientInt64()
	for ; places > 0 && n%10 == 0; places-- {
		n /= 10
	}
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	start := len(b)
	b = strconv.AppendInt(b, n, 10)
	for len(b)-start <= int(places) { // 5 with two places is 0.05
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	if places > 0 {
		point := len(b) - int(places)
		b = append(b, 0)
		copy(b[point+1:], b[point:])
		b[point] = '.'
	}
	return b
}

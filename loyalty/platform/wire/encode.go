package wire

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/loyalty"
)

// bodyBytes are about what the body of an item takes.
const bodyBytes = 700

// Encode encodes the bodies of items, as they will travel.
func Encode(items []Outgoing) error {
	all := make([]byte, 0, bodyBytes*len(items))
	ends := make([]int, len(items))
	var err error
	for i := range items {
		if all, err = appendBody(all, items[i].Body); err != nil {
			return err
		}
		ends[i] = len(all)
	}
	start := 0
	for i, end := range ends {
		items[i].JSON = all[start:end:end]
		start = end
	}
	return nil
}

// RequestBody is the body of a call with items, a [Request]. It takes what Encode
// made of them, and encodes the others.
func RequestBody(q Queue, items []Outgoing) ([]byte, error) {
	size := bodyBytes
	for i := range items {
		size += len(items[i].JSON) + 1
	}
	b := append(make([]byte, 0, size), `{"program":`...)
	b = AppendText(b, q.Feed.ProgramName)
	b = append(b, `,"source":`...)
	b = AppendText(b, q.Feed.SourceName)
	b = append(b, `,"items":`...)
	separator := byte('[')
	var err error
	for i := range items {
		b = append(b, separator)
		separator = ','
		if items[i].JSON != nil {
			b = append(b, items[i].JSON...)
		} else if b, err = appendBody(b, items[i].Body); err != nil {
			return nil, err
		}
	}
	if len(items) == 0 {
		b = append(b, '[')
	}
	return append(b, `]}`...), nil
}

func appendBody(b []byte, body any) ([]byte, error) {
	if m, ok := body.(Movement); ok {
		return m.appendJSON(b), nil
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", body, err)
	}
	return append(b, encoded...), nil
}

// appendJSON writes what encoding/json does, in a quarter of the time: movements
// are all but everything that travels.
func (m *Movement) appendJSON(b []byte) []byte {
	text := func(name, value string) {
		b = append(b, name...)
		b = AppendText(b, value)
	}
	date := func(name string, value loyalty.Date) { text(name, value.String()) }
	text(`{"id":`, m.ID)
	text(`,"contractor":`, m.Contractor)
	text(`,"kind":`, m.Kind)
	text(`,"state":`, m.State)
	text(`,"points":`, m.Points)
	text(`,"document":{"id":`, m.Document.ID)
	text(`,"corrects":`, m.Document.Corrects)
	text(`,"number":`, m.Document.Number)
	date(`,"date":`, m.Document.Date)
	if m.Document.Buffered {
		b = append(b, `,"buffered":true}`...)
	} else {
		b = append(b, `,"buffered":false}`...)
	}
	text(`,"item":{"code":`, m.Item.Code)
	text(`,"name":`, m.Item.Name)
	text(`,"group":`, m.Item.Group)
	text(`,"quantity":`, m.Item.Quantity)
	text(`,"unit":`, m.Item.Unit)
	text(`,"net":`, m.Item.Net)
	text(`,"gross":`, m.Item.Gross)
	text(`,"currency":`, m.Item.Currency)
	text(`},"store":`, m.Store)
	text(`,"rule":`, m.Rule)
	text(`,"rule_set":`, m.RuleSet)
	date(`,"effective_on":`, m.EffectiveOn)
	date(`,"lapses_on":`, m.LapsesOn)
	text(`,"of":`, m.Of)
	return append(b, '}')
}

// AppendText writes a JSON string, byte by byte as encoding/json does. What has to be
// escaped is left to that.
func AppendText(b []byte, s string) []byte {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&', c == lineSeparator[0]:
			return appendEscaped(b, s)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && !utf8.ValidString(s) {
		return appendEscaped(b, s)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// lineSeparator and its neighbour break JavaScript, and are escaped.
const lineSeparator = "\u2028"

func appendEscaped(b []byte, s string) []byte {
	escaped, err := json.Marshal(s)
	if err != nil { // a string always marshals
		panic(fmt.Sprintf("wire: marshal a string: %v", err))
	}
	return append(b, escaped...)
}

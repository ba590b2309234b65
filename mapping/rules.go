package mapping

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
	"github.com/loyalsync/loyalsync/mapping/expression"
)

// RuleConditions compile the conditions of rules. The zero value is ready.
type RuleConditions struct{}

var _ rules.Conditions = RuleConditions{}

// saleFields is what a condition on a sale may use. Those of the contractor are
// the ones pinned with the document.
type saleFields struct {
	Class       string `expr:"class"` // of the document: 302, ARI, …
	Store       string `expr:"store"`
	Channel     string `expr:"channel"`
	PaymentForm string `expr:"payment_form"`
	Weekday     string `expr:"weekday"` // of the document's date: mon to sun
	Month       string `expr:"month"`   // 01 to 12
	Day         string `expr:"day"`     // 01-01 to 12-31
	// Hour is 0 to 23. A condition that names it has no answer where it is not known.
	Hour decimal.Decimal `expr:"hour"`

	Group      string                   `expr:"group"` // of the contractor
	Attributes map[string]string        `expr:"attributes"`
	Attribute  func(name string) string `expr:"attribute"`

	Card string `expr:"card"` // the contractor's number, "" for none
	Tier string `expr:"tier"` // of the contractor on the document's date
	// FirstPurchase says that no other document of the points account has points.
	FirstPurchase bool `expr:"first_purchase"`
}

// lineFields is what a condition on a line may use, also as item.code, item.name,
// item.attribute("X") and so on.
type lineFields struct {
	Item  itemFields `expr:"item"`
	Code  string     `expr:"code"`
	Name  string     `expr:"name"`
	Group string     `expr:"group"`
	Unit  string     `expr:"unit"`
	Kind  string     `expr:"kind"`

	Discount   decimal.Decimal `expr:"discount"` // percent below the list price
	Discounted bool            `expr:"discounted"`

	Attributes map[string]string        `expr:"attributes"`
	Attribute  func(name string) string `expr:"attribute"`
}

type itemFields struct {
	Code  string `expr:"code"`
	Name  string `expr:"name"`
	Group string `expr:"group"` // path of the ERP's item group
	Unit  string `expr:"unit"`
	Kind  string `expr:"kind"` // goods, service or charge

	Attributes map[string]string        `expr:"attributes"`
	Attribute  func(name string) string `expr:"attribute"`
}

// Sale compiles a condition on a sale.
func (RuleConditions) Sale(source string) (rules.SaleCondition, []loyalty.Fault) {
	program, faults := expression.Compile[saleFields, bool](source)
	if len(faults) > 0 {
		return nil, faults
	}
	byHour := slices.ContainsFunc(program.Uses(), func(u expression.Use) bool { return u.Name == "hour" })
	return saleCondition{program, byHour}, nil
}

// Line compiles a condition on a line.
func (RuleConditions) Line(source string) (rules.LineCondition, []loyalty.Fault) {
	program, faults := expression.Compile[lineFields, bool](source)
	if len(faults) > 0 {
		return nil, faults
	}
	return lineCondition{program}, nil
}

// Text compiles an expression that gives a text for a line.
func (RuleConditions) Text(source string) (rules.LineText, []loyalty.Fault) {
	program, faults := expression.Compile[lineFields, string](source)
	if len(faults) > 0 {
		return nil, faults
	}
	return lineText{program}, nil
}

type lineText struct {
	program *expression.Program[lineFields, string]
}

// Text evaluates the expression.
func (c lineText) Text(l *loyalty.Line) (string, error) { return c.program.Eval(lineFieldsOf(l)) }

type saleCondition struct {
	program *expression.Program[saleFields, bool]
	byHour  bool
}

// Holds evaluates the condition. One that names the hour of a sale whose time is
// not known is rules.ErrNoTime, whatever else it asks.
func (c saleCondition) Holds(date loyalty.Date, f *rules.Facts) (bool, error) {
	if _, known := f.Time.Hour(); c.byHour && !known {
		return false, rules.ErrNoTime
	}
	return c.program.Eval(saleFieldsOf(date, f))
}

// Values are the facts that the condition names, as far as they are known.
func (c saleCondition) Values(date loyalty.Date, f *rules.Facts) map[string]string {
	values := c.program.Values(saleFieldsOf(date, f))
	if _, known := f.Time.Hour(); !known {
		delete(values, "hour")
	}
	return values
}

// Asks lists the fields that the condition names, "attributes.X" for attribute("X").
func (c saleCondition) Asks() []string {
	var asked []string
	for _, u := range c.program.Uses() {
		name := u.Name
		switch {
		case name == "attribute" && u.Argument != "":
			name = "attributes." + u.Argument
		case name == "attribute":
			name = "attributes"
		}
		if !slices.Contains(asked, name) {
			asked = append(asked, name)
		}
	}
	return asked
}

func saleFieldsOf(date loyalty.Date, f *rules.Facts) *saleFields {
	out := &saleFields{
		Class: f.Class, Store: f.Store, Channel: f.Channel, PaymentForm: f.PaymentForm,
		Group: f.Contractor.Group, Attributes: f.Contractor.Attributes, Card: f.Contractor.Card, Tier: f.Contractor.Tier, FirstPurchase: f.Contractor.First,
		Attribute: func(name string) string { return f.Contractor.Attributes[name] },
	}
	if hour, known := f.Time.Hour(); known {
		out.Hour = decimal.NewFromInt(int64(hour))
	}
	if date != loyalty.NoDate {
		day := date.Time()
		out.Weekday = strings.ToLower(day.Format("Mon"))
		out.Month, out.Day = day.Format("01"), day.Format("01-02")
	}
	return out
}

type lineCondition struct {
	program *expression.Program[lineFields, bool]
}

// Holds evaluates the condition.
func (c lineCondition) Holds(l *loyalty.Line) (bool, error) { return c.program.Eval(lineFieldsOf(l)) }

func lineFieldsOf(l *loyalty.Line) *lineFields {
	item := itemFields{
		Code: l.Code, Name: l.Name, Group: l.Group, Unit: l.Unit, Kind: string(l.Kind),
		Attributes: l.Attributes, Attribute: func(name string) string { return l.Attributes[name] },
	}
	return &lineFields{
		Item: item, Code: item.Code, Name: item.Name, Group: item.Group, Unit: item.Unit, Kind: item.Kind,
		Discount: l.Discount, Discounted: l.Discounted, Attributes: item.Attributes, Attribute: item.Attribute,
	}
}

package store

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// documentBody is what of a document is kept as one JSON value: everything that
// is not searched for. The field names are part of the store's format.
type documentBody struct {
	SoldOn      loyalty.Date    `json:"sold_on"`
	Buyer       string          `json:"buyer,omitempty"`
	Recipient   string          `json:"recipient,omitempty"`
	Payer       string          `json:"payer,omitempty"`
	Currency    string          `json:"currency"`
	Rate        decimal.Decimal `json:"rate"`
	Net         decimal.Decimal `json:"net"`
	Gross       decimal.Decimal `json:"gross"`
	Store       string          `json:"store,omitempty"`
	Channel     string          `json:"channel,omitempty"`
	PaymentForm string          `json:"payment_form,omitempty"`
	Paid        bool            `json:"paid,omitempty"`
	Return      bool            `json:"return,omitempty"`
	OutOfScope  string          `json:"out_of_scope,omitempty"`
	Lines       []loyalty.Line  `json:"lines"`
}

func encodeBody(d *loyalty.Document) (string, error) {
	b, err := json.Marshal(documentBody{
		SoldOn: d.SoldOn, Buyer: d.Buyer, Recipient: d.Recipient, Payer: d.Payer, Currency: d.Currency, Rate: d.Rate,
		Net: d.Net, Gross: d.Gross, Store: d.Store, Channel: d.Channel, PaymentForm: d.PaymentForm, Paid: d.Paid,
		Return: d.Return, OutOfScope: d.OutOfScope, Lines: d.Lines,
	})
	if err != nil {
		return "", fmt.Errorf("encode document %s %s: %w", d.Key.Type, d.Key.ID, err)
	}
	return string(b), nil
}

func decodeBody(text string, d *loyalty.Document) error {
	var b documentBody
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return &loyalty.Error{
			Code: loyalty.CodeInternal, Message: fmt.Sprintf("the stored document %s %s cannot be read", d.Key.Type, d.Key.ID),
			Hint: "put back a backup of the store", Err: err,
		}
	}
	d.SoldOn, d.Buyer, d.Recipient, d.Payer, d.Currency, d.Rate = b.SoldOn, b.Buyer, b.Recipient, b.Payer, b.Currency, b.Rate
	d.Net, d.Gross, d.Store, d.Channel, d.PaymentForm, d.Paid = b.Net, b.Gross, b.Store, b.Channel, b.PaymentForm, b.Paid
	d.Return, d.OutOfScope, d.Lines = b.Return, b.OutOfScope, b.Lines
	return nil
}

package store

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// documentBody is what of a document is kept as one JSON value: everything that
// is not searched for. The field names are part of the store's format.
type documentBody struct {
	SoldOn      loyalty.Date      `json:"sold_on"`
	Time        loyalty.TimeOfDay `json:"time,omitempty"`
	Buyer       string            `json:"buyer,omitempty"`
	Recipient   string            `json:"recipient,omitempty"`
	Payer       string            `json:"payer,omitempty"`
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
	Lines       []loyalty.Line    `json:"lines"`
}

func encodeBody(d *loyalty.StoredDocument) (string, error) {
	body := documentBody{
		SoldOn: d.SoldOn, Buyer: d.Buyer, Recipient: d.Recipient, Payer: d.Payer, Currency: d.Currency, Rate: d.Rate,
		Net: d.Net, Gross: d.Gross, Store: d.Store, Channel: d.Channel, PaymentForm: d.PaymentForm, Paid: d.Paid,
		Return: d.Return, OutOfScope: d.OutOfScope, NotCounted: d.NotCounted, Lines: d.Lines,
		Class: d.Class, Time: d.Time,
	}
	if d.RuleSet != 0 {
		body.Inputs = d.Inputs
	}
	b, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("encode document %s %s: %w", d.Key.Type, d.Key.ID, err)
	}
	return string(b), nil
}

// decodeBody fills in a document and returns the inputs pinned with it.
func decodeBody(text string, d *loyalty.Document) (*loyalty.Inputs, error) {
	var b documentBody
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, damaged(d, err)
	}
	d.SoldOn, d.Buyer, d.Recipient, d.Payer, d.Currency, d.Rate = b.SoldOn, b.Buyer, b.Recipient, b.Payer, b.Currency, b.Rate
	d.Net, d.Gross, d.Store, d.Channel, d.PaymentForm, d.Paid = b.Net, b.Gross, b.Store, b.Channel, b.PaymentForm, b.Paid
	d.Return, d.OutOfScope, d.NotCounted, d.Lines = b.Return, b.OutOfScope, b.NotCounted, b.Lines
	d.Class, d.Time = b.Class, b.Time
	return b.Inputs, nil
}

// damaged says that the body of a document cannot be read.
func damaged(d *loyalty.Document, err error) error {
	return &loyalty.Error{
		Code: loyalty.CodeInternal, Message: fmt.Sprintf("the stored document %s %s cannot be read", d.Key.Type, d.Key.ID),
		Hint: "put back a backup of the store", Err: err,
	}
}

// documentColumns are read by scanDocument, in this order.
const documentColumns = `d.id, d.erp_key, d.type, d.corrects, d.root, d.number, d.external_no, d.state, d.date, d.issued_on,
	d.party, d.account_id, d.rule_set_id, d.reason, d.pending, d.active, d.hash, d.digest, d.modified, d.body`

func scanDocument(rows *sql.Rows) (loyalty.StoredDocument, error) {
	var d loyalty.StoredDocument
	var account, ruleSet sql.NullInt64
	var body sql.NullString
	err := rows.Scan(&d.ID, &d.Key.ID, &d.Key.Type, &d.Corrects, &d.Root, &d.Number, &d.ExternalNo, &d.State, &d.Date, &d.IssuedOn,
		&d.Party, &account, &ruleSet, &d.Reason, &d.Pending, &d.Active, &d.Hash, &d.Digest, &d.Modified, &body)
	if err != nil {
		return d, err
	}
	d.Account, d.RuleSet, d.HasBody = account.Int64, ruleSet.Int64, body.Valid
	if body.Valid {
		d.Inputs, err = decodeBody(body.String, &d.Document)
	}
	return d, err
}

// documentRow is a document as upsertDocument takes it.
func documentRow(feed int64, d *loyalty.StoredDocument) ([]any, error) {
	var body any
	if d.HasBody {
		text, err := encodeBody(d)
		if err != nil {
			return nil, err
		}
		body = text
	}
	return []any{
		d.ID, feed, d.Key.ID, d.Key.Type, d.Corrects, d.Root, d.Number, d.ExternalNo, d.State, int64(d.Date), int64(d.IssuedOn),
		d.Party, nullID(d.Account), nullID(d.RuleSet), string(d.Reason), int64(d.Pending), int64(d.Active), d.Hash, d.Digest, d.Modified, body,
	}, nil
}

const (
	documentFields = `id, feed_id, erp_key, type, corrects, root, number, external_no, state, date, issued_on,
		party, account_id, rule_set_id, reason, pending, active, hash, digest, modified, body`
	updateDocument = `ON CONFLICT (id) DO UPDATE SET corrects = excluded.corrects, root = excluded.root, number = excluded.number,
		external_no = excluded.external_no, state = excluded.state, date = excluded.date, issued_on = excluded.issued_on,
		party = excluded.party, account_id = excluded.account_id, rule_set_id = excluded.rule_set_id, reason = excluded.reason,
		pending = excluded.pending, active = excluded.active, hash = excluded.hash, digest = excluded.digest,
		modified = excluded.modified, body = excluded.body`
)

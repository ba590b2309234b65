package store

import (
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// documentColumns are read by scanDocument, in this order.
const documentColumns = `d.id, d.erp_key, d.type, d.corrects, d.root, d.number, d.external_no, d.state, d.date, d.issued_on,
	d.party, d.account_id, d.rule_set_id, d.reason, d.pending, d.active, d.waits, d.hash, d.digest, d.modified, d.body`

func scanDocument(rows *sql.Rows) (loyalty.StoredDocument, error) {
	var d loyalty.StoredDocument
	var account, ruleSet sql.NullInt64
	var body sql.NullString
	err := rows.Scan(&d.ID, &d.Key.ID, &d.Key.Type, &d.Corrects, &d.Root, &d.Number, &d.ExternalNo, &d.State, &d.Date, &d.IssuedOn,
		&d.Party, &account, &ruleSet, &d.Reason, &d.Pending, &d.Active, &d.Waits, &d.Hash, &d.Digest, &d.Modified, &body)
	if err != nil {
		return d, err
	}
	d.Account, d.RuleSet, d.HasBody = account.Int64, ruleSet.Int64, body.Valid
	if body.Valid {
		d.Inputs, err = decodeBody(body.String, &d.Document)
	}
	return d, err
}

// documentRow fills in the documentFields of a document; body is what bodiesOf made.
func documentRow(to []any, feed, id int64, d *loyalty.StoredDocument, body any) {
	to[0], to[1], to[2], to[3], to[4], to[5] = id, feed, d.Key.ID, d.Key.Type, d.Corrects, d.Root
	to[6], to[7], to[8], to[9], to[10] = d.Number, d.ExternalNo, int64(d.State), int64(d.Date), int64(d.IssuedOn)
	to[11], to[12], to[13], to[14] = d.Party, nullID(d.Account), nullID(d.RuleSet), string(d.Reason)
	to[15], to[16], to[17], to[18], to[19], to[20], to[21] = int64(d.Pending), int64(d.Active), int64(d.Waits), d.Hash, d.Digest, d.Modified, body
}

const (
	documentFields = `id, feed_id, erp_key, type, corrects, root, number, external_no, state, date, issued_on,
		party, account_id, rule_set_id, reason, pending, active, waits, hash, digest, modified, body`
	updateDocument = `ON CONFLICT (id) DO UPDATE SET corrects = excluded.corrects, root = excluded.root, number = excluded.number,
		external_no = excluded.external_no, state = excluded.state, date = excluded.date, issued_on = excluded.issued_on,
		party = excluded.party, account_id = excluded.account_id, rule_set_id = excluded.rule_set_id, reason = excluded.reason,
		pending = excluded.pending, active = excluded.active, waits = excluded.waits, hash = excluded.hash, digest = excluded.digest,
		modified = excluded.modified, body = excluded.body`
)

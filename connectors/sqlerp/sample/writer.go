package sample

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// writer inserts rows by prepared statements. It keeps its first error, and
// does nothing after it.
type writer struct {
	ctx        context.Context //nolint:containedctx // a writer lives for one call
	tx         *sql.Tx
	statements map[string]*sql.Stmt
	err        error
}

func (w *writer) exec(query string, values ...any) {
	if w.err != nil {
		return
	}
	statement, ok := w.statements[query]
	if !ok {
		if statement, w.err = w.tx.PrepareContext(w.ctx, query); w.err != nil {
			return
		}
		if w.statements == nil {
			w.statements = map[string]*sql.Stmt{}
		}
		w.statements[query] = statement
	}
	_, w.err = statement.ExecContext(w.ctx, values...)
}

func (w *writer) insert(table string, values ...any) {
	for i, v := range values {
		if v == "" {
			values[i] = nil
		}
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
	w.exec("INSERT INTO "+table+" VALUES ("+marks+")", values...)
}

// close ends the statements and returns the first error.
func (w *writer) close() error {
	all := []error{w.err}
	for _, s := range w.statements {
		all = append(all, s.Close())
	}
	return errors.Join(all...)
}

func (w *writer) contractor(k contractor) {
	w.insert("kontrahenci", k.id, k.code, k.name, k.nip, k.city, k.email, k.phone, k.group, k.country, k.currency, k.active, k.anonymous, k.takesPart)
}

func (w *writer) person(p person) {
	w.insert("osoby", p.id, p.contractor, p.name, p.email, p.phone, p.active)
}

func (w *writer) item(t item) {
	w.insert("towary", t.id, t.code, t.name, t.group, t.unit, t.kind, t.vat, t.price)
}

func (w *writer) document(d *document) {
	net, gross := d.totals()
	var corrects any
	if d.corrects != nil {
		corrects = d.corrects.id
	}
	day := d.issued.Format(dateLayout)
	w.insert("dokumenty", d.id, d.kind, d.number, d.state, d.changed.Format(stampLayout), day, day, d.buyer, d.recipient,
		d.currency, d.rate, decimalText(net, 2), decimalText(gross, 2), d.store, d.payment, d.paid, corrects)
	for i, l := range d.lines {
		var of any
		if l.corrects != 0 {
			of = l.corrects
		}
		w.insert("pozycje", l.id, d.id, i+1, l.item, decimalText(l.quantity, 3), decimalText(l.net, 2), decimalText(l.gross, 2), of)
	}
}

// decimalText writes n units of 10^-decimals.
func decimalText(n int64, decimals int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := fmt.Sprintf("%0*d", decimals+1, n)
	return sign + digits[:len(digits)-decimals] + "." + digits[len(digits)-decimals:]
}

package sample

import (
	"context"
	"database/sql"
	"time"

	"github.com/shopspring/decimal"
)

// grow is one step of the life of a sample ERP.
func grow(ctx context.Context, tx *sql.Tx, now time.Time) (Growth, error) {
	var grown Growth
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM dokumenty").Scan(&last); err != nil {
		return grown, err
	}
	g := newGenerator(uint64(last), 1) //nolint:gosec // a key is never negative
	if err := g.load(ctx, tx); err != nil {
		return grown, err
	}
	var err error
	if grown.Released, err = release(ctx, tx, 2, now); err != nil {
		return grown, err
	}
	w := writer{ctx: ctx, tx: tx}
	add := func(d *document) error {
		last++
		d.id = last
		n, err := issuedIn(ctx, tx, d)
		if err != nil {
			return err
		}
		d.number = number(d.kind, n+1, d.issued)
		w.document(d)
		return w.err
	}
	for range 1 + g.rng.IntN(3) {
		d := g.newDocument(now)
		if g.oneIn(3) {
			d.state = released
		}
		if err := add(d); err != nil {
			return grown, err
		}
		grown.Added++
	}
	if g.oneIn(4) {
		original, err := correctable(ctx, tx)
		if err != nil || original == nil {
			return grown, err
		}
		if err := add(g.correct(original, now)); err != nil {
			return grown, err
		}
		grown.Corrected++
	}
	return grown, w.close()
}

// release takes the oldest documents out of the buffer.
func release(ctx context.Context, tx *sql.Tx, n int, now time.Time) (int, error) {
	result, err := tx.ExecContext(ctx, `
UPDATE dokumenty SET stan = ?, zmieniono = ?
WHERE id IN (SELECT id FROM dokumenty WHERE stan = ? ORDER BY id LIMIT ?)`, released, now.Format(stampLayout), buffered, n)
	if err != nil {
		return 0, err
	}
	changed, err := result.RowsAffected()
	return int(changed), err
}

func issuedIn(ctx context.Context, tx *sql.Tx, d *document) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM dokumenty WHERE typ = ? AND substr(wystawiono, 1, 7) = ?",
		d.kind, d.issued.Format("2006-01")).Scan(&n)
	return n, err
}

func (g *generator) load(ctx context.Context, tx *sql.Tx) error {
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM pozycje").Scan(&g.nextLine); err != nil {
		return err
	}
	err := each(ctx, tx, "SELECT id, waluta FROM kontrahenci ORDER BY id", nil, func(rows *sql.Rows) error {
		var k contractor
		err := rows.Scan(&k.id, &k.currency)
		g.contractors = append(g.contractors, k)
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, "SELECT id, grupa, jm, rodzaj, vat, cena_grosze FROM towary ORDER BY id", nil, func(rows *sql.Rows) error {
		var t item
		err := rows.Scan(&t.id, &t.group, &t.unit, &t.kind, &t.vat, &t.price)
		g.items = append(g.items, t)
		return err
	})
}

// correctable is the newest released invoice without a correction, nil when
// there is none.
func correctable(ctx context.Context, tx *sql.Tx) (*document, error) {
	var d *document
	err := each(ctx, tx, `
SELECT id, nabywca_id, odbiorca_id, waluta, COALESCE(kurs, ''), magazyn, platnosc, zaplacono
FROM dokumenty d
WHERE typ = ? AND stan = ? AND NOT EXISTS (SELECT 1 FROM dokumenty k WHERE k.koryguje_id = d.id)
ORDER BY id DESC LIMIT 1`, []any{invoiceType, released}, func(rows *sql.Rows) error {
		d = &document{}
		return rows.Scan(&d.id, &d.buyer, &d.recipient, &d.currency, &d.rate, &d.store, &d.payment, &d.paid)
	})
	if err != nil || d == nil {
		return nil, err
	}
	err = each(ctx, tx, `
SELECT p.id, p.towar_id, p.ilosc, p.netto, p.brutto, CASE d.waluta WHEN 'PLN' THEN t.vat ELSE 0 END
FROM pozycje p JOIN towary t ON t.id = p.towar_id JOIN dokumenty d ON d.id = p.dokument_id
WHERE d.id = ? ORDER BY p.lp`, []any{d.id}, func(rows *sql.Rows) error {
		var l line
		var quantity, net, gross decimal.Decimal
		failed := rows.Scan(&l.id, &l.item, &quantity, &net, &gross, &l.vat)
		l.quantity, l.net, l.gross = quantity.Shift(3).IntPart(), net.Shift(2).IntPart(), gross.Shift(2).IntPart()
		d.lines = append(d.lines, l)
		return failed
	})
	return d, err
}

func each(ctx context.Context, tx *sql.Tx, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

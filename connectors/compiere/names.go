package compiere

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// names is what the lines of one page name: items and the like, by their keys. It is
// read in the transaction of the lines, and no page uses that of another.
type names struct {
	items      map[string]*item
	charges    map[string]string
	units      map[string]string
	rates      map[string]decimal.Decimal // of taxes, in percent
	quantities map[string]decimal.Decimal // as met on the page, by their text
}

// item is a row of items.sql. Its texts and attributes are shared by all lines.
type item struct {
	productType, code, name, group, unit string
	attributes                           map[string]string
}

func (i *item) kind() connectors.LineKind {
	switch i.productType {
	case "S", "R", "E": // service, resource, expense
		return connectors.Service
	}
	return connectors.Goods // item, online
}

// names looks up what the lines name.
func (d *documents) names(ctx context.Context, tx pgx.Tx, sql statements) (*names, error) {
	n := &names{
		items: map[string]*item{}, charges: map[string]string{}, units: map[string]string{},
		rates: map[string]decimal.Decimal{}, quantities: map[string]decimal.Decimal{},
	}
	for _, kind := range []struct {
		column int
		sql    string
		take   func(r *rows, row int) error
	}{
		{lineItem, sql.items, n.item},
		{lineCharge, sql.charges, n.charge},
		{lineUnit, sql.units, n.unit},
		{lineTax, sql.taxes, n.rate},
	} {
		ids := d.lines.distinct(kind.column)
		if len(ids) == 0 {
			continue
		}
		if err := d.named.read(ctx, tx, kind.sql, pgx.StrictNamedArgs{"ids": ids}); err != nil {
			return nil, err
		}
		for row := range d.named.len() {
			if err := kind.take(&d.named, row); err != nil {
				return nil, err
			}
		}
	}
	return n, nil
}

func (n *names) item(r *rows, row int) error {
	var own texts
	own.all.Grow(len(r.cell(row, 0)) * 8)
	text := func(column int) string { return own.text(r.cell(row, column)) }
	n.items[string(r.cell(row, 0))] = &item{
		productType: text(1), code: text(2), name: text(3), group: text(4), unit: text(5),
		attributes: attributes("upc", text(6), "sku", text(7)),
	}
	return nil
}

func (n *names) charge(r *rows, row int) error {
	n.charges[string(r.cell(row, 0))] = string(r.cell(row, 1))
	return nil
}

func (n *names) unit(r *rows, row int) error {
	n.units[string(r.cell(row, 0))] = string(r.cell(row, 1))
	return nil
}

func (n *names) rate(r *rows, row int) (err error) {
	n.rates[string(r.cell(row, 0))], err = r.number(row, 1)
	return err
}

// repeated is a number of a kind that a page has few of.
func (n *names) repeated(r *rows, row, column int) (decimal.Decimal, error) {
	c := r.cell(row, column)
	if d, met := n.quantities[string(c)]; met {
		return d, nil
	}
	d, err := r.number(row, column)
	if err == nil {
		n.quantities[string(c)] = d
	}
	return d, err
}

// distinct are the values of a column, each once.
func (r *rows) distinct(column int) []string {
	met := make(map[string]bool)
	for row := range r.len() {
		if c := r.cell(row, column); c != nil && !met[string(c)] {
			met[string(c)] = true
		}
	}
	return slices.Collect(maps.Keys(met))
}

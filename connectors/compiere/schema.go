package compiere

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// table is one that is read: the columns it must have, and those that only some
// members of the family have. None of them is a password.
type table struct {
	name     string
	columns  string
	optional string
}

// holdsPasswords reports whether other columns of the table are secrets: of users,
// of the company's mail account, of the installation.
func (t table) holdsPasswords() bool {
	return t.name == "ad_user" || t.name == "ad_client" || t.name == "ad_system"
}

// tables are all that the statements of folder sql touch; a test compares. A table
// without needed columns is one that only some members have.
func tables() []table {
	return []table{
		{"ad_client", "ad_client_id name created", ""},
		{"ad_clientinfo", "", "ad_client_id c_acctschema1_id c_bpartnercashtrx_id"},
		{"ad_org", "ad_org_id value", "em_obretco_c_bpartner_id"},
		{"ad_system", "", "releaseno version"},
		{"ad_user", "ad_user_id c_bpartner_id name email phone isactive", "phone2 firstname lastname isdefaultcontact"},
		{"c_acctschema", "", "c_acctschema_id c_currency_id"},
		{"c_bp_group", "c_bp_group_id value", ""},
		{
			"c_bpartner", "c_bpartner_id ad_client_id value name taxid c_bp_group_id iscustomer issummary isactive",
			"isonetime name2 description referenceno ad_language m_pricelist_id salesrep_id",
		},
		{"c_bpartner_location", "c_bpartner_location_id c_bpartner_id c_location_id isbillto isactive phone", ""},
		{"c_charge", "c_charge_id name", ""},
		{"c_conversion_rate", "", "c_conversion_rate_id ad_client_id isactive c_currency_id c_currency_id_to validfrom validto multiplyrate c_conversiontype_id"},
		{"c_country", "c_country_id countrycode", ""},
		{"c_currency", "c_currency_id iso_code stdprecision", ""},
		{"c_doctype", "c_doctype_id ad_client_id docbasetype name", "isreturn signo_issotrx docsubtype docsubtypeso"},
		{
			"c_invoice", "c_invoice_id ad_client_id ad_org_id updated issotrx documentno docstatus c_doctype_id c_doctypetarget_id " +
				"c_order_id c_bpartner_id c_currency_id dateinvoiced grandtotal istaxincluded ispaid paymentrule poreference description",
			"created relatedinvoice_id reversal_id currencyrate c_conversiontype_id c_invoice_uu",
		},
		{"c_invoice_reverse", "", "c_invoice_id reversed_c_invoice_id"},
		{
			"c_invoiceline", "c_invoiceline_id c_invoice_id line m_product_id c_charge_id c_uom_id c_tax_id qtyinvoiced " +
				"linenetamt isdescription isactive description",
			"qtyentered line_gross_amount pricelist priceactual",
		},
		{"c_invoicetax", "c_invoice_id taxamt", ""},
		{"c_location", "c_location_id c_country_id city postal", ""},
		{"c_order", "c_order_id c_bpartner_id documentno", "pay_bpartner_id"},
		{"c_pos", "", "c_bpartnercashtrx_id"},
		{"c_tax", "c_tax_id rate issummary parent_tax_id isactive", ""},
		{"c_uom", "c_uom_id x12de355", "uomsymbol"},
		{"m_pricelist", "m_pricelist_id name", ""},
		{"m_product", "m_product_id value name c_uom_id m_product_category_id producttype", "upc sku"},
		{"m_product_category", "m_product_category_id value", "m_product_category_parent_id"},
	}
}

func tableNames() []string {
	var names []string
	for _, t := range tables() {
		names = append(names, t.name)
	}
	return names
}

// column is what the system catalog says about a column and this login.
type column struct {
	table, name, kind  string
	relation           string // the kind of the table: r for an ordinary one
	readable, writable bool
}

// catalog is the ERP's schema as found; keys are "table.column".
type catalog map[string]column

func readCatalog(ctx context.Context, q querier, st statements, schema string) (catalog, error) {
	columns, err := collect(ctx, q, st.catalog, pgx.StrictNamedArgs{"schema": schema, "tables": tableNames()},
		func(row pgx.CollectableRow) (c column, err error) {
			err = row.Scan(&c.table, &c.name, &c.kind, &c.relation, &c.readable, &c.writable)
			return c, err
		})
	found := catalog{}
	for _, c := range columns {
		found[c.table+"."+c.name] = c
	}
	return found, err
}

func (c catalog) has(key string) bool      { _, ok := c[key]; return ok }
func (c catalog) readable(key string) bool { return c[key].readable }

// missing lists tables and columns that are needed and not there; refused lists
// the tables that are there and of which something needed may not be read.
func (c catalog) missing() (missing, refused []string) {
	for _, t := range tables() {
		var absent []string
		unreadable := false
		names := strings.Fields(t.columns)
		for _, name := range names {
			found, ok := c[t.name+"."+name]
			if !ok {
				absent = append(absent, t.name+"."+name)
			} else if !found.readable {
				unreadable = true
			}
		}
		if len(names) > 0 && len(absent) == len(names) {
			absent = []string{t.name}
		}
		for _, name := range strings.Fields(t.optional) {
			key := t.name + "." + name
			unreadable = unreadable || decidesSign(key) && c.has(key) && !c.readable(key)
		}
		missing = append(missing, absent...)
		if unreadable {
			refused = append(refused, t.name)
		}
	}
	return missing, refused
}

// withheld lists the columns that only some members have, that are there, and that
// the login may not read: what they hold is taken for empty.
func (c catalog) withheld() []string {
	var names []string
	for _, t := range tables() {
		for _, name := range strings.Fields(t.optional) {
			key := t.name + "." + name
			if !recognising(key) && !decidesSign(key) && c.has(key) && !c.readable(key) {
				names = append(names, key)
			}
		}
	}
	return names
}

// decidesSign reports whether a column says that a document takes value back: where
// it is there and may not be read, a return would be taken for a sale.
func decidesSign(key string) bool {
	return key == "c_doctype.isreturn" || key == "c_doctype.signo_issotrx"
}

// recognising reports whether a column only tells the members apart.
func recognising(key string) bool {
	return key == "c_doctype.docsubtype" || key == "c_doctype.docsubtypeso" || key == "c_invoice.c_invoice_uu"
}

// writable lists the tables of which the login may write at least one column.
func (c catalog) writable() []string {
	var names []string
	for _, col := range c {
		if col.writable && !slices.Contains(names, col.table) {
			names = append(names, col.table)
		}
	}
	slices.Sort(names)
	return names
}

// findSchema returns the schema of the ERP's tables and the zone of the server.
func findSchema(ctx context.Context, q querier, st statements, wanted string) (schema, zone string, err error) {
	type place struct{ schema, zone string }
	found, err := collect(ctx, q, st.schemas, pgx.StrictNamedArgs{"schema": wanted}, func(row pgx.CollectableRow) (p place, err error) {
		err = row.Scan(&p.schema, &p.zone)
		return p, err
	})
	switch {
	case err != nil:
		return "", "", err
	case len(found) == 1:
		return found[0].schema, found[0].zone, nil
	case len(found) == 0:
		return "", "", &connectors.Error{
			Kind: connectors.ErrSchema, Op: "find the ERP's tables",
			Hint: "check database: and schema: in the settings of the source; the schema is often \"adempiere\"",
			Err:  errors.New("no schema asked for has c_invoice and ad_client"),
		}
	}
	var names []string
	for _, p := range found {
		names = append(names, p.schema)
	}
	return "", "", settingsError("several schemas hold an ERP: "+strings.Join(names, ", "), "name one with schema:")
}

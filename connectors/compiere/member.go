package compiere

import (
	"errors"

	"github.com/loyalsync/loyalsync/connectors"
)

// The members of the family that are told apart.
const (
	productCompiere   = "Compiere"
	productADempiere  = "ADempiere"
	productIDempiere  = "iDempiere"
	productMetasfresh = "metasfresh"
	productOpenbravo  = "Openbravo"
	productLibertya   = "Libertya"
)

// member is what the catalog says about the ERP at hand.
type member struct {
	product  string
	keys     keyType
	instants bool // stamps are "with time zone"
	inlines  bool // the server may compute a part of WITH once for every row
}

// member recognises the ERP by its schema; nothing of it is configured. A type of
// key that no member has is ErrSchema.
func (c catalog) member() (member, error) {
	keys, ok := keyTypeOf(c["c_invoice.c_invoice_id"].kind)
	if !ok {
		return member{}, &connectors.Error{
			Kind: connectors.ErrSchema, Op: "recognise the ERP",
			Hint: "this connector reads the Compiere family; describe other tables with connector: sqlerp",
			Err:  errors.New("the key of c_invoice is of a type that no member of the Compiere family has"),
		}
	}
	m := member{keys: keys, instants: c["c_invoice.updated"].kind == "timestamp with time zone"}
	switch {
	case keys.text:
		m.product = productOpenbravo
	case c.has("c_doctype.signo_issotrx"):
		m.product = productLibertya
	case c.has("c_doctype.docsubtype") && !c.has("c_doctype.docsubtypeso"):
		m.product = productMetasfresh
	case c.has("c_invoice.c_invoice_uu"):
		m.product = productIDempiere
	case c.has("c_invoice.reversal_id"):
		m.product = productADempiere
	default:
		m.product = productCompiere
	}
	return m, nil
}

// unproven is the remark about members of which no database was at hand when this
// connector was written.
func (m member) unproven() (connectors.Warning, bool) {
	switch m.product {
	case productMetasfresh, productLibertya:
		return connectors.Warning{
			Message: m.product + " is read by what its source code says: no company's data has been compared yet",
			Hint:    "look at some documents of every type, credit memos and cancelled ones too, with loyalsync run JOB --dry-run and loyalsync explain, before points are used",
		}, true
	}
	return connectors.Warning{}, false
}

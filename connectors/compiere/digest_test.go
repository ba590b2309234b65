package compiere_test

import "testing"

// The state of payment and the taxes may change without a new stamp.
func TestDigestSeesSilentChanges(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	e.line(t, 900, 9001, nil)
	e.insert(t, "c_invoicetax", row{"c_invoice_id": 900, "c_tax_id": 100, "taxamt": "23"})
	src := e.open(t)
	before := find(t, src, "900").Digest
	for _, change := range []string{
		"UPDATE c_invoice SET ispaid = 'Y'",
		"UPDATE c_invoice SET documentno = 'FV/900/2026'",
		"UPDATE c_invoice SET dateinvoiced = '2026-01-16'",
		"UPDATE c_invoice SET ad_client_id = 11",
		"UPDATE c_invoicetax SET taxamt = 22.99",
		"UPDATE c_invoiceline SET m_product_id = NULL, description = 'opis'",
		"UPDATE c_invoiceline SET pricelist = 20, priceactual = 10",
		"UPDATE c_invoiceline SET isactive = 'N'",
	} {
		e.must(t, change)
		after := find(t, src, "900").Digest
		if after == before {
			t.Errorf("unseen: %s", change)
		}
		before = after
	}
	e.must(t, "UPDATE c_invoice SET updated = updated + interval '1 day'")
	if find(t, src, "900").Digest != before {
		t.Error("a new stamp alone changed the digest")
	}
}

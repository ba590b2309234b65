package compiere_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

// refused wants an error of a kind, with a hint, without the password and with
// all of the given words.
func refused(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
		return
	}
	var e *connectors.Error
	if !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("no hint in %v", err)
		return
	}
	text := err.Error() + " " + e.Hint
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in: %s", word, text)
		}
	}
	if strings.Contains(text, "hunter2") || strings.Contains(text, "choose-a-password") {
		t.Errorf("the password is in: %s", text)
	}
}

func opened(ctx context.Context, c compiere.Config) error {
	src, err := compiere.Open(ctx, c)
	if err == nil {
		err = src.Close()
	}
	return err
}

func TestUnreachable(t *testing.T) {
	refused(t, opened(t.Context(), compiere.Config{URL: "postgres://ro:hunter2@127.0.0.1:1/erp"}), connectors.ErrUnreachable, "refused")
	refused(t, opened(t.Context(), compiere.Config{Host: "no-such-host.invalid", Database: "erp", User: "ro", Password: "hunter2"}), connectors.ErrUnreachable)
}

func TestOpenUnderCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := opened(ctx, compiere.Config{URL: "postgres://ro:hunter2@127.0.0.1:1/erp"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestLoginRefused(t *testing.T) {
	e := setupERP(t, "adempiere")
	wrong := e.config()
	wrong.URL = strings.Replace(wrong.URL, e.role+":", "ls_nobody:", 1)
	refused(t, opened(t.Context(), wrong), connectors.ErrAuth)

	wrong = e.config()
	wrong.URL = strings.Replace(wrong.URL, "/"+e.db.name, "/ls_no_such_database", 1)
	refused(t, opened(t.Context(), wrong), connectors.ErrSettings, "database")

	e.must(t, "REVOKE ALL ON ad_client FROM "+e.role)
	refused(t, opened(t.Context(), e.config()), connectors.ErrAuth, "ad_client", "GRANT SELECT")
}

func TestSchemaIsFound(t *testing.T) {
	e := setupERP(t, "adempiere")
	found := e.config()
	found.Schema = ""
	if err := opened(t.Context(), found); err != nil {
		t.Error(err)
	}
	wrong := e.config()
	wrong.Schema = "public"
	refused(t, opened(t.Context(), wrong), connectors.ErrSchema, "c_invoice", "schema:")

	other := e.db.erp(t, "compiere")
	refused(t, opened(t.Context(), found), connectors.ErrSettings, e.schema, other.schema)
	if err := opened(t.Context(), e.config()); err != nil {
		t.Errorf("with the schema named: %v", err)
	}
}

func TestTenantIsFound(t *testing.T) {
	e := setupERP(t, "adempiere")
	tenant := func(id string) compiere.Config {
		c := e.config()
		c.Tenant = id
		return c
	}
	if err := opened(t.Context(), tenant("")); err != nil {
		t.Errorf("the only company: %v", err)
	}
	e.insert(t, "ad_client", row{"ad_client_id": 11, "value": "demo", "name": "GardenWorld"})
	refused(t, opened(t.Context(), tenant("")), connectors.ErrSettings, "tenant:", "11 GardenWorld", "1000000 Hurtownia Łódź")
	refused(t, opened(t.Context(), tenant("12")), connectors.ErrSettings, "12", "11 GardenWorld")
	if err := opened(t.Context(), tenant("11")); err != nil {
		t.Errorf("the company named: %v", err)
	}

	e.partner(t, 500, nil)
	e.invoice(t, 900, nil)
	report, err := e.open(t).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the only company with invoices", report.Identity, "1000000|Hurtownia Łódź|2020-02-02T10:20:30")

	e.invoice(t, 901, row{"ad_client_id": 11})
	refused(t, opened(t.Context(), tenant("")), connectors.ErrSettings, "several")
}

func TestUnknownMember(t *testing.T) {
	e := setupERP(t, "adempiere")
	e.must(t, "DROP TABLE c_invoiceline, c_invoicetax; ALTER TABLE c_invoice DROP c_invoice_id; ALTER TABLE c_invoice ADD c_invoice_id bytea")
	refused(t, opened(t.Context(), e.config()), connectors.ErrSchema, "c_invoice", "sqlerp")
}

func TestSchemaChangedUnderneath(t *testing.T) {
	e := stocked(t, "adempiere")
	src := e.open(t)
	e.must(t, "ALTER TABLE m_product RENAME upc TO ean")
	e.invoice(t, 900, nil)
	e.line(t, 900, 9001, nil)
	_, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "900"}})
	refused(t, err, connectors.ErrSchema, "p.upc")

	e.must(t, "ALTER TABLE m_product RENAME ean TO upc; REVOKE ALL ON c_order FROM "+e.role)
	_, err = src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "900"}})
	refused(t, err, connectors.ErrAuth, "c_order")
}

// Law 11: a value that cannot be read is named by its column, not shown.
func TestUnreadableValueIsNotShown(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, row{"grandtotal": "NaN"})
	_, err := e.open(t).InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "900"}})
	refused(t, err, connectors.ErrSchema, "grandtotal")
	if strings.Contains(err.Error(), "NaN") {
		t.Errorf("the value is in: %v", err)
	}
}

// The clock is the wall clock of the configured zone.
func TestNowIsInTheZone(t *testing.T) {
	e := setupERP(t, "adempiere")
	in := func(zone string) time.Time {
		now, err := e.open(t, func(c *compiere.Config) { c.Timezone = zone }).Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(connectors.StampLayout, string(now))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if ahead := in("Pacific/Kiritimati").Sub(in("Pacific/Honolulu")); ahead.Round(time.Hour) != 24*time.Hour {
		t.Errorf("Kiritimati is %s ahead of Honolulu, want 24h", ahead)
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	e := setupERP(t, "adempiere")
	others := goleak.IgnoreCurrent()
	src, err := compiere.Open(t.Context(), e.config())
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = src.Now(cancelled) // an abandoned read is no reason to stay
	must(t, src.Close())
	must(t, src.Close())
	goleak.VerifyNone(t, others)

	_, err = src.Now(t.Context())
	refused(t, err, connectors.ErrUnreachable, "closed")
}

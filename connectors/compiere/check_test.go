package compiere_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

func check(t *testing.T, src *compiere.Source) connectors.Report {
	t.Helper()
	report, err := src.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func warned(r connectors.Report, words string) bool {
	for _, w := range r.Warnings {
		if strings.Contains(w.Message, words) && w.Hint != "" {
			return true
		}
	}
	return false
}

func TestCheckOfARightLogin(t *testing.T) {
	d := newDatabase(t)
	for member, product := range map[string]string{"adempiere": "ADempiere", "idempiere": "iDempiere", "compiere": "Compiere"} {
		t.Run(member, func(t *testing.T) {
			e := d.stocked(t, member)
			e.invoice(t, 900, nil)
			r := check(t, e.open(t))
			same(t, "product", r.Product, product)
			same(t, "identity", r.Identity, "1000000|Hurtownia Łódź|2020-02-02T10:20:30")
			same(t, "writable", r.Writable, []string(nil))
			same(t, "missing", r.Missing, []string(nil))
			same(t, "warnings", r.Warnings, []connectors.Warning(nil))
			if r.Zone == "" || !strings.HasPrefix(r.Server, "PostgreSQL") {
				t.Errorf("server %q in zone %q", r.Server, r.Zone)
			}
		})
	}
}

func TestCheckReportsWhatMayBeWritten(t *testing.T) {
	e := setupERP(t, "adempiere")
	src := e.open(t)
	e.must(t, "GRANT INSERT ON c_order TO "+e.role+"; GRANT UPDATE (name) ON m_product TO "+e.role+"; GRANT CREATE ON SCHEMA "+e.schema+" TO "+e.role)
	r := check(t, src)
	same(t, "writable", r.Writable, []string{"c_order", "m_product"})
	if !warned(r, "may create tables") {
		t.Errorf("warnings: %v", r.Warnings)
	}
	// Even so, the session cannot write.
	owner := e.config()
	owner.URL = e.db.url.String()
	super, err := compiere.Open(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, super.Close()) })
	r = check(t, super)
	if !warned(r, "superuser") || len(r.Writable) < 21 {
		t.Errorf("a superuser may write %d tables; warnings: %v", len(r.Writable), r.Warnings)
	}
}

func TestCheckReportsWhatIsMissing(t *testing.T) {
	e := setupERP(t, "adempiere")
	src := e.open(t)
	e.must(t, "DROP TABLE c_charge; ALTER TABLE m_product DROP producttype; REVOKE ALL ON c_order, c_pos FROM "+e.role)
	r := check(t, src)
	same(t, "missing", r.Missing, []string{"c_charge", "m_product.producttype", "c_order"})
	if !warned(r, "may not read c_order") || !warned(r, "c_pos.c_bpartnercashtrx_id: taken for empty") {
		t.Errorf("warnings: %v", r.Warnings)
	}
}

func TestExamineReportsOddDocuments(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, row{"docstatus": "??"})
	e.invoice(t, 901, row{"updated": "2999-01-01", "dateinvoiced": "2026-03-01"})
	e.invoice(t, 902, row{"docstatus": "QQ", "issotrx": "N"})
	e.partner(t, 501, row{"isactive": "N", "isonetime": "Y"})
	src := e.open(t)
	findings, err := src.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range findings {
		got[f.Check] = string(f.Condition) + ": " + f.Message
		if (f.Hint == "") != (f.Condition == connectors.Fine) {
			t.Errorf("hint of %+v", f)
		}
	}
	same(t, "findings", got, map[string]string{
		"documents":   "ok: 2 sales documents, issued from 2026-01-15 to 2026-03-01",
		"future":      "warning: 1 sales documents were changed in the future",
		"states":      "warning: 1 sales documents have an unknown status (??)",
		"index":       "ok: no index on the time of change, and none needed yet",
		"contractors": "ok: 2 customers, 1 of them active, 1 anonymous",
	})
	same(t, "state of an unknown status", find(t, src, "900").State, connectors.Buffered)
	same(t, "warnings of a check", check(t, src).Warnings, []connectors.Warning(nil))
}

// Another company behind the same key, or another database behind the same
// address, is another identity.
func TestCheckSeesAnotherIdentity(t *testing.T) {
	e := setupERP(t, "adempiere")
	src := e.open(t)
	before := check(t, src).Identity
	e.must(t, "UPDATE ad_client SET created = '2026-01-01' WHERE ad_client_id = 1000000")
	if check(t, src).Identity == before {
		t.Error("the identity did not change")
	}
	e.must(t, "UPDATE ad_client SET ad_client_id = 1000002 WHERE ad_client_id = 1000000")
	_, err := src.Check(t.Context())
	refused(t, err, connectors.ErrSettings, "1000000")
}

// Law 4: a login that may write still cannot, through a source.
func TestSessionsCannotWrite(t *testing.T) {
	e := setupERP(t, "adempiere")
	e.must(t, `CREATE FUNCTION sneaky() RETURNS numeric LANGUAGE sql AS 'INSERT INTO c_country VALUES (1, ''XX'', ''X'') RETURNING 1::numeric'`)
	e.must(t, `ALTER TABLE ad_client RENAME TO ad_client_table;
		CREATE VIEW ad_client AS SELECT ad_client_id, value, name, created FROM ad_client_table WHERE sneaky() > 0`)
	u := e.db.url
	c := compiere.Config{Host: u.Hostname(), Database: e.db.name, User: u.User.Username(), Schema: e.schema}
	c.Password, _ = u.User.Password()
	c.Port = port(t, u)
	refused(t, opened(t.Context(), c), connectors.ErrSchema, "25006")
}

func port(t *testing.T, u url.URL) int {
	t.Helper()
	if u.Port() == "" {
		return 5432
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

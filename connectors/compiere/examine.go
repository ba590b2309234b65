package compiere

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

var _ connectors.Examiner = (*Source)(nil)

// costlyDocuments is the number of sales documents from which finding the changed
// ones without an index is worth a remark.
const costlyDocuments = 200_000

// Examine looks at the company's documents and customers, reading each of these
// tables once: first and last document, stamps in the future, unknown statuses, an
// index on the stamp, customers, and in Libertya the signs of document types.
func (s *Source) Examine(ctx context.Context) ([]connectors.Finding, error) {
	var d documentsHealth
	var p partnersHealth
	var oddTypes int
	err := s.read(ctx, "examine the documents", func(ctx context.Context, tx pgx.Tx) (err error) {
		tenant := pgx.StrictNamedArgs{"tenant": s.tenant.id}
		d, err = one(ctx, tx, s.sql.documentsHealth, pgx.StrictNamedArgs{"tenant": s.tenant.id, "schema": s.schema},
			func(row pgx.CollectableRow) (r documentsHealth, err error) {
				err = row.Scan(&r.documents, &r.first, &r.last, &r.future, &r.unknownStatus, &r.unknown, &r.indexed)
				return r, err
			})
		if err != nil {
			return err
		}
		p, err = one(ctx, tx, s.sql.partnersHealth, tenant, func(row pgx.CollectableRow) (r partnersHealth, err error) {
			err = row.Scan(&r.customers, &r.active, &r.anonymous)
			return r, err
		})
		if err != nil || s.member.product != productLibertya {
			return err
		}
		oddTypes, err = one(ctx, tx, s.sql.doctypesHealth, tenant, pgx.RowTo[int])
		return err
	})
	if err != nil {
		return nil, err
	}
	findings := append(d.findings(s.member.instants), p.finding())
	if s.member.product == productLibertya {
		findings = append(findings, signFinding(oddTypes))
	}
	return findings, nil
}

// documentsHealth is a row of documents_health.sql.
type documentsHealth struct {
	documents             int
	first, last           connectors.Date
	future, unknownStatus int
	unknown               string // the statuses
	indexed               bool
}

func (d documentsHealth) findings(instants bool) []connectors.Finding {
	documents := connectors.Finding{
		Check: "documents", Condition: connectors.Fine, Code: "data-documents",
		Message: fmt.Sprintf("%d sales documents, issued from %s to %s", d.documents, d.first, d.last),
		Data:    map[string]string{"documents": strconv.Itoa(d.documents), "first": string(d.first), "last": string(d.last)},
	}
	if d.documents == 0 {
		documents.Condition, documents.Code, documents.Message = connectors.Remark, "data-no-documents", "the company has no sales documents"
		documents.Hint = "is tenant: the company that sells?"
	}
	future := count("future", "data-no-future", "data-future", d.future, "no document was changed in the future",
		fmt.Sprintf("%d sales documents were changed in the future", d.future),
		"is timezone: the zone of the application server? such documents are read when their time comes, or by the sweep")
	states := count("states", "data-known-states", "data-states", d.unknownStatus, "every document has a known status",
		fmt.Sprintf("%d sales documents have an unknown status (%s)", d.unknownStatus, d.unknown),
		"they count as buffered until the status is one of the ERP's own")
	states.Data["states"] = d.unknown
	return []connectors.Finding{documents, future, states, d.index(instants)}
}

func (d documentsHealth) index(instants bool) connectors.Finding {
	f := connectors.Finding{
		Check: "index", Condition: connectors.Fine, Code: "data-index", Message: "there is an index on the time of change",
		Data: map[string]string{"documents": strconv.Itoa(d.documents)},
	}
	switch {
	case d.indexed:
	case d.documents < costlyDocuments:
		f.Code, f.Message = "data-index-spared", "no index on the time of change, and none needed yet"
	default:
		f.Condition, f.Code = connectors.Remark, "data-index-missing"
		f.Message = fmt.Sprintf("%d sales documents and no index on the time of change: every page reads them all", d.documents)
		f.Hint = "ask for CREATE INDEX CONCURRENTLY ON c_invoice (updated, c_invoice_id)"
		if instants {
			f.Hint = "ask for CREATE INDEX CONCURRENTLY ON c_invoice (updated)"
		}
	}
	return f
}

// count is a finding about something of which there should be none, with the code
// of none and that of some.
func count(check, none, code string, n int, fine, message, hint string) connectors.Finding {
	f := connectors.Finding{Check: check, Condition: connectors.Fine, Code: none, Message: fine, Data: map[string]string{"documents": strconv.Itoa(n)}}
	if n > 0 {
		f.Condition, f.Code, f.Message, f.Hint = connectors.Remark, code, message, hint
	}
	return f
}

// partnersHealth is a row of partners_health.sql.
type partnersHealth struct{ customers, active, anonymous int }

func (p partnersHealth) finding() connectors.Finding {
	f := connectors.Finding{
		Check: "contractors", Condition: connectors.Fine, Code: "data-contractors",
		Message: fmt.Sprintf("%d customers, %d of them active, %d anonymous", p.customers, p.active, p.anonymous),
		Data:    map[string]string{"contractors": strconv.Itoa(p.customers), "active": strconv.Itoa(p.active), "anonymous": strconv.Itoa(p.anonymous)},
	}
	if p.customers == 0 {
		f.Condition, f.Code, f.Message, f.Hint = connectors.Remark, "data-no-contractors", "the company has no customers", "partners take part when IsCustomer is Y"
	}
	return f
}

func signFinding(odd int) connectors.Finding {
	f := connectors.Finding{Check: "signs", Condition: connectors.Fine, Code: "data-signs", Message: "the signs of document types are those of their base types"}
	if odd > 0 {
		f.Condition, f.Code, f.Data = connectors.Remark, "data-signs-odd", map[string]string{"types": strconv.Itoa(odd)}
		f.Message = fmt.Sprintf("%d types of sales documents have another sign than their base type; the type's own sign counts", odd)
		f.Hint = "look at documents of these types with loyalsync explain before points are used"
	}
	return f
}

package optima

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

var _ connectors.Examiner = (*Source)(nil)

// maxSkew is how far the server's clock may be from ours without a remark.
const maxSkew = time.Minute

// group is a row of examine.sql: the documents of one class, kind and state.
type group struct {
	class, kind, buffer, cancelled, documents, future int64
	first, last                                       time.Time
}

// survey is what Examine reads.
type survey struct {
	groups                       []group
	unlinked, indexes            int64
	contractors, activeCustomers sql.NullInt64
	now                          time.Time
}

// Examine looks at the documents as a whole: how many there are of each class and
// kind, the first and the last, states and kinds that are not known, stamps in the
// future, the index a page is read by, invoices of receipts that no receipt names.
func (s *Source) Examine(ctx context.Context) ([]connectors.Finding, error) {
	facts, err := s.db.Facts(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	v := survey{now: facts.Now}
	err = s.read(ctx, "examine the documents", func(ctx context.Context, tx *sql.Tx) (err error) {
		v.groups, err = collect(ctx, tx, s.sql.examine, []any{sqlserver.Stamp(v.now)}, func(rows *sql.Rows) (g group, err error) {
			return g, rows.Scan(&g.class, &g.kind, &g.buffer, &g.cancelled, &g.documents, &g.first, &g.last, &g.future)
		})
		if err != nil {
			return err
		}
		if len(s.cfg.Documents) > 1 {
			if err = tx.QueryRowContext(ctx, s.sql.unlinked).Scan(&v.unlinked); err != nil {
				return err
			}
		}
		if err = tx.QueryRowContext(ctx, s.sql.index).Scan(&v.indexes); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, s.sql.census).Scan(&v.contractors, &v.activeCustomers)
	})
	if err != nil {
		return nil, err
	}
	findings := []connectors.Finding{
		v.documents(), v.states(), v.kinds(s.cfg), v.futureStamps(), v.index(),
		v.firms(),
	}
	if len(s.cfg.Documents) > 1 {
		findings = append(findings, v.links())
	}
	if s.cfg.Now != nil {
		findings = append(findings, v.clock(s.cfg.Now()))
	}
	return findings, nil
}

// coded gives a finding the code and the figures that it can be said by in another
// language.
func coded(f connectors.Finding, code string, data map[string]string) connectors.Finding {
	f.Code, f.Data = code, data
	return f
}

func (v survey) firms() connectors.Finding {
	all, active := v.contractors.Int64, v.activeCustomers.Int64
	return coded(finding("contractors", fmt.Sprintf("%d contractors, %d of them active", all, active), "", ""), "data-firms",
		map[string]string{"contractors": strconv.FormatInt(all, 10), "active": strconv.FormatInt(active, 10)})
}

// finding is fine without a problem, else a remark.
func finding(check, fine, problem, hint string) connectors.Finding {
	if problem == "" {
		return connectors.Finding{Check: check, Condition: connectors.Fine, Message: fine}
	}
	return connectors.Finding{Check: check, Condition: connectors.Remark, Message: problem, Hint: hint}
}

// documents counts by class, and by kind for what is not a plain sale.
func (v survey) documents() connectors.Finding {
	var all int64
	var first, last time.Time
	data := map[string]string{}
	perKind := map[int64]int64{}
	for _, g := range v.groups {
		all += g.documents
		perKind[g.kind] += g.documents
		if first.IsZero() || g.first.Before(first) {
			first = g.first
		}
		if g.last.After(last) {
			last = g.last
		}
	}
	for kind, n := range perKind {
		data["kind "+strconv.FormatInt(kind, 10)] = strconv.FormatInt(n, 10)
	}
	data["documents"] = strconv.FormatInt(all, 10)
	if all == 0 {
		f := finding("documents", "", "there is no document of the kinds that are read", "is documents: right, and is this the live database?")
		f.Data = data
		return f
	}
	data["first"], data["last"] = first.Format(time.DateOnly), last.Format(time.DateOnly)
	f := finding("documents", fmt.Sprintf("%s, issued from %s to %s", count(all, "document", "documents"), data["first"], data["last"]), "", "")
	return coded(f, "data-documents", data)
}

func (v survey) states() connectors.Finding {
	var unknown int64
	var states []string
	for _, g := range v.groups {
		if g.cancelled == 0 && (g.buffer < -1 || g.buffer > 1) {
			unknown += g.documents
			states = append(states, "TrN_Bufor "+strconv.FormatInt(g.buffer, 10))
		}
	}
	if unknown == 0 {
		return finding("states", "every document is in the buffer, released or cancelled", "", "")
	}
	slices.Sort(states)
	return coded(finding("states", "", count(unknown, "document has", "documents have")+" a TrN_Bufor that is not 0, 1 or -1",
		"they count as being in the buffer; tell us what the number means"), "data-states",
		map[string]string{"documents": strconv.FormatInt(unknown, 10), "states": strings.Join(slices.Compact(states), ", ")})
}

// kinds names kinds of documents that no setting and no fact tells about: they
// count as plain sales, or as corrections when they name an original.
func (v survey) kinds(c Config) connectors.Finding {
	known := slices.Concat(c.AdvanceKinds, c.FinalKinds, c.CollectiveKinds, c.OutsideKinds,
		[]int{302000, 302001, 302002, 302003, 302004, 302006, 305000, 305001, 305002, 305003, 305005})
	var unknown []string
	for _, g := range v.groups {
		name := strconv.FormatInt(g.kind, 10)
		if !slices.Contains(known, int(g.kind)) && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	if len(unknown) == 0 {
		return finding("kinds", "every kind of document is known", "", "")
	}
	return coded(finding("kinds", "", "kinds of documents (TrN_Rodzaj) that are not known: "+strings.Join(unknown, ", "),
		"they count as plain sales, or as corrections when they name an original; if they are advances or the like, add them to advance_kinds, final_kinds, collective_kinds or outside_kinds"), "data-kinds",
		map[string]string{"kinds": strings.Join(unknown, ", ")})
}

func (v survey) futureStamps() connectors.Finding {
	var future int64
	for _, g := range v.groups {
		future += g.future
	}
	if future == 0 {
		return finding("future", "no document was changed in the future", "", "")
	}
	return coded(finding("future", "", count(future, "document was", "documents were")+" changed in the future by the server's clock",
		"a workstation's clock is ahead: set it; such documents are read when their time comes, or by the sweep"), "data-future", map[string]string{"documents": strconv.FormatInt(future, 10)})
}

func (v survey) index() connectors.Finding {
	if v.indexes > 0 {
		return finding("index", "an index holds the class and the stamp of documents", "", "")
	}
	return finding("index", "", "no index holds the class and the stamp of documents: every page reads all headers",
		"Optima's own TraNagTypDokumentuBuforRodzaj is missing; let Optima check the database's integrity")
}

func (v survey) links() connectors.Finding {
	if v.unlinked == 0 {
		return finding("links", "every invoice made of a receipt is named by one", "", "")
	}
	return coded(finding("links", "", count(v.unlinked, "invoice made of a receipt is", "invoices made of receipts are")+" not named by any receipt",
		"one that names a receipt does not count then, because the receipt does; one that names none counts by itself: compare some of them in Optima"), "data-unlinked",
		map[string]string{"invoices": strconv.FormatInt(v.unlinked, 10)})
}

func (v survey) clock(ours time.Time) connectors.Finding {
	skew := v.now.Sub(ours).Round(time.Second)
	if skew.Abs() <= maxSkew {
		return finding("clock", "the server's clock agrees with this machine's", "", "")
	}
	return finding("clock", "", "the server's clock is "+skew.String()+" from this machine's", "set the clocks by a time server")
}

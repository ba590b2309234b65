package panel

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Explanations tell why documents have the points they have, by the function that
// posts them (law 12).
type Explanations interface {
	// Explain explains a document by its number in the store; CodeNotFound for none.
	Explain(ctx context.Context, document int64) (Explained, error)
}

// Explained is a document with its chain.
type Explained struct {
	Document   loyalty.HistoryDocument
	Program    loyalty.ProgramOverview
	Contractor loyalty.ContractorDetail // whose taking part decides; zero when unknown
	Account    loyalty.ContractorDetail // whose points they are; zero when nobody's
	RuleSet    int64                    // version of the rules, 0 when none decided
	RulesFrom  loyalty.Date
	Elsewhere  bool // the points came by a push: the rules are with who sent them
	Chain      []ExplainedDocument
}

// ExplainedDocument is a member of a chain, in the chain's order.
type ExplainedDocument struct {
	Document      loyalty.StoredDocument
	Active        loyalty.Points // as they will be after the next run; posted ones are in Document
	Pending       loyalty.Points
	Expected      loyalty.Points // what a return in the buffer will take back
	Waits         loyalty.Wait   // what pending points of a released document wait for
	Reason        loyalty.Reason
	Rules, Before Told // how the rules see the chain with it and without it; nil when not asked
	Matches       []Matched
	Movements     []Movement
}

// Told is an explanation that says itself in a language, a line of text for each
// step, two spaces before each level.
type Told interface{ Words(lang string) string }

// Matched is what a return without an original takes back of a sale.
type Matched struct {
	Sale, Item, Quantity string
	Points               loyalty.Points
}

// Movement is one entry of the ledger.
type Movement struct {
	At          time.Time
	Kind, State string // as the command line's data name them
	Points      loyalty.Points
	Rule, Item  string
	By          string
	ValidUntil  loyalty.Date // last day of points that lapsed; else NoDate
}

// step is one line of an explanation.
type step struct {
	Level int
	Text  string
}

// steps splits what an explanation says.
func steps(x Told, lang string) (list []step) {
	if x == nil {
		return nil
	}
	for line := range strings.Lines(x.Words(lang)) {
		text := strings.TrimRight(line, "\n")
		bare := strings.TrimLeft(text, " ")
		list = append(list, step{Level: (len(text) - len(bare)) / 2, Text: bare})
	}
	return list
}

// Changes says whether the next run will change the document's points.
func (d ExplainedDocument) Changes() bool {
	return d.Active != d.Document.Active || d.Pending != d.Document.Pending
}

func (p *panel) document(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		p.nothing(w, r)
		return
	}
	x, err := p.cfg.Explanations.Explain(r.Context(), id)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	p.site.Render(w, r, http.StatusOK, "document.html", x)
}

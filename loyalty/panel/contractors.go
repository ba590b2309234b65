package panel

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/loyalsync/loyalsync/loyalty"
)

const contractorsOnPage = 50

// contractorsPage is what the list of contractors shows.
type contractorsPage struct {
	Programs   []loyalty.ProgramOverview
	Program    loyalty.ProgramOverview
	Search     string
	Taking     loyalty.Taking
	Sort       loyalty.ContractorSort
	Desc       bool
	Columns    []column
	Rows       []loyalty.ContractorOverview
	Total      int
	First      int // number of the first row, from 1
	Last       int
	Prev, Next string // addresses, "" for none
	Filtered   bool
}

// column is the head of a column that rows can be sorted by.
type column struct {
	Word    string
	Href    string
	Sorted  string // "ascending", "descending" or ""
	Numeric bool
}

// listQuery is what a reader asked for in the address.
type listQuery struct {
	filter  loyalty.ContractorFilter
	program loyalty.ProgramOverview
	page    int // from 1
}

func (p *panel) contractors(w http.ResponseWriter, r *http.Request) {
	programs, err := p.cfg.Contractors.Programs(r.Context())
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	if len(programs) == 0 {
		p.site.Render(w, r, http.StatusOK, "contractors.html", contractorsPage{})
		return
	}
	q, err := readListQuery(r.URL.Query(), programs)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	q.filter.Today = p.today()
	rows, total, err := p.cfg.Contractors.Contractors(r.Context(), q.filter)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	page := contractorsPage{
		Programs: programs, Program: q.program, Search: q.filter.Search, Taking: q.filter.Taking, Sort: q.filter.Sort, Desc: q.filter.Desc,
		Columns: q.columns(), Rows: rows, Total: total, First: q.filter.Offset + 1, Last: q.filter.Offset + len(rows),
		Filtered: q.filter.Search != "" || q.filter.Taking != loyalty.AnyTaking,
	}
	if q.page > 1 {
		page.Prev = q.href(q.filter.Sort, q.filter.Desc, q.page-1)
	}
	if page.Last < total && len(rows) > 0 {
		page.Next = q.href(q.filter.Sort, q.filter.Desc, q.page+1)
	}
	p.site.Render(w, r, http.StatusOK, "contractors.html", page)
}

// readListQuery reads the address; what it does not know is CodeInvalid, an
// unknown program CodeNotFound.
func readListQuery(v url.Values, programs []loyalty.ProgramOverview) (listQuery, error) {
	q := listQuery{program: programs[0], page: 1}
	if name := v.Get("program"); name != "" {
		found := false
		for _, program := range programs {
			if program.Name == name {
				q.program, found = program, true
			}
		}
		if !found {
			return q, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such program"}
		}
	}
	if text := v.Get("page"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1_000_000 {
			return q, badAddress()
		}
		q.page = n
	}
	q.filter = loyalty.ContractorFilter{
		Program: q.program.ID, Search: v.Get("q"), Taking: loyalty.Taking(v.Get("takes_part")),
		Sort: loyalty.ContractorSort(v.Get("sort")), Desc: v.Get("order") == "desc",
		Limit: contractorsOnPage, Offset: (q.page - 1) * contractorsOnPage,
	}
	if q.filter.Sort == "" {
		q.filter.Sort = loyalty.SortCode
	}
	if !knownSort(q.filter.Sort) || !knownTaking(q.filter.Taking) {
		return q, badAddress()
	}
	return q, nil
}

func badAddress() error {
	return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the address asks for something unknown", Hint: "use the links and forms of the page"}
}

func knownTaking(t loyalty.Taking) bool {
	return t == loyalty.AnyTaking || t == loyalty.TakesPart || t == loyalty.NotTaking
}

// sortable are the columns in their order, and whether they are numbers.
func sortable() []struct {
	by      loyalty.ContractorSort
	word    string
	numeric bool
} {
	return []struct {
		by      loyalty.ContractorSort
		word    string
		numeric bool
	}{
		{loyalty.SortCode, "contractor.code", false},
		{loyalty.SortName, "contractor.name", false},
		{loyalty.SortJoined, "contractor.joined_on", false},
		{"", "contractor.takes_part", false},
		{loyalty.SortAvailable, "points.available", true},
		{loyalty.SortPending, "points.pending", true},
		{loyalty.SortScored, "points.scored", true},
	}
}

func knownSort(by loyalty.ContractorSort) bool {
	for _, c := range sortable() {
		if c.by != "" && c.by == by {
			return true
		}
	}
	return false
}

// columns are the heads; a click on a sorted one turns the order round, numbers
// begin with the largest.
func (q listQuery) columns() []column {
	var out []column
	for _, c := range sortable() {
		head := column{Word: c.word, Numeric: c.numeric}
		if c.by != "" {
			desc := c.numeric
			if c.by == q.filter.Sort {
				desc, head.Sorted = !q.filter.Desc, "ascending"
				if q.filter.Desc {
					head.Sorted = "descending"
				}
			}
			head.Href = q.href(c.by, desc, 1)
		}
		out = append(out, head)
	}
	return out
}

// href is the address of the same list in another order or on another page.
func (q listQuery) href(sort loyalty.ContractorSort, desc bool, page int) string {
	v := url.Values{"program": {q.program.Name}, "sort": {string(sort)}}
	if desc {
		v.Set("order", "desc")
	}
	if q.filter.Search != "" {
		v.Set("q", q.filter.Search)
	}
	if q.filter.Taking != loyalty.AnyTaking {
		v.Set("takes_part", string(q.filter.Taking))
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	return contractorsPath + "?" + v.Encode()
}

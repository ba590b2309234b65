package panel

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

const (
	documentsOnPage   = 25
	lapsesOnPage      = 3
	redemptionsOnPage = 10
)

// contractorPage is what the page of one contractor shows.
type contractorPage struct {
	Contractor      loyalty.ContractorDetail
	Program         loyalty.ProgramOverview
	Representatives []loyalty.Representative
	MergedInto      *loyalty.Merge          // it has no points of its own any more
	Merged          []loyalty.Merge         // of others into it
	Lapses          []loyalty.LapsingPoints // the next days
	Redemptions     []loyalty.Operation
	Earlier         string // address of older redemptions, "" for none
	Documents       []document
	State           string
	States          []string
	Year            int
	Years           []int
	Begins          bool // the page begins with the newest document
	Path            string
	Newest, Older   string // addresses, "" for none
}

// document is a document of the history with what the table needs beside it.
type document struct {
	loyalty.HistoryDocument
	Decimals   int
	Rows       int  // of the table that it fills
	Correction bool // takes back or adds to another
	Elsewhere  bool // the points are another contractor's
	BoughtBy   bool // another contractor's document, whose points are this one's
}

func (p *panel) contractor(w http.ResponseWriter, r *http.Request) {
	page, err := p.contractorPage(r)
	if err != nil {
		p.site.Fail(w, r, err)
		return
	}
	p.site.Render(w, r, http.StatusOK, "contractor.html", page)
}

func (p *panel) contractorPage(r *http.Request) (page contractorPage, err error) {
	ctx := r.Context()
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return page, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such contractor"}
	}
	filter, err := readHistoryFilter(r.URL.Query())
	if err != nil {
		return page, err
	}
	filter.Contractor = id
	if page.Contractor, err = p.cfg.Contractors.Contractor(ctx, id, p.today()); err != nil {
		return page, err
	}
	if page.Program, err = p.program(ctx, page.Contractor.Program); err != nil {
		return page, err
	}
	if page.Representatives, err = p.cfg.Contractors.Representatives(ctx, id); err != nil {
		return page, err
	}
	if page.Lapses, err = p.cfg.Contractors.LapsingOf(ctx, id, p.today(), lapsesOnPage); err != nil {
		return page, err
	}
	if err := p.merges(ctx, &page); err != nil {
		return page, err
	}
	page.Path = fmt.Sprintf("%s/%d", contractorsPath, id)
	if err := p.redemptions(ctx, &page, r.URL.Query().Get("spent_before")); err != nil {
		return page, err
	}
	return page, p.history(ctx, &page, filter)
}

// merges adds what of the contractor is elsewhere, and whose points it has.
func (p *panel) merges(ctx context.Context, page *contractorPage) error {
	list, err := p.cfg.Contractors.MergesOf(ctx, page.Contractor.ID)
	for i := range list {
		if list[i].From.ID == page.Contractor.ID {
			page.MergedInto = &list[i]
		} else {
			page.Merged = append(page.Merged, list[i])
		}
	}
	return err
}

// has says whether the page shows points of an account as its own.
func (page *contractorPage) has(account int64) bool {
	return account == page.Contractor.ID || slices.ContainsFunc(page.Merged, func(m loyalty.Merge) bool { return m.From.ID == account })
}

// redemptions adds a page of what points were spent on, from before one of them.
func (p *panel) redemptions(ctx context.Context, page *contractorPage, before string) error {
	from, err := int64(0), error(nil)
	if before != "" {
		if from, err = strconv.ParseInt(before, 10, 64); err != nil || from <= 0 {
			return badAddress()
		}
	}
	list, err := p.cfg.Redemptions.Redemptions(ctx, page.Contractor.ID, from, redemptionsOnPage+1)
	if len(list) > redemptionsOnPage {
		list = list[:redemptionsOnPage]
		page.Earlier = fmt.Sprintf("%s?spent_before=%d#redemptions", page.Path, list[redemptionsOnPage-1].ID)
	}
	page.Redemptions = list
	return err
}

func (p *panel) program(ctx context.Context, id int64) (loyalty.ProgramOverview, error) {
	programs, err := p.cfg.Contractors.Programs(ctx)
	for _, program := range programs {
		if program.ID == id {
			return program, nil
		}
	}
	return loyalty.ProgramOverview{}, err
}

// history adds a page of documents and the choices to narrow it.
func (p *panel) history(ctx context.Context, page *contractorPage, filter loyalty.HistoryFilter) error {
	oldest, newest, err := p.cfg.Documents.HistorySpan(ctx, filter.Contractor)
	if err != nil {
		return err
	}
	docs, more, err := p.cfg.Documents.History(ctx, filter)
	if err != nil {
		return err
	}
	for _, d := range docs {
		page.Documents = append(page.Documents, tableDocument(d, page))
	}
	page.States, page.Years = stateNames(), years(oldest, newest)
	page.Begins = filter.Before == loyalty.HistoryCursor{}
	choice := url.Values{}
	if filter.State != 0 {
		page.State = filter.State.String()
		choice.Set("state", page.State)
	}
	if filter.From != loyalty.NoDate {
		page.Year = filter.From.Time().Year()
		choice.Set("year", strconv.Itoa(page.Year))
	}
	if !page.Begins {
		page.Newest = page.Path + "?" + choice.Encode()
	}
	if more {
		last := docs[len(docs)-1]
		choice.Set("before", fmt.Sprintf("%s.%d", last.Date, last.ID))
		page.Older = page.Path + "?" + choice.Encode()
	}
	return nil
}

func tableDocument(d loyalty.HistoryDocument, page *contractorPage) document {
	t := document{
		HistoryDocument: d, Decimals: page.Program.Decimals, Rows: max(1, len(d.Posted)), Correction: d.Corrects != "" || d.Return,
		Elsewhere: d.Account != 0 && !page.has(d.Account), BoughtBy: d.BuyerID != 0 && d.BuyerID != page.Contractor.ID,
	}
	if len(d.Posted) > 1 {
		t.Rows++ // the sum
	}
	return t
}

// readHistoryFilter reads the address; what it does not know is CodeInvalid.
func readHistoryFilter(v url.Values) (loyalty.HistoryFilter, error) {
	f := loyalty.HistoryFilter{From: loyalty.NoDate, To: loyalty.NoDate, Limit: documentsOnPage}
	if name := v.Get("state"); name != "" {
		state, known := stateNamed(name)
		if !known {
			return f, badAddress()
		}
		f.State = state
	}
	if text := v.Get("year"); text != "" {
		year, err := strconv.Atoi(text)
		if err != nil || year < 1900 || year > 9999 {
			return f, badAddress()
		}
		f.From, f.To = loyalty.NewDate(year, 1, 1), loyalty.NewDate(year, 12, 31)
	}
	if text := v.Get("before"); text != "" {
		day, id, _ := strings.Cut(text, ".")
		date, err := loyalty.ParseDate(day)
		n, idErr := strconv.ParseInt(id, 10, 64)
		if err != nil || idErr != nil || date == loyalty.NoDate {
			return f, badAddress()
		}
		f.Before = loyalty.HistoryCursor{Date: date, ID: n}
	}
	return f, nil
}

func states() []loyalty.State {
	return []loyalty.State{loyalty.Buffered, loyalty.Released, loyalty.Cancelled, loyalty.Deleted}
}

func stateNames() (names []string) {
	for _, s := range states() {
		names = append(names, s.String())
	}
	return names
}

func stateNamed(name string) (loyalty.State, bool) {
	for _, s := range states() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// years are those of a history, newest first; a slip of the ERP in a date does
// not make the list endless.
func years(oldest, newest loyalty.Date) (list []int) {
	const most = 30
	if oldest == loyalty.NoDate {
		return nil
	}
	for y := newest.Time().Year(); y >= oldest.Time().Year() && len(list) < most; y-- {
		list = append(list, y)
	}
	return list
}

package panel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/panel"
	"github.com/loyalsync/loyalsync/loyalty/web"
	"github.com/loyalsync/loyalsync/loyalty/web/webtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse battery"

// ledger answers the reads of the panel from values, and keeps what was asked.
type ledger struct {
	programs []loyalty.ProgramOverview
	rows     []loyalty.ContractorOverview
	total    int
	detail   loyalty.ContractorDetail
	people   []loyalty.Representative
	lapses   []loyalty.LapsingPoints
	docs     []loyalty.HistoryDocument
	spent    []loyalty.Operation
	merges   []loyalty.Merge
	more     bool
	err      error

	list    loyalty.ContractorFilter
	history loyalty.HistoryFilter
	today   loyalty.Date
}

func (l *ledger) Programs(context.Context) ([]loyalty.ProgramOverview, error) {
	return l.programs, l.err
}

func (l *ledger) Contractors(_ context.Context, f loyalty.ContractorFilter) ([]loyalty.ContractorOverview, int, error) {
	l.list = f
	return l.rows, l.total, l.err
}

func (l *ledger) Contractor(_ context.Context, id int64, today loyalty.Date) (loyalty.ContractorDetail, error) {
	if l.today = today; id != l.detail.ID {
		return loyalty.ContractorDetail{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "no such contractor"}
	}
	return l.detail, l.err
}

func (l *ledger) Representatives(context.Context, int64) ([]loyalty.Representative, error) {
	return l.people, l.err
}

func (l *ledger) MergesOf(context.Context, int64) ([]loyalty.Merge, error) { return l.merges, l.err }

func (l *ledger) LapsingOf(context.Context, int64, loyalty.Date, int) ([]loyalty.LapsingPoints, error) {
	return l.lapses, l.err
}

func (l *ledger) Redemptions(_ context.Context, account, before int64, limit int) ([]loyalty.Operation, error) {
	var list []loyalty.Operation
	for _, o := range l.spent {
		if o.Account == account && (before == 0 || o.ID < before) && len(list) < limit {
			list = append(list, o)
		}
	}
	return list, l.err
}

func (l *ledger) History(_ context.Context, f loyalty.HistoryFilter) ([]loyalty.HistoryDocument, bool, error) {
	l.history = f
	return l.docs, l.more, l.err
}

func (l *ledger) HistorySpan(context.Context, int64) (oldest, newest loyalty.Date, err error) {
	if len(l.docs) == 0 {
		return loyalty.NoDate, loyalty.NoDate, l.err
	}
	return l.docs[len(l.docs)-1].Date, l.docs[0].Date, l.err
}

// told says an explanation of three levels.
type told struct{}

func (told) Words(lang string) string {
	return lang + " total\n  " + lang + " rule <b>\n    " + lang + " line\n"
}

func (l *ledger) Explain(_ context.Context, id int64) (panel.Explained, error) {
	if id != 4 && id != 5 {
		return panel.Explained{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "no such document"}
	}
	original, correction := l.docs[5].StoredDocument, l.docs[2].StoredDocument
	correction.Active = -300
	return panel.Explained{
		Document: l.docs[2], Program: l.programs[0], Contractor: l.detail, RuleSet: 3, RulesFrom: loyalty.NewDate(2026, 1, 1), Elsewhere: id == 5,
		Chain: []panel.ExplainedDocument{
			{Document: original, Waits: loyalty.Wait(loyalty.NewDate(2027, 1, 14)), Reason: loyalty.ReasonCancelled},
			{
				Document: correction, Active: -400, Rules: told{}, Before: told{},
				Matches:   []panel.Matched{{Sale: "FS/1/2026", Item: "CORK", Quantity: "2", Points: 300}},
				Movements: []panel.Movement{{At: time.Date(2026, 4, 3, 10, 0, 0, 0, time.UTC), Kind: "reverse", State: "active", Points: 300, Rule: "base", Item: "CORK", By: "job points", ValidUntil: loyalty.NoDate}, {Kind: "lapse", State: "lapsed", Points: 200, By: "job lapse", ValidUntil: loyalty.NewDate(2026, 12, 31)}},
			},
		},
	}, l.err
}

// filled is a ledger with two programs and one contractor with a history of
// every kind of document.
func filled() *ledger {
	d := func(month time.Month, day int) loyalty.Date { return loyalty.NewDate(2026, month, day) }
	c := loyalty.ContractorOverview{
		ID: 7, Program: 1, Source: "optima", Contractor: loyalty.Contractor{Key: "101", Code: "K001", Name: `Żółw <b>& "Synowie"</b>`, TaxID: "525-224-84-81", Email: "biuro@zolw.example"},
		JoinedOn: d(1, 2), TakesPart: true, Available: 123450, Balance: loyalty.Balance{Pending: 500, Active: 123450, Debt: 300, Scored: 1234}, Lapsed: 1200,
	}
	rules := []loyalty.HistoryRule{
		{Name: "base", Title: loyalty.Title{"pl": "Za każde 100 zł", "en": "For every 100"}, Points: 1000},
		{Name: "wine-bonus", Points: 500},
	}
	wine := loyalty.Line{Code: "WINE-1", Name: "Wino <i>czerwone</i>", Quantity: decimal.NewFromInt(2)}
	doc := func(id int64, number string, state loyalty.State, on loyalty.Date, points loyalty.Points, lines ...loyalty.HistoryLine) loyalty.HistoryDocument {
		return loyalty.HistoryDocument{
			StoredDocument: loyalty.StoredDocument{Document: loyalty.Document{Number: number, State: state, Date: on}, ID: id, Account: 7},
			Source:         "optima", Program: 1, Points: points, BuyerID: 7, BuyerCode: "K001", AccountCode: "K001", Posted: lines,
		}
	}
	released := doc(1, "FS/1/2026", loyalty.Released, d(1, 10), 1800,
		loyalty.HistoryLine{Line: wine, Points: 1500, Rules: rules}, loyalty.HistoryLine{Line: loyalty.Line{Code: "CORK"}, Points: 300, Rules: rules[:1]})
	released.Without = 3
	buffered := doc(2, "FS/2/2026", loyalty.Buffered, d(3, 1), 500, loyalty.HistoryLine{Line: wine, Points: 500, Pending: 500, Rules: rules[1:]})
	cancelled := doc(3, "FS/3/2026", loyalty.Cancelled, d(4, 1), 0)
	cancelled.Reason = loyalty.ReasonCancelled
	correction := doc(4, "FKOR/4", loyalty.Released, d(4, 2), -300, loyalty.HistoryLine{Line: loyalty.Line{Code: "CORK", Name: "Korek"}, Points: -300, Rules: rules[:1]})
	correction.Corrects = "1"
	bought := doc(5, "FS/5/2026", loyalty.Released, d(5, 1), 500, loyalty.HistoryLine{Line: wine, Points: 500, Rules: rules[1:]})
	bought.BuyerID, bought.BuyerCode = 8, "K002"
	away := doc(6, "FS/6/2026", loyalty.Released, d(6, 1), 500, loyalty.HistoryLine{Line: wine, Points: 500, Rules: rules[1:]})
	away.Account, away.AccountCode = 9, "K900"
	return &ledger{
		programs: []loyalty.ProgramOverview{
			{ID: 1, Name: "main", Currency: "PLN", Decimals: 2, Sources: []string{"optima", "shop"}},
			{ID: 2, Name: "extra", Currency: "PLN", Sources: []string{"optima"}},
		},
		rows: []loyalty.ContractorOverview{c}, total: 1,
		detail: loyalty.ContractorDetail{ContractorOverview: c, EarnFrom: d(1, 1), To: loyalty.NoDate},
		lapses: []loyalty.LapsingPoints{{On: d(12, 31), Points: 30000}},
		people: []loyalty.Representative{
			{Name: "Zofia <script>", Email: "z@zolw.example", Active: false},
			{Active: true, Default: true, Consents: []loyalty.Consent{loyalty.ConsentSMS, loyalty.ConsentLetter}},
		},
		docs: []loyalty.HistoryDocument{away, bought, correction, cancelled, buffered, released},
	}
}

// serve returns the panel over a ledger, the cookies of its administrator, and
// its log.
func serve(t *testing.T, l *ledger) (http.Handler, []*http.Cookie, *bytes.Buffer) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	// Already the 15th in Warsaw.
	now := func() time.Time { return time.Date(2026, 11, 14, 23, 30, 0, 0, time.UTC) }
	store, log := &webtest.Store{}, &bytes.Buffer{}
	users, err := web.NewUsers(web.UsersConfig{Store: store, Audit: store, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = users.Add(t.Context(), "cli", "anna", password, loyalty.RoleAdmin, "pl"); err != nil {
		t.Fatal(err)
	}
	h, err := panel.New(panel.Config{
		Contractors: l, Documents: l, Redemptions: l, Explanations: l, Users: users, Sessions: store, Zone: zone, Now: now, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, webtest.SignIn(t, h, "anna", password, "/admin/contractors"), log
}

// A stranger sees nothing but the way to sign in.
func TestAStrangerSeesNothing(t *testing.T) {
	h, _, _ := serve(t, filled())
	member := []string{"Żółw", "K001", "525", "zolw.example", "FS/1", "WINE"}
	for path, location := range map[string]string{
		"/": "/sign-in?next=%2F", "/admin": "/sign-in?next=%2Fadmin", "/admin/contractors?q=Nowak": "/sign-in?next=%2Fadmin%2Fcontractors",
		"/admin/contractors/7": "/sign-in?next=%2Fadmin%2Fcontractors%2F7", "/admin/contractors/77": "/sign-in?next=%2Fadmin%2Fcontractors%2F77",
		"/admin/nothing": "/sign-in?next=%2Fadmin%2Fnothing", "/admin/documents/1": "/sign-in?next=%2Fadmin%2Fdocuments%2F1",
	} {
		t.Run(path, func(t *testing.T) {
			webtest.Scenario{Path: path, Status: http.StatusSeeOther, Location: location, NotContains: append(member, "Nowak")}.Run(t, h)
			webtest.Scenario{Method: http.MethodPost, Path: path, Status: statusForPost(path), NotContains: member}.Run(t, h)
		})
	}
	webtest.Scenario{Path: "/nothing", Status: http.StatusNotFound, NotContains: member}.Run(t, h)
}

// statusForPost is what a POST gets where only GET is served: what lies below
// /admin is forbidden to strangers, what does not exist is not there.
func statusForPost(path string) int {
	if strings.HasPrefix(path, "/admin") {
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

func TestPagesForAnAdministrator(t *testing.T) {
	h, cookies, _ := serve(t, filled())
	raw := []string{"<b>&", "<i>czerwone", "Zofia <script>"}
	for name, s := range map[string]webtest.Scenario{
		"the root":  {Path: "/", Status: http.StatusSeeOther, Location: "/admin"},
		"the admin": {Path: "/admin", Status: http.StatusSeeOther, Location: "/admin/contractors"},
		"contractors in Polish": {Path: "/admin/contractors", Status: http.StatusOK, NotContains: raw, Contains: []string{
			`<html lang="pl">`, "Kontrahenci", "Punkty dostępne", "Punkty oczekujące", "Punktowane transakcje", "Data dołączenia", "02.01.2026",
			"1\u00a0234,50", "5,00", "Punkty do odrobienia: 3,00", "1\u00a0234<", "1 kontrahent<", `href="/admin/contractors/7"`, "&lt;b&gt;&amp;",
			`<caption`, `scope="col"`, `aria-sort="ascending"`, ">Tak<", `<option value="main" selected>`, `<option value="extra">`, "optima",
		}},
		"contractors in English": {Path: "/admin/contractors?lang=en", Status: http.StatusOK, Contains: []string{
			`<html lang="en">`, "Available", "1,234.50", "2 Jan 2026", "Debt: 3.00", "1 contractor<",
		}, NotContains: []string{"Punkty", "Kontrahenci"}},
		"one contractor in Polish": {Path: "/admin/contractors/7", Status: http.StatusOK, NotContains: raw, Contains: []string{
			"Punkty wydane", "Wygasły", "12,00", "300\u00a0punktów: ważne do 31.12.2026 (włącznie)", "Odebrane nagrody", "Punkty naliczane od", "01.01.2026", "Przedstawiciele", "Zofia &lt;script&gt;", "Nieaktywny", "dane zanonimizowane w ERP", "osoba domyślna", "zgody: SMS, list",
			"FS/1/2026", "WINE-1", "Wino &lt;i&gt;", "Za każde 100 zł", "wine-bonus", "10.01.2026", "18,00", "Razem", "i 3 pozycje bez punktów",
			`class="pill buffered">W buforze`, `class="pill released">Zatwierdzona na stałe`, `class="pill cancelled">Anulowana`, `class="pill correction">Korekta`,
			"oczekujące", "-3,00", "Bez punktów: dokument jest anulowany", `Punkty otrzymuje <a href="/admin/contractors/9">K900`,
			`Dokument kontrahenta <a href="/admin/contractors/8">K002`, `<title>Kontrahent K001`, "Zatwierdzona na stałe (wyciągnięta z bufora)",
		}},
		"one contractor in English": {Path: "/admin/contractors/7?lang=en", Status: http.StatusOK, Contains: []string{
			"For every 100", "Rewards received", "Points counted from", "No points: the document is cancelled", "and 3 lines without points", "Points go to", "Released",
		}},
		"why these points in Polish": {Path: "/admin/documents/4", Status: http.StatusOK, NotContains: append(raw, "przysłał je tutaj"), Contains: []string{
			"<h1>Skąd te punkty: FKOR/4</h1>", `<a href="/admin/contractors/7">`, "wersja 3, obowiązuje od 01.01.2026", `class="pill correction">Korekta`, "Bez tego dokumentu", "Z tym dokumentem",
			`<li class="level0">pl total</li>`, `<li class="level1">pl rule &lt;b&gt;</li>`, `<li class="level2">pl line</li>`,
			"cofnięte <strong>3\u00a0punkty</strong>", "job points", "wygasły <strong>2\u00a0punkty</strong>, ważne do 31.12.2026", "FS/1/2026: 2 × CORK, 3\u00a0punkty", "Punkty oczekują</dt><dd>do 14.01.2027", "Po następnym zadaniu", "dostępne -4,00, oczekujące 0,00",
		}},
		"why these points in English": {Path: "/admin/documents/4?lang=en", Status: http.StatusOK, NotContains: []string{"Skąd", "Zasady"}, Contains: []string{
			"Points are pending</dt><dd>until 14 Jan 2027", "Why these points: FKOR/4", "version 3, valid from 1 Jan 2026", "Without this document", `<li class="level0">en total</li>`, "taken back <strong>3\u00a0points</strong>", "No points: the document is cancelled",
		}},
		"why, of points that were sent here": {Path: "/admin/documents/5", Status: http.StatusOK, Contains: []string{"przysłał je tutaj", "FKOR/4"}, NotContains: []string{"Po następnym zadaniu", "Bez punktów"}},
		"why, of no document":                {Path: "/admin/documents/99", Status: http.StatusNotFound},
		"why, of no number":                  {Path: "/admin/documents/x", Status: http.StatusNotFound},
		"the history leads to why":           {Path: "/admin/contractors/7", Status: http.StatusOK, Contains: []string{`href="/admin/documents/4"`}},
		"nobody":                             {Path: "/admin/contractors/8", Status: http.StatusNotFound, Contains: []string{"Nie ma takiej strony"}},
		"not a number":                       {Path: "/admin/contractors/x", Status: http.StatusNotFound},
		"not a page":                         {Path: "/admin/nothing", Status: http.StatusNotFound},
		"not a program":                      {Path: "/admin/contractors?program=x", Status: http.StatusNotFound},
		"not a column":                       {Path: "/admin/contractors?sort=password", Status: http.StatusBadRequest},
		"not a choice":                       {Path: "/admin/contractors?takes_part=maybe", Status: http.StatusBadRequest},
		"not a page number":                  {Path: "/admin/contractors?page=0", Status: http.StatusBadRequest},
		"not a state":                        {Path: "/admin/contractors/7?state=lost", Status: http.StatusBadRequest},
		"not a year":                         {Path: "/admin/contractors/7?year=20x6", Status: http.StatusBadRequest},
		"not a place to go on":               {Path: "/admin/contractors/7?before=2026-13-01.5", Status: http.StatusBadRequest},
		"a hostile search":                   {Path: "/admin/contractors?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", Status: http.StatusOK, NotContains: []string{"<script>"}},
		"the search is kept":                 {Path: "/admin/contractors?q=zolw&takes_part=yes", Status: http.StatusOK, Contains: []string{`value="zolw"`, `<option value="yes" selected>`, "q=zolw"}},
		"a wrong method":                     {Method: http.MethodPost, Path: "/admin/contractors", Status: http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s.Cookies = cookies
			s.Run(t, h)
		})
	}
}

func TestWhatTheListAsksFor(t *testing.T) {
	l := filled()
	h, cookies, _ := serve(t, l)
	for path, want := range map[string]loyalty.ContractorFilter{
		"": {Program: 1, Sort: loyalty.SortCode, Limit: 50},
		"?program=extra&q=a+b&takes_part=no&sort=available&order=desc&page=3": {
			Program: 2, Search: "a b", Taking: loyalty.NotTaking, Sort: loyalty.SortAvailable, Desc: true, Limit: 50, Offset: 100,
		},
	} {
		webtest.Scenario{Path: "/admin/contractors" + path, Cookies: cookies, Status: http.StatusOK}.Run(t, h)
		want.Today = loyalty.NewDate(2026, 11, 15)
		if l.list != want {
			t.Errorf("%s asks for %+v, want %+v", path, l.list, want)
		}
	}
}

func TestLeafingThroughTheList(t *testing.T) {
	l := filled()
	l.total = 120
	h, cookies, _ := serve(t, l)
	webtest.Scenario{Path: "/admin/contractors", Cookies: cookies, Status: http.StatusOK, Contains: []string{"page=2", "1–1 z 120"}, NotContains: []string{`rel="prev"`}}.Run(t, h)
	webtest.Scenario{Path: "/admin/contractors?page=3&q=x&sort=name&order=desc", Cookies: cookies, Status: http.StatusOK, Contains: []string{
		"/admin/contractors?order=desc&amp;page=2&amp;program=main&amp;q=x&amp;sort=name", `aria-sort="descending"`, "program=main&amp;q=x&amp;sort=name\"",
	}}.Run(t, h)
}

func TestWhatTheHistoryAsksFor(t *testing.T) {
	l := filled()
	l.more = true
	h, cookies, _ := serve(t, l)
	webtest.Scenario{
		Path: "/admin/contractors/7?state=buffered&year=2026&before=2026-05-01.5", Cookies: cookies, Status: http.StatusOK,
		Contains: []string{
			"/admin/contractors/7?before=2026-01-10.1&amp;state=buffered&amp;year=2026", `/admin/contractors/7?state=buffered&amp;year=2026"`,
			`<option selected>2026</option>`, `<option value="buffered" selected>`,
		},
	}.Run(t, h)
	want := loyalty.HistoryFilter{
		Contractor: 7, Before: loyalty.HistoryCursor{Date: loyalty.NewDate(2026, 5, 1), ID: 5}, State: loyalty.Buffered,
		From: loyalty.NewDate(2026, 1, 1), To: loyalty.NewDate(2026, 12, 31), Limit: 25,
	}
	if l.history != want || l.today != loyalty.NewDate(2026, 11, 15) {
		t.Errorf("asks for %+v on %s, want %+v", l.history, l.today, want)
	}
	l.more = false
	webtest.Scenario{Path: "/admin/contractors/7", Cookies: cookies, Status: http.StatusOK, NotContains: []string{"before=", "Najnowsze"}}.Run(t, h)
}

// TestWhatPointsWereSpentOn: redemptions in every state, with bill, worth and points,
// newest first and page by page; reserved points stand among the figures.
func TestWhatPointsWereSpentOn(t *testing.T) {
	l := filled()
	h, cookies, _ := serve(t, l)
	page := func(query string, s webtest.Scenario) {
		t.Helper()
		s.Path, s.Cookies = "/admin/contractors/7"+query, cookies
		if s.Status == 0 {
			s.Status = http.StatusOK
		}
		s.Run(t, h)
	}
	page("", webtest.Scenario{NotContains: []string{"Wydane punkty", "Punkty zarezerwowane"}})
	states := []loyalty.OperationState{loyalty.Reserved, loyalty.Posted, loyalty.Voided, loyalty.TimedOut, loyalty.Undone}
	for id := int64(12); id > 0; id-- {
		o := loyalty.Operation{
			ID: id, Account: 7, State: states[(12-id)%5], Points: 123450, Rate: decimal.RequireFromString("0.5"), Worth: decimal.RequireFromString("617.5"), Currency: "PLN",
			Document: fmt.Sprintf("PA/<%d>", id), On: loyalty.NewDate(2026, 11, int(id)), ExpiresAt: time.Date(2026, 11, 14, 23, 45, 0, 0, time.UTC),
		}
		if o.State == loyalty.Posted {
			o.Spent = 100000
		}
		l.spent = append(l.spent, o)
	}
	l.spent[2].Rate, l.spent[2].Document = decimal.Zero, ""
	l.detail.Balance.Held = 4200
	page("", webtest.Scenario{NotContains: []string{"PA/<", "PA/&lt;2&gt;", "PA/&lt;10&gt;"}, Contains: []string{
		"Wydane punkty", "Punkty zarezerwowane</dt><dd>42,00", "12.11.2026", "PA/&lt;12&gt;", "617,50\u00a0zł", "1\u00a0234,50", "1\u00a0000,00",
		"Zarezerwowane<", "do 15.11.2026 00:45", "Wydane<", "Anulowane", "Rezerwacja wygasła", "Zwrócone", `href="/admin/contractors/7?spent_before=3#redemptions"`,
	}})
	page("?lang=en", webtest.Scenario{Contains: []string{
		"Points spent", "Reserved</dt><dd>42.00", "12 Nov 2026", "617.50\u00a0PLN", "until 15 Nov 2026 00:45", "Spent<", "Voided", "Timed out", "Given back", "Bill number",
	}, NotContains: []string{"Wydane", "redemption."}})
	page("?spent_before=3", webtest.Scenario{Contains: []string{"PA/&lt;2&gt;", "PA/&lt;1&gt;"}, NotContains: []string{"PA/&lt;3&gt;", "#redemptions"}})
	page("?spent_before=x", webtest.Scenario{Status: http.StatusBadRequest})
	page("?spent_before=-1", webtest.Scenario{Status: http.StatusBadRequest})
}

// TestMergesAreTold: the page of a merged contractor leads to the one that has the points,
// and that tells whose it has.
func TestMergesAreTold(t *testing.T) {
	merge := loyalty.Merge{Operation: 3, Actor: "anna <b>", Reason: "jedna firma", MergedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for name, s := range map[string]struct {
		from, into int64
		webtest.Scenario
	}{
		"merged":                {7, 9, webtest.Scenario{Path: "/admin/contractors/7", Contains: []string{`Połączony z <a href="/admin/contractors/9">K900</a> · 01.03.2026`, "kto: anna &lt;b&gt;", "jedna firma"}}},
		"merged, in English":    {7, 9, webtest.Scenario{Path: "/admin/contractors/7?lang=en", Contains: []string{`Merged into <a href="/admin/contractors/9">K900</a>`, "by anna"}}},
		"who has the points":    {9, 7, webtest.Scenario{Path: "/admin/contractors/7", Contains: []string{`Z punktami kontrahenta <a href="/admin/contractors/9">K900</a>`}, NotContains: []string{"Punkty otrzymuje <a"}}},
		"who has them, English": {9, 7, webtest.Scenario{Path: "/admin/contractors/7?lang=en", Contains: []string{"With the points of"}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := filled()
			m := merge
			m.From, m.Into = loyalty.ContractorOverview{Contractor: loyalty.Contractor{Code: "K900"}, ID: s.from}, loyalty.ContractorOverview{Contractor: loyalty.Contractor{Code: "K900"}, ID: s.into}
			l.merges = []loyalty.Merge{m}
			h, cookies, _ := serve(t, l)
			s.Status, s.Cookies = http.StatusOK, cookies
			s.Run(t, h)
		})
	}
}

func TestEmptyPagesSayWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*ledger)
		path   string
		want   string
	}{
		"no program":             {func(l *ledger) { l.programs = nil }, "/admin/contractors", "loyalsync run JOB"},
		"no contractors":         {func(l *ledger) { l.rows, l.total = nil, 0 }, "/admin/contractors", "Nikt jeszcze nie bierze udziału"},
		"nothing found":          {func(l *ledger) { l.rows, l.total = nil, 0 }, "/admin/contractors?q=x", "Żaden kontrahent nie pasuje"},
		"no documents":           {func(l *ledger) { l.docs = nil }, "/admin/contractors/7", "Brak dokumentów"},
		"nobody signs in for it": {func(l *ledger) { l.people = nil }, "/admin/contractors/7", "Przedstawiciele pochodzą z ERP"},
		"points go elsewhere": {
			func(l *ledger) {
				l.detail.Beneficiary, l.detail.BeneficiaryID, l.detail.BeneficiaryCode = "109", 9, "K900"
			},
			"/admin/contractors/7", `Punkty tego kontrahenta otrzymuje <a href="/admin/contractors/9">K900</a>`,
		},
		"left": {
			func(l *ledger) {
				l.detail.TakesPart, l.detail.Reason, l.detail.To = false, loyalty.ReasonNotInProgram, loyalty.NewDate(2026, 6, 30)
			},
			"/admin/contractors/7", "Punkty naliczane do</dt><dd>30.06.2026",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := filled()
			tt.change(l)
			h, cookies, _ := serve(t, l)
			webtest.Scenario{Path: tt.path, Cookies: cookies, Status: http.StatusOK, Contains: []string{tt.want}}.Run(t, h)
		})
	}
}

func TestABrokenStoreIsAPage(t *testing.T) {
	l := filled()
	l.err = errors.New("disk I/O error")
	h, cookies, log := serve(t, l)
	for _, path := range []string{"/admin/contractors?q=Kowalski", "/admin/contractors/7"} {
		webtest.Scenario{Path: path, Cookies: cookies, Status: http.StatusInternalServerError, Contains: []string{"Coś poszło nie tak"}, NotContains: []string{"disk I/O"}}.Run(t, h)
	}
	if text := log.String(); !strings.Contains(text, "disk I/O error") || strings.Contains(text, "Kowalski") {
		t.Errorf("the log must name the cause and nothing that was searched for:\n%s", text)
	}
}

func TestNewRefusesHalfAConfig(t *testing.T) {
	if _, err := panel.New(panel.Config{}); err == nil {
		t.Error("accepted")
	}
}

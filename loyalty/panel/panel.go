package panel

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/web"
)

// Contractors reads contractors with their points. Contractor returns
// CodeNotFound for nobody.
type Contractors interface {
	Programs(ctx context.Context) ([]loyalty.ProgramOverview, error)
	Contractors(ctx context.Context, filter loyalty.ContractorFilter) ([]loyalty.ContractorOverview, int, error)
	Contractor(ctx context.Context, id int64, today loyalty.Date) (loyalty.ContractorDetail, error)
	Representatives(ctx context.Context, contractor int64) ([]loyalty.Representative, error)
	// MergesOf returns the merges in force of a contractor: into another, or of others into it.
	MergesOf(ctx context.Context, contractor int64) ([]loyalty.Merge, error)
	// LapsingOf tells what lapses on the next days, at most so many.
	LapsingOf(ctx context.Context, contractor int64, today loyalty.Date, days int) ([]loyalty.LapsingPoints, error)
}

// Documents reads the documents of a contractor.
type Documents interface {
	History(ctx context.Context, filter loyalty.HistoryFilter) ([]loyalty.HistoryDocument, bool, error)
	HistorySpan(ctx context.Context, contractor int64) (oldest, newest loyalty.Date, err error)
}

// Redemptions reads what points were spent on.
type Redemptions interface {
	// Redemptions returns those of an account, newest first, from before one of them; 0 is
	// from the newest.
	Redemptions(ctx context.Context, account, before int64, limit int) ([]loyalty.Operation, error)
}

// Config is what the panel needs; everything but PublicURL, Secure and Address
// is required.
type Config struct {
	Contractors Contractors
	Documents   Documents
	Redemptions Redemptions
	// Explanations answer "why these points".
	Explanations Explanations
	Users        *web.Users
	Sessions     web.SessionStore
	// Secure marks cookies for https only.
	Secure bool
	// PublicURL is how browsers call the panel when a proxy changes the Host.
	PublicURL string
	// Address tells a caller's network address; nil takes the connection's.
	Address func(*http.Request) string
	Zone    *time.Location // of business days
	Now     func() time.Time
	Logger  *slog.Logger
}

func (c Config) validate() error {
	if c.Contractors == nil || c.Documents == nil || c.Redemptions == nil || c.Explanations == nil || c.Users == nil || c.Sessions == nil || c.Zone == nil || c.Now == nil || c.Logger == nil {
		return errors.New("the panel needs contractors, documents, redemptions, explanations, users, sessions, a zone, a clock and a logger")
	}
	return nil
}

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed words/*.json
var wordFiles embed.FS

// panel answers the pages.
type panel struct {
	cfg  Config
	site *web.Site
}

// New returns the panel, to be served at the root.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	templates, err := fs.Sub(templateFiles, "templates")
	if err != nil {
		return nil, err
	}
	words, err := fs.Sub(wordFiles, "words")
	if err != nil {
		return nil, err
	}
	site, err := web.New(web.Config{
		Users: cfg.Users, Sessions: cfg.Sessions, Templates: templates, Words: words, Funcs: funcs,
		Nav: []web.NavItem{{Path: contractorsPath, Word: "nav.contractors"}}, Home: contractorsPath,
		Secure: cfg.Secure, PublicURL: cfg.PublicURL, Address: cfg.Address, Zone: cfg.Zone, Now: cfg.Now, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	p := &panel{cfg: cfg, site: site}
	return site.Handler(p.routes()), nil
}

const (
	adminPath       = "/admin"
	contractorsPath = adminPath + "/contractors"
	documentsPath   = adminPath + "/documents"
)

func (p *panel) routes() *http.ServeMux {
	mux := http.NewServeMux()
	p.site.Register(mux)
	admin := func(pattern string, page http.HandlerFunc) {
		mux.HandleFunc(pattern, p.site.Guard(loyalty.RoleAdmin, page))
	}
	admin("GET /{$}", redirectTo(adminPath))
	admin(adminPath, redirectTo(contractorsPath))
	admin("GET "+contractorsPath, p.contractors)
	admin("GET "+contractorsPath+"/{id}", p.contractor)
	admin("GET "+documentsPath+"/{id}", p.document)
	admin(adminPath+"/", p.nothing)
	mux.HandleFunc("/", p.nothing)
	return mux
}

func redirectTo(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, path, http.StatusSeeOther) }
}

func (p *panel) nothing(w http.ResponseWriter, r *http.Request) {
	p.site.Fail(w, r, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such page"})
}

func (p *panel) today() loyalty.Date { return loyalty.DateIn(p.cfg.Now(), p.cfg.Zone) }

// funcs are what the panel's templates call beside those of package web.
func funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"steps": func(x Told) []step { return steps(x, lang) },
		"wait":  func(w loyalty.Wait) string { return w.Words(lang) },
		"title": func(r loyalty.HistoryRule) string { return ruleTitle(r, lang) },
		"money": func(o loyalty.Operation) string { return loyalty.FormatMoney(o.Worth.String(), o.Currency, lang) },
		"row":   func(d document, i int) row { return row{d.Posted[i], d.Decimals, i == len(d.Posted)-1, d.Without} },
	}
}

// row is one line of a document in the table.
type row struct {
	Line     loyalty.HistoryLine
	Decimals int
	Last     bool // of the document
	Without  int  // lines of the document that have no points
}

// ruleTitle is a rule's title in the reader's language, else in any, else its
// name.
func ruleTitle(r loyalty.HistoryRule, lang string) string {
	for _, l := range append([]string{lang}, web.Languages()...) {
		if title := r.Title[l]; title != "" {
			return title
		}
	}
	return r.Name
}

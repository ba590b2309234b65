package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed templates/*.html
var ownTemplates embed.FS

//go:embed words/*.json
var ownWordFiles embed.FS

const (
	layoutFile = "templates/layout.html"
	errorPage  = "error.html"
)

func ownWords() fs.FS { return sub(ownWordFiles, "words") }

// sub is fs.Sub for a folder that is embedded; its name is valid.
func sub(files embed.FS, folder string) fs.FS {
	inner, err := fs.Sub(files, folder)
	if err != nil {
		panic(err)
	}
	return inner
}

// loadPages parses every page once for each language, around the layout.
func (s *Site) loadPages() (map[string]map[string]*template.Template, error) {
	pages := map[string]map[string]*template.Template{}
	for _, lang := range Languages() {
		base, err := template.New("layout").Funcs(s.funcs(lang)).ParseFS(ownTemplates, layoutFile)
		if err != nil {
			return nil, fmt.Errorf("layout: %w", err)
		}
		if parts, err := fs.Glob(s.cfg.Templates, "_*.html"); err == nil && len(parts) > 0 {
			if base, err = base.ParseFS(s.cfg.Templates, parts...); err != nil {
				return nil, fmt.Errorf("parts of pages: %w", err)
			}
		}
		pages[lang] = map[string]*template.Template{}
		for _, folder := range []fs.FS{sub(ownTemplates, "templates"), s.cfg.Templates} {
			if err := addPages(pages[lang], base, folder); err != nil {
				return nil, err
			}
		}
	}
	return pages, nil
}

func addPages(pages map[string]*template.Template, base *template.Template, folder fs.FS) error {
	files, err := fs.Glob(folder, "*.html")
	if err != nil {
		return fmt.Errorf("pages: %w", err)
	}
	for _, file := range files {
		if strings.HasPrefix(file, "_") || file == path.Base(layoutFile) {
			continue
		}
		page, err := base.Clone()
		if err != nil {
			return fmt.Errorf("page %s: %w", file, err)
		}
		if pages[file], err = page.ParseFS(folder, file); err != nil {
			return fmt.Errorf("page %s: %w", file, err)
		}
	}
	return nil
}

// funcs are what templates call, in one language.
func (s *Site) funcs(lang string) template.FuncMap {
	funcs := template.FuncMap{
		"t":      func(key string, args ...any) string { return s.words.Text(lang, key, args...) },
		"count":  func(key string, n int) string { return s.words.Count(lang, key, int64(n)) },
		"number": func(n any) string { return loyalty.FormatNumber(fmt.Sprint(n), lang) },
		"date":   func(d loyalty.Date) string { return loyalty.FormatDate(d, lang) },
		"time":   func(t time.Time) string { return loyalty.FormatTime(t, s.cfg.Zone, lang) },
		"points": func(p loyalty.Points, decimals int) string { return loyalty.FormatPoints(p, decimals, lang) },
		"amount": func(p loyalty.Points, decimals int) string { return loyalty.FormatNumber(p.Format(decimals), lang) },
		"reason": func(r loyalty.Reason) string { return r.Words(lang) },
	}
	if s.cfg.Funcs != nil {
		for name, f := range s.cfg.Funcs(lang) {
			funcs[name] = f
		}
	}
	return funcs
}

// Text returns words of the catalogue in the reader's language.
func (s *Site) Text(r *http.Request, key string, args ...any) string {
	return s.words.Text(Lang(r), key, args...)
}

// Page is what a template is given.
type Page struct {
	Lang             string
	User             *loyalty.User
	Home             string
	Stylesheet, Icon string
	Nav              []NavLink
	Languages        []LangLink
	Data             any // the page's own
}

// NavLink is an entry of the main menu as it is shown.
type NavLink struct {
	Path, Word string
	Current    bool
}

// LangLink shows the same page in another language.
type LangLink struct {
	Lang, Name, Href string
	Current          bool
}

// Render writes a page, or nothing of it when it fails.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	page, found := s.pages[Lang(r)][name]
	if !found {
		s.cfg.Logger.Error("there is no such template", slog.String("name", name))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	if err := page.ExecuteTemplate(&b, "layout", s.page(r, data)); err != nil {
		s.cfg.Logger.Error("a page could not be made", slog.String("name", name), slog.Any("error", err))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", Lang(r))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := b.WriteTo(w); err != nil {
		s.cfg.Logger.Debug("a reader went away", slog.Any("error", err))
	}
}

func (s *Site) page(r *http.Request, data any) Page {
	p := Page{
		Lang: Lang(r), User: User(r), Home: s.cfg.Home, Data: data,
		Stylesheet: s.assets.path("style.css"), Icon: s.assets.path("icon.svg"),
	}
	if p.User != nil {
		for _, item := range s.cfg.Nav {
			current := r.URL.Path == item.Path || strings.HasPrefix(r.URL.Path, item.Path+"/")
			p.Nav = append(p.Nav, NavLink{Path: item.Path, Word: item.Word, Current: current})
		}
	}
	names := map[string]string{loyalty.Polish: "Polski", loyalty.English: "English"}
	for _, lang := range Languages() {
		query := r.URL.Query()
		query.Set("lang", lang)
		p.Languages = append(p.Languages, LangLink{Lang: lang, Name: names[lang], Href: "?" + query.Encode(), Current: lang == p.Lang})
	}
	return p
}

// Fail answers with the page of an error. What the server is to blame for goes
// to the log; the page never says more than its kind.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has gone
	}
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		s.cfg.Logger.Error("a page failed", slog.String("method", r.Method), slog.String("page", r.Pattern), slog.Any("error", err))
	}
	s.Render(w, r, status, errorPage, status)
}

// statusOf maps errors to HTTP.
func statusOf(err error) int {
	switch loyalty.CodeOf(err) {
	case loyalty.CodeInvalid:
		return http.StatusBadRequest
	case loyalty.CodeForbidden:
		return http.StatusForbidden
	case loyalty.CodeNotFound:
		return http.StatusNotFound
	case loyalty.CodeConflict, loyalty.CodeAction:
		return http.StatusConflict
	case loyalty.CodeBusy:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

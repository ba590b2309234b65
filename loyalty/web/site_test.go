package web_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/web"
	"github.com/loyalsync/loyalsync/loyalty/web/webtest"
)

// face is a site with three pages: /home and /only/members, which greet, and
// /boom, which panics.
type face struct {
	http.Handler
	users *web.Users
	store *webtest.Store
	clock *clock
	log   *bytes.Buffer
}

func newFace(t *testing.T, change func(*web.Config)) face {
	t.Helper()
	f := face{log: &bytes.Buffer{}}
	f.users, f.store, f.clock = newUsers(t)
	cfg := web.Config{
		Users: f.users, Sessions: f.store, Zone: time.UTC, Now: f.clock.now, Home: "/home",
		Logger:    slog.New(slog.NewTextHandler(io.MultiWriter(f.log), nil)),
		Templates: fstest.MapFS{"hello.html": {Data: []byte(`{{define "title"}}{{t "hello"}}{{end}}{{define "main"}}<h1>{{t "hello"}}, {{.Data}}</h1>{{end}}`)}},
		Words:     fstest.MapFS{"pl.json": {Data: []byte(`{"hello":"Dzień dobry"}`)}, "en.json": {Data: []byte(`{"hello":"Hello"}`)}},
		Nav:       []web.NavItem{{Path: "/home", Word: "hello"}},
	}
	if change != nil {
		change(&cfg)
	}
	site, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Register(mux)
	hello := site.Guard(loyalty.RoleAdmin, func(w http.ResponseWriter, r *http.Request) {
		site.Render(w, r, http.StatusOK, "hello.html", web.User(r).Name)
	})
	mux.HandleFunc("/home", hello)
	mux.HandleFunc("/only/members", hello)
	mux.HandleFunc("/boom", func(http.ResponseWriter, *http.Request) { panic("secret-value") })
	f.Handler = site.Handler(mux)
	return f
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestPagesForAStranger(t *testing.T) {
	f := newFace(t, nil)
	for name, s := range map[string]webtest.Scenario{
		"the sign-in page": {
			Path: "/sign-in", Status: http.StatusOK,
			Contains: []string{
				`<html lang="en">`, `autocomplete="username"`, `autocomplete="current-password"`, `<label for="name">`, `<main id="main"`, `href="#main"`,
			},
			NotContains: []string{"sign-out", "anna", "<script", " style=", `role="alert"`},
		},
		"a page is asked for":         {Path: "/only/members?q=Kowalski", Status: http.StatusSeeOther, Location: "/sign-in?next=%2Fonly%2Fmembers", NotContains: []string{"Kowalski", "Hello"}},
		"a change is asked for":       {Method: http.MethodPost, Path: "/home", Status: http.StatusForbidden, NotContains: []string{"Hello"}},
		"in Polish by link":           {Path: "/sign-in?lang=pl", Status: http.StatusOK, Contains: []string{`<html lang="pl">`, "Hasło"}},
		"in Polish by the browser":    {Path: "/sign-in", Header: map[string]string{"Accept-Language": "de, pl-PL;q=0.9, en;q=0.8"}, Status: http.StatusOK, Contains: []string{"Hasło"}},
		"in Polish by an old choice":  {Path: "/sign-in", Cookies: []*http.Cookie{{Name: "lang", Value: "pl"}}, Header: map[string]string{"Accept-Language": "en"}, Status: http.StatusOK, Contains: []string{"Hasło"}},
		"a language nobody speaks":    {Path: "/sign-in?lang=xx", Status: http.StatusOK, Contains: []string{`<html lang="en">`}},
		"the way back is kept":        {Path: "/sign-in?next=/only/members", Status: http.StatusOK, Contains: []string{`name="next" value="/only/members"`}},
		"a way back to another site":  {Path: "/sign-in?next=//evil.test/", Status: http.StatusOK, Contains: []string{`name="next" value="/home"`}},
		"a way back with a backslash": {Path: `/sign-in?next=/%5Cevil.test/`, Status: http.StatusOK, Contains: []string{`name="next" value="/home"`}},
		"a way back by scheme":        {Path: "/sign-in?next=javascript:alert(1)", Status: http.StatusOK, Contains: []string{`name="next" value="/home"`}},
		"a forged cookie":             {Path: "/home", Cookies: []*http.Cookie{{Name: "loyalsync", Value: "AAAA"}}, Status: http.StatusSeeOther, Location: "/sign-in?next=%2Fhome"},
		"an asset that is not there":  {Path: "/assets/style.css", Status: http.StatusNotFound, Contains: []string{"There is no such page"}},
		"a panic":                     {Path: "/boom", Status: http.StatusInternalServerError, Contains: []string{"Something went wrong"}, NotContains: []string{"secret-value", "goroutine"}},
		"a wrong password": {
			Method: http.MethodPost, Path: "/sign-in", Form: form("name", "anna", "password", "guess-guess"), Status: http.StatusUnauthorized,
			Contains: []string{`role="alert"`, `aria-invalid="true"`, `value="anna"`}, NotContains: []string{"guess-guess"},
		},
		"nothing typed": {Method: http.MethodPost, Path: "/sign-in", Form: form("name", " "), Status: http.StatusUnprocessableEntity, Contains: []string{`role="alert"`}},
		"a hostile name": {
			Method: http.MethodPost, Path: "/sign-in", Form: form("name", `"><script>alert(1)</script>`, "password", "x"), Status: http.StatusUnauthorized,
			NotContains: []string{"<script>"},
		},
		"a form too large":       {Method: http.MethodPost, Path: "/sign-in", Form: form("name", strings.Repeat("x", 70_000)), Status: http.StatusBadRequest},
		"signing out is a click": {Path: "/sign-out", Status: http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) { s.Run(t, f) })
	}
	if strings.Contains(f.log.String(), "secret-value") {
		t.Error("the log holds the value of a panic")
	}
}

func TestNobodyYet(t *testing.T) {
	store := &webtest.Store{}
	users, err := web.NewUsers(web.UsersConfig{Store: store, Audit: store, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	f := newFace(t, func(c *web.Config) { c.Users = users })
	webtest.Scenario{Path: "/sign-in", Status: http.StatusOK, Contains: []string{"loyalsync user add"}}.Run(t, f)
}

func TestSigningInAndOut(t *testing.T) {
	f := newFace(t, nil)
	before := []*http.Cookie{{Name: "loyalsync", Value: "fixed-by-somebody"}}
	answer := webtest.Scenario{
		Method: http.MethodPost, Path: "/sign-in", Form: form("name", "Anna", "password", password, "next", "/only/members"), Cookies: before,
		Status: http.StatusSeeOther, Location: "/only/members", NotContains: []string{"fixed-by-somebody"},
	}.Run(t, f)
	cookies := answer.Cookies
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Secure || cookies[0].Name != "loyalsync" {
		t.Fatalf("cookies %+v", cookies)
	}
	if f.store.Sessions() != 1 {
		t.Fatalf("%d sessions", f.store.Sessions())
	}
	if _, found, _ := f.store.Find(cookies[0].Value); found {
		t.Error("the store keeps the token itself")
	}
	webtest.Scenario{Path: "/home", Cookies: cookies, Status: http.StatusOK, Contains: []string{"Hello, anna", `aria-current="page"`, "sign-out"}}.Run(t, f)
	webtest.Scenario{Path: "/sign-in", Cookies: cookies, Status: http.StatusSeeOther, Location: "/home"}.Run(t, f)
	webtest.Scenario{Method: http.MethodPost, Path: "/sign-out", Cookies: cookies, Status: http.StatusSeeOther, Location: "/sign-in"}.Run(t, f)
	webtest.Scenario{Path: "/home", Cookies: cookies, Status: http.StatusSeeOther, Location: "/sign-in?next=%2Fhome"}.Run(t, f)
	if f.store.Sessions() != 0 {
		t.Errorf("%d sessions after signing out", f.store.Sessions())
	}
}

func TestSigningInAgainChangesTheToken(t *testing.T) {
	f := newFace(t, nil)
	first := webtest.SignIn(t, f, "anna", password, "/home")
	second := webtest.Scenario{
		Method: http.MethodPost, Path: "/sign-in", Form: form("name", "anna", "password", password), Cookies: first,
		Status: http.StatusSeeOther, Location: "/home",
	}.Run(t, f).Cookies
	if second[0].Value == first[0].Value {
		t.Error("the token stayed the same")
	}
	webtest.Scenario{Path: "/home", Cookies: first, Status: http.StatusSeeOther, Location: "/sign-in?next=%2Fhome"}.Run(t, f)
}

func TestWhatEndsASession(t *testing.T) {
	for name, end := range map[string]func(*testing.T, face) error{
		"a new password": func(t *testing.T, f face) error {
			return f.users.SetPassword(t.Context(), "cli", "anna", "another good one")
		},
		"disabling":             func(t *testing.T, f face) error { return f.users.Disable(t.Context(), "cli", "anna", true) },
		"the working day's end": func(_ *testing.T, f face) error { f.clock.advance(12 * time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFace(t, nil)
			cookies := webtest.SignIn(t, f, "anna", password, "/home")
			f.clock.advance(time.Hour)
			webtest.Scenario{Path: "/home", Cookies: cookies, Status: http.StatusOK}.Run(t, f)
			if err := end(t, f); err != nil {
				t.Fatal(err)
			}
			webtest.Scenario{Path: "/home", Cookies: cookies, Status: http.StatusSeeOther, Location: "/sign-in?next=%2Fhome"}.Run(t, f)
		})
	}
}

func TestForgedRequests(t *testing.T) {
	f := newFace(t, func(c *web.Config) { c.PublicURL = "https://points.example.com/anything" })
	right := form("name", "anna", "password", password)
	for name, tt := range map[string]struct {
		header map[string]string
		ok     bool
	}{
		"our own form":                      {map[string]string{"Sec-Fetch-Site": "same-origin"}, true},
		"another site":                      {map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"a sub-domain":                      {map[string]string{"Sec-Fetch-Site": "same-site"}, false},
		"an old browser, our form":          {map[string]string{"Origin": "http://panel.test"}, true},
		"an old browser, another site":      {map[string]string{"Origin": "http://evil.test"}, false},
		"an old browser that hides itself":  {map[string]string{"Origin": "null"}, false},
		"the public address behind a proxy": {map[string]string{"Origin": "https://points.example.com"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := webtest.Scenario{Method: http.MethodPost, Path: "/sign-in", Header: tt.header, Form: right, Status: http.StatusForbidden, Contains: []string{"Not allowed"}}
			if tt.ok {
				s.Status, s.Location, s.Contains = http.StatusSeeOther, "/home", nil
			}
			s.Run(t, f)
		})
	}
}

func TestTooManyAttempts(t *testing.T) {
	f := newFace(t, nil)
	for range 5 {
		webtest.Scenario{Method: http.MethodPost, Path: "/sign-in", Form: form("name", "anna", "password", "x"), Status: http.StatusUnauthorized}.Run(t, f)
	}
	answer := webtest.Scenario{
		Method: http.MethodPost, Path: "/sign-in?lang=pl", Form: form("name", "anna", "password", password),
		Status: http.StatusTooManyRequests, Contains: []string{"Odczekaj 1 sekundę"},
	}.Run(t, f)
	if got := answer.Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestHeaders(t *testing.T) {
	f := newFace(t, func(c *web.Config) { c.Secure = true })
	page := webtest.Scenario{Path: "/sign-in?lang=pl", Status: http.StatusOK}.Run(t, f)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cache-Control": "no-store", "Content-Language": "pl", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := page.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if csp := page.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %q", csp)
	}
	for _, c := range append(page.Cookies, webtest.SignIn(t, f, "anna", password, "/home")...) {
		if !c.Secure {
			t.Errorf("cookie %s may go over http", c.Name)
		}
	}
}

func TestAssetsAreCachedForEver(t *testing.T) {
	f := newFace(t, nil)
	page := webtest.Scenario{Path: "/sign-in", Status: http.StatusOK}.Run(t, f)
	_, rest, _ := strings.Cut(page.Body, `<link rel="stylesheet" href="`)
	path, _, _ := strings.Cut(rest, `"`)
	answer := webtest.Scenario{Path: path, Status: http.StatusOK, Contains: []string{"prefers-color-scheme"}}.Run(t, f)
	if got := answer.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: cached %q, type %q", path, got, answer.Header.Get("Content-Type"))
	}
}

func TestABrokenStoreIsAPage(t *testing.T) {
	f := newFace(t, nil)
	cookies := webtest.SignIn(t, f, "anna", password, "/home")
	f.store.Broken = true
	webtest.Scenario{Path: "/home", Cookies: cookies, Status: http.StatusInternalServerError, Contains: []string{"Something went wrong"}, NotContains: []string{"secret-path"}}.Run(t, f)
	if !strings.Contains(f.log.String(), "the disk is gone") {
		t.Error("the log does not say why")
	}
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*web.Config){
		"no users":          func(c *web.Config) { c.Users = nil },
		"a public relative": func(c *web.Config) { c.PublicURL = "/points" },
		"a missing word": func(c *web.Config) {
			c.Words = fstest.MapFS{"pl.json": {Data: []byte(`{"a":"x"}`)}, "en.json": {Data: []byte(`{}`)}}
		},
		"a broken template": func(c *web.Config) { c.Templates = fstest.MapFS{"x.html": {Data: []byte(`{{if}}`)}} },
	} {
		t.Run(name, func(t *testing.T) {
			users, store, clock := newUsers(t)
			cfg := web.Config{
				Users: users, Sessions: store, Zone: time.UTC, Now: clock.now, Logger: slog.New(slog.DiscardHandler), Templates: fstest.MapFS{},
				Words: fstest.MapFS{"pl.json": {Data: []byte(`{}`)}, "en.json": {Data: []byte(`{}`)}},
			}
			if _, err := web.New(cfg); err != nil {
				t.Fatalf("before: %v", err)
			}
			change(&cfg)
			if _, err := web.New(cfg); err == nil {
				t.Error("accepted")
			}
		})
	}
}

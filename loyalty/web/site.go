package web

import (
	"context"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Config is what a face needs to be served.
type Config struct {
	Users    *Users       // required
	Sessions scs.CtxStore // required; the same for all faces
	// Templates are the face's pages, each a file that defines "title" and
	// "main"; files that begin with "_" are parts for all of them. Required.
	Templates fs.FS
	// Words are the face's own pl.json and en.json. Required.
	Words fs.FS
	// Funcs are the face's own template functions, by language. May be nil.
	Funcs func(lang string) template.FuncMap
	Nav   []NavItem
	// Home is where a user goes who has signed in. Defaults to "/".
	Home string
	// Secure marks cookies for https only.
	Secure bool
	// PublicURL is how browsers call the site when a proxy changes the Host;
	// "" when they see the same one. Anything after the host is ignored.
	PublicURL string
	// Address tells the network address of a caller. Defaults to that of the
	// connection; behind a proxy it must be taken from what the proxy says.
	Address func(*http.Request) string
	Zone    *time.Location // of shown instants; required
	Now     func() time.Time
	Logger  *slog.Logger
}

// NavItem is an entry of the main menu: a path and the key of its words.
type NavItem struct{ Path, Word string }

// sessionLasts is a working day: a page view writes nothing, so a session does
// not grow longer by use.
const sessionLasts = 12 * time.Hour

func (c Config) withDefaults() Config {
	if c.Home == "" {
		c.Home = "/"
	}
	if c.Address == nil {
		c.Address = peer
	}
	return c
}

func (c Config) validate() error {
	if c.Users == nil || c.Sessions == nil || c.Templates == nil || c.Words == nil || c.Zone == nil || c.Now == nil || c.Logger == nil {
		return errors.New("a site needs users, sessions, templates, words, a zone, a clock and a logger")
	}
	return nil
}

// peer is the address of the connection's other end.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Site serves the pages of one face.
type Site struct {
	cfg      Config
	words    *Catalogue
	pages    map[string]map[string]*template.Template // by language and name
	assets   *assets
	sessions *scs.SessionManager
	origin   *http.CrossOriginProtection
}

// New makes a site. Templates and words that cannot be read are errors.
func New(cfg Config) (*Site, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Site{cfg: cfg, sessions: newSessions(cfg), origin: http.NewCrossOriginProtection()}
	var err error
	if s.words, err = LoadCatalogue(ownWords(), cfg.Words); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = s.loadPages(); err != nil {
		return nil, err
	}
	if cfg.PublicURL != "" {
		public, err := url.Parse(cfg.PublicURL)
		if err != nil || public.Host == "" {
			return nil, errors.New("public_url is not an address like https://points.example.com")
		}
		if err := s.origin.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, errors.New("public_url is not an address like https://points.example.com")
		}
	}
	s.sessions.ErrorFunc = s.Fail
	s.origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Fail(w, r, &loyalty.Error{Code: loyalty.CodeForbidden, Message: "the request came from another site"})
	}))
	return s, nil
}

// newSessions does without scs.New, which starts a goroutine that nothing ends.
func newSessions(cfg Config) *scs.SessionManager {
	name := "loyalsync"
	if cfg.Secure {
		name = "__Host-loyalsync" // no other host of the domain can set it
	}
	return &scs.SessionManager{
		Store: cfg.Sessions, Lifetime: sessionLasts, Codec: scs.GobCodec{}, HashTokenInStore: true,
		Cookie: scs.SessionCookie{Name: name, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: cfg.Secure},
	}
}

// Handler serves the mux of a face with everything around it: headers,
// sessions, the reader's language, protection of forms.
func (s *Site) Handler(mux http.Handler) http.Handler {
	const maxBody = 64 << 10 // forms are small
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		mux.ServeHTTP(w, r)
	})
	return s.recovered(headers(s.sessions.LoadAndSave(s.visited(s.origin.Handler(inner)))))
}

// headers are those of every answer; pages hold personal data and are never
// cached.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into a page, and tells the log where it was.
func (s *Site) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.cfg.Logger.Error("a page failed", slog.String("method", r.Method), slog.String("stack", string(debug.Stack())))
			s.Render(w, r, http.StatusInternalServerError, errorPage, http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// visitor is who looks at a page, and in which language.
type visitor struct {
	user *loyalty.User
	lang string
}

type visitorKey struct{}

func visitorOf(r *http.Request) visitor {
	v, ok := r.Context().Value(visitorKey{}).(visitor)
	if !ok {
		return visitor{lang: chooseLanguage(r, nil)}
	}
	return v
}

// User is who has signed in, nil for a stranger.
func User(r *http.Request) *loyalty.User { return visitorOf(r).user }

// Lang is the language of the reader, "pl" or "en".
func Lang(r *http.Request) string { return visitorOf(r).lang }

// Address is the caller's network address, for the audit.
func (s *Site) Address(r *http.Request) string { return s.cfg.Address(r) }

// visited finds out who looks, and remembers a language chosen by a link.
func (s *Site) visited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := s.signedIn(r.Context())
		if err != nil {
			s.Fail(w, r, err)
			return
		}
		if lang := r.URL.Query().Get("lang"); known(lang) {
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is set wherever the site is served by https
				Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 60 * 60,
				HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteLaxMode,
			})
		}
		v := visitor{user: user, lang: chooseLanguage(r, user)}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
	})
}

// Guard lets only users of a role through. A stranger who wants to read is sent
// to the sign-in page and back; the way back holds the path alone, never what
// was searched for (law 11).
func (s *Site) Guard(role loyalty.Role, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user := User(r)
		switch {
		case user == nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			http.Redirect(w, r, "/sign-in?"+url.Values{"next": {r.URL.Path}}.Encode(), http.StatusSeeOther)
		case user == nil || user.Role != role:
			s.Fail(w, r, &loyalty.Error{Code: loyalty.CodeForbidden, Message: "not allowed"})
		default:
			next(w, r)
		}
	}
}

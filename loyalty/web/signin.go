package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Keys of what a session holds.
const (
	sessionUser    = "user"
	sessionVersion = "version" // of the user when the session began
	sessionBegan   = "began"   // seconds since the epoch, by our clock
)

// Register adds the pages of signing in and out, and the assets, to a mux.
func (s *Site) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /sign-in", s.showSignIn)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /assets/{name}", s.asset)
}

// signInPage is what the sign-in page shows.
type signInPage struct {
	Name, Next string
	Problem    string // what went wrong, in the reader's words
	NoUsers    bool
}

func (s *Site) showSignIn(w http.ResponseWriter, r *http.Request) {
	if User(r) != nil {
		http.Redirect(w, r, s.cfg.Home, http.StatusSeeOther)
		return
	}
	s.renderSignIn(w, r, http.StatusOK, signInPage{Next: r.URL.Query().Get("next")})
}

func (s *Site) renderSignIn(w http.ResponseWriter, r *http.Request, status int, page signInPage) {
	users, err := s.cfg.Users.List(r.Context())
	if err != nil {
		s.Fail(w, r, err)
		return
	}
	page.NoUsers = len(users) == 0
	page.Next = s.localPath(page.Next)
	s.Render(w, r, status, "sign-in.html", page)
}

func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.Fail(w, r, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the form cannot be read", Err: err})
		return
	}
	name, password := r.PostForm.Get("name"), r.PostForm.Get("password")
	page := signInPage{Name: name, Next: r.PostForm.Get("next")}
	if strings.TrimSpace(name) == "" || password == "" {
		page.Problem = s.words.Text(Lang(r), "sign_in.empty")
		s.renderSignIn(w, r, http.StatusUnprocessableEntity, page)
		return
	}
	user, err := s.cfg.Users.Authenticate(r.Context(), name, password, s.cfg.Address(r))
	var throttled *ThrottledError
	switch {
	case errors.As(err, &throttled):
		seconds := int64((throttled.Wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		page.Problem = s.words.Count(Lang(r), "sign_in.wait", seconds)
		s.renderSignIn(w, r, http.StatusTooManyRequests, page)
	case errors.Is(err, ErrCredentials):
		page.Problem = s.words.Text(Lang(r), "sign_in.wrong")
		s.renderSignIn(w, r, http.StatusUnauthorized, page)
	case err != nil:
		s.Fail(w, r, err)
	default:
		if err := s.begin(r.Context(), user); err != nil {
			s.Fail(w, r, err)
			return
		}
		http.Redirect(w, r, s.localPath(page.Next), http.StatusSeeOther)
	}
}

// begin starts a session under a new token: one that was set before signing in
// must not become a signed-in one.
func (s *Site) begin(ctx context.Context, user loyalty.User) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionUser, user.ID)
	s.sessions.Put(ctx, sessionVersion, user.Version)
	s.sessions.Put(ctx, sessionBegan, s.cfg.Now().Unix())
	return nil
}

// signedIn returns the user of the session, nil for none. A session that has
// ended is destroyed.
func (s *Site) signedIn(ctx context.Context) (*loyalty.User, error) {
	id := s.sessions.GetInt64(ctx, sessionUser)
	if id == 0 {
		return nil, nil //nolint:nilnil // a stranger is no error
	}
	began := time.Unix(s.sessions.GetInt64(ctx, sessionBegan), 0)
	if s.cfg.Now().Sub(began) >= sessionLasts {
		return nil, s.sessions.Destroy(ctx)
	}
	user, err := s.cfg.Users.current(ctx, id, s.sessions.GetInt64(ctx, sessionVersion))
	if err == nil && user == nil {
		err = s.sessions.Destroy(ctx)
	}
	return user, err
}

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// localPath is a way back that stays on this site, the home for anything else.
func (s *Site) localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || strings.ContainsAny(next, "\\\t\r\n") {
		return s.cfg.Home
	}
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.HasPrefix(path, "/sign-") {
		return s.cfg.Home
	}
	return path
}

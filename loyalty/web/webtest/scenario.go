package webtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Scenario is one request and what its answer must and must not hold.
type Scenario struct {
	Method      string // "" is GET
	Path        string
	Header      map[string]string
	Form        url.Values
	Cookies     []*http.Cookie
	Status      int
	Location    string // of a redirect
	Contains    []string
	NotContains []string // of the body and of every header
}

// Answer is what came back.
type Answer struct {
	Header  http.Header
	Cookies []*http.Cookie
	Body    string
}

// Run sends the request and checks the answer, which it returns.
func (s Scenario) Run(t testing.TB, h http.Handler) Answer {
	t.Helper()
	method := s.Method
	if method == "" {
		method = http.MethodGet
	}
	r := httptest.NewRequestWithContext(context.Background(), method, "http://panel.test"+s.Path, strings.NewReader(s.Form.Encode()))
	if s.Form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range s.Header {
		r.Header.Set(name, value)
	}
	for _, c := range s.Cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	result := w.Result()
	if err := result.Body.Close(); err != nil {
		t.Fatal(err)
	}
	answer := Answer{Header: result.Header, Cookies: result.Cookies(), Body: w.Body.String()}
	if w.Code != s.Status {
		t.Errorf("status %d, want %d", w.Code, s.Status)
	}
	if got := answer.Header.Get("Location"); got != s.Location {
		t.Errorf("leads to %q, want %q", got, s.Location)
	}
	text := answer.Body
	for _, want := range s.Contains {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	for _, name := range s.NotContains {
		if strings.Contains(text, name) || strings.Contains(headerText(answer.Header), name) {
			t.Errorf("the answer holds %q:\n%s\n%s", name, headerText(answer.Header), text)
		}
	}
	return answer
}

func headerText(h http.Header) string {
	var b strings.Builder
	for name, values := range h {
		b.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
	}
	return b.String()
}

// SignIn signs a user in and returns the cookies of the session.
func SignIn(t testing.TB, h http.Handler, name, password, home string) []*http.Cookie {
	t.Helper()
	return Scenario{
		Method: http.MethodPost, Path: "/sign-in", Form: url.Values{"name": {name}, "password": {password}},
		Status: http.StatusSeeOther, Location: home,
	}.Run(t, h).Cookies
}

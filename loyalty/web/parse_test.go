package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

func TestPasswordHash(t *testing.T) {
	first, err := hashPassword("zażółć gęślą")
	if err != nil {
		t.Fatal(err)
	}
	second, err := hashPassword("zażółć gęślą")
	if err != nil || first == second {
		t.Errorf("two hashes of one password are the same: %v", err)
	}
	for password, want := range map[string]bool{"zażółć gęślą": true, "zażółć gęśla": false, "": false} {
		if ok, err := verifyPassword(first, password); err != nil || ok != want {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	// made by the reference implementation of argon2
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := verifyPassword(known, "password"); err != nil || !ok {
		t.Errorf("a hash of another program: %v, %v", ok, err)
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=4294967295,t=0,p=0$$")
	f.Add("$2a$10$x")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHash(text)
		if err == nil && (h.passes == 0 || h.threads == 0 || h.memory > maxMemory || len(h.key) == 0 || len(h.salt) == 0) {
			t.Errorf("%q is taken for a hash: %+v", text, h)
		}
		if err != nil && loyalty.CodeOf(err) != loyalty.CodeInternal {
			t.Errorf("code %s", loyalty.CodeOf(err))
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, next := range []string{"/admin/contractors/7", "//evil.test", `/\evil.test`, "/%2F/evil.test", "https://evil.test/", "/\t/evil.test", "", "/sign-out", "javascript:x", "%2F"} {
		f.Add(next)
	}
	s := &Site{cfg: Config{Home: "/home"}}
	base := &url.URL{Scheme: "https", Host: "panel.test", Path: "/sign-in"}
	f.Fuzz(func(t *testing.T, next string) {
		got := s.localPath(next)
		u, err := base.Parse(got)
		if err != nil || u.Host != "panel.test" || u.Scheme != "https" || !strings.HasPrefix(got, "/") || strings.ContainsAny(got, "\\\t\r\n?#") {
			t.Errorf("%q leads to %q: %v, %v", next, got, u, err)
		}
	})
}

func TestLocalPath(t *testing.T) {
	s := &Site{cfg: Config{Home: "/home"}}
	for next, want := range map[string]string{
		"/admin/contractors/7": "/admin/contractors/7", "/admin?q=Kowalski#x": "/admin", "": "/home", "admin": "/home", "//evil.test/a": "/home",
		"https://evil.test/a": "/home", "/sign-out": "/home", "/a b": "/a%20b",
	} {
		if got := s.localPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "pl": "pl", "PL-pl": "pl", "de": "en", "en;q=0.5,pl;q=0.501": "pl", "pl;q=0": "en", "pl;q=x,en": "en", "en,pl": "en", "*": "en", ",;q=": "en",
	} {
		if got := acceptedLanguage(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("Accept-Language", "en")
	if got := chooseLanguage(r, &loyalty.User{Lang: "pl"}); got != "pl" {
		t.Errorf("the user's own language gives way to the browser's: %s", got)
	}
	r.AddCookie(&http.Cookie{Name: langCookie, Value: "en"})
	if got := chooseLanguage(r, &loyalty.User{Lang: "pl"}); got != "en" {
		t.Errorf("the language chosen before gives way to the user's: %s", got)
	}
}

// The memory of the throttle stays bounded, and what does not fit is slowed down
// together.
func TestThrottleIsBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	throttle := newThrottle(1, time.Minute, func() time.Time { return now })
	for i := range maxKeys + 5 {
		throttle.reserve(string(rune(i)) + "x")
	}
	if len(throttle.keys) > maxKeys+1 {
		t.Errorf("%d keys", len(throttle.keys))
	}
	if throttle.reserve("one more") == 0 {
		t.Error("a key beyond the bound is free")
	}
	now = now.Add(forgetAfter + time.Second)
	if throttle.reserve("one more") != 0 || len(throttle.keys) != 1 {
		t.Errorf("quiet keys are kept: %d", len(throttle.keys))
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "pipe": "pipe",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

package web_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/web"
	"github.com/loyalsync/loyalsync/loyalty/web/webtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 14, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

const password = "correct horse battery"

func newUsers(t *testing.T) (*web.Users, *webtest.Store, *clock) {
	t.Helper()
	store, clock := &webtest.Store{}, newClock()
	users, err := web.NewUsers(web.UsersConfig{Store: store, Audit: store, Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := users.Add(t.Context(), "cli", "anna", password, loyalty.RoleAdmin, ""); err != nil {
		t.Fatal(err)
	}
	return users, store, clock
}

func TestAddUser(t *testing.T) {
	users, store, _ := newUsers(t)
	for name, tt := range map[string]struct {
		user, password, lang string
		role                 loyalty.Role
		code                 loyalty.Code
	}{
		"a short password":     {"b1", "1234567", "", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"letters, not bytes":   {"b2", "ąęółżźć", "", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"an endless password":  {"b3", strings.Repeat("x", 1025), "", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"the name as password": {"Bartosz12", "bartosz12", "", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"no name":              {"", password, "", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"a name with a space":  {"jan kowalski", password, "", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"an unknown role":      {"b4", password, "", "king", loyalty.CodeInvalid},
		"an unknown language":  {"b5", password, "de", loyalty.RoleAdmin, loyalty.CodeInvalid},
		"a name that is taken": {"ANNA", password, "", loyalty.RoleAdmin, loyalty.CodeConflict},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := users.Add(t.Context(), "cli", tt.user, tt.password, tt.role, tt.lang)
			if err == nil || loyalty.CodeOf(err) != tt.code {
				t.Errorf("got %v, want code %s", err, tt.code)
			}
			if err != nil && tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
	if _, err := users.Add(t.Context(), "cli", "łukasz.w@example.com", "12345678", loyalty.RoleAdmin, "pl"); err != nil {
		t.Errorf("eight characters and a mail address as name: %v", err)
	}
	list, err := users.List(t.Context())
	if err != nil || len(list) != 2 || !strings.HasPrefix(list[0].PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("users: %+v, %v", list, err)
	}
	for _, row := range store.Audit() {
		if strings.Contains(row.Before+row.After, "argon2id") {
			t.Errorf("the audit holds a hash: %+v", row)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	users, store, clock := newUsers(t)
	if _, err := users.Add(t.Context(), "cli", "gone", password, loyalty.RoleAdmin, ""); err != nil {
		t.Fatal(err)
	}
	if err := users.Disable(t.Context(), "cli", "gone", true); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, password, subject string }{
		{"anna", "wrong", "anna"},
		{"anna", "", "anna"},
		{"gone", password, "gone"},
		{"my-secret-password", password, ""},
		{"", password, ""},
		{"anna", password + strings.Repeat("x", 2000), "anna"},
	} {
		_, err := users.Authenticate(t.Context(), tt.name, tt.password, "192.0.2.1")
		if !errors.Is(err, web.ErrCredentials) || err.Error() != web.ErrCredentials.Error() {
			t.Errorf("%s: %v; every refusal must read the same", tt.name, err)
		}
		rows := store.Audit()
		last := rows[len(rows)-1]
		if last.Action != "user.sign_in_failed" || last.Subject != tt.subject || last.Actor != "" || last.Address != "192.0.2.1" {
			t.Errorf("%s: audit %+v", tt.name, last)
		}
	}
	user, err := users.Authenticate(t.Context(), " ANNA ", password, "192.0.2.1")
	if err != nil || user.Name != "anna" {
		t.Fatalf("got %+v, %v", user, err)
	}
	rows := store.Audit()
	if last := rows[len(rows)-1]; last.Action != "user.sign_in" || last.Actor != "anna" || !last.At.Equal(clock.now()) {
		t.Errorf("audit %+v", last)
	}
	if u, err := store.User(t.Context(), user.ID); err != nil || !u.LastSignInAt.Equal(clock.now()) {
		t.Errorf("last sign-in %v, %v", u.LastSignInAt, err)
	}
}

func TestAttemptsOnOneNameWaitLongerAndLonger(t *testing.T) {
	users, _, clock := newUsers(t)
	tries := 0
	attempt := func(password string) time.Duration {
		tries++ // each from another address: only the name counts here
		_, err := users.Authenticate(t.Context(), "anna", password, fmt.Sprintf("192.0.2.%d", tries))
		var throttled *web.ThrottledError
		if errors.As(err, &throttled) {
			return throttled.Wait
		}
		return 0
	}
	for i := range 5 {
		if wait := attempt("wrong"); wait != 0 {
			t.Fatalf("attempt %d waits %s", i, wait)
		}
	}
	for _, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		wait := attempt(password)
		if wait != time.Duration(want)*time.Second {
			t.Fatalf("waits %s, want %d s; the right password must wait too", wait, want)
		}
		clock.advance(wait)
		if again := attempt("wrong"); again != 0 {
			t.Fatalf("after waiting it still waits %s", again)
		}
	}
	clock.advance(time.Minute)
	if wait := attempt(password); wait != 0 {
		t.Fatalf("the right password waits %s", wait)
	}
	for range 5 {
		if wait := attempt("wrong"); wait != 0 {
			t.Fatal("signing in did not forget the failures before it")
		}
	}
}

func TestAttemptsFromOneNetworkAreCounted(t *testing.T) {
	users, _, clock := newUsers(t)
	names := "abcdefghijklmnopqrst" // twenty names, one try each
	for i, name := range names {
		address := "2001:db8:0:1::" + string("0123456789abcdef"[i%16])
		if _, err := users.Authenticate(t.Context(), string(name), "wrong", address); !errors.Is(err, web.ErrCredentials) {
			t.Fatal(err)
		}
	}
	var throttled *web.ThrottledError
	if _, err := users.Authenticate(t.Context(), "anna", password, "2001:db8:0:1:ffff::1"); !errors.As(err, &throttled) {
		t.Errorf("the twenty-first from one /64: %v", err)
	}
	if _, err := users.Authenticate(t.Context(), "anna", password, "2001:db8:0:2::1"); err != nil {
		t.Errorf("from another network: %v", err)
	}
	clock.advance(2 * time.Hour)
	if _, err := users.Authenticate(t.Context(), "anna", password, "2001:db8:0:1::1"); err != nil {
		t.Errorf("after two quiet hours: %v", err)
	}
}

// Many attempts at once must not all pass before the first has failed.
func TestAttemptsAtOnceAreCounted(t *testing.T) {
	users, _, _ := newUsers(t)
	var checked, refused int
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			_, err := users.Authenticate(t.Context(), "anna", "wrong", "192.0.2.1")
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, web.ErrCredentials) {
				checked++
			} else {
				refused++
			}
		})
	}
	group.Wait()
	if checked != 5 || refused != 25 {
		t.Errorf("%d of 30 were checked, want 5", checked)
	}
}

func TestPasswordsChange(t *testing.T) {
	users, store, _ := newUsers(t)
	if err := users.SetPassword(t.Context(), "cli", "Anna", "short"); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("short password: %v", err)
	}
	if err := users.SetPassword(t.Context(), "cli", "nobody", password); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("unknown user: %v", err)
	}
	if err := users.SetPassword(t.Context(), "cli", "Anna", "another good one"); err != nil {
		t.Fatal(err)
	}
	if _, err := users.Authenticate(t.Context(), "anna", password, "a"); !errors.Is(err, web.ErrCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := users.Authenticate(t.Context(), "anna", "another good one", "a"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	before := len(store.Audit())
	for range 2 {
		if err := users.Disable(t.Context(), "cli", "anna", true); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(store.Audit()) - before; n != 1 {
		t.Errorf("disabling twice left %d audit rows", n)
	}
}

func TestABrokenStoreIsNotAWrongPassword(t *testing.T) {
	users, store, _ := newUsers(t)
	store.Broken = true
	if _, err := users.Authenticate(t.Context(), "anna", password, "a"); err == nil || errors.Is(err, web.ErrCredentials) {
		t.Errorf("got %v", err)
	}
}

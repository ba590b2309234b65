package storetest

import (
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// instant is a moment some microseconds after the epoch.
func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func addUser(t *testing.T, s *store.Store, name string) int64 {
	t.Helper()
	id, err := s.AddUser(t.Context(), loyalty.User{Name: name, PasswordHash: "hash-of-" + name, Role: loyalty.RoleAdmin, Lang: "pl", CreatedAt: instant(5)},
		loyalty.AuditRow{At: instant(5), Actor: "cli", Action: "user.add", Subject: name})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (on Checks) testUserNamesAreUniqueWhateverTheirCase(t *testing.T) {
	s := on.Fresh(t).Open(t)
	addUser(t, s, "Żaneta")
	if _, err := s.AddUser(t.Context(), loyalty.User{Name: "żANETA"}, loyalty.AuditRow{}); loyalty.CodeOf(err) != loyalty.CodeConflict {
		t.Errorf("the same name in another case: %v", err)
	}
	if u, err := s.UserByName(t.Context(), "ŻANETA"); err != nil || u.Name != "Żaneta" || u.Lang != "pl" || u.Role != loyalty.RoleAdmin || !u.LastSignInAt.IsZero() {
		t.Errorf("got %+v, %v", u, err)
	}
	if _, err := s.UserByName(t.Context(), "x"); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("unknown: %v", err)
	}
	rows, err := s.AuditRows(t.Context(), 0, 10)
	if err != nil || len(rows) != 1 || rows[0].Subject != "Żaneta" || !rows[0].At.Equal(instant(5)) {
		t.Errorf("a refused user left its row in the audit: %+v, %v", rows, err)
	}
}

func (on Checks) testWhatEndsTheSessionsOfAUser(t *testing.T) {
	s := on.Fresh(t).Open(t)
	id := addUser(t, s, "anna")
	hash, yes, no, at := "new", true, false, instant(9)
	for _, step := range []struct {
		name    string
		change  loyalty.UserChange
		version int64
	}{
		{"signing in ends none", loyalty.UserChange{SignedInAt: &at}, 1},
		{"a new password", loyalty.UserChange{PasswordHash: &hash}, 2},
		{"disabling", loyalty.UserChange{Disabled: &yes}, 3},
		{"enabling", loyalty.UserChange{Disabled: &no}, 4},
	} {
		if err := s.UpdateUser(t.Context(), id, step.change, loyalty.AuditRow{Action: step.name}); err != nil {
			t.Fatal(err)
		}
		if u, err := s.User(t.Context(), id); err != nil || u.Version != step.version || !u.LastSignInAt.Equal(at) {
			t.Errorf("%s: %+v, %v", step.name, u, err)
		}
	}
	u, err := s.User(t.Context(), id)
	if err != nil || u.PasswordHash != "new" || u.Disabled {
		t.Errorf("got %+v, %v", u, err)
	}
	if err := s.UpdateUser(t.Context(), 99, loyalty.UserChange{}, loyalty.AuditRow{}); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("unknown user: %v", err)
	}
}

func (on Checks) testAuditIsAppendOnly(t *testing.T) {
	s, db := on.seeded(t)
	for _, action := range []string{"one", "two", "three"} {
		if err := s.AppendAudit(t.Context(), loyalty.AuditRow{At: instant(1), Action: action}); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.AuditRows(t.Context(), 3, 1)
	if err != nil || len(rows) != 1 || rows[0].Action != "two" {
		t.Errorf("page before 3: %+v, %v", rows, err)
	}
	for _, statement := range []string{`UPDATE audit SET actor = 'x'`, `DELETE FROM audit`} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s went through", statement)
		}
	}
}

func (on Checks) testSessions(t *testing.T) {
	now := instant(1_000_000)
	s := on.Fresh(t).OpenAt(t, func() time.Time { return now })
	sessions := s.Sessions()
	find := func(token, want string) {
		t.Helper()
		data, found, err := sessions.Find(token)
		if err != nil || found != (want != "") || string(data) != want {
			t.Errorf("session %s: %q, %v, %v; want %q", token, data, found, err, want)
		}
	}
	commit := func(token, data string, lasts time.Duration) {
		t.Helper()
		if err := sessions.Commit(token, []byte(data), now.Add(lasts)); err != nil {
			t.Fatal(err)
		}
	}
	commit("a", "1", time.Minute)
	commit("a", "2", time.Minute)
	commit("b", "3", time.Hour)
	find("a", "2")
	find("c", "")
	now = now.Add(time.Minute)
	find("a", "")
	find("b", "3")
	if err := sessions.Delete("b"); err != nil {
		t.Fatal(err)
	}
	find("b", "")
	if err := sessions.Delete("b"); err != nil {
		t.Errorf("ending a session twice: %v", err)
	}
}

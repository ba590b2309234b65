package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

func TestInit(t *testing.T) {
	for _, connector := range []string{"optima", "compiere", "sqlerp"} {
		t.Run(connector, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "loyalsync.yaml")
			r := command(t.Context(), "", "init", "--connector", connector, path)
			if r.code != exitDone || strings.Count(r.out, "\n") != 5 {
				t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
			}
			for _, name := range []string{"loyalsync.yaml", "login.sql", "secrets"} {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s: %v, %v", name, info, err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "secrets", "erp"), []byte("hunter2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if r = command(t.Context(), "", "config", "check", "--config", path); r.code != exitDone {
				t.Errorf("the starter has faults:\n%s", r.err)
			}
			login, err := os.ReadFile(filepath.Join(dir, "login.sql"))
			if err != nil {
				t.Fatal(err)
			}
			if reads, err := loginSQL(connector); err != nil || (connector != "sqlerp") != (string(login) == reads) {
				t.Errorf("login.sql is not what the connector reads, %v:\n%s", err, login)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r = command(t.Context(), "", "init", "--connector", connector, path)
			after, err := os.ReadFile(path)
			if r.code != exitInput || !strings.Contains(r.err, "is there already") || err != nil || string(before) != string(after) {
				t.Errorf("a second time: exit %d, %v\n%s", r.code, err, r.err)
			}
		})
	}
}

func TestInitNothingHalf(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "login.sql"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := command(t.Context(), "", "init", filepath.Join(dir, "loyalsync.yaml"))
	if _, err := os.Stat(filepath.Join(dir, "loyalsync.yaml")); r.code != exitInput || err == nil {
		t.Errorf("exit %d, half of it was written", r.code)
	}
	for _, connector := range []string{"xl", "comarch"} {
		if r := command(t.Context(), "", "init", "--connector", connector, filepath.Join(t.TempDir(), "x.yaml")); r.code != exitInput || !strings.Contains(r.err, "hint: ") {
			t.Errorf("%s: exit %d\n%s", connector, r.code, r.err)
		}
	}
}

func TestJobsKept(t *testing.T) {
	w := newWorld(t)
	feed := " --source demo --program main --platform panel"
	w.play(t, []scenario{
		{line: "jobs add often --kind points --every 10m" + feed, has: []string{"job often: added"}},
		{line: "jobs add often --kind points --every 10m" + feed, code: exitFailed, has: []string{"error: ", "often"}},
		{line: "jobs add points --kind points --every 10m" + feed, code: exitFailed, has: []string{"is in the configuration file"}},
		{line: "jobs add late --kind points --once 2020-01-01~10:00" + feed, code: exitInput, has: []string{"is in the past"}},
		{line: "jobs add twice --kind points --every 10m --cron 1~2~*~*~*" + feed, code: exitInput, has: []string{"one schedule"}},
		{line: "jobs add check --kind guess" + feed, code: exitInput, has: []string{"there is no kind \"guess\""}},
		{line: "jobs add lapse-all --kind lapse --platform panel --daily 00:15", has: []string{"job lapse-all: added"}},
		{line: "jobs add lapse-one --kind lapse" + feed, code: exitInput, has: []string{"whatever source"}},
		{line: "jobs add x --kind points --source nowhere --program main", code: exitInput, has: []string{`there is no source "nowhere"`}},
		{line: "jobs", has: []string{"often", "every 10m"}},
		{line: "jobs edit often --daily 06:00 --daily 18:30 --weekday mon", has: []string{"changed"}},
		{line: "jobs", has: []string{"daily 06:00 18:30 mon"}, lacks: []string{"every 10m"}},
		{line: "jobs edit often --every 2h", has: []string{"changed"}},
		{line: "jobs list", has: []string{"every 2h"}, lacks: []string{"06:00"}},
		{line: "jobs pause often", has: []string{"paused"}},
		{line: "jobs", has: []string{"paused by cli", "hint: let it run again: loyalsync jobs resume often"}},
		{line: "jobs resume often", has: []string{"resumed"}},
		{line: "jobs", lacks: []string{"paused"}},
		{line: "jobs remove often", has: []string{"removed"}},
		{line: "jobs remove often", code: exitInput},
		{line: "jobs edit often --every 2h", code: exitInput, has: []string{`there is no job "often"`}},
		{line: "jobs pause points", has: []string{"paused"}},
		{line: "jobs remove points", code: exitFailed, has: []string{"is in the configuration file"}},
	})
}

func TestEdited(t *testing.T) {
	base := jobs.Definition{Name: "x", Kind: "points", Daily: []string{"18:30"}, Weekdays: []string{"mon"}, Retries: 3, Timeout: "2h"}
	given := jobs.Definition{Daily: []string{"06:00"}, Every: "1d", Starting: "2026-12-01 02:00", Timeout: "1h"}
	for _, test := range []struct {
		name    string
		changed []string
		want    func(*jobs.Definition)
	}{
		{"nothing", nil, func(*jobs.Definition) {}},
		{"one key", []string{"timeout"}, func(d *jobs.Definition) { d.Timeout = "1h" }},
		{"to zero", []string{"retries"}, func(d *jobs.Definition) { d.Retries = 0 }},
		{"the times alone", []string{"daily"}, func(d *jobs.Definition) { d.Daily = given.Daily }},
		{"another schedule", []string{"every", "starting"}, func(d *jobs.Definition) {
			d.Daily, d.Weekdays, d.Every, d.Starting = nil, nil, given.Every, given.Starting
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := base
			test.want(&want)
			got := edited(base, given, func(flag string) bool { return contains(test.changed, flag) })
			if a, b := encoded(t, got), encoded(t, want); a != b {
				t.Errorf("got %s, want %s", a, b)
			}
		})
	}
}

func contains(list []string, text string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+text+" ")
}

func encoded(t *testing.T, d jobs.Definition) string {
	t.Helper()
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestGuard: a run that would reverse too much waits; a person decides.
func TestGuard(t *testing.T) {
	for _, test := range []struct {
		decide string
		code   int
		after  string // of the balance
	}{
		{"approve", exitDone, "available         0\u00a0points"},
		{"reject", exitDone, ""},
	} {
		t.Run(test.decide, func(t *testing.T) {
			w := synced(t)
			before := w.must("balance", "K010")
			if out := w.must("run", "points", "--dry-run"); strings.Contains(out, "stop and ask") {
				t.Errorf("nothing to ask about:\n%s", out)
			}
			w.erp("UPDATE dokumenty SET stan = 2, zmieniono = strftime('%Y-%m-%d %H:%M:%S', 'now')")
			if out := w.must("run", "points", "--dry-run"); !strings.Contains(out, "a real run would stop and ask: it would reverse ") {
				t.Errorf("a dry run of what the guard stops:\n%s", out)
			}
			if r := w.do("run", "points"); r.code != exitAct || !strings.Contains(r.err, "loyalsync runs approve 2") {
				t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
			}
			if out := w.must("jobs"); !strings.Contains(out, "run 2 waits for a decision") {
				t.Error(out)
			}
			if out := w.must("runs", "2"); !strings.Contains(out, "guarded") || !strings.Contains(out, "hint: ") {
				t.Error(out)
			}
			if out := w.must("balance", "K010"); out != before {
				t.Errorf("a guarded run changed the balance: %s", out)
			}
			if r := w.do("runs", test.decide, "2"); r.code != test.code {
				t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
			}
			out := w.must("balance", "K010")
			if test.decide == "reject" && out != before || !strings.Contains(out, test.after) {
				t.Errorf("after %s:\n%s", test.decide, out)
			}
			if r := w.do("runs", test.decide, "2"); r.code != exitFailed || !strings.Contains(r.err, "does not wait") {
				t.Errorf("deciding twice: exit %d\n%s", r.code, r.err)
			}
		})
	}
}

// TestGuardIsNotWornDown: while a run waits for a decision no other takes points
// back, be they ever so few; once the ERP is as it was there is nothing to decide.
func TestGuardIsNotWornDown(t *testing.T) {
	w := synced(t)
	before := w.must("balance", "K010")
	cancel := func(which string) {
		w.erp("UPDATE dokumenty SET stan = 2, zmieniono = strftime('%Y-%m-%d %H:%M:%S', 'now') WHERE " + which)
	}
	w.erp("CREATE TABLE kopia AS SELECT id, stan FROM dokumenty")
	restore := func(which string) {
		w.erp("UPDATE dokumenty SET zmieniono = strftime('%Y-%m-%d %H:%M:%S', 'now'), stan = (SELECT k.stan FROM kopia k WHERE k.id = dokumenty.id) WHERE " + which)
	}
	cancel("true")
	if r := w.do("run", "points"); r.code != exitAct || !strings.Contains(r.err, "stopped before posting") {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	few := "nabywca_id = (SELECT id FROM kontrahenci WHERE kod = 'K010')"
	restore("NOT " + few)
	if r := w.do("run", "points"); r.code != exitAct || !strings.Contains(r.err, "run 2 waits for a decision") {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	restore(few)
	w.must("run", "points")
	if out := w.must("balance", "K010"); out != before {
		t.Errorf("the balance is\n%s, it was\n%s", out, before)
	}
	cancel(few) // nobody waits any more
	w.must("run", "points")
}

// TestApproveWhileServing: the service goes on with an approved run.
func TestApproveWhileServing(t *testing.T) {
	w := synced(t)
	w.erp("UPDATE dokumenty SET stan = 2, zmieniono = strftime('%Y-%m-%d %H:%M:%S', 'now')")
	if r := w.do("run", "points"); r.code != exitAct {
		t.Fatalf("exit %d\n%s", r.code, r.err)
	}
	s, err := store.Open(t.Context(), w.place())
	if err != nil {
		t.Fatal(err)
	}
	_, free, err := s.TakeLease(t.Context(), jobs.ServeLease, "a service", time.Minute)
	if err = errors.Join(err, s.Close()); err != nil || !free {
		t.Fatal(free, err)
	}
	w.play(t, []scenario{
		{line: "runs approve 2", has: []string{"the service goes on with it as run 3"}},
		{line: "runs 3", has: []string{"queued", "approved", "after run"}},
	})
}

func TestFirstLine(t *testing.T) {
	for text, want := range map[string]string{
		"pass word": "pass word", "pass\n": "pass", "pass\r\n": "pass", "\ufeffpass\n": "pass", " pass \n": " pass ", "one\ntwo\n": "one", "": "", "\r\n": "",
	} {
		if got, err := firstLine(strings.NewReader(text)); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestUsers(t *testing.T) {
	w := newWorld(t)
	const password = "correct horse battery"
	w.write("pw", password+"\r\n")
	file := strings.ReplaceAll(w.path("pw"), " ", "~")
	w.play(t, []scenario{
		{line: "user add anna --password-file " + file, has: []string{"user anna: added"}, lacks: []string{password}},
		{line: "user add Anna --password-file " + file, code: exitFailed, has: []string{"a user of that name already"}},
		{line: "user add bob --password-file " + file + "-not-there", code: exitInput, has: []string{"--password-file cannot be read"}},
		{line: "user add bob --role king --password-file " + file, code: exitInput, has: []string{"not a role"}},
		{line: "user add bob", code: exitInput, has: []string{"there is no password"}},
		{line: "user add bob secret", code: exitInput, lacks: []string{"added"}},
		{line: "user disable anna", has: []string{"disabled"}},
		{line: "user list", has: []string{"anna", "disabled"}, lacks: []string{"argon2"}},
		{line: "user list --json", has: []string{`"disabled": true`}, lacks: []string{"argon2"}},
		{line: "user enable anna", has: []string{"enabled"}},
		{line: "user list", has: []string{"may sign in"}},
		{line: "user disable nobody", code: exitInput, has: []string{"no such user"}},
	})
	for stdin, code := range map[string]int{"short\n": exitInput, "four other good words\n": exitDone, "": exitInput} {
		r := w.doWith(stdin, "user", "passwd", "anna")
		if r.code != code || (stdin != "" && strings.Contains(r.out+r.err, strings.TrimSpace(stdin))) {
			t.Errorf("%q: exit %d\n%s%s", stdin, r.code, r.out, r.err)
		}
	}
}

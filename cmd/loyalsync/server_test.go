package main

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// onServer is a synced world whose store is in PostgreSQL.
func onServer(t *testing.T) world {
	t.Helper()
	place := storetest.Postgres(t)
	w := newWorld(t)
	w.edited(w.url, place.URL)
	w.url, w.server = place.URL, nil
	return w
}

// answers are what commands say of points, without what names a run: how long
// it took, and the minutes that jobs ran at and run next.
func (w world) answers() (out []string) {
	w.t.Helper()
	run := regexp.MustCompile(`\d+ms|\d+ \w+ \d{4} \d\d:\d\d`)
	for _, line := range []string{
		"balance K010 --json", "history K010 --json", "history K010 --lang pl", "deliveries", "jobs", "balance K021 --at 2026-03-01 --json",
		"balance hotel", "run points --dry-run",
	} {
		r := w.do(strings.Fields(line)...)
		out = append(out, fmt.Sprint(line, " ", r.code, "\n", run.ReplaceAllString(r.out, "")))
	}
	return out
}

// TestServer_SameAsAFile: a store in PostgreSQL answers as a file does, and the
// ledger can be moved there and back.
func TestServer_SameAsAFile(t *testing.T) {
	w := onServer(t)
	file := newWorld(t)
	for _, each := range []world{w, file} {
		each.must("run", "points")
		each.erp("UPDATE dokumenty SET stan = 0 WHERE id IN (SELECT id FROM dokumenty ORDER BY id LIMIT 3)")
		each.must("run", "points")
	}
	want := file.answers()
	if diff := cmp.Diff(want, w.answers()); diff != "" {
		t.Errorf("(-file +server):\n%s", diff)
	}
	away, back := storetest.Postgres(t).URL, "sqlite:"+w.path("back.db")
	for _, step := range [][3]string{{w.url, away}, {away, back}} {
		w.must("store", "copy", step[0], step[1])
		w.edited("url: \""+step[0]+"\"}", "url: \""+step[1]+"\"}")
		if diff := cmp.Diff(want, w.answers()); diff != "" {
			t.Errorf("in %s (-before +after):\n%s", step[1], diff)
		}
	}
	for _, tt := range []struct{ from, to, says string }{
		{w.url, away, "is not empty"},
		{w.url, "mysql://u@h/d", "written as in store.url"},
		{w.url, "postgres://postgres@127.0.0.1:1/d", "the server does not answer"},
		{"sqlite:" + w.path("none.db"), away, "there is no store at"},
	} {
		r := w.do("store", "copy", tt.from, tt.to)
		if r.code == exitDone || !strings.Contains(r.err, tt.says) || !strings.Contains(r.err, "hint: ") {
			t.Errorf("%s to %s: exit %d\n%s", tt.from, tt.to, r.code, r.err)
		}
	}
	w.refusedWhileServed(away)
}

// refusedWhileServed tries to copy a store that a service works on.
func (w world) refusedWhileServed(from string) {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), store.Config{URL: from, Now: time.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, _, err := s.TakeLease(w.t.Context(), jobs.ServeLease, "other", time.Hour); err != nil {
		w.t.Fatal(err)
	}
	if r := w.do("store", "copy", from, "sqlite:"+w.path("served.db")); r.code != exitAct || !strings.Contains(r.err, "a service works on") {
		w.t.Errorf("while it is served: exit %d\n%s", r.code, r.err)
	}
	if _, err := os.Stat(w.path("served.db")); err == nil {
		w.t.Error("a refused copy made the target")
	}
}

// TestServer_Faults: what is wrong with a server is told with a cure, and the
// password never.
func TestServer_Faults(t *testing.T) {
	w := onServer(t)
	good, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(u *url.URL, q url.Values)) string {
		u, q := *good, good.Query()
		change(&u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	if r := w.do("doctor"); !strings.Contains(r.out, "PostgreSQL") || !strings.Contains(r.out, "there is no store at") {
		t.Errorf("before the first run: exit %d\n%s%s", r.code, r.out, r.err)
	}
	before := w.url
	for name, tt := range map[string]struct{ url, says, hint string }{
		"no database":  {with(func(u *url.URL, _ url.Values) { u.Path = "/nothing_here" }), "nothing_here", "CREATE DATABASE"},
		"no role":      {with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword("nobody_here", "hunter2") }), "SQLSTATE 28", "check the user"},
		"closed port":  {with(func(u *url.URL, _ url.Values) { u.Host, u.User = "127.0.0.1:1", url.UserPassword("u", "hunter2") }), "does not answer", "host and port"},
		"no such host": {with(func(u *url.URL, _ url.Values) { u.Host, u.User = "nowhere.invalid", url.UserPassword("u", "hunter2") }), "name of the server", "check the host"},
		"no schema":    {with(func(_ *url.URL, q url.Values) { q.Set("search_path", "nothing_here") }), "", "CREATE SCHEMA"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w
			w.t = t
			w.edited(before, tt.url)
			t.Cleanup(func() { w.edited(tt.url, before) })
			for _, line := range []string{"run points", "doctor", "config check --online"} {
				if line == "config check --online" && tt.says == "" {
					continue // it connects, and that is all it asks
				}
				r := w.do(strings.Fields(line)...)
				if text := r.out + r.err; r.code == exitDone || !strings.Contains(text, tt.says) || !strings.Contains(text, tt.hint) || strings.Contains(text, "hunter2") {
					t.Errorf("%s: exit %d\n%s", line, r.code, text)
				}
			}
		})
	}
	w.must("run", "points")
	if r := w.do("doctor"); r.code != exitDone || !strings.Contains(r.out, "the store is there") {
		t.Errorf("after it: exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := w.do("config", "check", "--online"); r.code != exitDone {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	w.edited(before, with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword(u.User.Username(), "hunter2") }))
	if r := w.do("config", "show"); r.code != exitDone || strings.Contains(r.out, "hunter2") || !strings.Contains(r.out, good.Host) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
}

//go:build unix

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestLaw9_SuspendedProcessWakes stops a process inside a run until its lease is
// somebody else's, who finishes. Awake again it changes nothing and says so.
func TestLaw9_SuspendedProcessWakes(t *testing.T) {
	for _, tc := range []struct {
		name       string
		delivering bool // else it is stopped after a few pages
	}{{"while it reads", false}, {"while it delivers", true}} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPushed(t, 120, 4, 15)
			goOn := make(chan struct{})
			var delivering chan struct{}
			if tc.delivering {
				delivering = make(chan struct{})
			}
			first := tc.delivering
			p.receiver.set(func(r *receiver) {
				r.afterwards = func() bool {
					r.mu.Lock()
					hold := first
					first = false
					r.mu.Unlock()
					if hold {
						close(delivering)
						<-goOn
					}
					return false
				}
			})
			sleeper := p.start(0, "run", "points")
			t.Cleanup(func() { _ = sleeper.cmd.Process.Kill() })
			p.asleep(sleeper, delivering)
			p.timePasses()
			p.must("run", "points")
			want, whole := p.state(), p.progress()
			close(goOn)
			sleeper.signal(t, syscall.SIGCONT)
			if code := sleeper.wait(); code == exitDone {
				t.Errorf("the process that slept ended well:\n%s%s", sleeper.out.String(), sleeper.err.String())
			}
			if !strings.Contains(sleeper.err.String(), loyalty.ErrLeaseLost.Message) {
				t.Errorf("the process that slept says\n%s", sleeper.err.String())
			}
			if diff := cmp.Diff(want, p.state()); diff != "" {
				t.Errorf("the process that slept wrote (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(whole, p.progress()); diff != "" {
				t.Errorf("the process that slept moved something (-before +after):\n%s", diff)
			}
			p.consistent(true)
		})
	}
}

// progress is how far everything is, and every page that was committed.
func (p pushed) progress() (all []string) {
	for _, query := range []string{`SELECT * FROM cursor`, `SELECT * FROM delivery_position ORDER BY 1, 2, 3`, `SELECT * FROM batch`} {
		all = append(all, p.query(query)...)
	}
	return all
}

// asleep stops a process when it delivers, or without such a signal after a few
// pages, at a moment when it does not hold the store's lock.
func (p pushed) asleep(c *child, delivering <-chan struct{}) {
	p.t.Helper()
	for done := false; !done; {
		select {
		case <-c.ended:
			p.t.Fatalf("it ended before it slept:\n%s%s", c.out.String(), c.err.String())
		case <-delivering:
			done = true
		case <-time.After(2 * time.Millisecond):
			batches, err := p.tryQuery(`SELECT id FROM batch`)
			done = delivering == nil && err == nil && len(batches) >= 3
		}
	}
	for {
		c.stop(p.t)
		if p.unlocked() {
			return
		}
		c.signal(p.t, syscall.SIGCONT)
		time.Sleep(3 * time.Millisecond)
	}
}

// unlocked says whether the store can be written.
func (p pushed) unlocked() bool {
	if p.server != nil {
		_, err := p.tryQuery(`SELECT id FROM store_meta FOR UPDATE NOWAIT`)
		return err == nil
	}
	db, err := sql.Open("sqlite", "file:"+p.path("data/loyalsync.db")+"?_pragma=busy_timeout(100)")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(p.t.Context(), `BEGIN IMMEDIATE; ROLLBACK`)
	return err == nil
}

// stop suspends the process, and returns when all of its threads stand still: after
// the signal alone one of them may take a lock yet. Without /proc it does not wait.
func (c *child) stop(t *testing.T) {
	t.Helper()
	c.signal(t, syscall.SIGSTOP)
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", c.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		for {
			stat, err := os.ReadFile(thread)
			if err != nil || bytes.Contains(stat, []byte(") T ")) { // it ended, or stands
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

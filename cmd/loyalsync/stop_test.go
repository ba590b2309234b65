//go:build unix

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// stopLimit is how long a stop may take; the tests wait for it and a little more
// before they give up.
const stopLimit = 20 * time.Second

// stopped waits for the end of a child that was told to stop.
func (c *child) stopped(t *testing.T) int {
	t.Helper()
	select {
	case <-c.ended:
	case <-time.After(stopLimit + 10*time.Second):
		_ = c.cmd.Process.Kill()
		t.Fatalf("it goes on\n%s", c.err.String())
	}
	return c.cmd.ProcessState.ExitCode()
}

// The sample's SELECT of lines, and one that takes its time for every page: what
// a stop leaves to a run is not enough for so many pages.
const (
	quick = "ON t.id = p.towar_id"
	slow  = quick + " WHERE (SELECT max(n) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000) SELECT n FROM c)) > 0"
	many  = 1500
)

// rewrite changes the configuration.
func (p pushed) rewrite(old, text string) {
	p.t.Helper()
	yaml, err := os.ReadFile(p.path("loyalsync.yaml"))
	if err != nil || !strings.Contains(string(yaml), old) {
		p.t.Fatal(old, err)
	}
	p.write("loyalsync.yaml", strings.Replace(string(yaml), old, text, 1))
}

// serving starts serve and lets it work on the points of many documents.
func serving(t *testing.T) (pushed, *child) {
	t.Helper()
	p := newPushed(t, many, 1, 500)
	p.rewrite("sources:", "http: {addr: \"127.0.0.1:0\"}\nsources:")
	p.rewrite(quick, slow)
	p.must("run", "contractors")
	before := p.lastRun()
	c := p.start(0, "serve")
	p.t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.ended })
	p.until(c, "somebody serves", func() bool {
		rows, err := p.tryQuery(fmt.Sprintf(`SELECT 1 FROM lease WHERE name = 'serve' AND expires_at > %d`, time.Now().UnixMicro()))
		return err == nil && len(rows) > 0
	})
	asked := p.start(0, "run", "points")
	p.t.Cleanup(func() { _ = asked.cmd.Process.Kill(); <-asked.ended })
	if !p.running(c, before) {
		p.t.Fatalf("serve ended:\n%s", c.err.String())
	}
	p.until(c, "a few pages", func() bool {
		got, err := p.tryQuery(`SELECT id FROM batch`)
		return err == nil && len(got) >= 3
	})
	return p, c
}

// until waits for a state of the store, as long as the child lives.
func (p pushed) until(c *child, what string, reached func() bool) {
	p.t.Helper()
	for !reached() {
		select {
		case <-c.ended:
			p.t.Fatalf("it ended before %s:\n%s%s", what, c.out.String(), c.err.String())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// TestStop_InTheMiddleOfARun tells a service to stop while it reads many pages:
// it ends in order and in time, the pages are saved, and the next run goes on
// from there to where an undisturbed one ends.
func TestStop_InTheMiddleOfARun(t *testing.T) {
	p, c := serving(t)
	c.signal(t, syscall.SIGTERM)
	if code := c.stopped(t); code != exitDone {
		t.Fatalf("exit %d\n%s", code, c.err.String())
	}
	if strings.Contains(c.err.String(), `"level":"ERROR"`) {
		t.Errorf("a stop is no error:\n%s", c.err.String())
	}
	run := p.query(`SELECT state, error FROM run ORDER BY id DESC LIMIT 1`)
	saved := p.query(`SELECT count(*) FROM cursor WHERE position <> ''`)
	if len(run) != 1 || !strings.HasPrefix(run[0], string(loyalty.RunInterrupted)+"|") || !cmp.Equal(saved, []string{"1"}) {
		t.Fatalf("the run is %v, a position is saved: %v", run, saved)
	}
	documents := len(p.query(`SELECT id FROM document`))
	if documents == 0 || documents >= many {
		t.Fatalf("%d of %d documents: the test tests too little", documents, many)
	}
	p.goesOn(documents)
}

// TestStop_Killed kills a service in the middle of a run. While its lease stands,
// a run is refused with what to do; then the next one goes on from the last page.
func TestStop_Killed(t *testing.T) {
	p, c := serving(t)
	c.signal(t, syscall.SIGKILL)
	if code := c.stopped(t); code != -1 {
		t.Fatalf("exit %d\n%s", code, c.err.String())
	}
	documents := len(p.query(`SELECT id FROM document`))
	p.store(`UPDATE lease SET expires_at = 0 WHERE name = 'serve'`) // else the run is handed to who is gone
	r := p.do("run", "points")
	if r.code != exitAct || !strings.Contains(r.err, "already running") || !strings.Contains(r.err, "hint: ") {
		t.Errorf("while the lease stands: exit %d\n%s", r.code, r.err)
	}
	p.timePasses()
	p.goesOn(documents)
}

// TestStop_SecondSignal ends a run that is held up in its page at once.
func TestStop_SecondSignal(t *testing.T) {
	p := newPushed(t, 100, 50, 500)
	p.must("run", "contractors")
	p.rewrite(quick, strings.Replace(slow, "100000", "100000000000", 1))
	for delay := 20 * time.Millisecond; ; delay *= 2 { // until it is in the page, which never ends
		p.timePasses()
		if code := p.twice(delay); code == -1 {
			return
		} else if delay > time.Minute || code != exitInterrupted {
			t.Fatalf("exit %d: it was not held up", code)
		}
	}
}

// twice signals a run again and again, and returns its exit code.
func (p pushed) twice(delay time.Duration) int {
	p.t.Helper()
	before := p.lastRun()
	c := p.start(0, "run", "points")
	p.t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.ended })
	if !p.running(c, before) {
		p.t.Fatalf("it ended:\n%s", c.err.String())
	}
	time.Sleep(delay)
	for {
		c.signal(p.t, syscall.SIGTERM)
		select {
		case <-c.ended:
			return c.stopped(p.t)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// goesOn runs what is left and compares with an undisturbed run.
func (p pushed) goesOn(documents int) {
	p.t.Helper()
	p.consistent(false)
	p.rewrite(slow, quick)
	p.rewrite("page: 1\n", "page: 500\n")
	p.must("run", "points")
	var last struct{ Read struct{ Invoices int } }
	decode(p.t, p.query(`SELECT counts FROM run ORDER BY id DESC LIMIT 1`)[0], &last)
	if all := number(p.t, p.ask(`SELECT count(*) FROM dokumenty`)); last.Read.Invoices != all-documents {
		p.t.Errorf("of %d documents %d were saved, and the next run read %d", all, documents, last.Read.Invoices)
	}
	calm := p.twin(500, 500)
	calm.must("run", "contractors")
	calm.must("run", "points")
	if diff := cmp.Diff(calm.state(), p.state()); diff != "" {
		p.t.Errorf("(-undisturbed +stopped):\n%s", diff)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

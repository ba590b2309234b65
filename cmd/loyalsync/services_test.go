//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// TestLaw9_TwoServices lets two services work on one store in PostgreSQL, with jobs
// due each second, while the ERP changes: no tick, entry or delivery is doubled, no
// two runs overlap, and the end is that of one undisturbed run.
func TestLaw9_TwoServices(t *testing.T) {
	t.Setenv("LOYALSYNC_TEST_STORE", "postgres")
	p := newPushed(t, 120, 5, 7)
	p.rewrite("sources:", "http: {addr: \"127.0.0.1:0\"}\nsources:")
	p.rewrite("every: 1h, retries: 0", "every: 1s")
	p.must("run", "contractors")
	services := []*child{p.start(0, "serve"), p.start(0, "serve")}
	for _, c := range services {
		t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.ended })
	}
	finished := func() int {
		return number(t, p.query(`SELECT count(DISTINCT tick) FROM run WHERE job = 'points' AND state = 'succeeded' AND tick IS NOT NULL`)[0])
	}
	for round := range 4 {
		p.erp(`UPDATE dokumenty SET stan = 1 - stan, zmieniono = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE stan IN (0, 1) AND id % 12 = $1`, round)
		done := finished()
		p.until(services[round%2], "another run ended", func() bool { return finished() > done })
	}
	p.must("run", "points")
	for _, c := range services {
		c.signal(t, syscall.SIGTERM)
		if code := c.stopped(t); code != exitDone {
			t.Errorf("exit %d\n%s", code, c.err.String())
		}
		for line := range strings.Lines(c.err.String()) {
			if strings.Contains(line, `"level":"ERROR"`) {
				t.Error(line)
			}
		}
	}
	p.must("run", "points")
	for what, query := range map[string]string{
		"ticks that ran twice": `SELECT job, tick FROM run WHERE state <> 'missed' AND tick IS NOT NULL GROUP BY job, tick HAVING count(*) > 1`,
		"runs of one feed at the same time": `SELECT a.id, b.id FROM run a JOIN run b ON b.id > a.id AND a.lease = b.lease
			WHERE a.started < b.finished AND b.started < a.finished AND a.state <> 'missed' AND b.state <> 'missed'`,
		"runs that failed": `SELECT id, state, error FROM run WHERE state NOT IN ('succeeded', 'missed', 'interrupted')`,
	} {
		if got := p.query(query); len(got) > 0 {
			t.Errorf("%s: %v", what, got)
		}
	}
	calm := p.twin(500, 500)
	calm.must("run", "contractors")
	calm.must("run", "points")
	p.consistent(true)
	if diff := cmp.Diff(calm.query(ledgerQueries["balances"]), p.query(ledgerQueries["balances"])); diff != "" {
		t.Errorf("(-undisturbed +two services):\n%s", diff)
	}
}

// TestLawsOnPostgres kills and suspends processes that work on a store in PostgreSQL.
func TestLawsOnPostgres(t *testing.T) {
	storetest.Again(t, "^Test(Law1_(KillNine|Killed|ManyProcesses)|Law9_Suspended|Law10|Stop)")
}

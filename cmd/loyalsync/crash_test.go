//go:build unix

// These tests end, stop and starve a process of their own with signals and
// limits that Windows does not have.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A child process is this test binary again, told by these variables.
const (
	childArgs  = "LOYALSYNC_TEST_CHILD_ARGS"  // the command line, as JSON
	childLimit = "LOYALSYNC_TEST_CHILD_LIMIT" // the largest file it may write, in bytes
)

// TestChildProcess is the command line of a child process, and nothing in a
// process of tests.
func TestChildProcess(t *testing.T) {
	text := os.Getenv(childArgs)
	if text == "" {
		return
	}
	var args []string
	decode(t, text, &args)
	if limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 63); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
	}
	os.Exit(interruptible(args))
}

// child is a running loyalsync.
type child struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	ended    chan struct{}
}

func (w world) start(limit int64, args ...string) *child {
	w.t.Helper()
	text, err := json.Marshal(append(args, "--config", w.path("loyalsync.yaml")))
	if err != nil {
		w.t.Fatal(err)
	}
	c := &child{ended: make(chan struct{})}
	c.cmd = exec.CommandContext(w.t.Context(), os.Args[0], "-test.run=^TestChildProcess$")
	c.cmd.Env = append(os.Environ(), childArgs+"="+string(text))
	if limit > 0 {
		c.cmd.Env = append(c.cmd.Env, fmt.Sprintf("%s=%d", childLimit, limit))
	}
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.err
	if err := c.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait() // the exit code tells
		close(c.ended)
	}()
	return c
}

// wait waits for the end; the exit code is -1 when a signal ended it.
func (c *child) wait() int {
	<-c.ended
	return c.cmd.ProcessState.ExitCode()
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// lastRun is the number of the newest run, 0 before the first.
func (w world) lastRun() int64 {
	rows, err := w.tryQuery(`SELECT coalesce(max(id), 0) FROM run`)
	if err != nil || len(rows) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(rows[0], 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// running waits until a run newer than the given one works, or the child ends.
func (w world) running(c *child, after int64) bool {
	for {
		select {
		case <-c.ended:
			return false
		case <-time.After(2 * time.Millisecond):
		}
		rows, err := w.tryQuery(fmt.Sprintf(`SELECT id FROM run WHERE state = 'running' AND id > %d`, after))
		if err == nil && len(rows) > 0 {
			return true
		}
	}
}

// killer runs jobs and kills them at moments that fit how long they take.
type killer struct {
	pushed
	random        *rand.Rand
	window        time.Duration
	kills, inside int
}

// kill starts a command and kills it at a random moment. It says whether that
// was inside a run; a command that ends by itself must end well.
func (k *killer) kill(args ...string) bool {
	k.t.Helper()
	before := k.lastRun()
	c := k.start(0, args...)
	if k.random.IntN(10) > 0 && !k.running(c, before) { // else: while it starts
		k.ended(c, args)
		return false
	}
	time.Sleep(time.Duration(k.random.Int64N(int64(k.window) + 1)))
	select {
	case <-c.ended:
		k.ended(c, args)
		return false
	default:
	}
	c.signal(k.t, syscall.SIGKILL)
	if c.wait() != -1 { // it was faster
		k.ended(c, args)
		return false
	}
	k.kills++
	inside := len(k.query(fmt.Sprintf(`SELECT id FROM run WHERE state = 'running' AND id > %d`, before))) > 0
	if inside {
		k.inside++
		k.window = min(k.window*5/4, 400*time.Millisecond)
	}
	k.timePasses()
	return inside
}

// ended checks a command that was not killed in time; next time comes sooner.
func (k *killer) ended(c *child, args []string) {
	k.t.Helper()
	if code := c.wait(); code != exitDone {
		k.t.Fatalf("%v: exit %d\n%s%s", args, code, c.out.String(), c.err.String())
	}
	k.window = max(k.window*2/3, time.Millisecond)
}

// untilInside kills a command until it was hit inside a run.
func (k *killer) untilInside(args ...string) {
	k.t.Helper()
	k.window = 20 * time.Millisecond
	for range 40 {
		if k.kill(args...) {
			return
		}
	}
	k.t.Fatalf("%v was never hit inside a run", args)
}

// hide takes documents from a key on out of the ERP; show puts some of them
// back, as documents saved just now.
func (k *killer) hide(from int) {
	k.t.Helper()
	k.erp(`VACUUM INTO $1`, k.path("whole.db"))
	k.erp(fmt.Sprintf(`DELETE FROM pozycje WHERE dokument_id >= %[1]d; DELETE FROM dokumenty WHERE id >= %[1]d`, from))
}

func (k *killer) show(from, to int) {
	k.t.Helper()
	k.erp(fmt.Sprintf(`ATTACH '%[1]s' AS whole; BEGIN;
		INSERT INTO dokumenty SELECT * FROM whole.dokumenty WHERE id >= %[2]d AND id < %[3]d;
		INSERT INTO pozycje SELECT * FROM whole.pozycje WHERE dokument_id >= %[2]d AND dokument_id < %[3]d;
		UPDATE dokumenty SET zmieniono = '%[4]s' WHERE id >= %[2]d AND id < %[3]d; COMMIT`,
		k.path("whole.db"), from, to, demoClock().Format("2006-01-02 15:04:05.000")))
}

// TestLaw1_KillNine kills loyalsync at random moments while it turns a growing
// ERP into points and pushes them. What is there in the end is what one
// undisturbed run over the same ERP gives, in the ledger, in the outbox and at
// the receiver.
func TestLaw1_KillNine(t *testing.T) {
	const rows, page, batch = 300, 2, 5
	kills := 50
	if testing.Short() {
		kills = 10
	}
	k := &killer{pushed: newPushed(t, rows, page, batch), random: rand.New(rand.NewPCG(9, 1))}
	k.receiver.unsteady(60)
	shown := rows * 2 / 3
	k.hide(shown)

	k.untilInside("run", "contractors")
	k.must("run", "contractors")
	k.window, k.kills, k.inside = 100*time.Millisecond, 0, 0
	for k.kills < kills {
		args := []string{"run", "points"}
		if k.random.IntN(3) == 0 { // as an operator who wants to be sure
			args = append(args, "--since", "2024-01-01")
		}
		k.kill(args...)
		if next := min(rows+1, shown+k.random.IntN(8)); next > shown && k.random.IntN(2) == 0 {
			k.show(shown, next)
			shown = next
		}
	}
	t.Logf("%d kills, %d of them inside a run", k.kills, k.inside)
	if k.inside < kills/2 {
		t.Fatalf("%d of %d kills fell inside a run: the test tests too little", k.inside, k.kills)
	}
	k.show(shown, rows+1)
	k.must("run", "points")

	calm := k.twin(500, 500)
	calm.must("run", "contractors")
	calm.must("run", "points")
	if len(calm.receiver.ids()) < rows/2 {
		t.Fatalf("only %d items of points: the test tests too little", len(calm.receiver.ids()))
	}
	k.same(t, "after the points", calm)

	gone := `DELETE FROM dokumenty WHERE id IN (SELECT id FROM dokumenty d WHERE stan = 1 AND koryguje_id IS NULL
		AND NOT EXISTS (SELECT 1 FROM dokumenty k WHERE k.koryguje_id = d.id) AND id % 40 = 7)`
	k.erp(gone)
	calm.erp(gone)
	k.untilInside("run", "sweep")
	k.must("run", "sweep")
	calm.must("run", "sweep")
	if len(calm.query(`SELECT id FROM entry WHERE kind = 3`)) == 0 {
		t.Error("the sweep took nothing back: the test tests too little")
	}
	k.same(t, "after the sweep", calm)
}

func (k *killer) same(t *testing.T, when string, calm pushed) {
	t.Helper()
	k.consistent(true)
	calm.consistent(true)
	if diff := cmp.Diff(calm.state(), k.state()); diff != "" {
		t.Errorf("%s (-undisturbed +killed):\n%s", when, diff)
	}
}

// TestLaw1_FullDisk lets every write beyond a size fail, as a full disk does: the
// run fails with words and a hint, nothing is half written, and with room again
// the next run ends where an undisturbed one does.
func TestLaw1_FullDisk(t *testing.T) {
	const page, batch = 10, 500
	p := newPushed(t, 300, page, batch)
	p.must("run", "contractors")
	info, err := os.Stat(p.file())
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, room := range []int64{20 << 10, 200 << 10, 500 << 10} {
		limit := info.Size() + room
		c := p.start(limit, "run", "points")
		code := c.wait()
		if code != exitFailed {
			t.Fatalf("with %d bytes of room: exit %d\n%s%s", room, code, c.out.String(), c.err.String())
		}
		said := c.err.String()
		if !strings.Contains(said, "error: ") || !strings.Contains(said, "\nhint: ") || !strings.Contains(said, "disk") {
			t.Errorf("with %d bytes of room it says\n%s", room, said)
		}
		p.timePasses()
		p.consistent(false)
		pages += len(p.query(`SELECT DISTINCT batch_id FROM entry`))
	}
	if pages == 0 {
		t.Error("the disk was full before the first page: the test tests too little")
	}
	p.must("run", "points")
	calm := p.twin(page, batch)
	calm.must("run", "contractors")
	calm.must("run", "points")
	if diff := cmp.Diff(calm.state(), p.state()); diff != "" {
		t.Errorf("with room again (-undisturbed +after a full disk):\n%s", diff)
	}
}

// TestLaw1_FullDiskOfATill lets ever more of what a redemption writes fit on the disk: as
// long as not all does it fails with words and a hint, and nothing of it is there; with
// room again the same request is done once.
func TestLaw1_FullDiskOfATill(t *testing.T) {
	w := spendingWorld(t)
	w.file()
	const line = "redemptions reserve K010 --points 10 --post --key k1"
	before, failures := w.outcomes(), 0
	for room := int64(36 << 10); ; room += 2 << 10 {
		c := w.start(room, strings.Fields(line)...)
		code := c.wait()
		if code == exitDone {
			break
		}
		if said := c.err.String(); code != exitFailed || !strings.Contains(said, "error: ") || !strings.Contains(said, "\nhint: ") || !strings.Contains(said, "disk") {
			t.Fatalf("with %d bytes of room: exit %d\n%s%s", room, code, c.out.String(), said)
		}
		if diff := cmp.Diff(before, w.outcomes()); diff != "" {
			t.Fatalf("with %d bytes of room something was written:\n%s", room, diff)
		}
		w.proven("on a full disk")
		failures++
	}
	if failures == 0 {
		t.Error("there was room from the beginning: the test tests too little")
	}
	t.Logf("%d failures", failures)
	w.must(strings.Fields(line)...)
	w.proven("with room again")
	if got := w.query(`SELECT count(*), sum(spent) FROM operation`); !cmp.Equal(got, []string{"1|10"}) {
		t.Errorf("redemptions: %v", got)
	}
}

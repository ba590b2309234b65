package jobs_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// taskFunc is a task made of a function.
type taskFunc func(ctx context.Context, r *jobs.Run) error

func (f taskFunc) Run(ctx context.Context, r *jobs.Run) error { return f(ctx, r) }

func idle(context.Context, *jobs.Run) error { return nil }

// works writes something, so that its run is not folded into the one before.
func works(_ context.Context, r *jobs.Run) error {
	r.Count(func(c *jobs.Counts) { c.Entries++ })
	return nil
}

// world is a store, a clock that can be stepped, and what people were told. It
// lives in a synctest bubble, so time passes at once and only when everything
// waits.
type world struct {
	t     *testing.T
	place storetest.Place
	skew  atomic.Int64
	store *store.Store
	sent  *sender
	log   *syncBuffer

	mu    sync.Mutex
	task  taskFunc
	after jobs.RunnerConfig // what differs from the defaults
	poll  time.Duration     // of schedulers; every poll costs, and the timer wakes them anyway
	alive func()            // of schedulers, may be nil; and so is free
	free  func(context.Context) error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, place: storetest.Fresh(t), sent: &sender{}, log: &syncBuffer{}, task: works, poll: 30 * time.Minute}
	w.after.LeaseTTL, w.after.ReportEvery = 3*time.Hour, time.Minute
	w.store = w.open()
	return w
}

// inBubble runs a test where time is fake; it starts at 2000-01-01 in UTC.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

func (w *world) open() *store.Store {
	w.t.Helper()
	return w.place.OpenAt(w.t, w.now)
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

// step sets the wall clock forward or back; timers do not notice.
func (w *world) step(d time.Duration) { w.skew.Add(int64(d)) }

func (w *world) does(f taskFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.task = f
}

func (w *world) tasks() jobs.Tasks {
	make := func(jobs.Definition) (jobs.Task, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.task, nil
	}
	return jobs.Tasks{jobs.KindPoints: make, jobs.KindContractors: make, jobs.KindBackup: make, jobs.KindSweep: make}
}

func (w *world) alerts() *jobs.Alerts {
	return jobs.NewAlerts(jobs.AlertsConfig{Book: w.store, Sender: w.sent, Logger: w.logger(), Now: w.now, Host: "host"})
}

func (w *world) logger() *slog.Logger { return slog.New(slog.NewTextHandler(w.log, nil)) }

func (w *world) runner(owner string) *jobs.Runner { return w.runnerOn(w.store, owner) }

func (w *world) runnerOn(s jobs.Store, owner string) *jobs.Runner {
	w.t.Helper()
	cfg := w.after
	cfg.Store, cfg.Tasks, cfg.Logger, cfg.Now, cfg.Owner, cfg.Alerts = s, w.tasks(), w.logger(), w.now, owner, w.alerts()
	r, err := jobs.NewRunner(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) zone() *time.Location {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		w.t.Fatal(err)
	}
	return zone
}

func (w *world) settings(defs ...jobs.Definition) jobs.Settings {
	return jobs.Settings{Zone: w.zone(), Definitions: defs}
}

func (w *world) service(defs ...jobs.Definition) *jobs.Service {
	return jobs.NewService(w.store, w.settings(defs...), w.now)
}

// process is one process that serves.
type process struct {
	*jobs.Scheduler
	stop func()
	end  func() error // as stop, and whatever comes of it is the caller's
}

// serve starts a process; stop it, or let the test's end do so.
func (w *world) serve(owner string, defs ...jobs.Definition) process {
	w.t.Helper()
	return w.serveOn(w.store, owner, defs...)
}

func (w *world) serveOn(on jobs.Store, owner string, defs ...jobs.Definition) process {
	w.t.Helper()
	s, err := jobs.NewScheduler(jobs.SchedulerConfig{Runner: w.runnerOn(on, owner), Settings: w.settings(defs...), SilentFor: 26 * time.Hour, PollEvery: w.poll, Alive: w.alive, FreeHeld: w.free})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- s.Serve(ctx) }()
	var once sync.Once
	p := process{Scheduler: s}
	p.end = func() (err error) {
		once.Do(func() {
			cancel()
			err = <-result
		})
		return err
	}
	p.stop = func() {
		if err := p.end(); err != nil {
			w.t.Errorf("serve: %v", err)
		}
	}
	w.t.Cleanup(p.stop)
	return p
}

// sleep lets time pass, and everything settle.
func (w *world) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// token is the lease's token as a transaction of the ledger reads it.
func (w *world) token(name string) int64 {
	w.t.Helper()
	var token int64
	if err := w.place.DB(w.t).QueryRowContext(w.t.Context(), `SELECT token FROM lease WHERE name = $1`, name).Scan(&token); err != nil {
		w.t.Fatal(err)
	}
	return token
}

// runs are the runs of a job, oldest first.
func (w *world) runs(job string) []loyalty.Run {
	w.t.Helper()
	runs, err := w.store.Runs(w.t.Context(), store.RunFilter{Job: job, Limit: 100000})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, j := 0, len(runs)-1; i < j; i, j = i+1, j-1 {
		runs[i], runs[j] = runs[j], runs[i]
	}
	return runs
}

func (w *world) state(job string) loyalty.JobState {
	w.t.Helper()
	states, err := w.store.JobStates(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return states[job]
}

// sender remembers what it was told to send.
type sender struct {
	mu   sync.Mutex
	fail error
	slow time.Duration
	got  []jobs.Message
}

func (s *sender) Send(_ context.Context, m jobs.Message) error {
	time.Sleep(s.slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.got = append(s.got, m)
	return nil
}

func (s *sender) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// kinds lists what was sent: "guard points", "cured guard points".
func (s *sender) kinds() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.got {
		text := string(m.Kind) + " " + m.Job
		if m.Of != "" {
			text = string(m.Kind) + " " + string(m.Of) + " " + m.Job
		}
		out = append(out, text)
	}
	return out
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

var _ io.Writer = (*syncBuffer)(nil)

func points(name string) jobs.Definition {
	return jobs.Definition{Name: name, Kind: jobs.KindPoints, Source: "erp", Program: "main"}
}

// TestOnPostgres runs the tests of what jobs do to a ledger, and of runs and ticks,
// with stores in PostgreSQL. The properties, which open hundreds, are left out.
func TestOnPostgres(t *testing.T) {
	storetest.Again(t, "^Test(Law1_(Late|Equal|Future|Stamp|Clock)|Law6|Law8|Law9_Susp|Law11|PointsOf|FullReturn|Participation|PointsTo|Pinned|Changed(Settings|Rules)|Caps|Dated"+
		"|Interrupted|Cancelled|Crashed|JobsOfOne|Guard|JobsKept|Simulate|Unlinked|Identity)")
}

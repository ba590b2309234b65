package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
)

// timer wakes the scheduler when a job is due. gocron keeps the timers; the
// ticks come from our own schedules through its Cron hook, and nothing runs
// inside it but the wake-up: what is due is decided by the run ledger.
type timer struct {
	cron   gocron.Scheduler
	now    func() time.Time
	wake   func()
	logger *slog.Logger
	set    map[string]alarm
}

type alarm struct {
	id  uuid.UUID
	key string
}

// newTimer returns a started timer; stop it.
func newTimer(now func() time.Time, wake func(), logger *slog.Logger) (*timer, error) {
	cron, err := gocron.NewScheduler(gocron.WithLocation(time.UTC), gocron.WithClock(wallClock{Clock: clockwork.NewRealClock(), now: now}),
		gocron.WithStopTimeout(time.Second))
	if err != nil {
		return nil, err
	}
	cron.Start()
	return &timer{cron: cron, now: now, wake: wake, logger: logger, set: map[string]alarm{}}, nil
}

func (t *timer) stop() error { return t.cron.Shutdown() }

// arm makes the alarms those of the given jobs, and leaves unchanged ones alone.
func (t *timer) arm(ctx context.Context, jobs []*tracked) error {
	wanted := map[string]bool{}
	for _, j := range jobs {
		key := j.schedule.text + "|" + j.schedule.zone.String() + "|" + j.schedule.anchor.String()
		wanted[j.Name] = true
		if t.set[j.Name].key == key {
			continue
		}
		if err := t.disarm(j.Name); err != nil {
			return err
		}
		if j.schedule.kind == never {
			continue
		}
		panicked := func(_ uuid.UUID, name string, v any) {
			t.logger.ErrorContext(ctx, "the wake-up of a job panicked", "job", name, "panic", v)
		}
		cron, err := t.cron.NewJob(gocron.CronJob(j.Name, false), gocron.NewTask(t.wake), gocron.WithName(j.Name),
			gocron.WithCronImplementation(ourCron{schedule: j.schedule, now: t.now}),
			gocron.WithEventListeners(gocron.AfterJobRunsWithPanic(panicked)))
		if err != nil {
			return err
		}
		t.set[j.Name] = alarm{id: cron.ID(), key: key}
	}
	for name := range t.set {
		if !wanted[name] {
			if err := t.disarm(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *timer) disarm(name string) error {
	a, ok := t.set[name]
	if !ok {
		return nil
	}
	delete(t.set, name)
	return t.cron.RemoveJob(a.id)
}

// ourCron is gocron's view of a schedule.
type ourCron struct {
	schedule Schedule
	now      func() time.Time
}

const centuries = 100 * 365 * day

// IsValid accepts everything: the schedule was checked before.
func (c ourCron) IsValid(string, *time.Location, time.Time) error { return nil }

// Next never lies in the past, because gocron would step through all that was
// slept over, and is never zero, because it would then ask for ever.
func (c ourCron) Next(last time.Time) time.Time {
	if now := c.now(); last.Before(now) {
		last = now
	}
	if next, ok := c.schedule.Next(last); ok {
		return next
	}
	return last.Add(centuries).UTC()
}

// wallClock lets gocron read the clock that was passed in.
type wallClock struct {
	clockwork.Clock
	now func() time.Time
}

// Now is the clock that was passed in.
func (c wallClock) Now() time.Time { return c.now() }

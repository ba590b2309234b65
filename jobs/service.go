package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// Service is what commands and screens do with jobs and runs. It runs nothing
// itself: whoever serves notices what it changes within a few seconds.
type Service struct {
	store    Store
	settings Settings
	now      func() time.Time
}

// NewService returns a service over a store and what the configuration says.
func NewService(store Store, settings Settings, now func() time.Time) *Service {
	if settings.Zone == nil {
		settings.Zone = time.UTC
	}
	return &Service{store: store, settings: settings, now: now}
}

// Find returns the definition in force under a name, or an error with
// CodeNotFound.
func (s *Service) Find(ctx context.Context, name string) (Definition, error) {
	j, err := s.find(ctx, name)
	return j.Definition, err
}

func (s *Service) find(ctx context.Context, name string) (job, error) {
	stored, err := s.store.StoredJobs(ctx)
	if err != nil {
		return job{}, err
	}
	jobs, _ := merge(s.settings, stored)
	for _, j := range jobs {
		if j.Name == name {
			return j, nil
		}
	}
	for _, kept := range stored { // kept, but not usable as it is
		if kept.Name == name {
			d, err := DecodeDefinition(kept.Definition)
			return job{Definition: d, origin: OriginStore}, err
		}
	}
	if d, ok := unnamed(name, s.settings.Names); ok {
		return job{Definition: d, origin: OriginStore}, nil
	}
	return job{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no job %q", name), Hint: "list them: loyalsync jobs"}
}

// Add keeps a new job in the store. Faults are an error with CodeInvalid, a name
// in use one with CodeConflict; so is a once job in the past refused.
func (s *Service) Add(ctx context.Context, d Definition, actor string) error {
	body, err := s.acceptable(d)
	if err != nil {
		return err
	}
	return s.store.AddJob(ctx, d.Name, body, actor)
}

// Edit replaces a job kept in the store, under the same conditions.
func (s *Service) Edit(ctx context.Context, d Definition, actor string) error {
	body, err := s.acceptable(d)
	if err != nil {
		return err
	}
	return s.store.EditJob(ctx, d.Name, body, actor)
}

// Remove forgets a job kept in the store; its runs stay.
func (s *Service) Remove(ctx context.Context, name string) error {
	if err := s.notFromFile(name); err != nil {
		return err
	}
	return s.store.RemoveJob(ctx, name)
}

func (s *Service) acceptable(d Definition) ([]byte, error) {
	if err := s.notFromFile(d.Name); err != nil {
		return nil, err
	}
	faults := d.Check(s.settings.Zone, s.settings.Names)
	if schedule, _ := d.Schedule(s.settings.Zone); len(faults) == 0 && schedule.kind == once && !schedule.anchor.After(s.now()) {
		faults = append(faults, loyalty.Fault{Path: "once", Message: d.Once + " is in the past", Hint: "name a time to come, or run it now: loyalsync run"})
	}
	if err := faultError(fmt.Sprintf("job %q cannot be kept", d.Name), faults); err != nil {
		return nil, err
	}
	return d.Encode()
}

func (s *Service) notFromFile(name string) error {
	for _, d := range s.settings.Definitions {
		if d.Name == name {
			return &loyalty.Error{Code: loyalty.CodeConflict, Message: fmt.Sprintf("job %q is in the configuration file", name), Hint: "change it there; here it can be paused and resumed"}
		}
	}
	return nil
}

// Pause keeps a job from running by itself; its ticks are recorded as missed.
func (s *Service) Pause(ctx context.Context, name, actor string) error {
	if _, err := s.find(ctx, name); err != nil {
		return err
	}
	return s.store.ChangeJobState(ctx, name, func(j *loyalty.JobState) {
		j.Paused, j.PausedBy, j.PausedAt = true, actor, s.now()
		j.Pause = loyalty.RunError{Message: "paused by " + actor, Hint: "let it run again: loyalsync jobs resume " + name}
	})
}

// Resume lets a paused job run again, whoever paused it, and forgets its
// failures. A job that the configuration file pauses is an error with
// CodeConflict.
func (s *Service) Resume(ctx context.Context, name, actor string) error {
	found, err := s.find(ctx, name)
	if err != nil {
		return err
	}
	if found.Paused && found.origin == OriginFile {
		return &loyalty.Error{Code: loyalty.CodeConflict, Message: fmt.Sprintf("job %q is paused in the configuration file", name), Hint: "remove paused: true there, and reload"}
	}
	if found.Paused {
		found.Paused = false
		body, err := found.Encode()
		if err != nil {
			return err
		}
		if err := s.store.EditJob(ctx, name, body, actor); err != nil {
			return err
		}
	}
	return s.store.ChangeJobState(ctx, name, func(j *loyalty.JobState) {
		j.Paused, j.PausedBy, j.Pause, j.PausedAt = false, "", loyalty.RunError{}, time.Time{}
		j.Failures, j.Backoff = 0, time.Time{}
	})
}

// Serving says whether a process serves the store now, and would pick up what is
// requested.
func (s *Service) Serving(ctx context.Context) (bool, error) {
	holder, err := s.store.LeaseHolder(ctx, ServeLease)
	return holder != "", err
}

// Request queues a run by hand for whoever serves, and returns its id. A job
// that runs or waits already is an error with CodeAction.
func (s *Service) Request(ctx context.Context, name string, opts Options, actor string) (int64, error) {
	j, err := s.find(ctx, name)
	if err != nil {
		return 0, err
	}
	open, err := s.store.OpenRuns(ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range open {
		if r.Job == name {
			return 0, &loyalty.Error{
				Code: loyalty.CodeAction, Message: fmt.Sprintf("job %q is already %s (run %d, asked for by %s, page %d)", name, r.State, r.ID, r.Actor, r.Progress.Page),
				Hint: fmt.Sprintf("watch it: loyalsync run %s --follow", name),
			}
		}
	}
	record := j.record()
	record.Actor, record.Options = actor, opts
	return s.store.QueueRun(ctx, record)
}

// followEvery is how often a follower looks.
const followEvery = 500 * time.Millisecond

// Follow calls each with a run as it goes on, until it is finished or ctx ends,
// and returns it.
func (s *Service) Follow(ctx context.Context, id int64, each func(loyalty.Run)) (loyalty.Run, error) {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		r, err := s.store.Run(ctx, id)
		if err != nil {
			return r, err
		}
		each(r)
		if r.State.Finished() {
			return r, nil
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-ticker.C:
		}
	}
}

// Open returns the queued or running run of a job, for --follow; an error with
// CodeNotFound when there is none.
func (s *Service) Open(ctx context.Context, name string) (loyalty.Run, error) {
	open, err := s.store.OpenRuns(ctx)
	if err != nil {
		return loyalty.Run{}, err
	}
	for _, r := range open {
		if r.Job == name {
			return r, nil
		}
	}
	return loyalty.Run{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: fmt.Sprintf("no run of job %q is going on", name), Hint: "start one: loyalsync run " + name}
}

// Runs returns runs, newest first; zero fields of the filter do not choose.
func (s *Service) Runs(ctx context.Context, f store.RunFilter) ([]RunInfo, error) {
	runs, err := s.store.Runs(ctx, f)
	out := make([]RunInfo, 0, len(runs))
	for _, r := range runs {
		info := Info(r)
		info.Log = ""
		out = append(out, info)
	}
	return out, err
}

// Run returns one run with its log, or an error with CodeNotFound.
func (s *Service) Run(ctx context.Context, id int64) (RunInfo, error) {
	r, err := s.store.Run(ctx, id)
	return Info(r), err
}

// Approve lets a guarded run go on: the job is queued once more with the guard
// passed. The new run's id comes back; without a server, run it with
// Runner.RunQueued.
func (s *Service) Approve(ctx context.Context, id int64, actor string) (int64, error) {
	return s.store.DecideRun(ctx, id, true, actor)
}

// Reject refuses a guarded run and pauses its job.
func (s *Service) Reject(ctx context.Context, id int64, actor string) error {
	_, err := s.store.DecideRun(ctx, id, false, actor)
	return err
}

// Cancel stops a queued or running run; a running one finishes its page first.
func (s *Service) Cancel(ctx context.Context, id int64, actor string) error {
	return s.store.CancelRun(ctx, id, actor)
}

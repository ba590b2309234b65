package jobs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// RunInfo is a run as commands and screens show it. Instants are UTC.
type RunInfo struct {
	Run   string           `json:"run"`
	Job   string           `json:"job"`
	State loyalty.RunState `json:"state"`
	loyalty.RunCounts
	DurationMS int64                `json:"duration_ms"`
	Kind       string               `json:"kind"`
	Source     string               `json:"source,omitempty"`
	Program    string               `json:"program,omitempty"`
	Actor      string               `json:"actor"`
	Options    Options              `json:"options"`
	Tick       *time.Time           `json:"tick,omitempty"`
	FirstTick  *time.Time           `json:"first_tick,omitempty"`
	Ticks      int                  `json:"ticks"`
	Reason     string               `json:"reason,omitempty"`
	Attempt    int                  `json:"attempt,omitempty"`
	Previous   string               `json:"previous,omitempty"`
	Queued     *time.Time           `json:"queued,omitempty"`
	Started    *time.Time           `json:"started,omitempty"`
	Finished   *time.Time           `json:"finished,omitempty"`
	Progress   *loyalty.RunProgress `json:"progress,omitempty"`
	Error      *loyalty.RunError    `json:"error,omitempty"`
	Log        string               `json:"log,omitempty"`
}

// Info shows a run.
func Info(r loyalty.Run) RunInfo {
	info := RunInfo{
		Run: strconv.FormatInt(r.ID, 10), Job: r.Job, State: r.State, RunCounts: r.Counts, Kind: r.Kind, Source: r.Source, Program: r.Program,
		Actor: r.Actor, Options: r.Options, Tick: at(r.Tick), FirstTick: at(r.FirstTick), Ticks: r.Ticks, Reason: r.Reason, Attempt: r.Attempt,
		Queued: at(r.Queued), Started: at(r.Started), Finished: at(r.Finished), Log: r.Log,
	}
	if r.Previous != 0 {
		info.Previous = strconv.FormatInt(r.Previous, 10)
	}
	if !r.Started.IsZero() && !r.Finished.IsZero() {
		info.DurationMS = r.Finished.Sub(r.Started).Milliseconds()
	}
	if r.State == loyalty.RunRunning {
		info.Progress = &r.Progress
	}
	if r.Error != (loyalty.RunError{}) {
		info.Error = &r.Error
	}
	return info
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Where a job stands, in JobInfo.State.
const (
	JobActive  = "active"
	JobRunning = "running"
	JobQueued  = "queued"
	JobPaused  = "paused"
	JobGuarded = "guarded" // a run waits for a person
	JobManual  = "manual"  // no schedule
	JobDone    = "done"    // a once job that ran
	JobMissed  = "missed"  // a once job that did not
	JobInvalid = "invalid" // kept in the store, and does not fit the configuration any more
)

// JobInfo is a job as commands and screens show it.
type JobInfo struct {
	Name       string            `json:"name"`
	Kind       string            `json:"kind"`
	Source     string            `json:"source,omitempty"`
	Program    string            `json:"program,omitempty"`
	Origin     string            `json:"origin"` // file: read-only; store: kept by operators
	Schedule   string            `json:"schedule"`
	State      string            `json:"state"`
	Reason     *loyalty.RunError `json:"reason,omitempty"`  // why it is paused, guarded or invalid
	Guarded    string            `json:"guarded,omitempty"` // run that waits for a person
	Failures   int               `json:"failures,omitempty"`
	Success    *time.Time        `json:"last_success,omitempty"`
	Next       []time.Time       `json:"next"`
	Last       *RunInfo          `json:"last_run,omitempty"`
	Definition Definition        `json:"definition"`
}

// nextTicks are shown for each job.
const nextTicks = 3

// List returns every job with its last run and next ticks, those of the file
// first, and warnings about jobs that are not used. It writes nothing.
func (s *Service) List(ctx context.Context) ([]JobInfo, []string, error) {
	stored, err := s.store.StoredJobs(ctx)
	if err != nil {
		return nil, nil, err
	}
	states, err := s.store.JobStates(ctx)
	if err != nil {
		return nil, nil, err
	}
	jobs, warnings := merge(s.settings, stored)
	listed := map[string]bool{}
	out := make([]JobInfo, 0, len(jobs))
	for _, j := range jobs {
		info, err := s.info(ctx, j, states[j.Name])
		if err != nil {
			return nil, nil, err
		}
		out = append(out, info)
		listed[j.Name] = true
	}
	for _, kept := range stored {
		if !listed[kept.Name] {
			out = append(out, s.invalid(kept))
		}
	}
	return out, warnings, nil
}

func (s *Service) info(ctx context.Context, j job, state loyalty.JobState) (JobInfo, error) {
	info := JobInfo{
		Name: j.Name, Kind: j.Kind, Source: j.Source, Program: j.Program, Origin: j.origin, Schedule: j.Describe(),
		Failures: state.Failures, Success: at(state.Success), Next: []time.Time{}, Definition: j.Definition,
	}
	schedule := j.schedule.Anchored(state.Anchor)
	if schedule.Anchor().IsZero() {
		schedule = schedule.Anchored(s.now().Truncate(time.Second))
	}
	for t, ok := schedule.Next(s.now()); ok && len(info.Next) < nextTicks; t, ok = schedule.Next(t) {
		info.Next = append(info.Next, t)
	}
	runs, err := s.store.Runs(ctx, store.RunFilter{Job: j.Name})
	if err != nil {
		return info, err
	}
	if len(runs) > 0 {
		last := Info(runs[0])
		last.Log = ""
		info.Last = &last
	}
	info.State = stateOf(j, schedule, state, runs, s.now())
	switch {
	case info.State == JobGuarded:
		info.Guarded = strconv.FormatInt(state.Guarded, 10)
	case info.State == JobPaused && state.Paused:
		info.Reason = &state.Pause
	case info.State == JobPaused:
		info.Reason = &loyalty.RunError{Message: "paused in its definition"}
	}
	return info, nil
}

func stateOf(j job, s Schedule, state loyalty.JobState, runs []loyalty.Run, now time.Time) string {
	for _, r := range runs {
		switch r.State {
		case loyalty.RunRunning:
			return JobRunning
		case loyalty.RunQueued:
			return JobQueued
		default:
		}
	}
	switch {
	case j.Paused || state.Paused:
		return JobPaused
	case state.Guarded != 0:
		return JobGuarded
	case s.kind == never:
		return JobManual
	case s.kind != once || s.anchor.After(now):
		return JobActive
	}
	for _, r := range runs {
		if r.State != loyalty.RunMissed && r.Tick.Equal(s.anchor) {
			return JobDone
		}
	}
	return JobMissed
}

func (s *Service) invalid(kept store.StoredJob) JobInfo {
	info := JobInfo{Name: kept.Name, Origin: OriginStore, State: JobInvalid, Next: []time.Time{}}
	d, err := DecodeDefinition(kept.Definition)
	info.Definition, info.Kind, info.Source, info.Program = d, d.Kind, d.Source, d.Program
	if err == nil {
		err = s.notFromFile(kept.Name)
	}
	if err == nil {
		err = faultError("the job does not fit the configuration", d.Check(s.settings.Zone, s.settings.Names))
	}
	if err != nil {
		why := describe(err)
		info.Reason = &why
	}
	return info
}

// Describe says in the keys of the configuration when the job runs: "daily
// 06:00 18:30 mon fri", "every 10m".
func (d Definition) Describe() string {
	switch {
	case len(d.Daily) > 0:
		return strings.Join(append(append([]string{"daily"}, d.Daily...), d.Weekdays...), " ")
	case d.Once != "":
		return "once " + d.Once
	case d.Every != "" && d.Starting != "":
		return fmt.Sprintf("every %s starting %s", d.Every, d.Starting)
	case d.Every != "":
		return "every " + d.Every
	case d.Cron != "":
		return "cron " + d.Cron
	}
	return ""
}

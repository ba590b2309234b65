package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// StoredJob is a job that operators keep in the store. Definition is JSON of the
// jobs package; the store does not look inside.
type StoredJob struct {
	Name       string
	Definition []byte
	ChangedBy  string
	ChangedAt  time.Time
}

// StoredJobs returns the operators' jobs by name.
func (s *Store) StoredJobs(ctx context.Context) ([]StoredJob, error) {
	rows, err := s.readers.QueryContext(ctx, `SELECT name, definition, changed_by, changed_at FROM job ORDER BY name`)
	if err != nil {
		return nil, storeError("read the jobs", err)
	}
	defer func() { _ = rows.Close() }()
	var out []StoredJob
	for rows.Next() {
		var (
			j  StoredJob
			at int64
		)
		if err := rows.Scan(&j.Name, &j.Definition, &j.ChangedBy, &at); err != nil {
			return nil, storeError("read the jobs", err)
		}
		j.ChangedAt = instant(at)
		out = append(out, j)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the jobs", err)
	}
	return out, nil
}

// AddJob keeps a new job; a name in use is an error with CodeConflict.
func (s *Store) AddJob(ctx context.Context, name string, definition []byte, actor string) error {
	_, err := s.exec(ctx, `INSERT INTO job (name, definition, changed_by, changed_at) VALUES ($1, $2, $3, $4)`,
		name, string(definition), actor, micros(s.cfg.Now()))
	if uniqueViolation(err) {
		return &loyalty.Error{
			Code: loyalty.CodeConflict, Message: fmt.Sprintf("there is a job %q already", name),
			Hint: "change it: loyalsync jobs edit " + name,
		}
	}
	if err != nil {
		return storeError("keep the job", err)
	}
	return nil
}

// EditJob replaces a kept job; an unknown name is an error with CodeNotFound.
func (s *Store) EditJob(ctx context.Context, name string, definition []byte, actor string) error {
	res, err := s.exec(ctx, `UPDATE job SET definition = $1, changed_by = $2, changed_at = $3 WHERE name = $4`,
		string(definition), actor, micros(s.cfg.Now()), name)
	if err != nil {
		return storeError("change the job", err)
	}
	return oneJob(res, name)
}

// RemoveJob forgets a kept job and what is remembered about it; its runs stay.
// An unknown name is an error with CodeNotFound.
func (s *Store) RemoveJob(ctx context.Context, name string) error {
	return s.inTx(ctx, func(tx *txn) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM job WHERE name = $1`, name)
		if err != nil {
			return storeError("remove the job", err)
		}
		if err := oneJob(res, name); err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM job_state WHERE job = $1`,
			`DELETE FROM alert_state WHERE subject = $1`,
			`UPDATE run SET state = 'cancelled', reason = 'job removed', finished = queued WHERE job = $1 AND state = 'queued'`,
		} {
			if _, err := tx.ExecContext(ctx, statement, name); err != nil {
				return storeError("remove the job", err)
			}
		}
		return nil
	})
}

func oneJob(res sql.Result, name string) error {
	n, err := res.RowsAffected()
	if err != nil {
		return storeError("change the job", err)
	}
	if n == 0 {
		return &loyalty.Error{
			Code: loyalty.CodeNotFound, Message: fmt.Sprintf("no job %q is kept in the store", name),
			Hint: "list them: loyalsync jobs; jobs of the configuration file are changed there",
		}
	}
	return nil
}

// SeenJob returns what is remembered about a job, and begins to remember one
// that is new or whose schedule was changed: from then on its ticks count, and
// intervals count from anchor.
func (s *Store) SeenJob(ctx context.Context, job, schedule string, anchor time.Time) (loyalty.JobState, error) {
	state, err := findJobState(ctx, s.readers, job)
	if err != nil || state.Schedule == schedule && state.Job != "" {
		return state, err
	}
	err = s.inTx(ctx, func(tx *txn) error {
		now := s.cfg.Now()
		if err := changeJobState(ctx, tx, job, now, func(j *loyalty.JobState) {
			if j.Schedule != schedule || j.Horizon.IsZero() {
				j.Schedule, j.Anchor, j.Horizon = schedule, anchor, now
			}
		}); err != nil {
			return err
		}
		state, err = findJobState(ctx, tx, job)
		return err
	})
	return state, err
}

// JobStates returns what is remembered about every job, by name.
func (s *Store) JobStates(ctx context.Context) (map[string]loyalty.JobState, error) {
	states, err := scanJobStates(s.readers.QueryContext(ctx, `SELECT `+jobStateColumns+` FROM job_state`))
	if err != nil {
		return nil, err
	}
	out := make(map[string]loyalty.JobState, len(states))
	for _, j := range states {
		out[j.Job] = j
	}
	return out, nil
}

// ChangeJobState lets change alter what is remembered about a job.
func (s *Store) ChangeJobState(ctx context.Context, job string, change func(*loyalty.JobState)) error {
	return s.inTx(ctx, func(tx *txn) error { return changeJobState(ctx, tx, job, s.cfg.Now(), change) })
}

const jobStateColumns = `job, schedule, anchor, horizon, paused, paused_by, pause, paused_at, failures, backoff, success, seen, guarded`

func changeJobState(ctx context.Context, tx *txn, job string, now time.Time, change func(*loyalty.JobState)) error {
	j, err := findJobState(ctx, tx, job)
	if err != nil {
		return err
	}
	if j.Job == "" {
		j = loyalty.JobState{Job: job, Seen: now, Anchor: now, Horizon: now}
	}
	change(&j)
	pause, err := json.Marshal(j.Pause)
	if err != nil {
		return fmt.Errorf("state of job %s: %w", job, err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO job_state (`+jobStateColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (job) DO UPDATE SET schedule = excluded.schedule, anchor = excluded.anchor, horizon = excluded.horizon,
		paused = excluded.paused, paused_by = excluded.paused_by, pause = excluded.pause, paused_at = excluded.paused_at,
		failures = excluded.failures, backoff = excluded.backoff, success = excluded.success, guarded = excluded.guarded`,
		j.Job, j.Schedule, micros(j.Anchor), micros(j.Horizon), j.Paused, j.PausedBy, string(pause), maybeMicros(j.PausedAt),
		j.Failures, maybeMicros(j.Backoff), maybeMicros(j.Success), micros(j.Seen), j.Guarded); err != nil {
		return storeError("remember the job's state", err)
	}
	return nil
}

// findJobState returns the zero state for an unknown job.
func findJobState(ctx context.Context, q queryer, job string) (loyalty.JobState, error) {
	states, err := scanJobStates(q.QueryContext(ctx, `SELECT `+jobStateColumns+` FROM job_state WHERE job = $1`, job))
	if err != nil || len(states) == 0 {
		return loyalty.JobState{}, err
	}
	return states[0], nil
}

func scanJobStates(rows *sql.Rows, err error) ([]loyalty.JobState, error) {
	if err != nil {
		return nil, storeError("read the state of the jobs", err)
	}
	defer func() { _ = rows.Close() }()
	var out []loyalty.JobState
	for rows.Next() {
		var (
			j                          loyalty.JobState
			anchor, horizon, seen      int64
			pausedAt, backoff, success sql.NullInt64
			pause                      string
		)
		if err := rows.Scan(&j.Job, &j.Schedule, &anchor, &horizon, &j.Paused, &j.PausedBy, &pause, &pausedAt,
			&j.Failures, &backoff, &success, &seen, &j.Guarded); err != nil {
			return nil, storeError("read the state of the jobs", err)
		}
		if err := json.Unmarshal([]byte(pause), &j.Pause); err != nil {
			return nil, fmt.Errorf("state of job %s: %w", j.Job, err)
		}
		j.Anchor, j.Horizon, j.Seen = instant(anchor), instant(horizon), instant(seen)
		j.PausedAt, j.Backoff, j.Success = maybeInstant(pausedAt), maybeInstant(backoff), maybeInstant(success)
		out = append(out, j)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the state of the jobs", err)
	}
	return out, nil
}

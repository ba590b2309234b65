package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// RunFilter chooses runs. Zero fields do not choose.
type RunFilter struct {
	Job    string
	State  loyalty.RunState
	Before int64 // runs with a lower id, for the next page
	Limit  int   // 0 is 100
}

const (
	defaultRunLimit = 100
	runColumns      = `id, job, kind, source, program, tick, first_tick, ticks, state, reason, actor, options, owner, lease, token,
		attempt, previous, stop, queued, started, finished, progress, counts, error, log`
)

// Runs returns the newest runs first.
func (s *Store) Runs(ctx context.Context, f RunFilter) ([]loyalty.Run, error) {
	if f.Limit <= 0 {
		f.Limit = defaultRunLimit
	}
	rows, err := s.readers.QueryContext(ctx, `SELECT `+runColumns+` FROM run
		WHERE ($1 = '' OR job = $1) AND ($2 = '' OR state = $2) AND (CAST($3 AS BIGINT) = 0 OR id < $3) ORDER BY id DESC LIMIT CAST($4 AS BIGINT)`,
		f.Job, f.State, f.Before, f.Limit)
	return scanRuns(rows, err)
}

// OpenRuns returns the queued and the running runs, oldest first.
func (s *Store) OpenRuns(ctx context.Context) ([]loyalty.Run, error) {
	rows, err := s.readers.QueryContext(ctx, `SELECT `+runColumns+` FROM run WHERE state IN ('queued', 'running') ORDER BY id`)
	return scanRuns(rows, err)
}

// Run returns one run, or an error with CodeNotFound.
func (s *Store) Run(ctx context.Context, id int64) (loyalty.Run, error) {
	return findRun(ctx, s.readers, id)
}

// QueueRun adds a run by hand and returns its id. Whoever serves picks it up.
func (s *Store) QueueRun(ctx context.Context, r loyalty.Run) (int64, error) {
	r.State, r.Queued = loyalty.RunQueued, s.cfg.Now()
	var id int64
	err := s.inTx(ctx, func(tx *txn) (err error) {
		id, err = insertRun(ctx, tx, r)
		return err
	})
	return id, err
}

// StartRun makes a queued run a running one under a lease. False says that
// somebody else took it, or it was cancelled.
func (s *Store) StartRun(ctx context.Context, id int64, owner string, lease loyalty.Lease) (bool, error) {
	res, err := s.exec(ctx, `UPDATE run SET state = 'running', owner = $1, lease = $2, token = $3, started = $4
		WHERE id = $5 AND state = 'queued'`, owner, lease.Name, lease.Token, micros(s.cfg.Now()), id)
	if err != nil {
		return false, storeError("start the run", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, storeError("start the run", err)
	}
	return n == 1, nil
}

// ReportRun saves how far a running run is, and says whether a person asked it
// to stop. ErrLeaseLost says that the run is no longer the caller's.
func (s *Store) ReportRun(ctx context.Context, r loyalty.Run) (stop bool, err error) {
	texts, err := encodeRun(r)
	if err != nil {
		return false, err
	}
	err = s.inTx(ctx, func(tx *txn) error {
		return tx.QueryRowContext(ctx, `UPDATE run SET attempt = $1, progress = $2, counts = $3, log = $4
			WHERE id = $5 AND state = 'running' AND token = $6 RETURNING stop`,
			r.Attempt, texts.progress, texts.counts, r.Log, r.ID, r.Lease.Token).Scan(&stop)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, loyalty.ErrLeaseLost
	}
	if err != nil {
		return false, storeError("save the run's progress", err)
	}
	return stop, nil
}

// FinishRun writes how a running run ended, lets change alter what is
// remembered about its job, and folds an idle run into the one before it when
// both are of the same hour: all in one transaction. ErrLeaseLost says that the
// run was taken for crashed meanwhile; nothing is written then.
func (s *Store) FinishRun(ctx context.Context, r loyalty.Run, change func(*loyalty.JobState)) error {
	return s.inTx(ctx, func(tx *txn) error {
		stored, err := findRun(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if stored.State != loyalty.RunRunning || stored.Lease.Token != r.Lease.Token {
			return loyalty.ErrLeaseLost
		}
		r.Finished = s.cfg.Now()
		if err := foldIdle(ctx, tx, &r); err != nil {
			return err
		}
		if err := updateRun(ctx, tx, r); err != nil {
			return err
		}
		return changeJobState(ctx, tx, r.Job, s.cfg.Now(), change)
	})
}

// foldIdle lets an idle run stand for the idle one before it, too.
func foldIdle(ctx context.Context, tx *txn, r *loyalty.Run) error {
	if !foldable(*r) {
		return nil
	}
	before, err := scanRuns(tx.QueryContext(ctx, `SELECT `+runColumns+` FROM run WHERE job = $1 AND id < $2 ORDER BY id DESC LIMIT 1`, r.Job, r.ID))
	if err != nil || len(before) == 0 || !foldable(before[0]) || !sameHour(before[0].FirstTick, r.Tick) {
		return err
	}
	r.FirstTick, r.Ticks = before[0].FirstTick, r.Ticks+before[0].Ticks
	if _, err := tx.ExecContext(ctx, `DELETE FROM run WHERE id = $1`, before[0].ID); err != nil {
		return storeError("fold idle runs", err)
	}
	return nil
}

func foldable(r loyalty.Run) bool {
	return r.State == loyalty.RunSucceeded && !r.Tick.IsZero() && r.Previous == 0 && r.Counts.Idle()
}

func sameHour(a, b time.Time) bool { return a.Truncate(time.Hour).Equal(b.Truncate(time.Hour)) }

// CancelRun cancels a queued run, and asks a running one to stop. Any other is
// an error with CodeConflict.
func (s *Store) CancelRun(ctx context.Context, id int64, actor string) error {
	return s.inTx(ctx, func(tx *txn) error {
		r, err := findRun(ctx, tx, id)
		if err != nil {
			return err
		}
		switch r.State {
		case loyalty.RunQueued:
			r.State, r.Reason, r.Finished = loyalty.RunCancelled, "by "+actor, s.cfg.Now()
		case loyalty.RunRunning:
			r.Stop = true
		default:
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: fmt.Sprintf("run %d is %s already", id, r.State),
				Hint: "only a queued or a running run can be stopped",
			}
		}
		return updateRun(ctx, tx, r)
	})
}

// InterruptRuns marks running runs whose lease is over as interrupted, raises
// the lease's token, so that a process that wakes later cannot write, and
// returns them. The runs that the caller executes are left alone: it knows
// better.
func (s *Store) InterruptRuns(ctx context.Context, executes []int64) ([]loyalty.Run, error) {
	crashed := `SELECT ` + runColumns + ` FROM run WHERE state = 'running' AND id ` + s.notIn("$1") + ` AND NOT EXISTS
		(SELECT 1 FROM lease l WHERE l.name = run.lease AND l.token = run.token AND l.expires_at > $2) ORDER BY id`
	now, own := s.cfg.Now(), s.list(executes)
	if some, err := scanRuns(s.readers.QueryContext(ctx, crashed, own, micros(now))); err != nil || len(some) == 0 {
		return nil, err
	}
	var out []loyalty.Run
	err := s.inTx(ctx, func(tx *txn) error {
		dead, err := scanRuns(tx.QueryContext(ctx, crashed, own, micros(now)))
		if err != nil {
			return err
		}
		for _, r := range dead {
			if _, err := tx.ExecContext(ctx, `UPDATE lease SET token = token + 1, expires_at = 0 WHERE name = $1 AND token = $2`,
				r.Lease.Name, r.Lease.Token); err != nil {
				return storeError("fence a crashed run", err)
			}
			r.State, r.Finished = loyalty.RunInterrupted, now
			r.Error = loyalty.RunError{
				Code: loyalty.CodeBusy, Message: "the process that ran it is gone, so not all that it did is counted here",
				Hint: "nothing is lost: the next run goes on where it stopped",
			}
			if err := updateRun(ctx, tx, r); err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// PruneRuns deletes finished runs queued before an instant, and returns how
// many. A run that waits for a person stays.
func (s *Store) PruneRuns(ctx context.Context, before time.Time) (int64, error) {
	res, err := s.exec(ctx, `DELETE FROM run WHERE queued < $1 AND coalesce(finished, queued) < $1
		AND state NOT IN ('queued', 'running') AND id NOT IN (SELECT guarded FROM job_state)`, micros(before))
	if err != nil {
		return 0, storeError("delete old runs", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, storeError("delete old runs", err)
	}
	return n, nil
}

// DecideRun lets a guarded run go on, or refuses it. Approved, the job is queued
// once more with the guard passed, and the new run's id comes back; refused, the
// job is paused. A run that does not wait for a person is an error with
// CodeConflict.
func (s *Store) DecideRun(ctx context.Context, id int64, approve bool, actor string) (int64, error) {
	var next int64
	err := s.inTx(ctx, func(tx *txn) error {
		r, err := findRun(ctx, tx, id)
		if err != nil {
			return err
		}
		state, err := findJobState(ctx, tx, r.Job)
		if err != nil {
			return err
		}
		if r.State != loyalty.RunGuarded || state.Guarded != id {
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: fmt.Sprintf("run %d of job %q does not wait for a decision", id, r.Job),
				Hint: "see which one does: loyalsync runs " + r.Job,
			}
		}
		if approve {
			r.Reason = "approved by " + actor
			again := r.Options
			again.Approved = true
			next, err = insertRun(ctx, tx, loyalty.Run{
				Job: r.Job, Kind: r.Kind, Source: r.Source, Program: r.Program, State: loyalty.RunQueued, Actor: actor,
				Options: again, Previous: id, Queued: s.cfg.Now(),
			})
		} else {
			r.State, r.Reason = loyalty.RunRejected, "rejected by "+actor
		}
		if err != nil {
			return err
		}
		if err := updateRun(ctx, tx, r); err != nil {
			return err
		}
		return changeJobState(ctx, tx, r.Job, s.cfg.Now(), func(j *loyalty.JobState) {
			j.Guarded = 0
			if !approve {
				j.Paused, j.PausedBy, j.PausedAt = true, actor, s.cfg.Now()
				j.Pause = loyalty.RunError{
					Code: loyalty.CodeAction, Message: fmt.Sprintf("run %d was rejected", id),
					Hint: "mend what it would have reversed, then: loyalsync jobs resume " + r.Job,
				}
			}
		})
	})
	return next, err
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func findRun(ctx context.Context, q queryer, id int64) (loyalty.Run, error) {
	runs, err := scanRuns(q.QueryContext(ctx, `SELECT `+runColumns+` FROM run WHERE id = $1`, id))
	if err != nil {
		return loyalty.Run{}, err
	}
	if len(runs) == 0 {
		return loyalty.Run{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no run %d", id), Hint: "list them: loyalsync runs"}
	}
	return runs[0], nil
}

func scanRuns(rows *sql.Rows, err error) ([]loyalty.Run, error) {
	if err != nil {
		return nil, storeError("read the runs", err)
	}
	defer func() { _ = rows.Close() }()
	var out []loyalty.Run
	for rows.Next() {
		var (
			r                                  loyalty.Run
			tick, first, started, finished     sql.NullInt64
			queued                             int64
			options, progress, counts, failure string
		)
		if err := rows.Scan(&r.ID, &r.Job, &r.Kind, &r.Source, &r.Program, &tick, &first, &r.Ticks, &r.State, &r.Reason, &r.Actor,
			&options, &r.Owner, &r.Lease.Name, &r.Lease.Token, &r.Attempt, &r.Previous, &r.Stop, &queued, &started, &finished,
			&progress, &counts, &failure, &r.Log); err != nil {
			return nil, storeError("read the runs", err)
		}
		r.Tick, r.FirstTick, r.Started, r.Finished = maybeInstant(tick), maybeInstant(first), maybeInstant(started), maybeInstant(finished)
		r.Queued = instant(queued)
		for _, f := range []struct {
			text string
			to   any
		}{{options, &r.Options}, {progress, &r.Progress}, {counts, &r.Counts}, {failure, &r.Error}} {
			if err := json.Unmarshal([]byte(f.text), f.to); err != nil {
				return nil, fmt.Errorf("run %d: %w", r.ID, err)
			}
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("read the runs", err)
	}
	return out, nil
}

type runTexts struct{ options, progress, counts, failure string }

func encodeRun(r loyalty.Run) (t runTexts, err error) {
	for _, f := range []struct {
		from any
		to   *string
	}{{r.Options, &t.options}, {r.Progress, &t.progress}, {r.Counts, &t.counts}, {r.Error, &t.failure}} {
		b, err := json.Marshal(f.from)
		if err != nil {
			return t, fmt.Errorf("run %d: %w", r.ID, err)
		}
		*f.to = string(b)
	}
	return t, nil
}

func insertRun(ctx context.Context, tx *txn, r loyalty.Run) (int64, error) {
	t, err := encodeRun(r)
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.QueryRowContext(ctx, `INSERT INTO run
		(job, kind, source, program, tick, first_tick, ticks, state, reason, actor, options, previous, queued, finished)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`,
		r.Job, r.Kind, r.Source, r.Program, maybeMicros(r.Tick), maybeMicros(r.FirstTick), max(r.Ticks, 1), r.State, r.Reason, r.Actor,
		t.options, r.Previous, micros(r.Queued), maybeMicros(r.Finished)).Scan(&id)
	if err != nil {
		return 0, storeError("record a run", err)
	}
	return id, nil
}

func updateRun(ctx context.Context, tx *txn, r loyalty.Run) error {
	t, err := encodeRun(r)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE run SET tick = $1, first_tick = $2, ticks = $3, state = $4, reason = $5, attempt = $6, stop = $7,
		finished = $8, progress = $9, counts = $10, error = $11, log = $12 WHERE id = $13`,
		maybeMicros(r.Tick), maybeMicros(r.FirstTick), r.Ticks, r.State, r.Reason, r.Attempt, r.Stop,
		maybeMicros(r.Finished), t.progress, t.counts, t.failure, r.Log, r.ID); err != nil {
		return storeError("record a run", err)
	}
	return nil
}

func maybeMicros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func maybeInstant(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return instant(v.Int64)
}

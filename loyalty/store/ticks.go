package store

import (
	"context"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TickClaim accounts for the ticks of a job after From, up to To: at most one
// of them runs, the others are recorded as missed (law 9).
type TickClaim struct {
	Run      loyalty.Run // describes the job; its Tick is zero when nothing is to run
	From, To time.Time   // From is the horizon that the claim was computed from
	QueueOne bool        // while the job runs, one more tick may wait; else it is missed
	Missed   MissedTicks
}

// MissedTicks are ticks in a row that did not run, for one reason.
type MissedTicks struct {
	First, Last time.Time
	Count       int
	Reason      string
}

// ClaimTicks moves the job's horizon and records the ticks, in one transaction.
// It returns the id of the queued run, 0 when there is none, and false when
// somebody else has moved the horizon meanwhile: then nothing was written.
func (s *Store) ClaimTicks(ctx context.Context, c TickClaim) (int64, bool, error) {
	var (
		id      int64
		claimed bool
	)
	err := s.inTx(ctx, func(tx *txn) error {
		res, err := tx.ExecContext(ctx, `UPDATE job_state SET horizon = $1 WHERE job = $2 AND horizon = $3`, micros(c.To), c.Run.Job, micros(c.From))
		if err != nil {
			return storeError("claim ticks", err)
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		claimed = true
		if err := s.recordMissed(ctx, tx, c.Run, c.Missed); err != nil || c.Run.Tick.IsZero() {
			return err
		}
		id, err = s.queueTick(ctx, tx, c)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	return id, claimed, nil
}

// queueTick queues the run of a tick, unless the job's overlap policy says that
// it is missed, or the tick ran already before a clock was set back.
func (s *Store) queueTick(ctx context.Context, tx *txn, c TickClaim) (int64, error) {
	var ran, running, queued int
	if err := tx.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM run WHERE job = $1 AND state <> 'missed' AND tick >= $2 AND first_tick <= $2),
		(SELECT count(*) FROM run WHERE job = $1 AND state = 'running'),
		(SELECT count(*) FROM run WHERE job = $1 AND state = 'queued')`, c.Run.Job, micros(c.Run.Tick)).
		Scan(&ran, &running, &queued); err != nil {
		return 0, storeError("claim a tick", err)
	}
	if ran > 0 {
		return 0, nil
	}
	if queued > 0 || (running > 0 && !c.QueueOne) {
		return 0, s.recordMissed(ctx, tx, c.Run, MissedTicks{First: c.Run.Tick, Last: c.Run.Tick, Count: 1, Reason: loyalty.MissedOverlap})
	}
	r := c.Run
	r.FirstTick, r.Ticks, r.State, r.Queued = r.Tick, 1, loyalty.RunQueued, s.cfg.Now()
	return insertRun(ctx, tx, r)
}

// recordMissed adds to the job's last row when that is of the same reason.
func (s *Store) recordMissed(ctx context.Context, tx *txn, job loyalty.Run, m MissedTicks) error {
	if m.Count == 0 {
		return nil
	}
	var ran int // before a clock was set back
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(sum(ticks), 0) FROM run WHERE job = $1 AND state <> 'missed' AND tick BETWEEN $2 AND $3`,
		job.Job, micros(m.First), micros(m.Last)).Scan(&ran); err != nil {
		return storeError("record missed ticks", err)
	}
	if m.Count -= ran; m.Count <= 0 {
		return nil
	}
	last, err := scanRuns(tx.QueryContext(ctx, `SELECT `+runColumns+` FROM run
		WHERE job = $1 AND tick IS NOT NULL ORDER BY id DESC LIMIT 1`, job.Job))
	if err != nil {
		return err
	}
	if len(last) == 1 && last[0].State == loyalty.RunMissed && last[0].Reason == m.Reason {
		r := last[0]
		r.Tick, r.Ticks, r.Finished = m.Last, r.Ticks+m.Count, s.cfg.Now()
		return updateRun(ctx, tx, r)
	}
	job.Tick, job.FirstTick, job.Ticks, job.State, job.Reason = m.Last, m.First, m.Count, loyalty.RunMissed, m.Reason
	job.Queued, job.Finished = s.cfg.Now(), s.cfg.Now()
	_, err = insertRun(ctx, tx, job)
	return err
}

// MissRun records a queued run as missed, for a reason, when it was not started
// in time. A run that is not queued any more is left alone.
func (s *Store) MissRun(ctx context.Context, id int64, reason string) error {
	if _, err := s.exec(ctx, `UPDATE run SET state = 'missed', reason = $1, finished = $2 WHERE id = $3 AND state = 'queued'`,
		reason, micros(s.cfg.Now()), id); err != nil {
		return storeError("record a missed run", err)
	}
	return nil
}

// RewindTicks moves the horizon back to an instant after the clock was set
// back: ticks recorded as missed that have not come yet are taken off again.
// count says how many ticks lie in (after, until]. A tick that ran stays, and
// does not run again. False says that somebody else moved the horizon.
func (s *Store) RewindTicks(ctx context.Context, job string, from, to time.Time, count func(after, until time.Time) MissedTicks) (bool, error) {
	rewound := false
	err := s.inTx(ctx, func(tx *txn) error {
		res, err := tx.ExecContext(ctx, `UPDATE job_state SET horizon = $1 WHERE job = $2 AND horizon = $3`, micros(to), job, micros(from))
		if err != nil {
			return storeError("set the horizon back", err)
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		rewound = true
		if _, err := tx.ExecContext(ctx, `DELETE FROM run WHERE job = $1 AND state = 'missed' AND first_tick > $2`, job, micros(to)); err != nil {
			return storeError("take missed ticks off", err)
		}
		split, err := scanRuns(tx.QueryContext(ctx, `SELECT `+runColumns+` FROM run WHERE job = $1 AND state = 'missed' AND tick > $2`, job, micros(to)))
		if err != nil {
			return err
		}
		for _, r := range split {
			kept := count(r.FirstTick.Add(-time.Microsecond), to)
			r.Tick, r.Ticks = kept.Last, kept.Count
			if err := updateRun(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	return rewound, err
}

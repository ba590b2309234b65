package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestReservedPointsAreFreed: it is looked for them all the time, also after a failure.
func TestReservedPointsAreFreed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var looks atomic.Int64
		w.poll = time.Second
		w.free = func(context.Context) error {
			if looks.Add(1) == 1 {
				return errors.New("the store is busy")
			}
			return nil
		}
		w.serve("one")
		w.sleep(10*time.Minute + time.Second)
		if n := looks.Load(); n < 20 {
			t.Errorf("looked %d times in ten minutes", n)
		}
		if !strings.Contains(w.log.String(), "free reserved points") {
			t.Error("the log does not tell of the failure")
		}
	})
}

// TestEntriesAreSealedBetweenRuns: what a large run has left is sealed while it serves,
// more at a time than at the end of a run.
func TestEntriesAreSealedBetweenRuns(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var sealed atomic.Int64
		w.poll = time.Second
		w.after.Seal = func(_ context.Context, limit int) (int, error) {
			if sealed.Add(int64(limit)) == int64(limit) {
				return 0, errors.New("the store is busy")
			}
			return limit, nil
		}
		w.serve("one")
		w.sleep(10*time.Minute + time.Second)
		if n := sealed.Load(); n < 20*20 {
			t.Errorf("%d blocks in ten minutes", n)
		}
		if !strings.Contains(w.log.String(), "could not be sealed") {
			t.Error("the log does not tell of the failure")
		}
	})
}

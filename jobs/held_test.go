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

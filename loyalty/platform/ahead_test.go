package platform_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// recorder is an outbox that asks before it records.
type recorder struct {
	*outbox
	before func(p wire.Progress) error
}

func (r recorder) RecordDeliveries(ctx context.Context, q wire.Queue, p wire.Progress) error {
	if err := r.before(p); err != nil {
		return err
	}
	return r.outbox.RecordDeliveries(ctx, q, p)
}

// TestRecordedWhileTheNextIsOnItsWay would hang if a batch were sent only after the
// one before was recorded.
func TestRecordedWhileTheNextIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := make(chan struct{})
		p := newReceiver()
		p.fault = func(n int, _ http.ResponseWriter, _ *http.Request, _ []string) bool {
			if n == 2 {
				close(second)
			}
			return false
		}
		o := recorder{newOutbox(points(6)...), func(wire.Progress) error { <-second; return nil }}
		report, err := platform.NewDrainer(o).Drain(t.Context(), loyalty.Feed{}, platform.Target{Name: "hosted", Sender: client(t, p), Batch: 2})
		if err != nil || report.Delivered != 6 || o.position[wire.Points] != 6 {
			t.Errorf("%+v, %v, position %d", report, err, o.position[wire.Points])
		}
	})
}

// TestLaw1NothingIsRecordedPastAGap: when a batch cannot be recorded, the next one,
// which is on its way, is not recorded either, and no more are sent.
func TestLaw1NothingIsRecordedPastAGap(t *testing.T) {
	for _, answered := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			full := errors.New("disk full")
			p := newReceiver()
			p.fault = func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
				return n > 2 && !answered && answer(w, http.StatusUnauthorized, "")
			}
			o := recorder{newOutbox(points(10)...), func(p wire.Progress) error {
				if p.Through == 4 {
					return full
				}
				return nil
			}}
			report, err := platform.NewDrainer(o).Drain(t.Context(), loyalty.Feed{}, platform.Target{Name: "hosted", Sender: client(t, p), Batch: 2})
			if !errors.Is(err, full) || errors.Is(err, platform.ErrBlocked) == answered {
				t.Errorf("%v", err)
			}
			if report.Delivered != 2 || o.position[wire.Points] != 2 || len(p.calls) != 3 {
				t.Errorf("%+v, position %d, %d calls", report, o.position[wire.Points], len(p.calls))
			}
		})
	}
}

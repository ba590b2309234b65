package platform_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

type fault = func(n int, w http.ResponseWriter, r *http.Request, ids []string) bool

// first lets a fault happen on the first n calls only.
func first(count int, f fault) fault {
	return func(n int, w http.ResponseWriter, r *http.Request, ids []string) bool {
		return n <= count && f(n, w, r, ids)
	}
}

func status(code int, body string) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool { return answer(w, code, body) }
}

func retryLater(code int, after string) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
		w.Header().Set("Retry-After", after)
		return answer(w, code, "")
	}
}

func silence(_ int, _ http.ResponseWriter, r *http.Request, _ []string) bool {
	<-r.Context().Done()
	return true
}

// bad refuses calls that hold an item, as a whole.
func bad(code int, id string) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request, ids []string) bool {
		return slices.Contains(ids, id) && answer(w, code, `{"code":"invalid_item","message":"`+id+`"}`)
	}
}

func TestDrain(t *testing.T) {
	for _, tt := range []struct {
		name      string
		fault     fault
		delivered int
		rejected  int
		calls     int
		is        error // what the error matches
		blocked   bool
		within    time.Duration // the clock that passes, at most
		atLeast   time.Duration
	}{
		{name: "all is well", delivered: 3, calls: 1},
		{name: "a server error passes", fault: first(2, status(500, "")), delivered: 3, calls: 3, atLeast: time.Second, within: 5 * time.Second},
		{name: "a server error stays", fault: status(502, "<html>"), calls: 6, is: platform.ErrUnavailable, within: 2 * time.Minute},
		{name: "an odd status stays", fault: status(418, ""), calls: 6, is: platform.ErrUnavailable, within: 2 * time.Minute},
		{name: "no answer once", fault: first(1, silence), delivered: 3, calls: 2, atLeast: 30 * time.Second, within: 40 * time.Second},
		{name: "no answer ever", fault: silence, calls: 6, is: platform.ErrUnavailable, within: 5 * time.Minute},
		{name: "429 waits as told", fault: first(1, retryLater(429, "300")), delivered: 3, calls: 2, atLeast: 300 * time.Second, within: 301 * time.Second},
		{name: "503 waits as told", fault: first(1, retryLater(503, "7")), delivered: 3, calls: 2, atLeast: 7 * time.Second, within: 8 * time.Second},
		{name: "at most ten minutes", fault: first(1, retryLater(503, "86400")), delivered: 3, calls: 2, atLeast: 10 * time.Minute, within: 11 * time.Minute},
		{name: "a date in Retry-After", fault: first(1, retryLater(429, "Sat, 01 Jan 2000 00:02:00 GMT")), delivered: 3, calls: 2, atLeast: 2 * time.Minute, within: 3 * time.Minute},
		{name: "Retry-After is nonsense", fault: first(1, retryLater(429, "soon")), delivered: 3, calls: 2, within: 2 * time.Second},
		{name: "401", fault: status(401, ""), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "403", fault: status(403, ""), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "404", fault: status(404, ""), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "405", fault: status(405, ""), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "410", fault: status(410, ""), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "409 in progress", fault: first(2, status(409, `{"code":"in_progress"}`)), delivered: 3, calls: 3, within: 5 * time.Second},
		{name: "another 409", fault: status(409, `{"code":"identity"}`), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "409 without words", fault: status(409, `oops`), calls: 1, is: platform.ErrBlocked, blocked: true},
		{name: "garbage", fault: status(200, `{"results": [{]`), calls: 1, is: platform.ErrUnavailable},
		{name: "another page", fault: status(200, `<html>Welcome</html>`), calls: 1, is: platform.ErrUnavailable},
		{name: "a huge answer", fault: status(200, strings.Repeat(" ", 5<<20)), calls: 1, is: platform.ErrUnavailable},
		{name: "no results", fault: status(200, `{"results":[]}`), calls: 2, is: platform.ErrUnavailable},
		{name: "an unknown status is no result", fault: status(200, `{"results":[{"id":"1/main/erp/ARI/1/10/base/1","status":"fine"}]}`), calls: 2, is: platform.ErrUnavailable},
		{name: "partial results once", fault: first(1, status(200, `{"results":[{"id":"1/main/erp/ARI/2/10/base/1","status":"accepted"}]}`)), delivered: 3, calls: 2},
		{
			name: "partial results twice: what stands first is done", calls: 2, delivered: 1, is: platform.ErrUnavailable,
			fault: status(200, `{"results":[{"id":"1/main/erp/ARI/1/10/base/1","status":"accepted"},{"id":"1/main/erp/ARI/3/10/base/1","status":"accepted"}]}`),
		},
		{name: "400 for one", fault: bad(400, "1/main/erp/ARI/2/10/base/1"), delivered: 2, rejected: 1, calls: 5},
		{name: "413 for one", fault: bad(413, "1/main/erp/ARI/1/10/base/1"), delivered: 2, rejected: 1, calls: 3},
		{name: "422 for one", fault: bad(422, "1/main/erp/ARI/3/10/base/1"), delivered: 2, rejected: 1, calls: 5},
		{
			name: "rejected", delivered: 2, rejected: 1, calls: 1,
			fault: status(200, `{"results":[{"id":"1/main/erp/ARI/1/10/base/1","status":"accepted"},
				{"id":"1/main/erp/ARI/3/10/base/1","status":"duplicate"},
				{"id":"1/main/erp/ARI/2/10/base/1","status":"rejected","code":"conflict","message":"seen with other points"}]}`),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, o := newReceiver(), newOutbox(points(3)...)
				p.fault = tt.fault
				start := time.Now()
				report, err := drain(t.Context(), t, o, p)
				if !errors.Is(err, tt.is) || (err != nil && tt.is == nil) {
					t.Fatalf("error %v, want %v", err, tt.is)
				}
				if report != (platform.Report{Delivered: tt.delivered, Rejected: tt.rejected}) || len(p.calls) != tt.calls {
					t.Errorf("%+v in %d calls, want %d delivered, %d rejected in %d", report, len(p.calls), tt.delivered, tt.rejected, tt.calls)
				}
				if want := int64(tt.delivered + tt.rejected); o.position[wire.Points] != want {
					t.Errorf("position %d, want %d", o.position[wire.Points], want)
				}
				if len(o.letters) != tt.rejected || (o.blocked != "") != tt.blocked {
					t.Errorf("%d letters, blocked %q", len(o.letters), o.blocked)
				}
				if took := time.Since(start); took < tt.atLeast || took > tt.within {
					t.Errorf("took %s, want %s to %s", took, tt.atLeast, tt.within)
				}
			})
		})
	}
}

func TestOneBadItemOf500(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, o := newReceiver(), newOutbox(points(500)...)
		p.fault = bad(400, "1/main/erp/ARI/317/10/base/1")
		report, err := drain(t.Context(), t, o, p)
		if err != nil {
			t.Fatal(err)
		}
		if report.Delivered != 499 || len(o.letters) != 1 || o.letters[0].Item.Position != 317 {
			t.Fatalf("%+v, letters %v", report, o.letters)
		}
		if o.letters[0].Code != "invalid_item" {
			t.Errorf("code %q", o.letters[0].Code)
		}
		if len(p.calls) > 1+2*9 { // both halves of 2^9 at each step
			t.Errorf("%d calls", len(p.calls))
		}
		for i := range 500 {
			if id := points(500)[i].ID; p.has[id] != 1 && i != 316 {
				t.Fatalf("%s arrived %d times", id, p.has[id])
			}
		}
	})
}

func TestRedirectIsNotFollowed(t *testing.T) {
	p, o := newReceiver(), newOutbox(points(1)...)
	p.fault = func(_ int, w http.ResponseWriter, r *http.Request, _ []string) bool {
		http.Redirect(w, r, "https://evil.example.com/", http.StatusTemporaryRedirect)
		return true
	}
	if _, err := drain(t.Context(), t, o, p); !errors.Is(err, platform.ErrBlocked) || len(p.calls) != 1 {
		t.Fatalf("%v after %d calls", err, len(p.calls))
	}
}

// TestLaw10APushMayBeRepeated loses answers at random: every item arrives, none
// counts twice, and a repeated call is the same call.
func TestLaw10APushMayBeRepeated(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			n := rapid.IntRange(1, 40).Draw(rt, "items")
			lost := rapid.SliceOfN(rapid.IntRange(0, 2), 200, 200).Draw(rt, "what goes wrong")
			p, o := newReceiver(), newOutbox(points(n)...)
			p.fault = func(call int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
				return call < len(lost) && lost[call] == 1 && answer(w, 503, "")
			}
			p.lose = func(call int) bool { return call < len(lost) && lost[call] == 2 }
			for {
				_, err := drain(t.Context(), t, o, p)
				if err == nil {
					break
				}
				if !errors.Is(err, platform.ErrUnavailable) {
					rt.Fatal(err)
				}
			}
			keys := make(map[string]string)
			for _, c := range p.calls {
				ids := strings.Join(c.ids, " ")
				if known, ok := keys[ids]; ok && known != c.key || c.key == "" {
					rt.Fatalf("another key for the same items")
				}
				keys[ids] = c.key
			}
			if len(p.has) != n || o.position[wire.Points] != int64(n) || len(o.letters) != 0 {
				rt.Fatalf("%d of %d arrived, position %d", len(p.has), n, o.position[wire.Points])
			}
		})
	})
}

func TestLaw10RequeueKeepsIDAndKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, o := newReceiver(), newOutbox(points(4)...)
		p.fault = bad(400, points(4)[1].ID)
		if _, err := drain(t.Context(), t, o, p); err != nil || len(o.letters) != 1 {
			t.Fatal(err, o.letters)
		}
		i := slices.IndexFunc(p.calls, func(c call) bool { return len(c.ids) == 1 && c.ids[0] == points(4)[1].ID })
		before := p.calls[i].key

		for _, still := range []bool{true, false} {
			o.requeued = []wire.Outgoing{o.letters[0].Item}
			if !still {
				p.fault = nil
			}
			p.calls = nil
			report, err := drain(t.Context(), t, o, p)
			if err != nil || len(p.calls) != 1 || p.calls[0].key != before {
				t.Fatalf("%v, calls %v", err, p.calls)
			}
			if (report.Rejected == 1) != still || (len(o.letters) == 1) != still || o.position[wire.Points] != 4 {
				t.Errorf("%+v, letters %v, position %d", report, o.letters, o.position[wire.Points])
			}
		}
	})
}

func TestLaw11ErrorsHoldNoSecretsAndNoPeople(t *testing.T) {
	person := wire.Outgoing{ID: "K1", Version: 3, Position: 3, Ref: 1, Body: wire.Contractor{
		ID: "K1", Version: 3, Name: "Jan Kowalski", Phone: "600700800", Email: "jan@example.com", TaxID: "5260001246", Card: "9900112233",
	}}
	secrets := []string{token, signingKey, "Kowalski", "600700800", "jan@example.com", "5260001246", "9900112233", "points.example.com"}
	echo := `{"code":"Jan Kowalski","message":"Jan Kowalski, 600700800, jan@example.com, 5260001246, 9900112233 \u001b[31m` + strings.Repeat("x", 5000) + `"}`
	for name, f := range map[string]fault{
		"bad": status(400, echo), "blocked": status(401, echo), "conflict": status(409, echo), "server": status(500, echo), "garbage": status(200, echo),
		"rejected": status(200, `{"results":[{"id":"K1","status":"rejected","code":"600700800","message":"Jan Kowalski 600700800 jan@example.com 5260001246 9900112233"}]}`),
		"silence":  silence,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, o := newReceiver(), newOutbox(person)
				p.fault = f
				_, err := drain(t.Context(), t, o, p)
				said := o.blocked
				if err != nil {
					said += err.Error()
				}
				if e, ok := errors.AsType[*loyalty.Error](err); ok {
					said += e.Hint
				}
				for _, l := range o.letters {
					said += l.Code + " " + l.Message
					if len([]rune(l.Message)) > 200 || strings.ContainsRune(l.Message, '\u001b') {
						t.Errorf("message not cleaned: %q", l.Message)
					}
				}
				for _, s := range secrets {
					if strings.Contains(said, s) {
						t.Errorf("%q is told in %q", s, said)
					}
				}
			})
		})
	}
}

func TestDrainOrder(t *testing.T) {
	items := slices.Concat(
		[]wire.Outgoing{{ID: "K1", Version: 2, Position: 2, Body: wire.Account{Contractor: "K1", Version: 2}}},
		points(5),
		[]wire.Outgoing{{ID: "R1", Version: 1, Position: 1, Body: wire.Representative{ID: "R1"}}},
		[]wire.Outgoing{{ID: "K1", Version: 1, Position: 1, Body: wire.Contractor{ID: "K1"}}},
	)
	kinds := func(p *receiver) (out []string) {
		for _, c := range p.calls {
			out = append(out, c.kind)
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		target platform.Target
		want   []string
	}{
		{"a mirror", platform.Target{Batch: 2}, []string{"contractors", "representatives", "points", "points", "points", "accounts"}},
		{"the home", platform.Target{Home: true}, []string{"contractors", "representatives", "points"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, o := newReceiver(), newOutbox(items...)
			tt.target.Name, tt.target.Sender = "hosted", client(t, p)
			if _, err := platform.NewDrainer(o).Drain(t.Context(), loyalty.Feed{}, tt.target); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(kinds(p), tt.want) {
				t.Errorf("%v, want %v", kinds(p), tt.want)
			}
		})
	}
	t.Run("the embedded panel", func(t *testing.T) {
		o := newOutbox(items...)
		report, err := platform.NewDrainer(o).Drain(t.Context(), loyalty.Feed{}, platform.Target{Name: "panel"})
		if err != nil || report.Delivered != 7 || o.acked != 7 {
			t.Errorf("%+v, %v", report, err)
		}
	})
	t.Run("a batch out of range", func(t *testing.T) {
		_, err := platform.NewDrainer(newOutbox()).Drain(t.Context(), loyalty.Feed{}, platform.Target{Batch: 501})
		if loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("%v", err)
		}
	})
}

// TestSharedPositions: accounts of one page share a position, more of them than
// a call carries; stopping in their middle must lose none.
func TestSharedPositions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := points(7)
		for i := range items {
			items[i].Position = []int64{1, 2, 2, 2, 2, 2, 3}[i]
		}
		p, o := newReceiver(), newOutbox(items...)
		p.fault = func(n int, w http.ResponseWriter, _ *http.Request, _ []string) bool {
			return n >= 3 && n <= 8 && answer(w, 500, "")
		}
		target := platform.Target{Name: "hosted", Sender: client(t, p), Batch: 2}
		_, err := platform.NewDrainer(o).Drain(t.Context(), loyalty.Feed{}, target)
		if !errors.Is(err, platform.ErrUnavailable) || o.position[wire.Points] != 1 {
			t.Fatalf("%v, position %d", err, o.position[wire.Points])
		}
		if _, err := platform.NewDrainer(o).Drain(t.Context(), loyalty.Feed{}, target); err != nil || len(p.has) != 7 {
			t.Fatalf("%v, %d arrived", err, len(p.has))
		}
	})
}

func TestStoppedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, o := newReceiver(), newOutbox(points(4)...)
		p.fault = func(n int, w http.ResponseWriter, _ *http.Request, ids []string) bool {
			return n > 1 && answer(w, 503, "")
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/4, cancel)
		target := platform.Target{Name: "hosted", Sender: client(t, p), Batch: 2}
		_, err := platform.NewDrainer(o).Drain(ctx, loyalty.Feed{}, target)
		if !errors.Is(err, context.Canceled) || o.position[wire.Points] != 2 || len(o.letters) != 0 {
			t.Errorf("%v, position %d, letters %v", err, o.position[wire.Points], o.letters)
		}
	})
}

//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tillsWorld is a world where K010 has so many points, and tills may spend them.
func tillsWorld(t *testing.T, points int) world {
	t.Helper()
	w := newWorld(t)
	w.edited("    rules_from:", `    redemption: {point_worth: "0.50", hold: 1h}`+"\n    rules_from:")
	w.edited("sources:", "http: {addr: \"127.0.0.1:0\", accept: [{name: till, program: main, may: [redeem], token: tok-till-77}]}\nsources:")
	w.must("run", "points")
	w.must("adjustments", "give", "K010", strconv.Itoa(points-43), "--reason", "so that there are many")
	return w
}

// serve starts a service on an address, "" a free one.
func (w world) serve(addr string) (*child, string) {
	w.t.Helper()
	if addr == "" {
		var lc net.ListenConfig
		l, err := lc.Listen(w.t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			w.t.Fatal(err)
		}
		addr = l.Addr().String()
		_ = l.Close()
	}
	yaml := read(w.t, w.path("loyalsync.yaml"))
	w.edited("127.0.0.1:0", addr)
	c := w.start(0, "serve")
	w.t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.ended })
	for {
		var d net.Dialer
		if conn, err := d.DialContext(w.t.Context(), "tcp", addr); err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-c.ended:
			w.t.Fatalf("it does not serve:\n%s", c.err.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	w.write("loyalsync.yaml", yaml)
	return c, addr
}

// answerOf is what a till is told.
type answerOf struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Code  string `json:"code"`
}

// ask sends a call, again and again with the same body until somebody answers.
func ask(ctx context.Context, addr, path string, body map[string]any) (out answerOf, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return out, err
	}
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/api/v1/pos/"+path, bytes.NewReader(text))
		if err != nil {
			return out, err
		}
		r.Header.Set("Authorization", "Bearer tok-till-77")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode >= http.StatusInternalServerError {
			continue // it was killed in the middle of its answer, or has to wait for a lock
		}
		return out, json.Unmarshal(text, &out)
	}
	return out, ctx.Err()
}

// bills are what a till does by turns, and how many points are spent in the end.
var bills = []struct {
	points, spent int
	atOnce        bool
	then          string
	body          map[string]any
	state         string
}{
	{3, 3, true, "", nil, "posted"},
	{4, 4, false, "post", nil, "posted"},
	{5, 2, false, "post", map[string]any{"points": "2"}, "posted"},
	{6, 0, true, "undo", nil, "undone"},
	{7, 0, false, "void", nil, "voided"},
}

// bill does the nth bill of a till, and returns how many points it has spent.
func bill(ctx context.Context, addr string, till, n int) (int, error) {
	b := bills[n%len(bills)]
	got, err := ask(ctx, addr, "redemptions", map[string]any{
		"program": "main", "contractor": "K010", "key": fmt.Sprintf("%d-%d", till, n), "points": strconv.Itoa(b.points), "post": b.atOnce,
	})
	if err == nil && b.then != "" && got.ID != "" {
		got, err = ask(ctx, addr, "redemptions/"+got.ID+"/"+b.then, b.body)
	}
	if err == nil && got.State != b.state {
		err = fmt.Errorf("bill %d of till %d is %+v, want %s", n, till, got, b.state)
	}
	return b.spent, err
}

// TestLaw1_KilledTills kills a service again and again while many tills spend, post, void
// and undo on one account, and say everything again that was not answered: every bill was
// paid once, and what was answered is so.
func TestLaw1_KilledTills(t *testing.T) {
	const tills, kills, points = 8, 5, 100_000
	w := tillsWorld(t, points)
	c, addr := w.serve("")
	var done atomic.Bool
	var all sync.WaitGroup
	var spent, made atomic.Int64
	for till := range tills {
		all.Go(func() {
			for n := 0; !done.Load() && t.Context().Err() == nil; n++ {
				points, err := bill(t.Context(), addr, till, n)
				if err != nil {
					t.Error(err)
					return
				}
				spent.Add(int64(points))
				made.Add(1)
			}
		})
	}
	random, writing := rand.New(rand.NewPCG(3, 7)), w.writer()
	for range kills {
		for enough := made.Load() + int64(tills+random.IntN(tills)); (made.Load() < enough || !writing()) && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		c.signal(t, syscall.SIGKILL)
		if code := c.wait(); code != -1 {
			t.Fatalf("exit %d\n%s", code, c.err.String())
		}
		c, _ = w.serve(addr)
	}
	done.Store(true)
	all.Wait()
	w.proven("after the kills")
	want := []string{fmt.Sprintf("%d|0|%d", points-spent.Load(), spent.Load())}
	if diff := cmp.Diff(want, w.query(`SELECT a.active, a.held, a.spent FROM account a JOIN contractor c ON c.id = a.id WHERE c.code = 'K010'`)); diff != "" {
		t.Errorf("the account (-told +stored):\n%s", diff)
	}
	one := fmt.Sprintf("%d|%[1]d", made.Load())
	if got := w.query(`SELECT count(*), count(DISTINCT client_key) FROM operation WHERE kind = 1`); !cmp.Equal(got, []string{one}) {
		t.Errorf("redemptions and their keys: %v, want %s", got, one)
	}
}

// TestLaw1_ManyProcessesRedeem lets 64 tills of four services spend the points of one
// account until there are none: not one more is spent than there were, and none is lost.
func TestLaw1_ManyProcessesRedeem(t *testing.T) {
	const services, tills, points = 4, 64, 400
	w := tillsWorld(t, points)
	var addrs [services]string
	for i := range addrs {
		_, addrs[i] = w.serve("")
	}
	var all sync.WaitGroup
	var spent, refused atomic.Int64
	for till := range tills {
		all.Go(func() {
			for n := range 3 { // of 3, 4 and 5 points: twice what there is
				got, err := ask(t.Context(), addrs[till%services], "redemptions", map[string]any{
					"program": "main", "contractor": "K010", "key": fmt.Sprintf("%d-%d", till, n), "points": strconv.Itoa(3 + n), "post": true,
				})
				switch {
				case err == nil && got.State == "posted":
					spent.Add(int64(3 + n))
				case err == nil && got.Code == "insufficient":
					refused.Add(1)
				default:
					t.Errorf("till %d: %+v, %v", till, got, err)
				}
			}
		})
	}
	all.Wait()
	w.proven("afterwards")
	want := []string{fmt.Sprintf("%d|0|%d", points-spent.Load(), spent.Load())}
	if diff := cmp.Diff(want, w.query(`SELECT a.active, a.held, a.spent FROM account a JOIN contractor c ON c.id = a.id WHERE c.code = 'K010'`)); diff != "" {
		t.Errorf("the account (-told +stored):\n%s", diff)
	}
	if left := points - spent.Load(); left < 0 || left >= 5 || refused.Load() == 0 {
		t.Errorf("%d points are left, %d tills were refused", left, refused.Load())
	}
}

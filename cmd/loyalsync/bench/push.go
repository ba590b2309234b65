package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "embed"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

//go:embed push.yaml
var pushConfiguration string

// pushedDocuments of the sample ERP give three times as many entries; a small bench
// takes fewer.
const pushedDocuments = 10_000

// push measures entries on their way: out of a store, through the client of
// platforms, to a receiver that decodes them; against the same bodies in the same
// batches, encoded and posted in a bare loop.
func (b *bench) push(ctx context.Context) (err error) {
	r, err := startReceiver(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	b.cfg.Say("pushing the points of the sample ERP to a receiver on this machine")
	path, err := b.configure("push", fmt.Sprintf(pushConfiguration, strings.ReplaceAll("    "+sample.YAML(), "\n", "\n    "), r.address))
	if err != nil {
		return err
	}
	err = sample.Create(ctx, filepath.Join(filepath.Dir(path), "erp.db"), sample.Config{Rows: min(pushedDocuments, b.cfg.Rows), Now: time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	if _, err := b.cfg.Run(ctx, path, "points"); err != nil {
		return err
	}
	if _, err := b.cfg.Run(ctx, path, "push"); err != nil {
		return err
	}
	bodies, entries, took := r.taken()
	if entries == 0 {
		return fmt.Errorf("nothing was pushed: %w", ErrWrong)
	}
	var bare time.Duration
	for range compared {
		r.forget()
		if err := post(ctx, r.address, bodies); err != nil {
			return err
		}
		_, again, t := r.taken()
		if again != entries {
			return fmt.Errorf("%d entries came again of %d: %w", again, entries, ErrWrong)
		}
		bare = best(bare, t)
	}
	speed := func(d time.Duration) float64 { return float64(entries) / d.Seconds() }
	b.report.set(Pushed, bare.Seconds()/took.Seconds(), "%.0f against %.0f entries/s, %d entries", speed(took), speed(bare), entries)
	return nil
}

// post sends requests one after the other with nothing but encoding/json and
// net/http.
func post(ctx context.Context, address string, requests []wire.Request[wire.Movement]) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, request := range requests {
		body, err := json.Marshal(request)
		if err != nil {
			return fmt.Errorf("encode points: %w", err)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/v1/sync/"+string(wire.Points), bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("prepare a call: %w", err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("post points: %w", err)
		}
		var answer wire.Response
		err = json.NewDecoder(resp.Body).Decode(&answer)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
	}
	return nil
}

// receiver is a platform that decodes what it is sent, takes everything, and
// remembers the points.
type receiver struct {
	address string
	server  *http.Server

	mu          sync.Mutex
	requests    []wire.Request[wire.Movement]
	entries     int
	first, last time.Time
}

// startReceiver listens on a free port of this machine.
func startReceiver(ctx context.Context) (*receiver, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for pushes: %w", err)
	}
	r := &receiver{address: "http://" + listener.Addr().String()}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(listener) }() // ends with close
	return r, nil
}

func (r *receiver) close() error {
	if err := r.server.Close(); err != nil {
		return fmt.Errorf("close the receiver: %w", err)
	}
	return nil
}

// ServeHTTP answers one call.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	start := time.Now()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the caller is gone
	}
	var ids []string
	if strings.HasSuffix(req.URL.Path, "/"+string(wire.Points)) {
		ids, err = r.points(body, start)
	} else {
		ids, err = others(body)
	}
	if err != nil {
		http.Error(w, `{"code":"bad_json"}`, http.StatusBadRequest)
		return
	}
	answer := wire.Response{Results: make([]wire.Result, len(ids))}
	for i, id := range ids {
		answer.Results[i] = wire.Result{ID: id, Status: wire.Accepted}
	}
	_ = json.NewEncoder(w).Encode(answer) // the caller asks again
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = time.Now()
}

// points decodes and remembers a call of points.
func (r *receiver) points(body []byte, start time.Time) ([]string, error) {
	var request wire.Request[wire.Movement]
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	ids := make([]string, len(request.Items))
	for i := range request.Items {
		ids[i] = request.Items[i].ID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first.IsZero() {
		r.first = start
	}
	r.requests = append(r.requests, request)
	r.entries += len(ids)
	return ids, nil
}

// others are the items of a call of people or balances.
func others(body []byte) ([]string, error) {
	var request wire.Request[struct {
		ID string `json:"id"`
	}]
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	ids := make([]string, len(request.Items))
	for i, it := range request.Items {
		ids[i] = it.ID
	}
	return ids, nil
}

// taken are the calls of points that came, and how long they took from the first
// byte to the last answer.
func (r *receiver) taken() ([]wire.Request[wire.Movement], int, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests, r.entries, r.last.Sub(r.first)
}

// forget makes room for the next measurement.
func (r *receiver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.entries, r.first, r.last = nil, 0, time.Time{}, time.Time{}
}

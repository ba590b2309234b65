package platform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token      = "tok-3f9a"
	signingKey = "key-77c1"
)

// call is one attempt as the receiver saw it.
type call struct {
	kind string
	key  string
	ids  []string
	at   time.Time
}

// receiver is a platform in memory. It takes every item once. Its fault, when
// set, may answer a call in its place; it returns false to let it through.
type receiver struct {
	calls []call
	has   map[string]int
	fault func(n int, w http.ResponseWriter, r *http.Request, ids []string) bool
	// lose is called after the items were taken: true loses the answer.
	lose func(n int) bool
}

func newReceiver() *receiver { return &receiver{has: make(map[string]int)} }

// RoundTrip makes the receiver a transport, so that tests need no network and
// run on synctest's clock.
func (p *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	if err := p.serve(rec, req, body); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func (p *receiver) serve(w http.ResponseWriter, r *http.Request, body []byte) error {
	var request wire.Request[struct {
		ID         string `json:"id"`
		Contractor string `json:"contractor"`
	}]
	if err := json.Unmarshal(body, &request); err != nil {
		return err
	}
	c := call{kind: r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], key: r.Header.Get("Idempotency-Key"), at: time.Now()}
	for _, it := range request.Items {
		id := it.ID
		if id == "" {
			id = it.Contractor
		}
		c.ids = append(c.ids, id)
	}
	p.calls = append(p.calls, c)
	n := len(p.calls)
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	if wire.Verify(signingKey, r.Header.Get(wire.SignatureHeader), body, time.Now()) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return nil //nolint:nilerr // the 401 is the answer
	}
	if p.fault != nil && p.fault(n, w, r, c.ids) {
		return r.Context().Err()
	}
	var answer wire.Response
	for _, id := range slices.Backward(c.ids) { // any order will do
		status := wire.Accepted
		if p.has[id] > 0 {
			status = wire.Duplicate
		}
		p.has[id]++
		answer.Results = append(answer.Results, wire.Result{ID: id, Status: status})
	}
	if p.lose != nil && p.lose(n) {
		return io.ErrUnexpectedEOF
	}
	return json.NewEncoder(w).Encode(answer)
}

// outbox is the store's part in memory.
type outbox struct {
	mu       sync.Mutex // a batch is read while another is recorded
	items    map[wire.Kind][]wire.Outgoing
	position map[wire.Kind]int64
	letters  []wire.Letter
	requeued []wire.Outgoing
	blocked  string
	acked    int
}

func newOutbox(items ...wire.Outgoing) *outbox {
	o := &outbox{items: make(map[wire.Kind][]wire.Outgoing), position: make(map[wire.Kind]int64)}
	for _, it := range items {
		kind := wire.Points
		switch it.Body.(type) {
		case wire.Contractor:
			kind = wire.Contractors
		case wire.Representative:
			kind = wire.Representatives
		case wire.Account:
			kind = wire.Accounts
		}
		o.items[kind] = append(o.items[kind], it)
	}
	return o
}

func (o *outbox) NextDeliveries(_ context.Context, q wire.Queue, after int64, limit int) (wire.Batch, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if after == 0 {
		after = o.position[q.Kind]
	}
	var b wire.Batch
	for _, it := range o.items[q.Kind] {
		if it.Position > after && (len(b.Items) < limit || it.Position == b.Through) {
			b.Items, b.Through = append(b.Items, it), it.Position
		}
	}
	return b, nil
}

func (o *outbox) RequeuedDeliveries(_ context.Context, q wire.Queue, _ int) ([]wire.Outgoing, error) {
	if q.Kind != wire.Points {
		return nil, nil
	}
	return slices.Clone(o.requeued), nil
}

func (o *outbox) RecordDeliveries(_ context.Context, q wire.Queue, p wire.Progress) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.position[q.Kind] = max(o.position[q.Kind], p.Through)
	settled := func(id string) {
		o.requeued = slices.DeleteFunc(o.requeued, func(it wire.Outgoing) bool { return it.ID == id })
		o.letters = slices.DeleteFunc(o.letters, func(l wire.Letter) bool { return l.Item.ID == id })
	}
	for _, it := range p.Delivered {
		settled(it.ID)
	}
	for _, l := range p.Dead {
		settled(l.Item.ID)
		o.letters = append(o.letters, l)
	}
	o.blocked = ""
	return nil
}

func (o *outbox) AcknowledgeDeliveries(_ context.Context, q wire.Queue) (int, error) {
	n := len(o.items[q.Kind])
	o.acked += n
	return n, nil
}

func (o *outbox) BlockPlatform(_ context.Context, _, reason string) error {
	o.blocked = reason
	return nil
}

// points makes n movements, entries 1 to n.
func points(n int) []wire.Outgoing {
	items := make([]wire.Outgoing, n)
	for i := range items {
		id := "1/main/erp/ARI/" + strconv.Itoa(i+1) + "/10/base/1"
		items[i] = wire.Outgoing{
			ID: id, Position: int64(i + 1), Ref: int64(i + 1), Account: 7,
			Body: wire.Movement{ID: id, Contractor: "K1", Kind: "earn", State: wire.StateActive, Points: "5"},
		}
	}
	return items
}

func client(t testing.TB, transport http.RoundTripper) *platform.Client {
	t.Helper()
	c, err := platform.NewClient(platform.Config{
		Name: "hosted", URL: "https://points.example.com/api", Token: token, SigningKey: signingKey,
		Now: time.Now, Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func drain(ctx context.Context, t *testing.T, o *outbox, transport http.RoundTripper) (platform.Report, error) {
	t.Helper()
	return platform.NewDrainer(o).Drain(ctx, loyalty.Feed{ID: 1, ProgramName: "main", SourceName: "erp"},
		platform.Target{Name: "hosted", Sender: client(t, transport)})
}

// answer writes a status and a body.
func answer(w http.ResponseWriter, status int, body string) bool {
	w.WriteHeader(status)
	_, _ = io.Copy(w, bytes.NewBufferString(body))
	return true
}

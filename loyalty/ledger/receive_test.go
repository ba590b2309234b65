package ledger_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // the driver, to look at what was written
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// home is a store that receives, and a look into it.
type home struct {
	store    *store.Store
	db       *sql.DB
	receiver *ledger.Receiver
	feeds    int
}

func newHome(t *testing.T) *home {
	t.Helper()
	path := filepath.Join(t.TempDir(), "home.db")
	s, err := store.Open(t.Context(), store.Config{Path: path, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.Close(), s.Close() })
	return &home{store: s, db: db, receiver: &ledger.Receiver{Store: s, Inbox: s, Now: time.Now}}
}

// feed opens a program of its own.
func (h *home) feed(t *testing.T) loyalty.Feed {
	t.Helper()
	h.feeds++
	f, err := h.store.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "p" + strconv.Itoa(h.feeds), SourceName: "erp", Currency: "PLN", Decimals: 1})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (h *home) receive(t *testing.T, f loyalty.Feed, items ...wire.Movement) string {
	t.Helper()
	results, err := h.receiver.ReceivePoints(t.Context(), f, items)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range results {
		said = append(said, strings.TrimSpace(string(r.Status)+" "+r.Code))
	}
	return strings.Join(said, ", ")
}

// balances are a feed's accounts as text, and what of their lots does not add up.
func (h *home) balances(t *testing.T, f loyalty.Feed) (out []string) {
	t.Helper()
	rows, err := h.db.QueryContext(t.Context(), `SELECT c.erp_key, a.pending, a.active, a.debt, a.scored,
			(SELECT coalesce(sum(l.pending), 0) FROM lot l WHERE l.account_id = a.id), (SELECT coalesce(sum(l.active), 0) FROM lot l WHERE l.account_id = a.id)
		FROM account a JOIN contractor c ON c.id = a.id WHERE c.feed_id = $1 ORDER BY c.erp_key`, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells of what went wrong
	for rows.Next() {
		var key string
		var pending, active, debt, scored, lotPending, lotActive int64
		if err := rows.Scan(&key, &pending, &active, &debt, &scored, &lotPending, &lotActive); err != nil {
			t.Fatal(err)
		}
		if pending != lotPending || active != lotActive || active > 0 && debt > 0 {
			t.Errorf("%s: pending %d active %d debt %d, lots %d and %d", key, pending, active, debt, lotPending, lotActive)
		}
		out = append(out, fmt.Sprintf("%s: pending %d, active %d, debt %d, scored %d", key, pending, active, debt, scored))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// sender makes movements as a ledger beside an ERP would.
type sender struct {
	items     []wire.Movement
	revisions map[string]int
	earned    map[string]string
	pending   map[string]int
}

func newSender() *sender {
	return &sender{revisions: make(map[string]int), earned: make(map[string]string), pending: make(map[string]int)}
}

func (s *sender) add(contractor, document, line, kind, state string, points int) wire.Movement {
	at := document + "/" + line
	s.revisions[at]++
	n, _ := strconv.ParseInt(line, 10, 64)
	day := loyalty.NewDate(2026, 1, 10)
	m := wire.Movement{
		ID: wire.PointsID(wire.EntryKey{
			Epoch: 1, Program: "p", Source: "erp", Document: loyalty.Key{Type: "FS", ID: document}, Line: n, Rule: "base", Revision: s.revisions[at],
		}),
		Contractor: contractor, Kind: kind, State: state, Points: loyalty.Points(points).Format(1),
		Document: wire.Document{ID: "FS/" + document, Number: "FS/" + document + "/2026", Date: day},
		Item:     wire.Item{Code: "WINE", Name: "Wino", Quantity: "1", Net: "10", Gross: "12.30", Currency: "PLN"},
		Rule:     "base", EffectiveOn: day, LapsesOn: day.AddMonths(12),
	}
	if kind == "earn" {
		s.earned[at+contractor] = m.ID
	} else {
		m.Of = s.earned[at+contractor]
	}
	s.items = append(s.items, m)
	return m
}

// drawHistory makes a history that a ledger could have posted: nothing takes
// more pending points than there are, active points may go below nothing.
func drawHistory(rt *rapid.T) []wire.Movement {
	s := newSender()
	for range rapid.IntRange(1, 15).Draw(rt, "movements") {
		document := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "document")
		contractor := map[string]string{"1": "K1", "2": "K2", "3": "K1"}[document]
		line := rapid.SampledFrom([]string{"10", "-20"}).Draw(rt, "line")
		at := document + line + contractor
		points := rapid.IntRange(1, 9).Draw(rt, "points")
		switch action := rapid.IntRange(0, 4).Draw(rt, "action"); {
		case action == 0:
			s.pending[at] += points
			s.add(contractor, document, line, "earn", "pending", points)
		case action == 1 && s.pending[at] >= points:
			s.pending[at] -= points
			s.add(contractor, document, line, "activate", "active", points)
		case action == 2 && s.pending[at] >= points:
			s.pending[at] -= points
			s.add(contractor, document, line, "reverse", "pending", points)
		case action == 3:
			s.add(contractor, document, line, "reverse", "active", points)
		default:
			s.add(contractor, document, line, "earn", "active", points)
		}
	}
	return s.items
}

// TestReceivingInAnyOrder: however movements are shuffled, repeated and cut into
// calls, the balances are those of the order in which they were posted.
func TestReceivingInAnyOrder(t *testing.T) {
	h := newHome(t)
	rapid.Check(t, func(rt *rapid.T) {
		items := drawHistory(rt)
		straight, mixed := h.feed(t), h.feed(t)
		h.receive(t, straight, items...)
		shuffled := rapid.Permutation(slices.Concat(items, items[:len(items)/2])).Draw(rt, "order")
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(rt, "call")
			h.receive(t, mixed, shuffled[:n]...)
			shuffled = shuffled[n:]
		}
		if diff := cmp.Diff(h.balances(t, straight), h.balances(t, mixed)); diff != "" {
			rt.Fatal(diff)
		}
		var waiting int
		if err := h.db.QueryRowContext(t.Context(), `SELECT count(*) FROM received_item WHERE entry_id = 0`).Scan(&waiting); err != nil || waiting > 0 {
			rt.Fatalf("%d items wait for ever, %v", waiting, err)
		}
	})
}

func TestReceivePoints(t *testing.T) {
	s := newSender()
	earn := s.add("K1", "1", "10", "earn", "pending", 50)
	activate := s.add("K1", "1", "10", "activate", "active", 50)
	back := s.add("K1", "1", "10", "reverse", "active", 20)
	with := func(m wire.Movement, change func(*wire.Movement)) wire.Movement { change(&m); return m }
	renamed := with(earn, func(m *wire.Movement) { m.Document.Number, m.Item.Name, m.Document.Buffered = "other", "other", true })
	more := with(earn, func(m *wire.Movement) { m.Points = "5.1" })

	for _, tt := range []struct {
		name  string
		calls [][]wire.Movement
		said  []string
		want  string
	}{
		{"earned and activated", [][]wire.Movement{{earn, activate}}, []string{"accepted, accepted"}, "K1: pending 0, active 50, debt 0, scored 1"},
		{"only pending", [][]wire.Movement{{earn}}, []string{"accepted"}, "K1: pending 50, active 0, debt 0, scored 0"},
		{"the activate first", [][]wire.Movement{{activate}, {earn}}, []string{"accepted", "accepted"}, "K1: pending 0, active 50, debt 0, scored 1"},
		{"all the wrong way round", [][]wire.Movement{{back}, {activate}, {earn}}, []string{"accepted", "accepted", "accepted"}, "K1: pending 0, active 30, debt 0, scored 1"},
		{"twice", [][]wire.Movement{{earn}, {earn, earn}}, []string{"accepted", "duplicate, duplicate"}, "K1: pending 50, active 0, debt 0, scored 0"},
		{"twice while it waits", [][]wire.Movement{{activate}, {activate}, {earn}}, []string{"accepted", "duplicate", "accepted"}, "K1: pending 0, active 50, debt 0, scored 1"},
		{"the words changed meanwhile", [][]wire.Movement{{earn}, {renamed}}, []string{"accepted", "duplicate"}, "K1: pending 50, active 0, debt 0, scored 0"},
		{"the points changed", [][]wire.Movement{{earn}, {more}}, []string{"accepted", "rejected conflict"}, "K1: pending 50, active 0, debt 0, scored 0"},
		{"one of two is malformed", [][]wire.Movement{{with(earn, func(m *wire.Movement) { m.ID, m.Points = "x", "1e3" }), earn}}, []string{"rejected invalid, accepted"}, "K1: pending 50, active 0, debt 0, scored 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHome(t)
			f := h.feed(t)
			for i, call := range tt.calls {
				if said := h.receive(t, f, call...); said != tt.said[i] {
					t.Errorf("call %d: %s, want %s", i, said, tt.said[i])
				}
			}
			if got := h.balances(t, f); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

// TestACorrectionTakesFromItsOriginal, not from the lot that lapses first.
func TestACorrectionTakesFromItsOriginal(t *testing.T) {
	h := newHome(t)
	f := h.feed(t)
	s := newSender()
	first := s.add("K1", "1", "10", "earn", "active", 50)
	second := s.add("K1", "2", "10", "earn", "active", 50)
	second.LapsesOn = second.LapsesOn.AddMonths(12)
	correction := s.add("K1", "3", "10", "reverse", "active", 20)
	correction.Document.Corrects = second.Document.ID
	h.receive(t, f, first, second, correction)
	var left int
	err := h.db.QueryRowContext(t.Context(), `SELECT l.active FROM lot l JOIN document d ON d.id = l.document_id WHERE d.erp_key = '2'`).Scan(&left)
	if err != nil || left != 30 {
		t.Errorf("%d left, %v", left, err)
	}
}

func TestReceivedDocumentsCanBeRead(t *testing.T) {
	h := newHome(t)
	f := h.feed(t)
	h.receive(t, f, newSender().add("K1", "1", "10", "earn", "pending", 50))
	docs, err := h.store.FindDocuments(t.Context(), loyalty.Query{Text: "FS/1/2026"})
	if err != nil || len(docs) != 1 {
		t.Fatal(docs, err)
	}
	d := docs[0]
	if d.Key != (loyalty.Key{Type: "FS", ID: "1"}) || d.State != loyalty.Buffered || d.Pending != 50 || len(d.Lines) != 1 || d.Lines[0].Code != "WINE" {
		t.Errorf("%+v", d)
	}
}

package ledger_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// home is a store that receives, and a look into it.
type home struct {
	place    storetest.Place
	store    *store.Store
	db       *sql.DB
	receiver *ledger.Receiver
	feeds    int
}

func newHome(t *testing.T) *home {
	t.Helper()
	place := storetest.Fresh(t)
	s, db := place.OpenAt(t, time.Now), place.DB(t)
	return &home{place: place, store: s, db: db, receiver: &ledger.Receiver{Store: s, Inbox: s, Now: func() time.Time { return noon }}}
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
}

func newSender() *sender {
	return &sender{revisions: make(map[string]int), earned: make(map[string]string)}
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
		s.earned[at+contractor], s.earned[contractor] = m.ID, m.ID
	} else {
		m.Of = cmp.Or(s.earned[at+contractor], s.earned[contractor]) // taken out of another document's
	}
	s.items = append(s.items, m)
	return m
}

// waiting counts the items that nothing has been made of.
func (h *home) waiting(t *testing.T) (n int) {
	t.Helper()
	if err := h.db.QueryRowContext(t.Context(), `SELECT count(*) FROM received_item WHERE entry_id = 0`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// correcting is a movement of a document that belongs to another's chain.
func correcting(m wire.Movement, original string) wire.Movement {
	m.Document.Corrects = original
	return m
}

// drawHistory makes a history that a ledger could have posted: nothing takes
// more pending points than the contractor has, active points may go below
// nothing. Documents 3 and 4 come into chains and leave them, also chains of
// another contractor and of a document that never comes.
func drawHistory(rt *rapid.T) []wire.Movement {
	s := newSender()
	pending := make(map[string]int)
	for range rapid.IntRange(1, 15).Draw(rt, "movements") {
		document := rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(rt, "document")
		contractor := map[string]string{"1": "K1", "2": "K2", "3": "K1", "4": "K2"}[document]
		line := rapid.SampledFrom([]string{"10", "-20"}).Draw(rt, "line")
		points := rapid.IntRange(1, 9).Draw(rt, "points")
		switch action := rapid.IntRange(0, 4).Draw(rt, "action"); {
		case action == 0:
			pending[contractor] += points
			s.add(contractor, document, line, "earn", "pending", points)
		case action == 1 && pending[contractor] >= points:
			pending[contractor] -= points
			s.add(contractor, document, line, "activate", "active", points)
		case action == 2 && pending[contractor] >= points:
			pending[contractor] -= points
			s.add(contractor, document, line, "reverse", "pending", points)
		case action == 3:
			s.add(contractor, document, line, "reverse", "active", points)
		default:
			s.add(contractor, document, line, "earn", "active", points)
		}
		if document > "2" {
			last := len(s.items) - 1
			s.items[last] = correcting(s.items[last], rapid.SampledFrom([]string{"", "FS/1", "FS/2", "FS/9"}).Draw(rt, "corrects"))
		}
	}
	return s.items
}

// TestReceivingInAnyOrder: however movements are shuffled, repeated, dropped to
// be sent again later, and cut into calls, the balances are those of the order in
// which they were posted, and nothing waits.
func TestReceivingInAnyOrder(t *testing.T) {
	h := newHome(t)
	rapid.Check(t, func(rt *rapid.T) {
		items := drawHistory(rt)
		straight, mixed := h.feed(t), h.feed(t)
		if said := h.receive(t, straight, items...); strings.Contains(said, "rejected") {
			rt.Fatal(said)
		}
		shuffled := rapid.Permutation(slices.Concat(items, items[:len(items)/2])).Draw(rt, "order")
		dropped := rapid.SliceOfNDistinct(rapid.IntRange(0, len(items)-1), 0, len(items), rapid.ID).Draw(rt, "dropped")
		again := make([]wire.Movement, 0, len(dropped))
		for _, i := range dropped {
			shuffled = slices.DeleteFunc(shuffled, func(m wire.Movement) bool { return m.ID == items[i].ID })
			again = append(again, items[i])
		}
		for _, sent := range [][]wire.Movement{shuffled, again} {
			for len(sent) > 0 {
				n := rapid.IntRange(1, len(sent)).Draw(rt, "call")
				h.receive(t, mixed, sent[:n]...)
				sent = sent[n:]
			}
		}
		if diff := gocmp.Diff(h.balances(t, straight), h.balances(t, mixed)); diff != "" {
			rt.Fatal(diff)
		}
		if n := h.waiting(t); n > 0 {
			rt.Fatalf("%d items wait for ever", n)
		}
	})
}

// TestPendingPointsAreFound wherever they lie: the chain of a document may be
// known later than its points, or change.
func TestPendingPointsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name  string
		calls func(s *sender) []wire.Movement // one each
		want  string
	}{
		{"the original comes after the pending points", func(s *sender) []wire.Movement {
			return []wire.Movement{
				correcting(s.add("K1", "3", "10", "earn", "pending", 20), "FS/2"),
				s.add("K1", "2", "10", "earn", "active", 50),
				correcting(s.add("K1", "3", "10", "activate", "active", 20), "FS/2"),
			}
		}, "K1: pending 0, active 70, debt 0, scored 1"},
		{"the chain has changed", func(s *sender) []wire.Movement {
			return []wire.Movement{
				s.add("K1", "1", "10", "earn", "active", 50),
				s.add("K1", "2", "10", "earn", "active", 50),
				correcting(s.add("K1", "3", "10", "earn", "pending", 20), "FS/1"),
				correcting(s.add("K1", "3", "10", "activate", "active", 20), "FS/2"),
			}
		}, "K1: pending 0, active 120, debt 0, scored 2"},
		{"the chain has changed, and points are taken back", func(s *sender) []wire.Movement {
			return []wire.Movement{
				s.add("K1", "1", "10", "earn", "active", 50),
				correcting(s.add("K1", "3", "10", "earn", "pending", 20), "FS/1"),
				s.add("K1", "3", "10", "reverse", "pending", 20),
			}
		}, "K1: pending 0, active 50, debt 0, scored 1"},
		{"others of the chain took them, and theirs come last", func(s *sender) []wire.Movement {
			first, second := s.add("K1", "1", "10", "earn", "pending", 50), s.add("K1", "1", "10", "earn", "pending", 30)
			activate := s.add("K1", "1", "10", "activate", "active", 80)
			correction := correcting(s.add("K1", "3", "10", "earn", "pending", 50), "FS/1")
			return []wire.Movement{second, correction, activate, correcting(s.add("K1", "3", "10", "activate", "active", 50), "FS/1"), first}
		}, "K1: pending 0, active 130, debt 0, scored 1"},
		{"they are another document's, and come last", func(s *sender) []wire.Movement {
			earn := s.add("K1", "1", "10", "earn", "pending", 50)
			later := s.add("K1", "1", "10", "earn", "pending", 30)
			return []wire.Movement{later, correcting(s.add("K1", "3", "10", "activate", "active", 80), "FS/1"), earn}
		}, "K1: pending 0, active 80, debt 0, scored 0"},
		{"one wakes another, of another contractor", func(s *sender) []wire.Movement {
			first := s.add("K1", "1", "10", "earn", "active", 50)
			second := s.add("K2", "2", "10", "earn", "pending", 30)
			second.Of = first.ID
			return []wire.Movement{s.add("K2", "3", "10", "activate", "active", 30), second, first}
		}, "K1: pending 0, active 50, debt 0, scored 1; K2: pending 0, active 30, debt 0, scored 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHome(t)
			f := h.feed(t)
			for _, m := range tt.calls(newSender()) {
				h.receive(t, f, m)
			}
			if got := strings.Join(h.balances(t, f), "; "); got != tt.want || h.waiting(t) > 0 {
				t.Errorf("%s, and %d wait, want %s", got, h.waiting(t), tt.want)
			}
		})
	}
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

// TestOnPostgres runs the tests of receiving with a store in PostgreSQL.
// spending spends points between the reading and the posting of a call.
type spending struct {
	ledger.Inbox
	do func()
}

func (s *spending) PostReceived(ctx context.Context, page loyalty.PageWrite, items []loyalty.ReceivedItem) error {
	if do := s.do; do != nil {
		s.do = nil
		do()
	}
	return s.Inbox.PostReceived(ctx, page, items)
}

// TestReceivingAndSpendingAtOnce: points that are spent while a call is computed that
// leaves their balance as it is are not there again afterwards.
func TestReceivingAndSpendingAtOnce(t *testing.T) {
	h := newHome(t)
	f := h.feed(t)
	s := newSender()
	h.receive(t, f, s.add("A", "1", "1", "earn", "active", 100))
	clock := noon
	x := &history{home: h, feed: f, clock: &clock}
	h.receiver.Inbox = &spending{Inbox: h.store, do: func() {
		if got := x.redeem(t, step{redeem: "spend", who: "A", points: 100}); got != "posted 100 of 100 for 5" {
			t.Error(got)
		}
	}}
	h.receive(t, f, s.add("A", "1", "1", "reverse", "active", 100), s.add("A", "1", "1", "earn", "active", 100))
	if got := x.redeem(t, step{redeem: "spend", who: "A", points: 1}); got != "insufficient" || len(x.unsound(t)) > 0 {
		t.Errorf("spent again: %s; unsound %v", got, x.unsound(t))
	}
}

func TestOnPostgres(t *testing.T) {
	storetest.Again(t, "^Test(Receiv|PendingPoints|ACorrection|Redeem|Redemption|ParallelRedeemers|ThePartPaid|Adjust|FourEyes)")
}

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// pushToken is the secret of the receiver; law 11 looks for it everywhere.
const pushToken = "t0ken-of-the-receiver"

const pushedYAML = `timezone: Europe/Warsaw
log: {level: info, format: json}
store: {url: "sqlite:data/loyalsync.db"}
sources:
  - name: demo
    connector: sqlerp
    url: "sqlite:erp.db"
    page: PAGE
SQL
mappings:
  - source: demo
    program: main
    contractors: {where: 'attribute("PROGRAM") == "TAK"'}
    representatives: {where: "email != ''"}
    earn_from: 2024-01-01
    item_groups: [{name: Wine, erp_groups: ["ALKO/WINA"]}]
programs:
  - name: main
    currency: PLN
    lapse: {after: 3y}
    rules_from: 2024-01-01
    rules:
      - {name: base, based_on: bill, calculate_on: net, per: "100", points: "1"}
      - {name: wine, based_on: item_group, item_group: Wine, calculate_on: quantity, per: "1", points: "1"}
platforms:
  - {name: panel, kind: panel}
  - {name: hosted, kind: http, url: "URL", token: t0ken-of-the-receiver, batch: BATCH}
jobs:
  - {name: contractors, kind: contractors, source: demo, program: main, platforms: [hosted], every: 1h}
  - {name: points, kind: points, source: demo, program: main, platforms: [hosted], every: 1h, retries: 0}
  - {name: sweep, kind: sweep, source: demo, program: main, platforms: [hosted], every: 1d}
`

// pushed is a world whose points go to a receiver.
type pushed struct {
	world
	receiver *receiver
}

// newPushed makes a sample ERP of so many documents, read in pages and pushed in
// batches of so many; nothing has run.
func newPushed(t *testing.T, rows, page, batch int) pushed {
	t.Helper()
	p := emptyPushed(t, page, batch)
	if err := sample.Create(t.Context(), p.path("erp.db"), sample.Config{Rows: rows, Now: sampleEnd}); err != nil {
		t.Fatal(err)
	}
	return p
}

// emptyPushed has a configuration and a receiver, and no ERP.
func emptyPushed(t *testing.T, page, batch int) pushed {
	t.Helper()
	p := pushed{inFolder(t), newReceiver(t)}
	p.write("loyalsync.yaml", strings.NewReplacer("SQL\n", underSource(sample.YAML()), "URL", p.receiver.url, "sqlite:data/loyalsync.db", p.url,
		"PAGE", fmt.Sprint(page), "BATCH", fmt.Sprint(batch)).Replace(pushedYAML))
	return p
}

// twin is another folder with the ERP as it stands, and nothing else.
func (p pushed) twin(page, batch int) pushed {
	p.t.Helper()
	other := emptyPushed(p.t, page, batch)
	p.erp(`VACUUM INTO $1`, other.path("erp.db"))
	return other
}

// query reads the store as text, a row a line.
func (w world) query(text string) []string {
	w.t.Helper()
	rows, err := w.tryQuery(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// tryQuery opens the store without ever writing to it.
func (w world) tryQuery(text string) ([]string, error) {
	if w.server != nil {
		return textRows(w.t.Context(), w.server(), text)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(w.path("data/loyalsync.db"))+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	return textRows(w.t.Context(), db, text)
}

func textRows(ctx context.Context, db *sql.DB, text string) ([]string, error) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []string
	for rows.Next() {
		cells, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = c.String
		}
		out = append(out, strings.Join(texts, "|"))
	}
	return out, rows.Err()
}

// ledgerQueries are everything a store says about points, without what only
// tells when and in which page it was written.
var ledgerQueries = map[string]string{
	"entries": `SELECT d.type, d.erp_key, e.line, r.name, e.revision, e.kind, e.from_bucket, e.to_bucket, e.amount, e.effective_on, c.erp_key,
		o.revision, od.erp_key FROM entry e JOIN document d ON d.id = e.document_id JOIN rule r ON r.id = e.rule_id JOIN contractor c ON c.id = e.account_id
		LEFT JOIN entry o ON o.id = e.of_id LEFT JOIN document od ON od.id = o.document_id ORDER BY 1, 2, 3, 4, 5`,
	"balances": `SELECT c.erp_key, a.pending, a.active, a.held, a.spent, a.lapsed, a.debt, a.scored FROM account a JOIN contractor c ON c.id = a.id
		WHERE a.seq > 0 ORDER BY 1`,
	"lots": `SELECT d.erp_key, c.erp_key, l.earned_on, l.lapses_on, l.pending, l.active FROM lot l JOIN document d ON d.id = l.document_id
		JOIN contractor c ON c.id = l.account_id ORDER BY 1, 2`,
	"documents":       `SELECT type, erp_key, number, state, date, party, reason, pending, active, hash, digest FROM document ORDER BY 1, 2`,
	"contractors":     `SELECT erp_key, code, name, hash, CASE WHEN version > 0 THEN 1 ELSE 0 END FROM contractor ORDER BY 1`,
	"representatives": `SELECT erp_key, contractor_key, name, active FROM representative ORDER BY 1`,
	"queue":           `SELECT document_id FROM reevaluate`,
	"dead letters":    `SELECT item, code FROM dead_letter`,
	"blocked":         `SELECT platform FROM platform_state`,
}

// state is the ledger, the outbox and what the receiver has.
func (p pushed) state() map[string][]string {
	p.t.Helper()
	out := p.receiver.state()
	for name, query := range ledgerQueries {
		out[name] = p.query(query)
	}
	var d deliveriesResult
	decode(p.t, p.must("deliveries", "--json"), &d)
	for _, q := range d.Queues {
		if q.Platform == "hosted" && q.Waiting+q.Dead > 0 {
			out["waiting"] = append(out["waiting"], fmt.Sprintf("%s %d %d", q.Kind, q.Waiting, q.Dead))
		}
	}
	return out
}

// consistency are the queries that find what does not add up in a store.
var consistency = map[string]string{
	"entries make balances": `SELECT a.id FROM account a LEFT JOIN (SELECT account_id,
			sum(CASE 2 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount END) p,
			sum(CASE 3 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount END) a,
			sum(CASE 6 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount END) l,
			sum(CASE 7 WHEN from_bucket THEN amount WHEN to_bucket THEN -amount END) d FROM entry GROUP BY 1) e ON e.account_id = a.id
		WHERE a.pending <> coalesce(e.p, 0) OR a.active <> coalesce(e.a, 0) OR a.debt <> coalesce(e.d, 0) OR a.lapsed <> coalesce(e.l, 0)`,
	"lots make balances": `SELECT a.id FROM account a LEFT JOIN (SELECT coalesce(m.into_id, account_id) account_id, sum(pending) p, sum(active) a, sum(lapsed) l FROM lot
		LEFT JOIN account_merge m ON m.from_id = account_id AND m.undone_at IS NULL GROUP BY 1) l
		ON l.account_id = a.id WHERE a.pending <> coalesce(l.p, 0) OR a.active <> coalesce(l.a, 0) OR a.lapsed <> coalesce(l.l, 0)`,
	"entries make documents": `SELECT d.erp_key FROM document d LEFT JOIN (SELECT document_id,
			sum(CASE 2 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount END) p,
			sum(CASE 1 WHEN from_bucket THEN amount WHEN to_bucket THEN -amount END) t FROM entry GROUP BY 1) e
		ON e.document_id = d.id WHERE d.pending <> coalesce(e.p, 0) OR d.pending + d.active <> coalesce(e.t, 0)`,
}

// consistent checks that entries make balances, lots and documents, and that
// the receiver has what the ledger has.
func (p pushed) consistent(receiverToo bool) {
	p.t.Helper()
	for name, query := range consistency {
		if got := p.query(query); len(got) > 0 {
			p.t.Errorf("not true: %s: %v", name, got)
		}
	}
	if !receiverToo {
		return
	}
	var ledger []string
	for _, line := range p.query(`SELECT c.erp_key, a.pending, a.active - a.debt FROM account a JOIN contractor c ON c.id = a.id WHERE a.seq > 0`) {
		if !strings.HasSuffix(line, "|0|0") {
			ledger = append(ledger, line)
		}
	}
	slices.Sort(ledger)
	if diff := cmp.Diff(ledger, p.receiver.sums()); diff != "" {
		p.t.Errorf("the receiver's sums are not the ledger's balances (-ledger +receiver):\n%s", diff)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// receiver is a platform over HTTP. It takes an item of points once and people
// and accounts by version, as contract section 3 asks.
type receiver struct {
	url string

	mu     sync.Mutex
	random *rand.Rand
	items  map[string]map[string]item // by kind and ID
	wrong  []string                   // the same ID with other content
	calls  int
	// fault may answer a call in the receiver's place, before anything is taken;
	// 0 lets it through.
	fault func(kind string, ids []string) int
	// afterwards is called when items were taken, before the answer: true loses it.
	afterwards func() bool
	tells      bool // what it has, when asked
}

type item struct {
	id      string
	version int64
	body    map[string]any
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{random: rand.New(rand.NewPCG(1, 2)), items: map[string]map[string]item{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/api"
	return r
}

// set changes the receiver while it serves.
func (r *receiver) set(change func(*receiver)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodPost {
		r.tell(w, q.URL.Query().Get("after"))
		return
	}
	kind := filepath.Base(q.URL.Path)
	var request wire.Request[map[string]any]
	if err := json.NewDecoder(q.Body).Decode(&request); err != nil || q.Header.Get("Authorization") != "Bearer "+pushToken {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status, response := r.take(kind, request.Items)
	r.mu.Lock()
	after := r.afterwards
	r.mu.Unlock()
	if status == http.StatusOK && after != nil && after() {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(response)
}

// tell answers with what points it has, a few at a time.
func (r *receiver) tell(w http.ResponseWriter, after string) {
	const page = 7
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.tells {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	held := map[string]any{"next": ""}
	items := []map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(r.items[string(wire.Points)])) {
		if id > after && len(items) < page {
			items = append(items, r.items[string(wire.Points)][id].body)
			held["next"] = id
		}
	}
	if len(items) < page {
		held["next"] = ""
	}
	held["items"] = items
	_ = json.NewEncoder(w).Encode(held)
}

func (r *receiver) take(kind string, bodies []map[string]any) (int, wire.Response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	var got []item
	var ids []string
	for _, body := range bodies {
		it := item{body: body}
		if it.id, _ = body["id"].(string); it.id == "" {
			it.id, _ = body["contractor"].(string)
		}
		version, _ := body["version"].(float64)
		it.version = int64(version)
		for _, volatile := range []string{"version", "as_of_seq"} {
			delete(body, volatile)
		}
		got, ids = append(got, it), append(ids, it.id)
	}
	if r.fault != nil {
		if status := r.fault(kind, ids); status != 0 {
			return status, wire.Response{}
		}
	}
	var answer wire.Response
	for _, it := range got {
		answer.Results = append(answer.Results, wire.Result{ID: it.id, Status: r.takeOne(kind, it)})
	}
	return http.StatusOK, answer
}

func (r *receiver) takeOne(kind string, it item) wire.Status {
	all := r.items[kind]
	if all == nil {
		all = map[string]item{}
		r.items[kind] = all
	}
	have, known := all[it.id]
	if known && (kind == string(wire.Points) || it.version <= have.version) {
		if diff := cmp.Diff(have.body, it.body); diff != "" && it.version == have.version {
			r.wrong = append(r.wrong, kind+" "+it.id+":\n"+diff)
		}
		return wire.Duplicate
	}
	all[it.id] = it
	return wire.Accepted
}

// state is everything the receiver has.
func (r *receiver) state() map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string][]string{"received with other content": r.wrong}
	for kind, items := range r.items {
		for _, id := range slices.Sorted(maps.Keys(items)) {
			body, err := json.Marshal(items[id].body)
			if err != nil {
				body = []byte(err.Error())
			}
			out["received "+kind] = append(out["received "+kind], id+" "+string(body))
		}
	}
	return out
}

// ids are the IDs of the points received.
func (r *receiver) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.items[string(wire.Points)]))
}

// sums are "contractor|pending|active" by what was received alone.
func (r *receiver) sums() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	pending, active := map[string]loyalty.Points{}, map[string]loyalty.Points{}
	for _, it := range r.items[string(wire.Points)] {
		text, _ := it.body["points"].(string)
		n, err := loyalty.ParsePoints(text, 0)
		if err != nil {
			return []string{err.Error()}
		}
		who, _ := it.body["contractor"].(string)
		side := active
		if it.body["state"] == wire.StatePending {
			side = pending
		}
		switch it.body["kind"] {
		case "earn":
			side[who] += n
		case "reverse":
			side[who] -= n
		case "activate":
			pending[who] -= n
			active[who] += n
		default:
			return []string{fmt.Sprintf("an item of kind %v", it.body["kind"])}
		}
	}
	all := maps.Clone(active)
	maps.Copy(all, pending)
	var out []string
	for who := range all {
		if active[who] != 0 || pending[who] != 0 {
			out = append(out, fmt.Sprintf("%s|%d|%d", who, pending[who], active[who]))
		}
	}
	slices.Sort(out)
	return out
}

// unsteady makes the receiver slow now and then, and lose an answer rarely.
func (r *receiver) unsteady(lose int) {
	r.set(func(r *receiver) {
		r.afterwards = func() bool {
			r.mu.Lock()
			wait, lost := r.random.IntN(8) == 0, lose > 0 && r.random.IntN(lose) == 0
			r.mu.Unlock()
			if wait {
				time.Sleep(30 * time.Millisecond)
			}
			return lost
		}
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

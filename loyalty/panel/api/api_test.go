package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/panel/api"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token       = "tok-main-5d1e"
	signedToken = "tok-signed-90ab"
	tillToken   = "tok-till-c0de"
	otherTill   = "tok-till-beef"
	key         = "key-signed-11"
)

var now = time.Date(2026, 11, 14, 12, 0, 0, 0, time.UTC)

func agents() []api.Agent {
	return []api.Agent{
		{Name: "agent", Program: "main", May: []api.Right{api.Push}, Currency: "PLN", Token: token},
		{Name: "signed", Program: "club", May: []api.Right{api.Push, api.Redeem}, Currency: "PLN", Decimals: 2, Token: signedToken, SigningKey: key},
		{Name: "till-2", Program: "main", May: []api.Right{api.Redeem}, Currency: "PLN", Token: otherTill},
		{Name: "till", Program: "main", May: []api.Right{api.Redeem}, Currency: "PLN", Token: tillToken},
	}
}

// bench is the API over a store, with its log.
type bench struct {
	store *store.Store
	api   *api.API
	log   *bytes.Buffer
}

func newBench(t *testing.T) bench {
	t.Helper()
	return newBenchAt(t, func() time.Time { return now })
}

func newBenchAt(t testing.TB, now func() time.Time) bench {
	t.Helper()
	s := storetest.Fresh(t).OpenAt(t, now)
	log := &bytes.Buffer{}
	a, err := api.New(api.Config{
		Agents: agents(), LocalSources: []string{"local"}, People: s, Held: s, Tiers: s, Accounts: s, Redeemer: redeemers(s, now),
		Points: &ledger.Receiver{Store: s, Inbox: s, Now: now}, Now: now, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return bench{s, a, log}
}

// scenario is one call and what its answer has to hold, and must not.
type scenario struct {
	name        string
	method, url string // POST /api/v1/sync/points unless said
	headers     map[string]string
	body        string
	status      int
	contains    []string
	notContains []string
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

func signed(body, key string, at time.Time) map[string]string {
	h := bearer(signedToken)
	h[wire.SignatureHeader] = wire.Sign(key, at, []byte(body))
	return h
}

const movement = `{"id":"e1","contractor":"K1","kind":"earn","state":"active","points":"5","document":{"id":"FS/1","number":"FS/1/2026","date":"2026-11-01"},"rule":"base","effective_on":"2026-11-01"}`

func push(program string, items ...string) string {
	return fmt.Sprintf(`{"program":%q,"source":"erp","items":[%s]}`, program, strings.Join(items, ","))
}

func tiers(program string, contractors ...string) string {
	items := make([]string, len(contractors))
	for i, c := range contractors {
		items[i] = fmt.Sprintf(`{"contractor":%q,"tier":"gold","from":"2026-01-01"}`, c)
	}
	return fmt.Sprintf(`{"program":%q,"items":[%s]}`, program, strings.Join(items, ","))
}

func scenarios() []scenario {
	secrets := []string{token, signedToken, tillToken, otherTill, key, "goroutine", "sql", "Kowalski"}
	list := []scenario{
		{name: "a stranger", body: push("main", movement), status: 401, contains: []string{`"unauthorized"`}},
		{name: "another token", headers: bearer("guess"), body: push("main", movement), status: 401},
		{name: "an empty token", headers: bearer(""), body: push("main", movement), status: 401},
		{name: "not bearer", headers: map[string]string{"Authorization": "Basic " + token}, body: push("main", movement), status: 401},
		{name: "a stranger with garbage", body: "{", status: 401},
		{name: "a till pushes", headers: bearer(tillToken), body: push("main", movement), status: 403, contains: []string{`"forbidden"`}},
		{name: "a till sets tiers", method: "PUT", url: "/api/v1/tiers", headers: bearer(tillToken), body: tiers("main", "K1"), status: 403, contains: []string{`"forbidden"`}},
		{name: "another program", headers: bearer(token), body: push("club", movement), status: 403, contains: []string{`"program"`}},
		{name: "unsigned", headers: bearer(signedToken), body: push("club"), status: 401, contains: []string{`"signature"`}},
		{name: "signed", headers: signed(push("club"), key, now), body: push("club"), status: 200, contains: []string{`{"results":[]}`}},
		{name: "signed by another", headers: signed(push("club"), "other", now), body: push("club"), status: 401},
		{name: "signed for another body", headers: signed(push("main"), key, now), body: push("club"), status: 401},
		{name: "signed long ago", headers: signed(push("club"), key, now.Add(-6*time.Minute)), body: push("club"), status: 401, contains: []string{"clock"}},
		{name: "garbage", headers: bearer(token), body: `{"program":"main","items":[{"name":"Kowalski"`, status: 400, contains: []string{`"malformed"`}},
		{name: "a number where text is meant", headers: bearer(token), body: push("main", strings.Replace(movement, `"5"`, `5`, 1)), status: 400},
		{name: "not a date", headers: bearer(token), body: push("main", strings.Replace(movement, `2026-11-01"}`, `Kowalski"}`, 1)), status: 400},
		{name: "no source", headers: bearer(token), body: `{"program":"main","items":[]}`, status: 400, contains: []string{`"source"`}},
		{name: "a source of this store", headers: bearer(token), body: `{"program":"main","source":"local","items":[]}`, status: 409, contains: []string{`"source_taken"`}},
		{name: "too many", headers: bearer(token), body: push("main", strings.Repeat(movement+",", 500)+movement), status: 413, contains: []string{`"too_many"`}},
		{name: "too large", headers: bearer(token), body: strings.Repeat(" ", api.MaxBody+1), status: 413, contains: []string{`"too_large"`}},
		{name: "a strange key", headers: map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": "two words"}, body: push("main"), status: 400},
		{name: "points", headers: bearer(token), body: push("main", movement), status: 200, contains: []string{`"id":"e1","status":"accepted"`}},
		{name: "points again", headers: bearer(token), body: push("main", movement), status: 200, contains: []string{`"id":"e1","status":"duplicate"`}},
		{name: "other points", headers: bearer(token), body: push("main", strings.Replace(movement, `"5"`, `"6"`, 1)), status: 200, contains: []string{`"status":"rejected","code":"conflict"`}},
		{
			name: "unknown fields", headers: bearer(token), status: 200, contains: []string{`"accepted"`},
			body: `{"program":"main","source":"erp","later":1,"items":[` + strings.Replace(movement, `"id":"e1"`, `"id":"e2","mood":"good"`, 1) + `]}`,
		},
		{name: "more decimals than the program has", headers: bearer(token), body: push("main", strings.Replace(movement, `"5"`, `"5.5"`, 1)), status: 200, contains: []string{`"code":"invalid"`}},
		{
			name: "contractors", url: "contractors", headers: bearer(token), status: 200,
			body:     push("main", `{"id":"K1","version":7,"name":"Jan Kowalski","phone":"600"}`, `{"id":"K2","name":"Kowalski"}`),
			contains: []string{`"id":"K1","status":"accepted"`, `"id":"K2","status":"rejected"`},
		},
		{name: "an older contractor", url: "contractors", headers: bearer(token), body: push("main", `{"id":"K1","version":6}`), status: 200, contains: []string{`"duplicate"`}},
		{name: "representatives", url: "representatives", headers: bearer(token), body: push("main", `{"id":"R1","version":8,"contractor":"K1"}`), status: 200, contains: []string{`"accepted"`}},
		{name: "a representative of nobody", url: "representatives", headers: bearer(token), body: push("main", `{"id":"R1","version":8}`), status: 200, contains: []string{`"rejected"`}},
		{name: "accounts", url: "accounts", headers: bearer(token), body: push("main", `{"contractor":"K1","version":9}`), status: 200, contains: []string{`"id":"K1","status":"accepted"`}},
		{name: "tiers of a stranger", method: "PUT", url: "/api/v1/tiers", body: tiers("main", "K1"), status: 401},
		{name: "tiers of another program", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), body: tiers("club", "K1"), status: 403},
		{name: "tiers", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), body: tiers("main", "K1"), status: 200, contains: []string{`"id":"K1","status":"accepted"`}},
		{name: "tiers again", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), body: tiers("main", "K1"), status: 200, contains: []string{`"id":"K1","status":"duplicate"`}},
		{name: "a tier of nobody", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), body: tiers("main", "K77"), status: 200, contains: []string{`"id":"K77","status":"rejected","code":"unknown"`}},
		{
			name: "a tier that ends before it begins", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), status: 200,
			body: strings.Replace(tiers("main", "K1"), `"from"`, `"to":"2020-01-01","from"`, 1), contains: []string{`"rejected","code":"invalid"`},
		},
		{name: "a tier without a day", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), body: strings.Replace(tiers("main", "K1"), "from", "since", 1), status: 200, contains: []string{`"invalid"`}},
		{name: "too many tiers", method: "PUT", url: "/api/v1/tiers", headers: bearer(token), body: tiers("main", strings.Split(strings.Repeat("K1,", 501)+"K1", ",")...), status: 413},
		{name: "tiers are put", method: "POST", url: "/api/v1/tiers", headers: bearer(token), body: tiers("main", "K1"), status: 405},
		{name: "contractors are not told", method: "GET", url: "contractors", headers: bearer(token), status: 405},
		{name: "a stranger asks", method: "GET", url: "points?program=main&source=erp", status: 401},
		{name: "a till asks", method: "GET", url: "points?program=main&source=erp", headers: bearer(tillToken), status: 403, contains: []string{`"forbidden"`}},
		{name: "another program is asked for", method: "GET", url: "points?program=club&source=erp", headers: bearer(token), status: 403, contains: []string{`"program"`}},
		{name: "no source is asked for", method: "GET", url: "points?program=main", headers: bearer(token), status: 400, contains: []string{`"source"`}},
		{name: "a source that is read here is asked for", method: "GET", url: "points?program=main&source=local", headers: bearer(token), status: 409},
		{name: "a long id is asked for", method: "GET", url: "points?program=main&source=erp&after=" + strings.Repeat("x", 1001), headers: bearer(token), status: 400},
		{
			name: "what came is told", method: "GET", url: "points?program=main&source=erp", headers: bearer(token), status: 200,
			contains: []string{`"id":"e1"`, `"contractor":"K1"`, `"points":"5"`, `"effective_on":"2026-11-01"`, `"next":""`},
		},
		{name: "nothing after it", method: "GET", url: "points?program=main&source=erp&after=zz", headers: bearer(token), status: 200, contains: []string{`{"items":[],"next":""}`}},
		{name: "of a source that sent nothing", method: "GET", url: "points?program=main&source=other", headers: bearer(token), status: 200, contains: []string{`{"items":[]`}},
		{name: "nothing there", url: "rewards", headers: bearer(token), status: 404},
		{name: "the description is for everybody", method: "GET", url: "/api/openapi.json", status: 200, contains: []string{`"openapi": "3.1.0"`}},
	}
	for i := range list {
		list[i].notContains = append(list[i].notContains, secrets...)
	}
	return list
}

func (s scenario) run(t testing.TB, h http.Handler) {
	t.Helper()
	method, url := s.method, s.url
	if method == "" {
		method = http.MethodPost
	}
	if url == "" {
		url = "points"
	}
	if !strings.HasPrefix(url, "/") {
		url = "/api/v1/sync/" + url
	}
	r := httptest.NewRequestWithContext(t.Context(), method, url, strings.NewReader(s.body))
	for k, v := range s.headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != s.status {
		t.Errorf("status %d, want %d: %s", w.Code, s.status, w.Body)
	}
	for _, text := range s.contains {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s is not in %s", text, w.Body)
		}
	}
	for _, text := range s.notContains {
		if strings.Contains(w.Body.String(), text) {
			t.Errorf("%s is in %s", text, w.Body)
		}
	}
}

func TestAPI(t *testing.T) {
	b := newBench(t)
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) { s.run(t, b.api) })
	}
	for _, secret := range []string{token, signedToken, key, "Kowalski"} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	c, err := b.store.KnownContractors(t.Context(), loyalty.Feed{ID: 1}, []string{"K1"})
	if err != nil || !c["K1"].TakesPart || c["K1"].Hash != "v7" {
		t.Errorf("%+v, %v", c, err)
	}
}

type broken struct {
	api.People
	err error
}

func (b broken) OpenFeed(context.Context, loyalty.Feed) (loyalty.Feed, error) {
	return loyalty.Feed{}, b.err
}

func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{errors.New("disk sql Kowalski"), 500, `"internal"`},
		{loyalty.ErrStale, 503, `"busy"`},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 503, `"busy"`},
		{&loyalty.Error{Code: loyalty.CodeAction, Message: "Kowalski"}, 409, `"settings"`},
	} {
		log := &bytes.Buffer{}
		a, err := api.New(api.Config{
			Agents: agents(), People: broken{err: tt.err}, Held: (*store.Store)(nil), Tiers: nobody{}, Accounts: nobody{}, Redeemer: noRedeemer, Points: &ledger.Receiver{},
			Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		scenario{headers: bearer(token), body: push("main", movement), status: tt.status, contains: []string{tt.code}, notContains: []string{"Kowalski", "sql"}}.run(t, a)
		if !strings.Contains(log.String(), "agent=agent") {
			t.Error("the log does not name the agent")
		}
	}
}

// TestEmptyCall: who only tries whether he may push leaves nothing behind.
func TestEmptyCall(t *testing.T) {
	b := newBench(t)
	scenario{headers: bearer(token), body: push("main"), status: 200, contains: []string{`{"results":[]}`}}.run(t, b.api)
	if programs, err := b.store.Programs(t.Context()); err != nil || len(programs) > 0 {
		t.Errorf("kept: %+v, %v", programs, err)
	}
}

func TestConfig(t *testing.T) {
	good := api.Config{People: broken{}, Held: (*store.Store)(nil), Tiers: nobody{}, Accounts: nobody{}, Redeemer: noRedeemer, Points: &ledger.Receiver{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	for name, list := range map[string][]api.Agent{
		"no token":   {{Name: "a", Program: "p"}},
		"no program": {{Name: "a", Token: "x"}},
		"same token": {{Name: "a", Program: "p", Token: "x"}, {Name: "b", Program: "p", Token: "x"}},
	} {
		cfg := good
		cfg.Agents = list
		if _, err := api.New(cfg); loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpenAPIDescribesAll: every address and every field of the wire is in the
// description, and nothing else.
func TestOpenAPIDescribesAll(t *testing.T) {
	var doc struct {
		OpenAPI    string                    `json:"openapi"`
		Paths      map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(api.OpenAPI, &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatal(doc.OpenAPI, err)
	}
	b := newBench(t)
	for path, methods := range doc.Paths {
		for method := range methods {
			w := httptest.NewRecorder()
			b.api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), strings.ToUpper(method), path, nil))
			if w.Code == 404 || w.Code == 405 {
				t.Errorf("%s %s is described and not there", method, path)
			}
		}
	}
	for _, kind := range wire.Kinds() {
		if doc.Paths["/api/v1/sync/"+string(kind)]["post"] == nil {
			t.Errorf("%s is not described", kind)
		}
	}
	for _, v := range []any{
		api.ContractorCall{}, api.RedemptionCall{}, api.BillLine{}, api.PostCall{}, api.Redemption{}, api.Balance{}, api.Lapse{}, wire.Contractor{}, wire.Representative{}, wire.Movement{}, wire.Document{}, wire.Item{}, wire.Account{}, wire.Result{}, wire.Response{}, wire.Problem{},
	} {
		typ := reflect.TypeOf(v)
		properties := doc.Components.Schemas[typ.Name()].Properties
		fields := 0
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			fields++
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if properties[name] == nil {
				t.Errorf("%s.%s is not described", typ.Name(), name)
			}
		}
		if len(properties) != fields {
			t.Errorf("%s: %d fields are described, %d are there", typ.Name(), len(properties), fields)
		}
	}
}

// straight hands requests to a handler without a network.
type straight struct{ http.Handler }

func (s straight) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestClientAndAPIAgree drives the client against the API: what one sends the
// other takes, once.
func TestClientAndAPIAgree(t *testing.T) {
	b := newBench(t)
	c, err := platform.NewClient(platform.Config{
		Name: "hosted", URL: "https://points.example.com/api", Token: signedToken, SigningKey: key, Now: func() time.Time { return now }, Transport: straight{b.api},
	})
	if err != nil {
		t.Fatal(err)
	}
	day := loyalty.NewDate(2026, 11, 1)
	for kind, body := range map[wire.Kind]any{
		wire.Contractors:     wire.Contractor{ID: "x", Version: 1, JoinedOn: day},
		wire.Representatives: wire.Representative{ID: "x", Version: 1, Contractor: "K1"},
		wire.Points: wire.Movement{
			ID: "x", Contractor: "K1", Kind: "earn", State: "active", Points: "1.50", Document: wire.Document{ID: "FS/1", Date: day},
			Rule: "base", EffectiveOn: day, LapsesOn: loyalty.NoDate,
		},
	} {
		q := wire.Queue{Kind: kind, Feed: loyalty.Feed{ProgramName: "club", SourceName: "erp"}}
		for _, want := range []wire.Status{wire.Accepted, wire.Duplicate} {
			results, err := c.Send(t.Context(), q, []wire.Outgoing{{ID: "x", Version: 1, Body: body}})
			if err != nil || len(results) != 1 || results[0] != (wire.Result{ID: "x", Status: want}) {
				t.Errorf("%s: %+v, %v", kind, results, err)
			}
		}
	}
}

// FuzzPush: whatever is pushed, the answer is one of those that are described
// and tells nothing of the inside.
func FuzzPush(f *testing.F) {
	f.Add("points", push("main", movement))
	f.Add("contractors", push("main", `{"id":"K1","version":1,"attributes":null}`))
	f.Add("representatives", `{"program":"main","source":"erp","items":null}`)
	f.Add("points", `{"program":"main","source":"erp","items":[{"effective_on":"9999999-99-99"}]}`)
	nothing := nobody{}
	a, err := api.New(api.Config{
		Agents: agents(), People: nothing, Points: nothing, Held: (*store.Store)(nil), Tiers: nothing, Accounts: nothing, Redeemer: noRedeemer, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		switch wire.Kind(kind) {
		case wire.Contractors, wire.Representatives, wire.Points, wire.Accounts:
		default:
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/sync/"+kind, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		switch w.Code {
		case 200, 400, 403, 409, 413:
		default:
			t.Errorf("status %d", w.Code)
		}
		var answer wire.Response
		if w.Code == 200 && json.Unmarshal(w.Body.Bytes(), &answer) != nil {
			t.Errorf("answered %s", w.Body)
		}
	})
}

// nobody takes everything that has no fault.
func (nobody) SetTiers(context.Context, loyalty.TierSetting, []loyalty.TierChange) ([]loyalty.TierOutcome, error) {
	return nil, nil
}

type nobody struct{}

func (nobody) OpenFeed(_ context.Context, f loyalty.Feed) (loyalty.Feed, error) { return f, nil }

func (nobody) ReceiveContractors(_ context.Context, _ loyalty.Feed, items []wire.Contractor) ([]wire.Result, error) {
	return make([]wire.Result, len(items)), nil
}

func (nobody) ReceiveRepresentatives(_ context.Context, _ loyalty.Feed, items []wire.Representative) ([]wire.Result, error) {
	return make([]wire.Result, len(items)), nil
}

func (nobody) ReceivePoints(_ context.Context, feed loyalty.Feed, items []wire.Movement) ([]wire.Result, error) {
	results := make([]wire.Result, len(items))
	for _, m := range items {
		if m.Fault(feed.Decimals) == "" {
			_ = wire.ParseDocumentID(m.Document.ID)
		}
	}
	return results, nil
}

func (nobody) Contractor(context.Context, int64, loyalty.Date) (loyalty.ContractorDetail, error) {
	return loyalty.ContractorDetail{}, nil
}

func (nobody) Groups(context.Context, []int64) (loyalty.Groups, error) {
	return loyalty.Groups{}, nil
}

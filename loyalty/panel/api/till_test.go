package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/panel/api"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

const holdTime = 15 * time.Minute

// redeemers spends points of any program at 0.50 each, 0.75 to holders of gold cards.
func redeemers(s *store.Store, now func() time.Time) func(context.Context, string) (ledger.Redeemer, error) {
	return func(ctx context.Context, name string) (ledger.Redeemer, error) {
		programs, err := s.Programs(ctx)
		for _, p := range programs {
			if p.Name == name {
				return ledger.Redeemer{Store: s, Program: p, Now: now, Policy: loyalty.RedemptionPolicy{
					Rate: decimal.RequireFromString("0.5"), Rates: []loyalty.RedemptionRate{{Card: "GOLD-*", Rate: decimal.RequireFromString("0.75")}},
					Minimum: 5, PerDay: 60, Never: map[string][]loyalty.ItemGroup{"erp": {{Items: []string{"ALC-*"}}}}, Hold: holdTime,
				}}, err
			}
		}
		return ledger.Redeemer{}, errors.Join(err, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "program " + name + " has no points yet"})
	}
}

func noRedeemer(context.Context, string) (ledger.Redeemer, error) {
	return ledger.Redeemer{}, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "points of program main are not held here"}
}

func (nobody) ContractorsNamed(context.Context, loyalty.Query, loyalty.Date) ([]loyalty.ContractorOverview, error) {
	return nil, nil
}

func (nobody) LapsingOf(context.Context, int64, loyalty.Date, int) ([]loyalty.LapsingPoints, error) {
	return nil, nil
}

func (nobody) Operation(context.Context, int64) (loyalty.Operation, error) {
	return loyalty.Operation{}, &loyalty.Error{Code: loyalty.CodeNotFound}
}

// people are what a till must never tell or log of a contractor.
func people() []string {
	return []string{"Kowalski", "5252248481", "kowalski@example.com", "600100200", "GOLD-1", token, signedToken, tillToken, key, "goroutine", "sql"}
}

// filled is a bench whose contractor K1 has 100 points, of which 40 lapse, and 7 pending;
// K2 is one contractor in each of two sources, and the card of one more.
func filled(t testing.TB, now func() time.Time) bench {
	t.Helper()
	b := newBenchAt(t, now)
	earn := func(id, contractor, points, lapses string) string {
		return strings.NewReplacer(`"e1"`, `"`+id+`"`, `"K1"`, `"`+contractor+`"`, `"5"`, `"`+points+`"`, "FS/1", "FS/"+id, `"effective_on"`, `"lapses_on":"`+lapses+`","effective_on"`).Replace(movement)
	}
	shop := func(body string) string { return strings.Replace(body, `"erp"`, `"shop"`, 1) }
	for _, s := range []scenario{
		{url: "contractors", body: push("main",
			`{"id":"K1","version":1,"code":"K1","name":"Jan Kowalski","tax_id":"5252248481","email":"kowalski@example.com","phone":"600100200","card":"GOLD-1","active":true}`,
			`{"id":"K2","version":1,"code":"K2","card":"C-2"}`, `{"id":"K3","version":1,"code":"C-2","name":"Kowalski"}`)},
		{url: "contractors", body: shop(push("main", `{"id":"9","version":1,"code":"K2"}`))},
		{body: push("main", earn("a", "K1", "60", ""), earn("b", "K1", "40", "2026-11-30"), strings.Replace(earn("c", "K1", "7", ""), `"active"`, `"pending"`, 1))},
		{url: "contractors", headers: signed(push("club", `{"id":"K1","version":1,"code":"K1"}`), key, now()), body: push("club", `{"id":"K1","version":1,"code":"K1"}`)},
	} {
		s.status, s.contains, s.notContains = 200, []string{`"accepted"`}, []string{"rejected"}
		if s.headers == nil {
			s.headers = bearer(token)
		}
		s.run(t, b.api)
	}
	return b
}

func tillScenarios() []scenario {
	const all = "/api/v1/pos/redemptions"
	who := func(fields string) string { return `{"program":"main","contractor":"K1"` + fields + `}` }
	ask := func(k, fields string) string { return who(`,"key":"` + k + `",` + fields) }
	bill := func(fields string) string { return ask("k", fields+`,"lines":[{"code":"A","amount":"500"}]`) }
	list := []scenario{
		{name: "a stranger", url: all, body: ask("k", `"points":"10"`), headers: map[string]string{"X": "y"}, status: 401, contains: []string{`"unauthorized"`}},
		{name: "an agent that pushes", url: all, headers: bearer(token), body: ask("k", `"points":"10"`), status: 403, contains: []string{`"forbidden"`}},
		{name: "another program", url: all, body: strings.Replace(ask("k", `"points":"10"`), "main", "club", 1), status: 403, contains: []string{`"program"`}},
		{name: "no program", url: all, body: strings.Replace(ask("k", `"points":"10"`), "main", "", 1), status: 403},
		{name: "unsigned", url: all, headers: bearer(signedToken), body: "{}", status: 401, contains: []string{`"signature"`}},
		{name: "garbage", url: all, body: `{"contractor":"Kowalski"`, status: 400, contains: []string{`"malformed"`}},
		{name: "a number where text is meant", url: all, body: ask("k", `"points":10`), status: 400},
		{name: "too large", url: all, body: strings.Repeat(" ", api.MaxBody+1), status: 413},
		{name: "a bill too long", url: all, body: ask("k", `"points":"10","lines":[`+strings.Repeat("{},", 1000)+`{}]`), status: 413, contains: []string{`"too_many"`}},
		{name: "no key", url: all, body: strings.Replace(bill(`"points":"10"`), `"key":"k",`, "", 1), status: 422, contains: []string{`"invalid"`, "key"}},
		{name: "a key of two words", url: all, body: strings.Replace(bill(`"points":"10"`), `"k"`, `"a b"`, 1), status: 422},
		{name: "neither points nor amount", url: all, body: bill(`"post":true`), status: 422},
		{name: "points and amount", url: all, body: bill(`"points":"10","amount":"5"`), status: 422},
		{name: "no points", url: all, body: bill(`"points":"0"`), status: 422},
		{name: "points below zero", url: all, body: bill(`"points":"-10"`), status: 422},
		{name: "half a point", url: all, body: bill(`"points":"10.5"`), status: 422},
		{name: "an amount in a float's words", url: all, body: bill(`"amount":"1e3"`), status: 422},
		{name: "an amount of no money", url: all, body: bill(`"amount":"0.00"`), status: 422},
		{name: "a total below zero", url: all, body: bill(`"points":"10","total":"-1"`), status: 422},
		{name: "a line without an amount", url: all, body: ask("k", `"points":"10","lines":[{"code":"A"}]`), status: 422},
		{name: "a document with a line break", url: all, body: bill(`"points":"10","document":"P\nA"`), status: 422},
		{name: "a bill without its lines", url: all, body: ask("k", `"points":"10"`), status: 422, contains: []string{"lines of the bill"}},
		{name: "nobody", url: all, body: strings.Replace(ask("k", `"points":"10"`), "K1", "K77", 1), status: 404, contains: []string{`"unknown"`}},
		{name: "a name is nobody", url: "/api/v1/pos/balance", body: `{"program":"main","contractor":"Jan Kowalski"}`, status: 404},
		{name: "a tax number is nobody", url: "/api/v1/pos/balance", body: `{"program":"main","contractor":"5252248481"}`, status: 404},
		{name: "no contractor", url: "/api/v1/pos/balance", body: `{"program":"main"}`, status: 422},
		{name: "named in no way", url: "/api/v1/pos/balance", body: who(`,"contractor_by":"name"`), status: 422},
		{name: "two of one code", url: "/api/v1/pos/balance", body: `{"program":"main","contractor":"K2"}`, status: 409, contains: []string{`"ambiguous"`}, notContains: []string{"shop", "erp"}},
		{name: "one of them", url: "/api/v1/pos/balance", body: `{"program":"main","contractor":"K2","source":"shop"}`, status: 200, contains: []string{`"available":"0"`}},
		{name: "the code of one, the card of another", url: "/api/v1/pos/balance", body: `{"program":"main","contractor":"C-2"}`, status: 409, contains: []string{`"ambiguous"`}},
		{name: "the card", url: "/api/v1/pos/balance", body: `{"program":"main","contractor":"C-2","contractor_by":"card"}`, status: 200},
		{
			name: "balance", url: "/api/v1/pos/balance", body: who(""), status: 200,
			contains: []string{`{"program":"main","available":"100","pending":"7","held":"0","debt":"0","point_worth":"0.75","worth":"75.00","currency":"PLN","lapses":[{"lapses_on":"2026-11-30","points":"40"}]}`},
		},
		{name: "more than there is", url: all, body: ask("r0", `"points":"101","lines":[{"code":"A","amount":"500"}]`), status: 409, contains: []string{`"insufficient"`}},
		{name: "too few", url: all, body: ask("r0", `"points":"4","lines":[{"code":"A","amount":"500"}]`), status: 409, contains: []string{`"below_minimum"`}},
		{name: "too many a day", url: all, body: ask("r0", `"points":"61","lines":[{"code":"A","amount":"500"}]`), status: 409, contains: []string{`"above_day"`}},
		{name: "for what may not be paid", url: all, body: ask("r0", `"points":"10","lines":[{"code":"ALC-1","amount":"500"}]`), status: 409, contains: []string{`"not_payable"`}},
		{
			name: "reserved", url: all, body: ask("r1", `"amount":"7.40","document":"PA/7","total":"50.00","lines":[{"code":"A","amount":"60.00"},{"code":"B","amount":"-10.00"}]`), status: 200,
			contains: []string{
				`"id":"1","program":"main","state":"reserved","key":"r1","points":"10","spent":"0","worth":"7.40","point_worth":"0.75","currency":"PLN","document":"PA/7","on":"2026-11-14"`,
				`"created_at":"2026-11-14T12:00:00Z","expires_at":"2026-11-14T12:15:00Z","resolved_at":null`,
			},
		},
		{name: "held", url: "/api/v1/pos/balance", body: who(""), status: 200, contains: []string{`"available":"90"`, `"held":"10"`}},
		{
			name: "reserved again", url: all, body: ask("r1", `"amount":"7.40","document":"PA/7","total":"50.00","lines":[{"code":"A","amount":"60.00"},{"code":"B","amount":"-10.00"}]`), status: 200,
			contains: []string{`"id":"1"`},
		},
		{
			name: "the same by another till", url: all, headers: bearer(otherTill), body: ask("r1", `"amount":"7.40","document":"PA/8","total":"50.00","lines":[{"code":"A","amount":"60.00"},{"code":"B","amount":"-10.00"}]`), status: 200,
			contains: []string{`"id":"2"`, `"key":"r1"`},
		},
		{name: "which lets it go", url: all + "/2/void", headers: bearer(otherTill), status: 200, contains: []string{`"voided"`}},
		{name: "something else with the key", url: all, body: ask("r1", `"points":"20","lines":[{"code":"A","amount":"50.00"}]`), status: 409, contains: []string{`"other_request"`}},
		{name: "read", method: "GET", url: all + "/1", status: 200, contains: []string{`"id":"1"`, `"reserved"`}},
		{name: "none there", method: "GET", url: all + "/9", status: 404, contains: []string{`"not_found"`}},
		{name: "not a number", method: "GET", url: all + "/x", status: 404},
		{name: "of another program", method: "GET", url: all + "/1", headers: signed("", key, now), status: 404, contains: []string{`"not_found"`}},
		{name: "posted from another program", url: all + "/1/post", headers: signed("", key, now), status: 404, contains: []string{`"not_found"`}},
		{name: "posted by an agent that pushes", url: all + "/1/post", headers: bearer(token), status: 403},
		{name: "none of it posted", url: all + "/1/post", body: `{"points":"0"}`, status: 422},
		{name: "more than is held posted", url: all + "/1/post", body: `{"points":"11"}`, status: 422, contains: []string{"10 points are held"}},
		{name: "undone before it is posted", url: all + "/1/undo", status: 409, contains: []string{`"resolved"`}},
		{name: "a part posted", url: all + "/1/post", body: `{"points":"8"}`, status: 200, contains: []string{`"posted"`, `"points":"10","spent":"8","worth":"6.00"`, `"resolved_at":"2026-11-14T12:00:00Z"`}},
		{name: "posted twice", url: all + "/1/post", body: `{"points":"8"}`, status: 200, contains: []string{`"posted"`}},
		{name: "void after it is posted", url: all + "/1/void", status: 409, contains: []string{`"resolved"`}},
		{name: "spent", url: "/api/v1/pos/balance", body: who(""), status: 200, contains: []string{`"available":"92"`, `"held":"0"`}},
		{name: "undone", url: all + "/1/undo", body: "{}", status: 200, contains: []string{`"undone"`, `"spent":"0"`}},
		{name: "undone twice", url: all + "/1/undo", status: 200, contains: []string{`"undone"`}},
		{name: "spent at once", url: all, body: ask("r2", `"points":"40","post":true,"lines":[{"code":"A","amount":"50"}]`), status: 200, contains: []string{`"id":"3"`, `"posted"`, `"spent":"40"`, `"worth":"30.00"`, `"expires_at":null`}},
		{name: "reserved to be let go", url: all, body: ask("r3", `"points":"20","lines":[{"code":"A","amount":"50"}]`), status: 200, contains: []string{`"id":"4"`}},
		{name: "void", url: all + "/4/void", status: 200, contains: []string{`"voided"`}},
		{name: "void twice", url: all + "/4/void", status: 200, contains: []string{`"voided"`}},
		{name: "posted after that", url: all + "/4/post", status: 409, contains: []string{`"resolved"`}},
		{name: "in the end", url: "/api/v1/pos/balance", body: who(""), status: 200, contains: []string{`"available":"60"`, `"held":"0"`, `"worth":"45.00"`, `"lapses":[]`}},
		{name: "a contractor in an address", method: "GET", url: "/api/v1/pos/balance?contractor=K1", status: 405},
	}
	for i := range list {
		list[i].notContains = append(list[i].notContains, people()...)
		if list[i].headers == nil {
			list[i].headers = bearer(tillToken)
		}
	}
	return list
}

// TestTill plays a till's calls one after another; no answer and no log names anybody.
func TestTill(t *testing.T) {
	b := filled(t, func() time.Time { return now })
	for _, s := range tillScenarios() {
		t.Run(s.name, func(t *testing.T) { s.run(t, b.api) })
	}
	for _, secret := range people() {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}

// TestTill_Merged: the card of a contractor that was merged into another finds that one.
func TestTill_Merged(t *testing.T) {
	b := filled(t, func() time.Time { return now })
	find := func(text string) loyalty.ContractorOverview {
		t.Helper()
		list, err := b.store.ContractorsNamed(t.Context(), loyalty.Query{Text: text, Program: "main"}, loyalty.NoDate)
		if err != nil || len(list) != 1 {
			t.Fatal(text, len(list), err)
		}
		return list[0]
	}
	programs, err := b.store.Programs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	from, into := find("GOLD-1"), find("9")
	for _, p := range programs {
		if p.ID == from.Program {
			a := ledger.Adjuster{Store: b.store, Program: p, Now: func() time.Time { return now }}
			if _, err := a.Merge(t.Context(), ledger.AdjustmentRequest{Account: from.ID, To: into.ID, Actor: "anna", Reason: "one firm"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	step := func(s scenario) { s.headers, s.status = bearer(tillToken), http.StatusOK; s.run(t, b.api) }
	balance := `{"program":"main","contractor":"GOLD-1"}`
	step(scenario{url: "/api/v1/pos/balance", body: balance, contains: []string{`"available":"100"`, `"pending":"7"`, `"point_worth":"0.5"`, `"lapses_on":"2026-11-30"`}})
	step(scenario{
		url: "/api/v1/pos/redemptions", body: `{"program":"main","contractor":"GOLD-1","key":"m1","points":"50","post":true,"lines":[{"code":"A","amount":"500"}]}`,
		contains: []string{`"posted"`},
	})
	step(scenario{url: "/api/v1/pos/balance", body: balance, contains: []string{`"available":"50"`, `"lapses":[]`}})
	step(scenario{method: "POST", url: "/api/v1/pos/redemptions/2/undo", body: `{"program":"main"}`, contains: []string{`"undone"`}})
	step(scenario{url: "/api/v1/pos/balance", body: balance, contains: []string{`"available":"100"`, `"lapses_on":"2026-11-30"`}})
	sent := strings.NewReplacer(`"e1"`, `"later"`, "FS/1", "FS/later", `"effective_on"`, `"lapses_on":"","effective_on"`).Replace(movement) // of the agent, who knows of no merge
	scenario{body: push("main", sent), headers: bearer(token), status: http.StatusOK, contains: []string{`"accepted"`}}.run(t, b.api)
	step(scenario{url: "/api/v1/pos/balance", body: balance, contains: []string{`"available":"105"`}})
}

// TestTill_Expired: what nobody posts in time is free again, and says so.
func TestTill_Expired(t *testing.T) {
	clock := now.Add(123456789 * time.Nanosecond) // of which a store keeps microseconds
	b := filled(t, func() time.Time { return clock })
	const all = "/api/v1/pos/redemptions"
	body := func(k string) string {
		return `{"program":"main","contractor":"GOLD-1","key":"` + k + `","points":"60","lines":[{"code":"A","amount":"50"}]}`
	}
	step := func(s scenario) { s.headers = bearer(tillToken); s.run(t, b.api) }
	step(scenario{url: all, body: body("r1"), status: 200, contains: []string{`"reserved"`, `"created_at":"2026-11-14T12:00:00.123456Z","expires_at":"2026-11-14T12:15:00.123456Z"`}})
	step(scenario{url: all, body: body("r1"), status: 200, contains: []string{`"created_at":"2026-11-14T12:00:00.123456Z","expires_at":"2026-11-14T12:15:00.123456Z"`}})
	step(scenario{url: all, body: body("r2"), status: 409, contains: []string{`"insufficient"`}})
	clock = clock.Add(holdTime)
	step(scenario{url: all + "/1/post", status: 409, contains: []string{`"expired"`}})
	step(scenario{method: "GET", url: all + "/1", status: 200, contains: []string{`"timed_out"`, `"expires_at":null`}})
	step(scenario{url: all, body: body("r1"), status: 200, contains: []string{`"id":"1"`, `"timed_out"`}})
	step(scenario{url: all, body: body("r2"), status: 200, contains: []string{`"id":"2"`, `"reserved"`}})
}

// TestTill_Elsewhere: points that are not held here are not spent here, and a failure
// tells nothing of the inside.
func TestTill_Elsewhere(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{&loyalty.Error{Code: loyalty.CodeInvalid, Message: "not held here"}, 409, `"elsewhere"`},
		{&loyalty.Error{Code: loyalty.CodeNotFound, Message: "has no points yet"}, 404, `"not_found"`},
		{loyalty.ErrStale, 503, `"busy"`},
		{errors.New("disk sql Kowalski"), 500, `"internal"`},
	} {
		log := &strings.Builder{}
		a, err := api.New(api.Config{
			Agents: agents(), People: broken{}, Points: &ledger.Receiver{}, Held: (*store.Store)(nil), Tiers: nobody{}, Accounts: nobody{}, Now: func() time.Time { return now },
			Redeemer: func(context.Context, string) (ledger.Redeemer, error) { return ledger.Redeemer{}, tt.err }, Logger: slog.New(slog.NewTextHandler(log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		scenario{
			url: "/api/v1/pos/balance", headers: bearer(tillToken), body: `{"program":"main","contractor":"Kowalski"}`,
			status: tt.status, contains: []string{tt.code}, notContains: people(),
		}.run(t, a)
		if logged := strings.Contains(log.String(), "agent=till"); logged != (tt.status >= 500) {
			t.Errorf("%d is logged: %v", tt.status, logged)
		}
	}
}

// FuzzTill: whatever a till asks, the answer is one that is described, and points are
// neither made nor lost.
func FuzzTill(f *testing.F) {
	f.Add(`{"program":"main","contractor":"K1","key":"k","points":"10","lines":[{"code":"A","amount":"50"}]}`)
	f.Add(`{"program":"main","contractor":"K1","key":"k","amount":"999999999999999.99","lines":[{"amount":"999999999999999"}],"post":true}`)
	f.Add(`{"program":"main","contractor":"K1","key":"k","points":"9223372036854775807","lines":[{"code":"A","amount":"-0"}]}`)
	f.Add(`{"program":"main","contractor":"\u0000","key":"k","points":"1"}`)
	b := filled(f, func() time.Time { return now })
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/pos/redemptions", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+tillToken)
		w := httptest.NewRecorder()
		b.api.ServeHTTP(w, r)
		switch w.Code {
		case 200, 400, 403, 404, 409, 413, 422:
		default:
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		c, err := b.store.Contractor(t.Context(), 1, loyalty.NewDate(2026, 11, 14))
		if err != nil {
			t.Fatal(err)
		}
		if sum := c.Available + c.Balance.Held + c.Balance.Spent; sum != 100 {
			t.Errorf("%d points after %s", sum, body)
		}
	})
}

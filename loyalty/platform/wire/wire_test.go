package wire_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden pins the format: others wrote programs against it.
func TestGolden(t *testing.T) {
	day := loyalty.NewDate(2026, 11, 14)
	for name, v := range map[string]any{
		"contractors": request(wire.Contractor{
			ID: "101", Version: wire.Version(1, 7), Code: "ŻAK", Name: "Zakład \"Żak\" & Syn", TaxID: "5260001246", Email: "biuro@zak.example",
			Phone: "+48 600 700 800", Card: "9900112233", Group: "VIP", Active: true, JoinedOn: day, Attributes: loyalty.Attributes{"LOJALNOSC": "TAK"},
		}, wire.Contractor{ID: "102", Version: wire.Version(1, 8), JoinedOn: loyalty.NoDate}),
		"representatives": request(wire.Representative{
			ID: "9", Version: 12, Contractor: "101", Name: "Anna Żak", Email: "anna@zak.example", Phone: "600700801", Active: true,
			Default: true, Consents: []loyalty.Consent{loyalty.ConsentEmail, loyalty.ConsentSMS}, Attributes: loyalty.Attributes{"stanowisko": "kierowca"},
		}),
		"points": request(wire.Movement{
			ID: "1/main/erp/ARI/1001/10/base/1", Contractor: "101", Kind: "earn", State: wire.StatePending, Points: "12.50",
			Document: wire.Document{ID: "ARI/1001", Number: "FS/1/2026", Date: day, Buffered: true},
			Item:     wire.Item{Code: "WINE-1", Name: "Wino", Group: "ALKO/WINA", Quantity: "6", Unit: "szt", Net: "100.1", Gross: "123.12", Currency: "PLN"},
			Store:    "MAG1", Rule: "base", RuleSet: "ab12", EffectiveOn: day, LapsesOn: day.AddMonths(36),
		}, wire.Movement{
			ID: "1/main/erp/ARI/1001/10/base/2", Contractor: "101", Kind: "activate", State: wire.StateActive, Points: "12.50",
			Document: wire.Document{ID: "ARI/1001", Number: "FS/1/2026", Date: day}, Rule: "base", EffectiveOn: day, LapsesOn: loyalty.NoDate,
			Of: "1/main/erp/ARI/1001/10/base/1",
		}),
		"accounts": request(wire.Account{
			ID: "101", Contractor: "101", Version: wire.Version(2, 40), AsOfSeq: 40, Available: "55", Pending: "5", Held: "0", Debt: "0",
			Spent: "0", Lapsed: "0", ScoredDocuments: 3,
		}),
		"response": wire.Response{Results: []wire.Result{{ID: "a", Status: wire.Accepted}, {ID: "b", Status: wire.Rejected, Code: "conflict", Message: "seen otherwise"}}},
		"problem":  wire.Problem{Code: wire.InProgress, Message: "another call is at work", Hint: "try again"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(v, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err = os.WriteFile(path, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func request[T any](items ...T) wire.Request[T] {
	return wire.Request[T]{Program: "main", Source: "erp", Items: items}
}

func drawKey(rt *rapid.T, label string) wire.EntryKey {
	text := rapid.StringMatching(`[a/%ż .0]{0,4}`)
	return wire.EntryKey{
		Epoch: rapid.Int64Range(1, 2).Draw(rt, label), Program: text.Draw(rt, label), Source: text.Draw(rt, label),
		Document: loyalty.Key{Type: text.Draw(rt, label), ID: text.Draw(rt, label)},
		Line:     rapid.Int64Range(-2, 2).Draw(rt, label), Rule: text.Draw(rt, label), Revision: rapid.IntRange(1, 2).Draw(rt, label),
	}
}

func TestPointsIDIsUnambiguous(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawKey(rt, "a"), drawKey(rt, "b")
		if (wire.PointsID(a) == wire.PointsID(b)) != (a == b) {
			rt.Fatalf("%+v and %+v give %s and %s", a, b, wire.PointsID(a), wire.PointsID(b))
		}
		if wire.ParseDocumentID(wire.DocumentID(a.Document)) != a.Document {
			rt.Fatalf("%+v does not come back", a.Document)
		}
	})
	// part by part: two neighbours must not run together
	a := wire.EntryKey{Program: "a/b", Source: "c"}
	b := wire.EntryKey{Program: "a", Source: "b/c"}
	if wire.PointsID(a) == wire.PointsID(b) {
		t.Error("the parts run together")
	}
}

func TestPointsIDGolden(t *testing.T) {
	got := wire.PointsID(wire.EntryKey{
		Epoch: 1, Program: "main", Source: "erp/2", Document: loyalty.Key{Type: "FS", ID: "1001"}, Line: 10, Rule: "za 100 zł", Revision: 2,
	})
	if want := "1/main/erp%2F2/FS/1001/10/za%20100%20z%C5%82/2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestParseDocumentIDOfOthers(t *testing.T) {
	for in, want := range map[string]loyalty.Key{
		"1001": {ID: "1001"}, "a/b/c": {ID: "a/b/c"}, "%zz/1": {ID: "%zz/1"}, "FS/": {Type: "FS"}, "": {},
	} {
		if got := wire.ParseDocumentID(in); got != want {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}

func TestVersionsGrowOverARestore(t *testing.T) {
	if wire.Version(2, 1) <= wire.Version(1, 1<<39) {
		t.Error("a version after a restore is not newer")
	}
}

func TestLaw10IdempotencyKey(t *testing.T) {
	items := []wire.Outgoing{{ID: "a", Version: 1}, {ID: "b", Version: 2}}
	key := wire.IdempotencyKey(wire.Points, items)
	items[0].Position, items[0].Body = 99, wire.Movement{ID: "a", Item: wire.Item{Name: "renamed meanwhile"}}
	if got := wire.IdempotencyKey(wire.Points, items); got != key || len(key) != 64 {
		t.Errorf("%s, want %s", got, key)
	}
	for name, other := range map[string]string{
		"another kind":    wire.IdempotencyKey(wire.Contractors, items),
		"another version": wire.IdempotencyKey(wire.Points, []wire.Outgoing{{ID: "a", Version: 1}, {ID: "b", Version: 3}}),
		"fewer items":     wire.IdempotencyKey(wire.Points, items[:1]),
		"run together":    wire.IdempotencyKey(wire.Points, []wire.Outgoing{{ID: "a1", Version: 1}, {ID: "b", Version: 2}}),
	} {
		if other == key {
			t.Errorf("%s gives the same key", name)
		}
	}
}

func TestVerify(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	body := []byte(`{"program":"main"}`)
	good := wire.Sign("key", now, body)
	if want := "t=1800000000,v1="; !strings.HasPrefix(good, want) {
		t.Fatalf("%s", good)
	}
	for _, tt := range []struct {
		name, header, body string
		at                 time.Time
		ok                 bool
	}{
		{"right", good, string(body), now, true},
		{"five minutes late", good, string(body), now.Add(5 * time.Minute), true},
		{"five minutes early", good, string(body), now.Add(-5 * time.Minute), true},
		{"too late", good, string(body), now.Add(5*time.Minute + time.Second), false},
		{"too early", good, string(body), now.Add(-5*time.Minute - time.Second), false},
		{"another body", good, `{"program":"mine"}`, now, false},
		{"another key", wire.Sign("other", now, body), string(body), now, false},
		{"another time", strings.Replace(good, "t=18", "t=17", 1), string(body), time.Unix(1_700_000_000, 0), false},
		{"missing", "", string(body), now, false},
		{"short", "t=1800000000,v1=ab", string(body), now, false},
		{"not hex", "t=1800000000,v1=zz", string(body), now, false},
		{"huge time", "t=9223372036854775807,v1=" + strings.Repeat("0", 64), string(body), now, false},
	} {
		err := wire.Verify("key", tt.header, []byte(tt.body), tt.at)
		if (err == nil) != tt.ok || (err != nil && loyalty.CodeOf(err) != loyalty.CodeForbidden) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(wire.Sign("key", time.Unix(1_800_000_000, 0), []byte("x")), []byte("x"))
	f.Add("t=,v1=", []byte{})
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		now := time.Unix(1_800_000_000, 0)
		if wire.Verify("key", header, body, now) == nil && !strings.Contains(header, "v1=") {
			t.Errorf("%q passes", header)
		}
	})
}

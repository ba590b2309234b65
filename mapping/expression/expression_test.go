package expression_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping/expression"
)

type record struct {
	Code       string                   `expr:"code"`
	Group      string                   `expr:"group"`
	Active     bool                     `expr:"active"`
	Net        decimal.Decimal          `expr:"net"`
	Attributes map[string]string        `expr:"attributes"`
	Attribute  func(name string) string `expr:"attribute"`
	Item       item                     `expr:"item"`
	Hidden     string
}

type item struct {
	Name string          `expr:"name"`
	Qty  decimal.Decimal `expr:"qty"`
}

func sample() *record {
	attributes := map[string]string{"LOYAL": "YES", "LIMIT": "100.50", "BAD": "secret-value", "BLANK": " "}
	return &record{
		Code: "K001", Group: "VIP", Active: true,
		Net:        decimal.RequireFromString("100.10"),
		Attributes: attributes,
		Attribute:  func(name string) string { return attributes[name] },
		Item:       item{Name: "Wino czerwone", Qty: decimal.RequireFromString("2.5")},
	}
}

func faultText(faults []loyalty.Fault) string {
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&b, "%d: %s (%s)\n", f.Offset, f.Message, f.Hint)
	}
	return b.String()
}

func TestConditions(t *testing.T) {
	tests := []struct {
		source string
		want   bool
	}{
		// Law 7: exact numbers, whatever way they are written.
		{"0.1 + 0.2 == 0.3", true},
		{"0.1 + 0.2 != 0.3", false},
		{"1 == 1.00", true},
		{"net > 100.10", false},
		{"net >= 100.10", true},
		{"net == 100.1", true},
		{"net < 100.1000000000000000000001", true},
		{"net < 101", true},
		{"net <= 100", false},
		{"-net < -100", true},
		{"+net == net", true},
		{"net - 100 == 0.1", true},
		{"net * 3 == 300.3", true},
		{"1 / 8 == 0.125", true},
		{"(active ? 1 : 2) + 1 == 2", true},
		{"net in [1, 100.100, 3]", true},
		{"net not in [1, 2]", true},
		{"9007199254740993 == 9007199254740992", false}, // equal as floats
		{"item.qty * 2 == 5", true},
		{"decimal(attribute('LIMIT')) > 100.49", true},
		{"decimal(attribute('MISSING'), 7) == 7", true},
		{"decimal(attribute('BLANK'), 7) == 7", true},
		{"attribute('MISSING') != '' and decimal(attribute('MISSING')) > 1", false}, // the right side is not evaluated
		{"len('żółw') == 4", true},

		{`attribute("LOYAL") == "YES"`, true},
		{`attribute("MISSING") == ""`, true},
		{`attributes["LOYAL"] == "YES" && attributes.LOYAL == "YES"`, true},
		{`attributes["MISSING"] == ""`, true},
		{`"LOYAL" in attributes and not ("MISSING" in attributes)`, true},
		{`code in ["K001", "K002"]`, true},
		{`code not in ["K001", "K002"]`, false},
		{`code startsWith "K" and code endsWith "1" and code contains "00"`, true},
		{`code matches "^K[0-9]+$"`, true},
		{`code matches "^X"`, false},
		{`lower(group) == "vip" or false`, true},
		{`upper(lower(group)) + trim(" x ") == "VIPx"`, true},
		{`code < "K002"`, true},
		{`active`, true},
		{`!active || not active`, false},
		{`active == true`, true},
		{`item.name == 'Wino czerwone'`, true},
		{"code == 'K001' // a remark", true},
		{"code\n==\n'K001'", true},
	}
	for _, tt := range tests {
		program, faults := expression.Compile[record, bool](tt.source)
		if len(faults) > 0 {
			t.Errorf("%s: %s", tt.source, faultText(faults))
			continue
		}
		got, err := program.Eval(sample())
		if err != nil || got != tt.want {
			t.Errorf("%s: %v, %v", tt.source, got, err)
		}
	}
}

func TestTexts(t *testing.T) {
	for source, want := range map[string]string{
		`attribute("LOYAL")`:                    "YES",
		`"PL-" + code`:                          "PL-K001",
		`active ? "1" : "0"`:                    "1",
		`group == "X" ? attribute("A") : group`: "VIP",
	} {
		program, faults := expression.Compile[record, string](source)
		if len(faults) > 0 {
			t.Errorf("%s: %s", source, faultText(faults))
			continue
		}
		if got, err := program.Eval(sample()); err != nil || got != want {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		source  string
		offset  int
		message string // part of message or hint
	}{
		{"", 0, "ends too early"},
		{"code =", 5, "compare with =="},
		{"net > 100,10", 9, "decimal point"},
		{"code == 'a'; true", 5, "no sequences"},
		{"grup == 'VIP'", 0, "did you mean group?"},
		{"ż == 'VIP'", 0, "fields: active, attributes, code, group, item, net"},
		{"'żółw' == grup", 10, "no field grup"}, // offsets count characters
		{"Hidden == ''", 0, "no field Hidden"},
		{"attributee('X') == ''", 0, "did you mean attribute?"},
		{"attribute == ''", 0, "attribute is a function"},
		{"attribute(1) == ''", 0, "attribute cannot take a number"},
		{"len(lower(attribute(5))) > 1", 10, "attribute cannot take a number"}, // deep inside other calls
		{"attribute() == ''", 0, "cannot take nothing"},
		{"decimal(net) > 1", 0, "decimal cannot take a number"},
		{"code > 100", 5, "decimal("},
		{"code == 1", 5, "quotes"},
		{"code == true", 5, "cannot compare a text with a condition"},
		{"active < true", 7, "cannot compare a condition"},
		{"net + code == 1", 4, "cannot join"},
		{"code and active", 5, "a condition on both sides"},
		{"not code", 0, "needs a condition"},
		{"-code == 1", 0, "needs a number"},
		{"code in ['a', 1]", 14, "not both"},
		{"code in []", 8, "empty list"},
		{"code in [true]", 9, "cannot hold"},
		{"net in ['1']", 4, "a number cannot be in a list"},
		{"active in attributes", 7, "cannot be in all attributes"},
		{"net in (active ? [1] : [2])", 26, "cannot be chosen"},
		{"active ? 1 : 'x'", 15, "one side gives a number"},
		{"code ? true : false", 0, "a condition is needed"},
		{"code", 0, "a condition is needed"},
		{"net", 0, "gives a number"},
		{"1 < net < 3", 4, "chained"},
		{"net % 2 == 0", 4, "no operator %"},
		{"net ** 2 == 0", 4, "no operator **"},
		{"1..9 == 1", 1, "no operator .."},
		{"1e3 == net", 0, "not a plain number"},
		{"1e999999999 == net", 12, "out of range"},
		{"0x10 == net", 0, "not a plain number"},
		{"1_000 == net", 0, "not a plain number"},
		{"99999999999999999999 == net", 21, "out of range"},
		{"code == nil", 8, "no nil"},
		{"(code ?? 'x') == 'y'", 6, "no operator ??"},
		{"code[0:1] == 'K'", 4, "cut out"},
		{"code.x == 'K'", 5, "has no fields"},
		{"net.Neg() == 1", 4, "by name"},
		{"item.nme == 'x'", 5, "no field nme"},
		{"item?.name == 'x'", 6, "no ?."},
		{"attributes[1] == 'x'", 10, "found by name"},
		{"{a: 1} == {a: 1}", 0, "no tables"},
		{"let a = 1; a == 1", 4, "no variables"},
		{"any(attributes, true)", 0, "no function any"},
		{"all([1], # > 0)", 0, "no function all"},
		{"now() == now()", 0, "no function now"},
		{"split(code, '') == 1", 0, "no function split"},
		{"::lower(code) == 'x'", 2, "no function lower"}, // expr-lang's own
		{"$env == 1", 0, "no field $env"},
		{"code matches group", 13, "in quotes"},
		{"code matches '['", 13, "does not work"},
		{"code == '" + strings.Repeat("x", expression.MaxLength) + "'", expression.MaxLength, "longer than"},
		{"code in ['" + strings.Repeat("x','", 2500) + "']", 8008, "nodes"},
		{"code == '\xb3'", 0, "UTF-8"},
	}
	for _, tt := range tests {
		name := tt.source[:min(len(tt.source), 40)]
		_, faults := expression.Compile[record, bool](tt.source)
		if len(faults) == 0 {
			t.Errorf("%s: no fault", name)
			continue
		}
		f := faults[0]
		if !strings.Contains(f.Message+"|"+f.Hint, tt.message) {
			t.Errorf("%s: %s", name, faultText(faults))
		}
		if f.Offset != tt.offset {
			t.Errorf("%s: offset %d, want %d: %s", name, f.Offset, tt.offset, f.Message)
		}
		if f.Hint == "" || strings.Contains(f.Message+f.Hint, "decimal.Decimal") {
			t.Errorf("%s: not for people: %s", name, faultText(faults))
		}
	}
}

func TestEveryFaultIsListed(t *testing.T) {
	_, faults := expression.Compile[record, bool]("grup == 'A' and kode == 'B' or net > 'x'")
	if len(faults) != 3 {
		t.Errorf("%d faults, want 3: %s", len(faults), faultText(faults))
	}
}

func TestNestedChainsEnd(t *testing.T) {
	source := "net"
	for range 200 {
		source = "1 < (" + source + ") < 2"
	}
	if _, faults := expression.Compile[record, bool](source); len(faults) == 0 {
		t.Error("chained comparisons were accepted")
	}
}

func TestEvaluationErrors(t *testing.T) {
	tests := []struct{ source, want string }{
		{"active and decimal(attribute('BAD')) > 1", "character 12: decimal(): the text is not a number"},
		{"decimal('1,50') > 1", "decimal point"},
		{"decimal('1e9') > 1", "not a number"},
		{"decimal('--1') > 1", "not a number"},
		{"decimal('.') > 1", "not a number"},
		{"decimal('" + strings.Repeat("9", 65) + "') > 1", "not a number"},
		{"decimal(attribute('MISSING')) > 1", "the text is empty"},
		{"1 / 3 > 0", "character 3: /: the result has no exact decimal"},
		{"1 / (net - net) > 0", "divisor is zero"},
	}
	for _, tt := range tests {
		program, faults := expression.Compile[record, bool](tt.source)
		if len(faults) > 0 {
			t.Errorf("%s: %s", tt.source, faultText(faults))
			continue
		}
		_, err := program.Eval(sample())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.source, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret-value") { // law 11
			t.Errorf("%s: the error quotes the record: %v", tt.source, err)
		}
	}
}

// A function of the environment that panics must not take the process along,
// nor show what it panicked with.
func TestPanicIsAnError(t *testing.T) {
	program, faults := expression.Compile[record, bool](`attribute("X") == ""`)
	if len(faults) > 0 {
		t.Fatal(faultText(faults))
	}
	r := sample()
	r.Attribute = func(string) string { panic("secret-value") }
	if _, err := program.Eval(r); err == nil || strings.Contains(err.Error(), "secret-value") {
		t.Errorf("error: %v", err)
	}
}

func TestEvalFromManyGoroutines(t *testing.T) {
	program, faults := expression.Compile[record, bool](`net > 100 and code in ["K001"] and attribute("LOYAL") == "YES"`)
	if len(faults) > 0 {
		t.Fatal(faultText(faults))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if got, err := program.Eval(sample()); err != nil || !got {
					t.Errorf("%v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

// Arithmetic of expressions is that of exact decimals.
func TestArithmeticIsExact(t *testing.T) {
	type pair struct {
		A decimal.Decimal `expr:"a"`
		B decimal.Decimal `expr:"b"`
	}
	number := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64().Draw(t, "digits"), -rapid.Int32Range(0, 6).Draw(t, "places"))
	})
	rapid.Check(t, func(t *rapid.T) {
		p := pair{A: number.Draw(t, "a"), B: number.Draw(t, "b")}
		a, b := p.A.Abs(), p.B.Abs()
		sources := map[string]bool{
			fmt.Sprintf("a + b == %s", literal(p.A.Add(p.B))):        true,
			fmt.Sprintf("a - b == %s", literal(p.A.Sub(p.B))):        true,
			fmt.Sprintf("a * b == %s", literal(p.A.Mul(p.B))):        true,
			fmt.Sprintf("%s < %s", literal(a), literal(b)):           a.LessThan(b),
			fmt.Sprintf("%s == %s", literal(a), literal(b)):          a.Equal(b),
			fmt.Sprintf("a in [%s, %s]", literal(p.B), literal(p.A)): true,
			"a / 8 * 8 == a":                       true,
			fmt.Sprintf("decimal('%s') == a", p.A): true,
		}
		for source, want := range sources {
			program, faults := expression.Compile[pair, bool](source)
			if len(faults) > 0 {
				t.Fatalf("%s: %s", source, faultText(faults))
			}
			if got, err := program.Eval(&p); err != nil || got != want {
				t.Fatalf("%s with %v: %v, %v", source, p, got, err)
			}
		}
	})
}

// literal writes a decimal so that it parses as one number: with a point, since
// whole numbers must fit 64 bits.
func literal(d decimal.Decimal) string {
	s := d.String()
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`attribute("LOYAL") == "YES" and not (group in ["A"])`, "0.1 + 0.2 == 0.3", "net / 3 > 1.", "1 < net < 3",
		"active ? code : 'x'", "((((", "code matches '(a*)*'", "let a = 1; a", "a | b(c)", "any(x, # > 1)", ".5 < net", "::now()",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		program, faults := expression.Compile[record, bool](source)
		if (program == nil) == (len(faults) == 0) {
			t.Fatalf("program %v with %d faults", program, len(faults))
		}
		for _, fault := range faults {
			if fault.Offset < 0 || fault.Offset > utf8.RuneCountInString(source) || fault.Message == "" || fault.Hint == "" {
				t.Errorf("fault %+v of %q", fault, source)
			}
		}
		if program != nil {
			first, err1 := program.Eval(sample())
			second, err2 := program.Eval(sample())
			if first != second || (err1 == nil) != (err2 == nil) {
				t.Errorf("%q gave %v, %v, then %v, %v", source, first, err1, second, err2)
			}
		}
	})
}

func BenchmarkEval(b *testing.B) {
	program, _ := expression.Compile[record, bool](`attribute("LOYAL") == "YES" and net > 100.05 and group in ["VIP", "A"]`)
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := program.Eval(r); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

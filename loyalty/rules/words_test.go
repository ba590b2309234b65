package rules_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

func TestExplanationWords(t *testing.T) {
	titled := func(r *loyalty.Rule) { r.Title = loyalty.Title{"pl": "Za każde 100 zł", "en": "For every 100"} }
	deposit := line(3, "CRATE", "10")
	deposit.Kind, deposit.Name = loyalty.Deposit, "Skrzynka"
	wine := line(1, "WINE-1", "1150.50")
	wine.Name, wine.Quantity = "Wino czerwone", dec("6")
	bread := line(2, "BREAD", "50")
	dated := func(r *loyalty.Rule) { r.From, r.To = date(t, "2025-01-01"), date(t, "2025-12-31") }

	tests := []struct {
		name   string
		def    loyalty.RuleSet
		sale   func(*rules.Sale)
		pl, en string
	}{
		{
			name: "one rule fires, one does not",
			def:  program(bill("base", "100", "1", titled), bill("big", "1", "1", minimum("5000")), bill("old", "1", "1", dated)),
			pl: `12 punktów
  Za każde 100 zł (base): netto 1 200,50 zł; 1 punkt za każde 100,00 zł = 12,005, zaokrąglone w dół: 12 punktów
    1. WINE-1 Wino czerwone: 1 150,50 zł = 12 punktów
    2. BREAD: 50,00 zł = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
  big: brak punktów: wartość dokumentu jest niższa niż minimum zasady (1 210,50 zł, minimum 5 000,00 zł)
  old: brak punktów: data dokumentu jest poza okresem obowiązywania zasady (15.06.2026, zasada od 01.01.2025 do 31.12.2025 włącznie)
`,
			en: `12 points
  For every 100 (base): net 1,200.50 PLN; 1 point for every 100.00 PLN = 12.005, rounded down: 12 points
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 12 points
    2. BREAD: 50.00 PLN = 0 points
    3. CRATE Skrzynka: a deposit earns no points
  big: no points: the document is below the minimum of the rule (1,210.50 PLN, minimum 5,000.00 PLN)
  old: no points: the date of the document is outside the dates of the rule (15 Jun 2026, the rule holds from 1 Jan 2025 to 31 Dec 2025 inclusive)
`,
		},
		{
			name: "quantity, best, each line by itself",
			def: with(program(bill("wine", "4", "1", onGroup("Wine"), on(loyalty.Quantity)), bill("all", "1000000", "1")), func(d *loyalty.RuleSet) {
				d.Stacking, d.RoundedPer, d.Rounding = loyalty.Best, loyalty.PerLine, loyalty.HalfUp
			}),
			pl: `2 punkty
  wine: ilość 6 jedn.; 1 punkt za każde 4 jedn. = 1,5, każda pozycja osobno: zaokrąglone do najbliższej wartości, połówki w górę: 2 punkty
    1. WINE-1 Wino czerwone: 6 jedn. = 2 punkty
    3. CRATE Skrzynka: kaucja nie daje punktów
  all: brak punktów: po zaokrągleniu wychodzi zero (netto 50,00 zł; 1 punkt za każde 1 000 000,00 zł = 0,00005, każda pozycja osobno: zaokrąglone do najbliższej wartości, połówki w górę: 0 punktów)
    1. WINE-1 Wino czerwone: pozycja liczy się według innej zasady („wine”)
    2. BREAD: 50,00 zł = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
`,
			en: `2 points
  wine: quantity 6 units; 1 point for every 4 units = 1.5, each line by itself: rounded to the nearest, halves up: 2 points
    1. WINE-1 Wino czerwone: 6 units = 2 points
    3. CRATE Skrzynka: a deposit earns no points
  all: no points: it comes to zero after rounding (net 50.00 PLN; 1 point for every 1,000,000.00 PLN = 0.00005, each line by itself: rounded to the nearest, halves up: 0 points)
    1. WINE-1 Wino czerwone: the line counts under another rule ("wine")
    2. BREAD: 50.00 PLN = 0 points
    3. CRATE Skrzynka: a deposit earns no points
`,
		},
		{
			name: "a fraction that does not end, on a return",
			def:  with(program(bill("base", "30", "1")), func(d *loyalty.RuleSet) { d.Rounding = loyalty.Ceil }),
			sale: func(s *rules.Sale) { s.Return, s.Lines = true, nets("-50") },
			pl: `-1 punkt
  base: netto -50,00 zł; 1 punkt za każde 30,00 zł ≈ -1,6666, zaokrąglone w dół: -1 punkt
    1. ITEM-1: -50,00 zł = -1 punkt
`,
			en: `-1 point
  base: net -50.00 PLN; 1 point for every 30.00 PLN ≈ -1.6666, rounded down: -1 point
    1. ITEM-1: -50.00 PLN = -1 point
`,
		},
		{
			name: "a part was paid with points",
			def:  program(bill("base", "100", "1")),
			sale: func(s *rules.Sale) {
				s.Lines, s.Paid = nets("5500"), rules.Paid{Amount: dec("500"), Of: dec("6500")}
			},
			pl: `50 punktów
  500,00 zł z 6 500,00 zł zapłacono punktami: ta część nie daje punktów
  base: netto 5 500,00 zł; 1 punkt za każde 100,00 zł × 6 000/6 500 (część niezapłacona punktami) ≈ 50,7692, zaokrąglone w dół: 50 punktów
    1. ITEM-1: 5 500,00 zł = 50 punktów
`,
			en: `50 points
  500.00 PLN of 6,500.00 PLN was paid with points: that part earns nothing
  base: net 5,500.00 PLN; 1 point for every 100.00 PLN × 6,000/6,500 (the part not paid with points) ≈ 50.7692, rounded down: 50 points
    1. ITEM-1: 5,500.00 PLN = 50 points
`,
		},
		{
			name: "all was paid with points",
			def:  program(bill("base", "100", "1")),
			sale: func(s *rules.Sale) {
				s.Lines, s.Paid = nets("500"), rules.Paid{Amount: dec("600"), Of: dec("600")}
			},
			pl: `brak punktów: w całości zapłacono punktami
  600,00 zł z 600,00 zł zapłacono punktami: ta część nie daje punktów
  base: brak punktów: w całości zapłacono punktami
`,
			en: `no points: all of it was paid with points
  600.00 PLN of 600.00 PLN was paid with points: that part earns nothing
  base: no points: all of it was paid with points
`,
		},
		{
			name: "conditions, multipliers and a limit",
			def: program(
				bill("vip", "100", "1", func(r *loyalty.Rule) {
					r.Multiply = []loyalty.Multiplier{{When: "group VIP", By: dec("2.5")}, {When: "group STAFF", By: dec("9")}}
					r.Where = "code WINE-1"
				}),
				bill("staff", "1", "1", func(r *loyalty.Rule) { r.When = "group STAFF" }),
				bill("most", "100", "1", func(r *loyalty.Rule) { r.Max = dec("5") }),
			),
			sale: func(s *rules.Sale) { s.Facts.Contractor.Group = "VIP" },
			pl: `33 punkty
  vip: netto 1 150,50 zł; 1 punkt za każde 100,00 zł × 2,5 (group VIP) = 28,7625, zaokrąglone w dół: 28 punktów
    bez mnożnika 9 (group STAFF; group = „VIP”)
    1. WINE-1 Wino czerwone: 1 150,50 zł = 28 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
  staff: brak punktów: warunek zasady nie jest spełniony (group STAFF; group = „VIP”)
  most: netto 1 200,50 zł; 1 punkt za każde 100,00 zł = 12,005, w jednym dokumencie najwyżej 5 punktów
    1. WINE-1 Wino czerwone: 1 150,50 zł = 5 punktów
    2. BREAD: 50,00 zł = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
`,
			en: `33 points
  vip: net 1,150.50 PLN; 1 point for every 100.00 PLN × 2.5 (group VIP) = 28.7625, rounded down: 28 points
    not multiplied by 9 (group STAFF; group = "VIP")
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 28 points
    3. CRATE Skrzynka: a deposit earns no points
  staff: no points: the condition of the rule does not hold (group STAFF; group = "VIP")
  most: net 1,200.50 PLN; 1 point for every 100.00 PLN = 12.005, at most 5 points a document
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 5 points
    2. BREAD: 50.00 PLN = 0 points
    3. CRATE Skrzynka: a deposit earns no points
`,
		},
		{
			name: "a limit that is only just reached, and conditions that fail",
			def: program(
				bill("just", "100", "1", func(r *loyalty.Rule) { r.Max = dec("12") }),
				bill("broken", "100", "1", func(r *loyalty.Rule) {
					r.When, r.Multiply = "fails", []loyalty.Multiplier{{When: "yes", By: dec("2")}}
				}),
				bill("unclear", "1000", "1", func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "fails", By: dec("2")}} }),
				bill("old", "100", "1", dated, func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "fails", By: dec("2")}} }),
			),
			sale: func(s *rules.Sale) { s.Facts.Contractor.Group = "VIP" },
			pl: `13 punktów
  just: netto 1 200,50 zł; 1 punkt za każde 100,00 zł = 12,005, zaokrąglone w dół: 12 punktów
    1. WINE-1 Wino czerwone: 1 150,50 zł = 12 punktów
    2. BREAD: 50,00 zł = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
  broken: brak punktów: warunku zasady nie da się obliczyć dla tej sprzedaży (fails)
  unclear: netto 1 200,50 zł; 1 punkt za każde 1 000,00 zł = 1,2005, zaokrąglone w dół: 1 punkt
    bez mnożnika 2: warunku nie da się obliczyć dla tej sprzedaży (fails)
    1. WINE-1 Wino czerwone: 1 150,50 zł = 1 punkt
    2. BREAD: 50,00 zł = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
  old: brak punktów: data dokumentu jest poza okresem obowiązywania zasady (15.06.2026, zasada od 01.01.2025 do 31.12.2025 włącznie)
`,
			en: `13 points
  just: net 1,200.50 PLN; 1 point for every 100.00 PLN = 12.005, rounded down: 12 points
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 12 points
    2. BREAD: 50.00 PLN = 0 points
    3. CRATE Skrzynka: a deposit earns no points
  broken: no points: the condition of the rule cannot be evaluated for this sale (fails)
  unclear: net 1,200.50 PLN; 1 point for every 1,000.00 PLN = 1.2005, rounded down: 1 point
    not multiplied by 2: the condition cannot be evaluated for this sale (fails)
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 1 point
    2. BREAD: 50.00 PLN = 0 points
    3. CRATE Skrzynka: a deposit earns no points
  old: no points: the date of the document is outside the dates of the rule (15 Jun 2026, the rule holds from 1 Jan 2025 to 31 Dec 2025 inclusive)
`,
		},
		{
			name: "the hour of a document that has no time",
			def: program(
				bill("late", "100", "1", func(r *loyalty.Rule) { r.When = "hour" }),
				bill("base", "1000", "1", func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "hour", By: dec("2")}} }),
			),
			sale: func(*rules.Sale) {},
			pl: `1 punkt
  late: brak punktów: warunek zasady pyta o godzinę, a dokument jej nie ma (hour)
  base: netto 1 200,50 zł; 1 punkt za każde 1 000,00 zł = 1,2005, zaokrąglone w dół: 1 punkt
    bez mnożnika 2: dokument nie ma godziny (hour)
    1. WINE-1 Wino czerwone: 1 150,50 zł = 1 punkt
    2. BREAD: 50,00 zł = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
`,
			en: `1 point
  late: no points: the condition of the rule asks for the hour, and the document has no time (hour)
  base: net 1,200.50 PLN; 1 point for every 1,000.00 PLN = 1.2005, rounded down: 1 point
    not multiplied by 2: the document has no time (hour)
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 1 point
    2. BREAD: 50.00 PLN = 0 points
    3. CRATE Skrzynka: a deposit earns no points
`,
		},
		{
			name: "yes and no in words",
			def:  program(bill("welcome", "100", "1", func(r *loyalty.Rule) { r.When = "first_purchase" })),
			sale: func(*rules.Sale) {},
			pl:   "brak punktów: żadna zasada naliczania nie dała punktów\n  welcome: brak punktów: warunek zasady nie jest spełniony (first_purchase; first_purchase = nie)\n",
			en:   "no points: no rule gave points\n  welcome: no points: the condition of the rule does not hold (first_purchase; first_purchase = no)\n",
		},
		{
			name: "each condition with its own values",
			def: program(
				bill("one", "100", "1", func(r *loyalty.Rule) { r.When = "group STAFF" }),
				bill("more", "100", "1", func(r *loyalty.Rule) { r.When = "groups STAFF" }),
			),
			sale: func(s *rules.Sale) { s.Facts.Contractor.Group = "VIP" },
			pl: `brak punktów: żadna zasada naliczania nie dała punktów
  one: brak punktów: warunek zasady nie jest spełniony (group STAFF; group = „VIP”)
  more: brak punktów: warunek zasady nie jest spełniony (groups STAFF; groups = „two”)
`,
			en: `no points: no rule gave points
  one: no points: the condition of the rule does not hold (group STAFF; group = "VIP")
  more: no points: the condition of the rule does not hold (groups STAFF; groups = "two")
`,
		},
		{
			name: "slabs of quantity",
			def:  program(bill("six", "1", "1", onGroup("Wine"), slabs(loyalty.Graduated, loyalty.PerDocument, "1", "1", "6", "3"))),
			sale: func(s *rules.Sale) { s.Lines[0].Quantity = dec("12") },
			pl: `26 punktów
  six: ilość 12 jedn.; 5 jedn. po 1 punkt + 7 jedn. po 3 punkty = 26 punktów
    1. WINE-1 Wino czerwone: 12 jedn. = 26 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
`,
			en: `26 points
  six: quantity 12 units; 5 units at 1 point each + 7 units at 3 points each = 26 points
    1. WINE-1 Wino czerwone: 12 units = 26 points
    3. CRATE Skrzynka: a deposit earns no points
`,
		},
		{
			name: "slabs of nothing",
			def:  program(bill("six", "1", "1", onItems("BREAD"), slabs(loyalty.Flat, loyalty.PerLine, "0", "0", "2", "3"))),
			sale: func(s *rules.Sale) { s.Lines[1].Quantity = dec("1.5") },
			pl: `brak punktów: żadna zasada naliczania nie dała punktów
  six: brak punktów: po zaokrągleniu wychodzi zero (ilość 1,5 jedn.; 1,5 jedn. po 0 punktów = 0 punktów)
    2. BREAD: 1,5 jedn. = 0 punktów
    3. CRATE Skrzynka: kaucja nie daje punktów
`,
			en: `no points: no rule gave points
  six: no points: it comes to zero after rounding (quantity 1.5 units; 1.5 units at 0 points each = 0 points)
    2. BREAD: 1.5 units = 0 points
    3. CRATE Skrzynka: a deposit earns no points
`,
		},
		{
			name: "caps",
			def: with(program(
				bill("just", "100", "1", func(r *loyalty.Rule) { r.Max, r.Caps.Day = dec("10"), dec("7") }),
				bill("more", "100", "1"), bill("none", "100", "1"),
			), func(d *loyalty.RuleSet) { d.Caps.Budget = dec("1000") }),
			sale: func(s *rules.Sale) {
				s.Allowed = []rules.Allowance{{Points: 5, By: loyalty.CapDay}, {Points: 8, By: loyalty.CapBudget}}
				s.Lines = s.Lines[:1]
			},
			pl: `8 punktów
  just: netto 1 150,50 zł; 1 punkt za każde 100,00 zł = 11,505, w jednym dokumencie najwyżej 10 punktów; limit zasady to 7 punktów na dzień, dla tego dokumentu zostaje 5 punktów
    1. WINE-1 Wino czerwone: 1 150,50 zł = 5 punktów
  more: netto 1 150,50 zł; 1 punkt za każde 100,00 zł = 11,505; limit programu to 1 000 punktów dla wszystkich razem, dla tego dokumentu zostaje 3 punkty
    1. WINE-1 Wino czerwone: 1 150,50 zł = 3 punkty
  none: brak punktów: limit tej zasady lub programu nie zostawia już punktów (netto 1 150,50 zł; 1 punkt za każde 100,00 zł = 11,505; limit programu to 1 000 punktów dla wszystkich razem, dla tego dokumentu zostaje 0 punktów)
`,
			en: `8 points
  just: net 1,150.50 PLN; 1 point for every 100.00 PLN = 11.505, at most 10 points a document; the rule may give 7 points a day, which leaves 5 points to this document
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 5 points
  more: net 1,150.50 PLN; 1 point for every 100.00 PLN = 11.505; the program may give 1,000 points to all together, which leaves 3 points to this document
    1. WINE-1 Wino czerwone: 1,150.50 PLN = 3 points
  none: no points: the limit of the rule or of the program leaves no points (net 1,150.50 PLN; 1 point for every 100.00 PLN = 11.505; the program may give 1,000 points to all together, which leaves 0 points to this document)
`,
		},
		{
			name: "another currency",
			def:  program(bill("base", "100", "1")),
			sale: func(s *rules.Sale) { s.Currency = "EUR" },
			pl:   "brak punktów: dokument jest w innej walucie niż program (EUR, program: PLN)\n",
			en:   "no points: the document is not in the currency of the program (EUR, the program: PLN)\n",
		},
		{
			name: "beyond reason",
			def:  program(bill("base", "0.000001", "1000")),
			sale: func(s *rules.Sale) { s.Lines = nets("99999999999999") },
			pl: `brak punktów: żadna zasada naliczania nie dała punktów
  base: brak punktów: kwota lub ilość jest tak duża, że musi być pomyłką
`,
			en: `no points: no rule gave points
  base: no points: an amount or a quantity is so large that it must be a slip
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sale(t, wine, bread, deposit)
			if tt.sale != nil {
				tt.sale(&s)
			}
			x := compile(t, tt.def).Explain(s)
			for lang, want := range map[string]string{"pl": tt.pl, "en": tt.en} {
				got := strings.ReplaceAll(x.Words(lang), "\u00a0", " ")
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s: %s\n%s", lang, d, got)
				}
			}
		})
	}
}

// TestSetIsShared: one Set scores for many goroutines, each sale by itself.
func TestSetIsShared(t *testing.T) {
	set := compile(t, with(program(bill("a", "1", "1"), bill("b", "2", "1")), func(d *loyalty.RuleSet) { d.Stacking = loyalty.Best }))
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 200 {
				s := sale(t, nets(fmt.Sprint(n+1), "1")...)
				if got := set.Score(s); len(got) != 2 || got[0].Points != loyalty.Points(n+1) {
					t.Errorf("%d: %v", n, got)
					return
				}
			}
		})
	}
	wg.Wait()
}

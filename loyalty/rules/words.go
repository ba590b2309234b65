package rules

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// phrases are the sentences of an explanation in one language.
type phrases struct {
	noPoints string // %s reason
	counted  string // %s base, %s points for one step, %s step
	stepped  string // %s units, %s points for each
	byItem   string
	each     string          // %s points, %s of what
	nothing  string          // for a quantity of no slab
	paid     string          // %s amount, %s of what
	unpaid   string          // %s amount, %s of what
	times    string          // %s factor, %s condition
	notTimes string          // %s factor, %s condition, %s values
	unclear  string          // %s factor, %s condition
	noTime   string          // likewise
	limited  string          // %s raw with "=" or "≈", %s points
	capped   map[bool]string // %s limit, %s period, %s what is left; by whether it is of all rules
	period   map[loyalty.CapPeriod]string
	value    string // %s fact, %s value
	exact    string // %s raw with "=" or "≈", %s how rounded, %s points
	equal    string // %s points
	minimum  string // %s gross, %s minimum
	dates    string // %s date, %s limits
	currency string // %s document's, %s program's
	rate     string // %s program's, %s document's, %s rate
	from, to string // %s date
	taken    string // %s rule
	units    string
	measure  map[loyalty.Measure]string // %s amount
	rounding map[loyalty.Rounding]string
	yes, no  string
	perLine  string // before the rounding
}

var polish = phrases{
	noPoints: "brak punktów: %s", counted: "%s; %s za każde %s", stepped: "%s po %s", byItem: "punkty według towaru", each: " (%s za każde %s)", nothing: "nic do naliczenia",
	paid: "%s z %s zapłacono punktami: ta część nie daje punktów", unpaid: " × %s/%s (część niezapłacona punktami)",
	times: " × %s (%s)", notTimes: "bez mnożnika %s (%s; %s)",
	unclear: "bez mnożnika %s: warunku nie da się obliczyć dla tej sprzedaży (%s)", noTime: "bez mnożnika %s: dokument nie ma godziny (%s)", limited: " %s, w jednym dokumencie najwyżej %s", value: "%s = „%s”", exact: " %s, %s: %s", equal: " = %s",
	minimum: " (%s, minimum %s)", dates: " (%s, zasada %s)", currency: " (%s, program: %s)", rate: "kwoty w %s: z %s po kursie %s z dokumentu",
	from: "od %s", to: "do %s włącznie", taken: " („%s”)", units: " jedn.",
	measure: map[loyalty.Measure]string{loyalty.Gross: "brutto %s", loyalty.Net: "netto %s", loyalty.Quantity: "ilość %s", loyalty.QuantitySlab: "ilość %s"},
	rounding: map[loyalty.Rounding]string{
		loyalty.Floor: "zaokrąglone w dół", loyalty.Ceil: "zaokrąglone w górę",
		loyalty.HalfUp: "zaokrąglone do najbliższej wartości, połówki w górę", loyalty.HalfEven: "zaokrąglone do najbliższej wartości, połówki do parzystej",
	},
	yes: "tak", no: "nie",
	capped: map[bool]string{
		false: "; limit zasady to %s %s, dla tego dokumentu zostaje %s", true: "; limit programu to %s %s, dla tego dokumentu zostaje %s",
	},
	period: map[loyalty.CapPeriod]string{
		loyalty.CapDocument: "na dokument", loyalty.CapDay: "na dzień", loyalty.CapMonth: "na miesiąc", loyalty.CapYear: "na rok", loyalty.CapBudget: "dla wszystkich razem",
	},
	perLine: "każda pozycja osobno: ",
}

var english = phrases{
	noPoints: "no points: %s", counted: "%s; %s for every %s", stepped: "%s at %s each", byItem: "points by item", each: " (%s for every %s)", nothing: "nothing to count",
	paid: "%s of %s was paid with points: that part earns nothing", unpaid: " × %s/%s (the part not paid with points)",
	times: " × %s (%s)", notTimes: "not multiplied by %s (%s; %s)",
	unclear: "not multiplied by %s: the condition cannot be evaluated for this sale (%s)", noTime: "not multiplied by %s: the document has no time (%s)", limited: " %s, at most %s a document", value: "%s = %q", exact: " %s, %s: %s", equal: " = %s",
	minimum: " (%s, minimum %s)", dates: " (%s, the rule holds %s)", currency: " (%s, the program: %s)", rate: "amounts in %s: from %s at the document's rate of %s",
	from: "from %s", to: "to %s inclusive", taken: " (%q)", units: " units",
	measure: map[loyalty.Measure]string{loyalty.Gross: "gross %s", loyalty.Net: "net %s", loyalty.Quantity: "quantity %s", loyalty.QuantitySlab: "quantity %s"},
	rounding: map[loyalty.Rounding]string{
		loyalty.Floor: "rounded down", loyalty.Ceil: "rounded up",
		loyalty.HalfUp: "rounded to the nearest, halves up", loyalty.HalfEven: "rounded to the nearest, halves to even",
	},
	yes: "yes", no: "no",
	capped: map[bool]string{
		false: "; the rule may give %s %s, which leaves %s to this document", true: "; the program may give %s %s, which leaves %s to this document",
	},
	period: map[loyalty.CapPeriod]string{
		loyalty.CapDocument: "a document", loyalty.CapDay: "a day", loyalty.CapMonth: "a month", loyalty.CapYear: "a year", loyalty.CapBudget: "to all together",
	},
	perLine: "each line by itself: ",
}

// Words tells an explanation to a person, "pl" in Polish, else in English: the
// total, then each rule with its lines, one line of text each.
func (x Explanation) Words(lang string) string {
	w := writer{x: &x, lang: lang, say: &english}
	if lang == loyalty.Polish {
		w.say = &polish
	}
	if x.Reason != loyalty.ReasonNone {
		w.line("", w.refused(x.Reason, nil))
	} else {
		w.line("", w.points(x.Points))
	}
	if x.Reason == loyalty.ReasonCurrency || x.Reason == loyalty.ReasonNoRate || x.Reason == loyalty.ReasonTooLarge {
		return w.b.String() // it holds for every rule alike
	}
	if x.Rate != "" {
		w.line("  ", fmt.Sprintf(w.say.rate, x.Expected, x.Currency, loyalty.FormatNumber(x.Rate, w.lang)))
	}
	if x.Paid != "" {
		w.line("  ", fmt.Sprintf(w.say.paid, w.money(x.Paid), w.money(x.PaidOf)))
	}
	for i := range x.Rules {
		w.rule(&x.Rules[i])
	}
	return w.b.String()
}

// writer renders one explanation in one language.
type writer struct {
	b    strings.Builder
	x    *Explanation
	lang string
	say  *phrases
}

func (w *writer) line(indent, text string) { w.b.WriteString(indent + text + "\n") }

func (w *writer) rule(r *RuleExplanation) {
	name := cmp.Or(r.Title[w.lang], r.Title[loyalty.English], r.Title[loyalty.Polish])
	if name == "" {
		name = r.Rule
	} else {
		name += " (" + r.Rule + ")"
	}
	if !r.Fired {
		w.line("  ", name+": "+w.refused(r.Reason, r))
		if r.Reason != loyalty.ReasonRuleZero && r.Reason != loyalty.ReasonRuleStacking {
			return
		}
	} else {
		w.line("  ", name+": "+w.arithmetic(r))
	}
	for _, m := range r.Multiply {
		by, facts := loyalty.FormatNumber(m.By, w.lang), w.facts(m.When)
		switch {
		case m.Reason == loyalty.ReasonRuleNoTime:
			w.line("    ", fmt.Sprintf(w.say.noTime, by, m.When))
		case m.Failed:
			w.line("    ", fmt.Sprintf(w.say.unclear, by, m.When))
		case !m.Holds && facts != "":
			w.line("    ", fmt.Sprintf(w.say.notTimes, by, m.When, facts))
		}
	}
	for i := range r.Lines {
		w.position(r, &r.Lines[i])
	}
}

// arithmetic tells how a rule that fired came to its points.
func (w *writer) arithmetic(r *RuleExplanation) string {
	base := fmt.Sprintf(w.say.measure[r.Measure], w.amount(r.Base, r))
	s := base + "; " + w.steps(r)
	switch {
	case r.ByItem:
		s = base + "; " + w.say.byItem
	case r.Slabs == nil:
		s = fmt.Sprintf(w.say.counted, base, w.points(r.Value), w.amount(r.Per, r))
	}
	for _, m := range r.Multiply {
		if m.Holds {
			s += fmt.Sprintf(w.say.times, loyalty.FormatNumber(m.By, w.lang), m.When)
		}
	}
	s += w.unpaid()
	raw := w.number(r.Raw)
	if r.Limited {
		return s + fmt.Sprintf(w.say.limited, raw, w.points(r.Max)) + w.capped(r)
	}
	if len(r.Capped) > 0 {
		return s + " " + raw + w.capped(r)
	}
	if raw == w.number(r.Rounded) {
		return s + fmt.Sprintf(w.say.equal, w.points(r.Rounded))
	}
	mode := w.x.Rounding
	if w.x.Return {
		mode = loyalty.Floor
	}
	how := w.say.rounding[mode]
	if w.x.RoundedPer == loyalty.PerLine {
		how = w.say.perLine + how
	}
	return s + fmt.Sprintf(w.say.exact, raw, how, w.points(r.Rounded))
}

// unpaid tells the share of a sale that was not paid with points, if it is not all.
func (w *writer) unpaid() string {
	paid, err := decimal.NewFromString(cmp.Or(w.x.Paid, "0"))
	of, errOf := decimal.NewFromString(cmp.Or(w.x.PaidOf, "0"))
	if err != nil || errOf != nil || !paid.IsPositive() {
		return ""
	}
	return fmt.Sprintf(w.say.unpaid, loyalty.FormatNumber(of.Sub(paid).String(), w.lang), loyalty.FormatNumber(of.String(), w.lang))
}

// capped tells which caps left less.
func (w *writer) capped(r *RuleExplanation) (s string) {
	for _, c := range r.Capped {
		s += fmt.Sprintf(w.say.capped[c.All], w.points(c.Limit), w.say.period[c.By], w.points(c.Left))
	}
	return s
}

// steps tells which slab gave for how many units.
func (w *writer) steps(r *RuleExplanation) string {
	var parts []string
	if r.Slabs != nil {
		for _, s := range r.Slabs.Steps {
			if s.Units != "0" {
				parts = append(parts, fmt.Sprintf(w.say.stepped, w.amount(s.Units, r), w.points(s.Points)))
			}
		}
	}
	if len(parts) == 0 {
		return w.say.nothing
	}
	return strings.Join(parts, " + ")
}

// position tells what one line brought; lines that no rule of this name is
// about are left out.
func (w *writer) position(r *RuleExplanation, l *LineExplanation) {
	name := strings.TrimSpace(fmt.Sprintf("%d. %s %s", l.No, l.Code, l.Name))
	switch l.Reason {
	case loyalty.ReasonNone:
		each := ""
		if l.Each != "" {
			each = fmt.Sprintf(w.say.each, w.points(l.Each), w.amount(l.Per, r))
		}
		w.line("    ", fmt.Sprintf("%s: %s%s = %s", name, w.amount(l.Base, r), each, w.points(l.Points)))
	case loyalty.ReasonRuleStacking:
		w.line("    ", name+": "+l.Reason.Words(w.lang)+fmt.Sprintf(w.say.taken, l.TakenBy))
	case loyalty.ReasonLineDeposit, loyalty.ReasonLineComponent, loyalty.ReasonLineExcluded, loyalty.ReasonLineFailed:
		w.line("    ", name+": "+l.Reason.Words(w.lang))
	default:
	}
}

// refused tells why there are no points, with the limit that was missed.
func (w *writer) refused(reason loyalty.Reason, r *RuleExplanation) string {
	s := fmt.Sprintf(w.say.noPoints, reason.Words(w.lang))
	switch reason {
	case loyalty.ReasonCurrency, loyalty.ReasonNoRate:
		return s + fmt.Sprintf(w.say.currency, w.x.Currency, w.x.Expected)
	case loyalty.ReasonRuleMinimum:
		return s + fmt.Sprintf(w.say.minimum, w.money(r.Limit.Compared), w.money(r.Limit.MinDocument))
	case loyalty.ReasonRuleWhen:
		return s + w.condition(r.Limit.When)
	case loyalty.ReasonRuleFailed, loyalty.ReasonRuleNoTime:
		return s + w.condition(r.Failed)
	case loyalty.ReasonRuleDates:
		var limits []string
		if r.Limit.From != loyalty.NoDate {
			limits = append(limits, fmt.Sprintf(w.say.from, loyalty.FormatDate(r.Limit.From, w.lang)))
		}
		if r.Limit.To != loyalty.NoDate {
			limits = append(limits, fmt.Sprintf(w.say.to, loyalty.FormatDate(r.Limit.To, w.lang)))
		}
		return s + fmt.Sprintf(w.say.dates, loyalty.FormatDate(w.x.Date, w.lang), strings.Join(limits, " "))
	case loyalty.ReasonRuleZero, loyalty.ReasonRuleCapped:
		return s + " (" + w.arithmetic(r) + ")"
	default:
		return s
	}
}

// condition quotes a condition, with the values that it asked for.
func (w *writer) condition(text string) string {
	if facts := w.facts(text); facts != "" {
		text += "; " + facts
	}
	return " (" + text + ")"
}

// facts tells the values that a condition asked for.
func (w *writer) facts(condition string) string {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(w.x.Facts)) {
		if mentions(condition, name) {
			told = append(told, w.fact(name, w.x.Facts[name]))
		}
	}
	return strings.Join(told, ", ")
}

// fact tells one value: texts in quotes, the others as people write them.
func (w *writer) fact(name, value string) string {
	switch {
	case name == "hour":
		return name + " = " + value
	case name == "first_purchase" && value == "true":
		return name + " = " + w.say.yes
	case name == "first_purchase":
		return name + " = " + w.say.no
	}
	return fmt.Sprintf(w.say.value, name, value)
}

// mentions says whether a name stands in a condition, and not as a part of another:
// day is none of weekday.
func mentions(condition, name string) bool {
	inName := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for rest := condition; ; {
		before, after, found := strings.Cut(rest, name)
		if !found {
			return false
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if !inName(last) && !inName(next) {
			return true
		}
		rest = after
	}
}

func (w *writer) money(text string) string {
	return loyalty.FormatMoney(text, w.x.Expected, w.lang)
}

// amount writes what a rule measures: money, or units of the item.
func (w *writer) amount(text string, r *RuleExplanation) string {
	if r.Measure == loyalty.Quantity || r.Measure == loyalty.QuantitySlab {
		return loyalty.FormatNumber(text, w.lang) + w.say.units
	}
	return w.money(text)
}

// points writes points with their word, whatever their decimals.
func (w *writer) points(text string) string {
	_, frac, _ := strings.Cut(text, ".")
	p, err := loyalty.ParsePoints(text, len(frac))
	if err != nil {
		return loyalty.FormatNumber(text, w.lang)
	}
	return loyalty.FormatPoints(p, len(frac), w.lang)
}

// number writes "= " and a number without zeros at its end; a fraction as "≈ "
// and its first four decimals.
func (w *writer) number(text string) string {
	equals := "= "
	if strings.Contains(text, "/") {
		r, ok := new(big.Rat).SetString(text)
		if !ok {
			return text
		}
		const tenThousand = 10_000
		scaled := new(big.Int).Quo(new(big.Int).Mul(r.Num(), big.NewInt(tenThousand)), r.Denom())
		equals, text = "≈ ", new(big.Rat).SetFrac(scaled, big.NewInt(tenThousand)).FloatString(4)
	}
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return equals + loyalty.FormatNumber(text, w.lang)
}

package loyalty

import (
	"strings"
	"time"
)

// Languages of what people read. Every other language is shown in English.
const (
	Polish  = "pl"
	English = "en"
)

// groupSpace parts thousands in Polish: a no-break space, which every font and
// every console can show.
const groupSpace = "\u00a0"

// FormatNumber writes decimal text ("-1234.50") the way people read it:
// "-1 234,50" in Polish, "-1,234.50" in English. All digits are kept, none is
// added. Anything but decimal text comes back as it is.
func FormatNumber(text, lang string) string {
	digits := strings.TrimPrefix(text, "-")
	whole, frac, dot := strings.Cut(digits, ".")
	if whole == "" || dot && frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return text
	}
	group, point := ",", "."
	if lang == Polish {
		group, point = groupSpace, ","
	}
	var b strings.Builder
	b.WriteString(text[:len(text)-len(digits)])
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteByte(whole[i])
	}
	if dot {
		b.WriteString(point + frac)
	}
	return b.String()
}

// FormatPoints writes points with their word, without zeros at the end of a
// fraction: "1 punkt", "2 punkty", "5 punktów", "1,5 punktu"; "1 point",
// "1.5 points".
func FormatPoints(p Points, decimals int, lang string) string {
	text := p.Format(decimals)
	whole, frac, dot := strings.Cut(text, ".")
	if dot {
		frac = strings.TrimRight(frac, "0")
		text = strings.TrimSuffix(whole+"."+frac, ".")
	}
	return FormatNumber(text, lang) + groupSpace + pointsWord(whole, frac != "", lang)
}

func pointsWord(whole string, fraction bool, lang string) string {
	switch {
	case fraction && lang == Polish:
		return "punktu"
	case fraction:
		return "points"
	case lang == Polish:
		return plural(whole, lang, "punkt", "punkty", "punktów")
	}
	return plural(whole, lang, "point", "points", "points")
}

// Plural chooses the form of a noun after a number. Polish has three: 1 faktura,
// 2 faktury, 5 faktur; English uses one and many.
func Plural(n int64, lang, one, few, many string) string {
	return plural(Points(n).Format(0), lang, one, few, many)
}

// plural looks at the digits of a whole number: Polish decides by the last two.
func plural(digits, lang, one, few, many string) string {
	digits = strings.TrimPrefix(digits, "-")
	if digits == "1" {
		return one
	}
	if lang != Polish {
		return many
	}
	last := digits[len(digits)-1]
	teen := len(digits) > 1 && digits[len(digits)-2] == '1'
	if last >= '2' && last <= '4' && !teen {
		return few
	}
	return many
}

// FormatMoney writes an amount in decimal text with its currency: "1 234,50 zł",
// "1 234,50 EUR"; "1,234.50 PLN" in English. Fewer than two decimals are filled up.
func FormatMoney(text, currency, lang string) string {
	if _, frac, dot := strings.Cut(text, "."); !dot {
		text += ".00"
	} else if len(frac) == 1 {
		text += "0"
	}
	if lang == Polish && currency == "PLN" {
		currency = "zł"
	}
	return FormatNumber(text, lang) + groupSpace + currency
}

// FormatDate writes a business date: "14.11.2026" in Polish, "14 Nov 2026" in
// English, "" for NoDate.
func FormatDate(d Date, lang string) string {
	if d == NoDate {
		return ""
	}
	return d.Time().Format(dateStyle(lang))
}

// FormatTime writes an instant on the wall clock of a zone, to the minute:
// "14.11.2026 18:33", "14 Nov 2026 18:33"; "" for the zero time.
func FormatTime(t time.Time, zone *time.Location, lang string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(dateStyle(lang) + " 15:04")
}

func dateStyle(lang string) string {
	if lang == Polish {
		return "02.01.2006"
	}
	return "2 Jan 2006"
}

package tdstest

import (
	"strconv"
	"strings"
	"time"
)

// The engine keeps points in time as text of one width, so that SQLite orders
// them: stampLayout for everything with a date, dateLayout, timeLayout.
// A datetimeoffset is its UTC moment, a space, and the offset in minutes.
const (
	stampLayout = "2006-01-02 15:04:05.0000000"
	dateLayout  = "2006-01-02"
	timeLayout  = "15:04:05.0000000"
	ticksPerDay = 24 * 60 * 60 * 300 // a datetime counts 1/300 s
)

var epoch1900 = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// formatTemporal writes a moment as the engine keeps it in a type, rounded as
// SQL Server rounds.
func formatTemporal(at time.Time, t sqlType) (string, error) {
	switch t.kind {
	case kDate:
		return checkYear(at, 1, at.Format(dateLayout))
	case kTime:
		return at.Round(unit(t.scale)).Format(timeLayout), nil
	case kSmallDateTime:
		return checkYear(at, 1900, at.Round(time.Minute).Format(stampLayout))
	case kDateTime:
		days, ticks := datetimeTicks(at)
		return checkYear(at, 1753, fromTicks(days, ticks).Format(stampLayout))
	case kDateTimeOffset:
		_, offset := at.Zone()
		return checkYear(at, 1, at.UTC().Round(unit(t.scale)).Format(stampLayout)+" "+strconv.Itoa(offset/60))
	default:
		return checkYear(at, 1, at.Round(unit(t.scale)).Format(stampLayout))
	}
}

func checkYear(at time.Time, least int, text string) (string, error) {
	if at.Year() < least || at.Year() > 9999 {
		return "", &sqlError{Number: 242, Message: "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value."}
	}
	return text, nil
}

func unit(scale int) time.Duration {
	d := time.Second
	for range scale {
		d /= 10
	}
	return d
}

// datetimeTicks are the days since 1900 and the 1/300 s of the day, rounded to
// the nearest.
func datetimeTicks(at time.Time) (days, ticks int) {
	y, m, d := at.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	days = int(midnight.Sub(epoch1900) / (24 * time.Hour))
	if midnight.Before(epoch1900) || days > 106000 { // a Duration ends after 292 years
		days = int((midnight.Unix() - epoch1900.Unix()) / 86400)
	}
	of := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute +
		time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
	ticks = int((int64(of)*3 + 5_000_000) / 10_000_000)
	if ticks >= ticksPerDay {
		return days + 1, 0
	}
	return days, ticks
}

// fromTicks is the moment of a datetime, to 100 ns as a datetime2 shows it.
func fromTicks(days, ticks int) time.Time {
	hundreds := (int64(ticks)*100_000 + 1) / 3 // of 100 ns
	return epoch1900.AddDate(0, 0, days).Add(time.Duration(hundreds) * 100)
}

// parseTemporal reads what the engine keeps.
func parseTemporal(s string, t sqlType) (time.Time, error) {
	switch t.kind {
	case kDate:
		return time.Parse(dateLayout, s)
	case kTime:
		at, err := time.Parse(timeLayout, s)
		return at.AddDate(1900, 0, 0), err
	case kDateTimeOffset:
		moment, offset, _ := strings.Cut(s[min(len(s), 11):], " ")
		at, err := time.Parse(stampLayout, s[:min(len(s), 11)]+moment)
		minutes, _ := strconv.Atoi(offset)
		return at.In(time.FixedZone("", minutes*60)), err
	default:
		return time.Parse(stampLayout, s)
	}
}

// textLayouts are the spellings of a moment that T-SQL text may have whatever
// the language of the session: ODBC, ISO 8601, and the unseparated date.
var textLayouts = []string{
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
	"20060102 15:04:05.999999999", "20060102 15:04", "20060102", "15:04:05.999999999", "15:04",
}

// readTemporal reads the text of a moment as a conversion does.
func readTemporal(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return epoch1900, true
	}
	for _, layout := range textLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			if at.Year() == 0 {
				at = at.AddDate(1900, 0, 0)
			}
			return at, true
		}
	}
	return time.Time{}, false
}

// writeTemporal is the text of a moment by a style of CONVERT; 0 is the one
// without a style.
func writeTemporal(at time.Time, from sqlType, style int) (string, error) {
	fraction := ""
	if from.kind == kDateTime {
		fraction = ".000"
		_, ticks := datetimeTicks(at)
		at = at.Truncate(time.Second).Add(time.Duration(float64(ticks%300)/0.3+0.5) * time.Millisecond)
	} else if from.scale > 0 {
		fraction = "." + strings.Repeat("0", from.scale)
	}
	switch style {
	case 112:
		return at.Format("20060102"), nil
	case 23:
		return at.Format(dateLayout), nil
	case 108, 8, 24:
		return at.Format("15:04:05"), nil
	case 120, 20:
		return at.Format(dateOr(from, "2006-01-02 15:04:05")), nil
	case 121, 21, 25:
		return at.Format(dateOr(from, "2006-01-02 15:04:05"+fraction)), nil
	case 126:
		if at.Nanosecond() == 0 {
			fraction = ""
		}
		return at.Format(dateOr(from, "2006-01-02T15:04:05"+fraction)), nil
	case 127:
		if at.Nanosecond() == 0 {
			fraction = ""
		}
		return at.UTC().Format("2006-01-02T15:04:05" + fraction + "Z"), nil
	case 104:
		return at.Format("02.01.2006"), nil
	case 105:
		return at.Format("02-01-2006"), nil
	case 103:
		return at.Format("02/01/2006"), nil
	case 101:
		return at.Format("01/02/2006"), nil
	case 0, 100:
		if from.kind == kDateTime || from.kind == kSmallDateTime {
			return strings.Replace(at.Format("Jan _2 2006 "), "  ", "  ", 1) + padTwelve(at), nil
		}
		return at.Format(dateOr(from, "2006-01-02 15:04:05"+fraction)), nil
	default:
		return "", &sqlError{Number: 281, Message: strconv.Itoa(style) + " is not a valid style number when converting from " + from.kind.String() + " to a character string."}
	}
}

func padTwelve(at time.Time) string {
	s := at.Format("3:04PM")
	if len(s) < 7 {
		s = " " + s
	}
	return s
}

// dateOr gives the layout that fits the type: a date has no time of day, a time
// no date, an offset ends with it.
func dateOr(t sqlType, layout string) string {
	switch t.kind {
	case kDate:
		return layout[:10]
	case kTime:
		return layout[11:]
	case kDateTimeOffset:
		return layout + " -07:00"
	default:
		return layout
	}
}

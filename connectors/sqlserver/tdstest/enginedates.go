package tdstest

import (
	"database/sql/driver"
	"math"
	"time"
)

// dateParts are the names of a part of a date, short ones included.
var dateParts = map[string]string{
	"year": "year", "yy": "year", "yyyy": "year", "quarter": "quarter", "qq": "quarter", "q": "quarter", "month": "month", "mm": "month", "m": "month",
	"day": "day", "dd": "day", "d": "day", "dayofyear": "dayofyear", "dy": "dayofyear", "week": "week", "wk": "week", "ww": "week", "weekday": "weekday", "dw": "weekday",
	"hour": "hour", "hh": "hour", "minute": "minute", "mi": "minute", "n": "minute", "second": "second", "ss": "second", "s": "second",
	"millisecond": "millisecond", "ms": "millisecond", "microsecond": "microsecond", "mcs": "microsecond", "nanosecond": "nanosecond", "ns": "nanosecond",
	"tzoffset": "tzoffset", "tz": "tzoffset", "iso_week": "iso_week", "isowk": "iso_week",
}

var partLengths = map[string]time.Duration{
	"hour": time.Hour, "minute": time.Minute, "second": time.Second,
	"millisecond": time.Millisecond, "microsecond": time.Microsecond, "nanosecond": time.Nanosecond,
}

func (e *engine) dateFunctions() map[string]engineFunc {
	moment := func(v, typ driver.Value) (time.Time, error) { return parseTemporal(str(v), e.typeAt(num(typ))) }
	return map[string]engineFunc{
		"tds_dateadd": {4, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[2], a[3])
			if err != nil {
				return nil, err
			}
			return addPart(at, dateParts[str(a[0])], num(a[1]), e.typeAt(num(a[3])), str(a[0]))
		}},
		"tds_datediff": {6, func(a []driver.Value) (driver.Value, error) {
			from, err := moment(a[1], a[2])
			if err != nil {
				return nil, err
			}
			to, err := moment(a[3], a[4])
			if err != nil {
				return nil, err
			}
			n, err := diffPart(from, to, dateParts[str(a[0])], str(a[0]))
			if err == nil && !yes(a[5]) && (n > math.MaxInt32 || n < math.MinInt32) {
				return nil, failf(535, "The datediff function resulted in an overflow.")
			}
			return n, err
		}},
		"tds_datepart": {3, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[1], a[2])
			if err != nil {
				return nil, err
			}
			return partOf(at, dateParts[str(a[0])], str(a[0]))
		}},
		"tds_datefromparts": {3, func(a []driver.Value) (driver.Value, error) {
			at := time.Date(int(num(a[0])), time.Month(num(a[1])), int(num(a[2])), 0, 0, 0, 0, time.UTC)
			if int64(at.Day()) != num(a[2]) || int64(at.Month()) != num(a[1]) {
				return nil, failf(289, "Cannot construct data type date, some of the arguments have values which are not valid.")
			}
			return at.Format(dateLayout), nil
		}},
		"tds_eomonth": {2, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[0], a[1])
			return time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format(dateLayout), err
		}},
		"tds_offset": {4, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[0], a[1])
			if err != nil {
				return nil, err
			}
			zone, err := offsetOf(a[2])
			if err != nil {
				return nil, err
			}
			if !yes(a[3]) {
				at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone)
			}
			return formatTemporal(at.In(zone), sqlType{kind: kDateTimeOffset, scale: 7})
		}},
	}
}

func offsetOf(v driver.Value) (*time.Location, error) {
	if n, ok := v.(int64); ok {
		return time.FixedZone("", int(n)*60), nil
	}
	at, err := time.Parse("-07:00", str(v))
	if err != nil {
		return nil, failf(9812, "The timezone provided to the function is invalid.")
	}
	_, offset := at.Zone()
	return time.FixedZone("", offset), nil
}

func addPart(at time.Time, part string, n int64, t sqlType, said string) (driver.Value, error) {
	if d, ok := partLengths[part]; ok {
		if t.kind == kDate {
			return nil, failf(9810, "The datepart %s is not supported by date function dateadd for data type date.", said)
		}
		whole := int64(time.Hour*24*365*100) / int64(d) // a Duration holds 292 years
		for ; n > whole; n -= whole {
			at = at.Add(time.Duration(whole) * d)
		}
		for ; n < -whole; n += whole {
			at = at.Add(-time.Duration(whole) * d)
		}
		return formatTemporal(at.Add(time.Duration(n)*d), t)
	}
	switch part {
	case "day", "dayofyear", "weekday":
		return formatTemporal(at.AddDate(0, 0, int(n)), t)
	case "week":
		return formatTemporal(at.AddDate(0, 0, 7*int(n)), t)
	case "month", "quarter", "year":
		months := int(n) * map[string]int{"month": 1, "quarter": 3, "year": 12}[part]
		first := time.Date(at.Year(), at.Month()+time.Month(months), 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), at.Location())
		last := first.AddDate(0, 1, -1).Day()
		return formatTemporal(first.AddDate(0, 0, min(at.Day(), last)-1), t)
	default:
		return nil, failf(155, "'%s' is not a recognized dateadd option.", said)
	}
}

// diffPart counts the boundaries between two moments.
func diffPart(from, to time.Time, part, said string) (int64, error) {
	from, to = from.UTC(), to.UTC()
	days := func(at time.Time) int64 {
		return (time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC).Unix() - dayOne.Unix()) / 86400
	}
	months := func(at time.Time) int64 { return int64(at.Year())*12 + int64(at.Month()) - 1 }
	if d, ok := partLengths[part]; ok {
		if d >= time.Second {
			per := int64(d / time.Second)
			return floorDiv(to.Unix(), per) - floorDiv(from.Unix(), per), nil
		}
		return (to.Unix()-from.Unix())*int64(time.Second/d) + int64(to.Nanosecond())/int64(d) - int64(from.Nanosecond())/int64(d), nil
	}
	switch part {
	case "day", "dayofyear", "weekday":
		return days(to) - days(from), nil
	case "week": // a week begins on Sunday
		return floorDiv(days(to)+1, 7) - floorDiv(days(from)+1, 7), nil
	case "month":
		return months(to) - months(from), nil
	case "quarter":
		return months(to)/3 - months(from)/3, nil
	case "year":
		return int64(to.Year() - from.Year()), nil
	default:
		return 0, failf(155, "'%s' is not a recognized datediff option.", said)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func partOf(at time.Time, part, said string) (driver.Value, error) {
	_, week := at.ISOWeek()
	_, offset := at.Zone()
	parts := map[string]int{
		"year": at.Year(), "quarter": (int(at.Month()) + 2) / 3, "month": int(at.Month()), "day": at.Day(), "dayofyear": at.YearDay(),
		"weekday": int(at.Weekday()) + 1, "hour": at.Hour(), "minute": at.Minute(), "second": at.Second(), "iso_week": week, "tzoffset": offset / 60,
		"millisecond": at.Nanosecond() / 1e6, "microsecond": at.Nanosecond() / 1e3, "nanosecond": at.Nanosecond(),
	}
	n, ok := parts[part]
	if !ok {
		return nil, failf(155, "'%s' is not a recognized datepart option.", said)
	}
	return int64(n), nil
}

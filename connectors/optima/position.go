package optima

import (
	"database/sql"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// A datetime of SQL Server counts 1/300 s, and shows it rounded to milliseconds:
// .000, .003, .007. Stamps are what it shows.
const ticksPerSecond = 300

// millisecond is its number of nanoseconds.
const millisecond = int(time.Millisecond)

// shown is the nanosecond that a tick within its second is shown as.
func shown(tick int) int { return (2000*tick + ticksPerSecond) / (2 * ticksPerSecond) * millisecond }

// The first and the last instant of a datetime.
func firstInstant() time.Time { return time.Date(1753, 1, 1, 0, 0, 0, 0, time.UTC) }

func lastInstant() time.Time {
	return time.Date(9999, 12, 31, 23, 59, 59, shown(ticksPerSecond-1), time.UTC)
}

// notBefore is the first datetime that is shown as t or later.
func notBefore(t time.Time) time.Time {
	base := t.Truncate(time.Second)
	for tick := t.Nanosecond() / millisecond * ticksPerSecond / 1000; tick < ticksPerSecond; tick++ {
		if shown(tick) >= t.Nanosecond() {
			return base.Add(time.Duration(shown(tick)))
		}
	}
	return base.Add(time.Second)
}

// notAfter is the last datetime that is shown as t or earlier.
func notAfter(t time.Time) time.Time {
	base := t.Truncate(time.Second)
	tick := min((t.Nanosecond()/millisecond+2)*ticksPerSecond/1000+1, ticksPerSecond-1)
	for shown(tick) > t.Nanosecond() {
		tick--
	}
	return base.Add(time.Duration(shown(tick)))
}

// keyset is where a pass over invoices goes on: after this stamp and key.
type keyset struct {
	stamp time.Time
	id    int32
}

func scanKeyset(rows *sql.Rows) (keyset, error) {
	var k keyset
	return k, rows.Scan(&k.id, &k.stamp)
}

func (k keyset) position() connectors.Position {
	return connectors.Position(string(connectors.NewStamp(k.stamp)) + "|" + strconv.Itoa(int(k.id)))
}

// parseKeyset reads a position, or starts a pass at floor, inclusive.
func parseKeyset(p connectors.Position, floor connectors.Stamp) (keyset, error) {
	if p == "" {
		if floor == "" {
			return keyset{firstInstant(), math.MinInt32}, nil
		}
		t, err := parseStamp(string(floor))
		return keyset{clamped(notBefore(t)), math.MinInt32}, err
	}
	stamp, id, _ := strings.Cut(string(p), "|")
	t, err := parseStamp(stamp)
	n, ok := parseID(id)
	if err != nil || !ok || notAfter(t) != t {
		return keyset{}, positionError("the position of the pass cannot be read")
	}
	return keyset{t, n}, nil
}

// ceilingOf is the last datetime of a pass.
func ceilingOf(s connectors.Stamp) (time.Time, error) {
	t, err := parseStamp(string(s))
	return clamped(notAfter(t)), err
}

func clamped(t time.Time) time.Time {
	switch {
	case t.Before(firstInstant()):
		return firstInstant()
	case t.After(lastInstant()):
		return lastInstant()
	}
	return t
}

// parseKey reads the position of a listing in key order.
func parseKey(p connectors.Position) (int32, error) {
	if p == "" {
		return math.MinInt32, nil
	}
	id, ok := parseID(string(p))
	if !ok {
		return 0, positionError("the position of the listing cannot be read")
	}
	return id, nil
}

func parseStamp(s string) (time.Time, error) {
	t, err := time.Parse(connectors.StampLayout, s)
	if err != nil || string(connectors.NewStamp(t)) != s { // the package takes a comma for a point
		return time.Time{}, positionError("a stamp cannot be read")
	}
	return t, nil
}

// parseID reads a key as this connector writes it. What cannot be a key of
// Optima, an int, names no record.
func parseID(s string) (int32, bool) {
	n, err := strconv.ParseInt(s, 10, 32)
	return int32(n), err == nil && strconv.FormatInt(n, 10) == s
}

// validIDs leaves out what cannot be a key, and what is named twice.
func validIDs(keys []string) []int32 {
	ids, seen := make([]int32, 0, len(keys)), make(map[int32]bool, len(keys))
	for _, k := range keys {
		if id, ok := parseID(k); ok && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

func idText(id int32) string { return strconv.Itoa(int(id)) }

func positionError(what string) error {
	return &connectors.Error{
		Kind: connectors.ErrSettings, Op: "go on from a stored position",
		Hint: "it was made by another connector or changed by hand; run the job with --since to read again, nothing is counted twice",
		Err:  errors.New(what),
	}
}

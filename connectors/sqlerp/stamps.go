package sqlerp

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// stampKind is how the modified column is kept. The column is compared in its
// own form, so that the database may use an index on it.
type stampKind int

const (
	textStamp      stampKind = iota // wall clock as ISO text
	timestampStamp                  // wall clock as the database's own type
	instantStamp                    // an instant as the database's own type
	unixStamp                       // an instant as whole seconds since 1970
)

// utc tells whether stamps of this kind are instants. They are shown as the
// wall clock of UTC, which never repeats an hour; so is Now.
func (k stampKind) utc() bool { return k == instantStamp || k == unixStamp }

// parse reads the text that the column was selected as.
func (k stampKind) parse(raw string) (connectors.Stamp, error) {
	if k != unixStamp {
		return parseStamp(raw)
	}
	seconds, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 { // the end of 9999
		return "", fmt.Errorf("is no count of seconds since 1970")
	}
	return connectors.NewStamp(time.Unix(seconds, 0).UTC()), nil
}

// lower is the smallest value of the column that means s or later. sep is what
// stands between date and time in a text.
func (k stampKind) lower(s connectors.Stamp, sep string) any {
	switch k {
	case textStamp:
		// Shorter texts sort first: the shortest way to write s is the smallest.
		text := strings.Replace(string(s), "T", sep, 1)
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		text = strings.TrimSuffix(text, ":00")
		return strings.TrimSuffix(text, sep+"00:00")
	case unixStamp:
		t := stampTime(s)
		if t.Nanosecond() > 0 {
			return t.Unix() + 1
		}
		return t.Unix()
	case timestampStamp, instantStamp:
	}
	return string(s)
}

// upper is the largest value of the column that means s or earlier.
func (k stampKind) upper(s connectors.Stamp, sep string) any {
	switch k {
	case textStamp: // a stamp is cut to microseconds; a text may say nanoseconds
		return strings.Replace(string(s), "T", sep, 1) + "999"
	case unixStamp:
		return stampTime(s).Unix()
	case timestampStamp, instantStamp:
	}
	return string(s)
}

// bind turns the text of a row's stamp into a parameter again.
func (k stampKind) bind(raw string) (any, error) {
	if k == unixStamp {
		return strconv.ParseInt(raw, 10, 64)
	}
	return raw, nil
}

func stampTime(s connectors.Stamp) time.Time {
	t, err := time.Parse(connectors.StampLayout, string(s))
	if err != nil { // a stamp comes from this package or from Add
		return time.Time{}
	}
	return t
}

// separator is what stands between date and time in a text stamp.
func separator(raw string) string {
	if m := stampText.FindStringSubmatch(raw); m != nil && m[2] != "" {
		return m[2]
	}
	return " "
}

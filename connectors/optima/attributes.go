package optima

import (
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The formats of DeA_Format that are not plain text.
const (
	formatNumber = 2 // may have a decimal comma
	formatDate   = 4 // days since 1800-12-28
)

// lastDay is the first day number that is no date any more.
const lastDay = 2_900_000

// attribute is a row of one of the attribute statements.
type attribute struct {
	owner  int32
	code   string
	format int64
	value  string
}

func scanAttribute(rows *sql.Rows) (attribute, error) {
	var a attribute
	var owner sql.NullInt64
	var value sql.NullString // whether TraElemAtr lets it be NULL, no source says
	err := rows.Scan(&owner, &a.code, &a.format, &value)
	a.owner, a.value = int32(owner.Int64), value.String //nolint:gosec // the column is an int
	return a, err
}

// text is the value as conditions and rules take it: numbers with a decimal point,
// dates as 2006-01-02. What is neither stays as it was written.
func (a attribute) text() string {
	value := strings.TrimSpace(a.value)
	switch a.format {
	case formatNumber:
		plain := strings.Replace(strings.NewReplacer(" ", "", "\u00a0", "").Replace(value), ",", ".", 1)
		if strings.Trim(plain, "+-0123456789.") == "" {
			return plain
		}
	case formatDate:
		if days, err := strconv.Atoi(value); err == nil && days > 0 && days < lastDay {
			return time.Date(1800, 12, 28, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days).Format(time.DateOnly)
		}
	}
	return value
}

// severalValues stands between the values of an attribute that has more than one.
const severalValues = "; "

// byOwner gathers attributes by whom they belong to. Several values of one are
// joined in their own order, each once; empty ones are none.
func byOwner(all []attribute) map[int32]map[string]string {
	values := make(map[int32]map[string][]string)
	for _, a := range all {
		text := a.text()
		if text == "" {
			continue
		}
		if values[a.owner] == nil {
			values[a.owner] = make(map[string][]string)
		}
		if !slices.Contains(values[a.owner][a.code], text) {
			values[a.owner][a.code] = append(values[a.owner][a.code], text)
		}
	}
	out := make(map[int32]map[string]string, len(values))
	for owner, codes := range values {
		out[owner] = make(map[string]string, len(codes))
		for code, list := range codes {
			out[owner][code] = strings.Join(list, severalValues)
		}
	}
	return out
}

// attributes keeps the pairs of name and value that have a value.
func attributes(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}

// with lays attributes that people defined in Optima over those made of columns.
func with(fixed, defined map[string]string) map[string]string {
	maps.Copy(fixed, defined)
	return fixed
}

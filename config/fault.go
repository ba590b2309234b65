package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNotFound says that no configuration file was found.
var ErrNotFound = errors.New("no configuration file")

// Fault is one mistake in the configuration. It holds no secret.
type Fault struct {
	File    string // the file as it was named; or the variable or flag that was wrong
	Line    int    // from 1; 0 when the fault is not in a file
	Col     int    // from 1, in characters
	Path    string // for example "jobs[2].daily[0]"; "" for the whole file
	Message string
	Hint    string // what to do about it
	err     error
}

// Error returns "file:line:col: path: message", leaving out what is not known.
func (f Fault) Error() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", f.Line, f.Col)
		}
		b.WriteString(": ")
	}
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// Unwrap returns ErrNotFound or what the operating system said, if anything.
func (f Fault) Unwrap() error { return f.err }

// Faults are all mistakes of one configuration, in the order of the file.
type Faults []Fault

// Error lists the faults, one a line, without the hints.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults one by one.
func (fs Faults) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}

// Sort orders faults by file and position, those outside the file last, and keeps the
// first of several at the same place: the others follow from it. What is wrong in a
// file of rules has a path in that file, which is told, and one in the configuration.
func (fs Faults) Sort() Faults {
	sorted := slices.Clone(fs)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(outside(a), outside(b)),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Path, b.Path),
		)
	})
	var kept Faults
	for _, f := range sorted {
		switch i := slices.IndexFunc(kept, f.same); {
		case i < 0:
			kept = append(kept, f)
		case len(f.Path) < len(kept[i].Path):
			kept[i] = f
		}
	}
	return kept
}

// same says whether two faults are of one place.
func (f Fault) same(g Fault) bool {
	return f.File == g.File && f.Line == g.Line && f.Col == g.Col &&
		(f.Path == g.Path || strings.HasSuffix(f.Path, "."+g.Path) || strings.HasSuffix(g.Path, "."+f.Path))
}

func outside(f Fault) int {
	if f.Line == 0 {
		return 1
	}
	return 0
}

// suggestion returns the candidate that word is most likely a misspelling of, or "".
func suggestion(word string, candidates []string) string {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }
	best, bestDistance := "", 1+min(2, len(word)/2)
	for _, c := range candidates {
		if d := distance(fold(word), fold(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the characters to insert, delete, replace or swap with their
// neighbour to turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, prev, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(y)]
}

// didYouMean is the hint for a word that is not among the candidates.
func didYouMean(word string, candidates []string) string {
	if s := suggestion(word, candidates); s != "" {
		return "did you mean " + s + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	return "possible here: " + strings.Join(candidates, ", ")
}

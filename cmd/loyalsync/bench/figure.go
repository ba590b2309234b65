package bench

import (
	"fmt"
	"strconv"
)

// Verdict says how a figure compares with what it must and should be.
type Verdict string

// The verdicts.
const (
	Great       Verdict = "great"
	Met         Verdict = "met"
	Missed      Verdict = "missed"
	NotMeasured Verdict = "not measured"
)

// Unit is what a figure counts in.
type Unit string

// The units. A Ratio is a share of what the figure is compared with.
const (
	Ratio       Unit = "x"
	Percent     Unit = "%"
	MiB         Unit = "MiB"
	Nanoseconds Unit = "ns"
	Allocations Unit = "allocations"
)

// Figure is one thing that was measured, and what it is held against.
type Figure struct {
	ID       string  `json:"id"`
	Measured float64 `json:"measured"`
	Unit     Unit    `json:"unit"`
	Must     float64 `json:"must"`
	Great    float64 `json:"great"`
	// More says that a higher value is better.
	More    bool    `json:"more_is_better"`
	Verdict Verdict `json:"verdict"`
	// Detail is what the figure was worked out of, or why it was not measured.
	Detail string `json:"detail"`
}

// of fills in what was measured.
func (f Figure) of(value float64, detail string, args ...any) Figure {
	reaches := func(bound float64) bool { return value == bound || f.More == (value > bound) }
	f.Measured, f.Detail = value, fmt.Sprintf(detail, args...)
	switch {
	case reaches(f.Great):
		f.Verdict = Great
	case reaches(f.Must):
		f.Verdict = Met
	default:
		f.Verdict = Missed
	}
	return f
}

// not says why a figure was not measured.
func (f Figure) not(why string) Figure {
	f.Verdict, f.Detail = NotMeasured, why
	return f
}

// Format writes a value in the figure's unit.
func (f Figure) Format(value float64) string {
	digits := 2
	if f.Unit == Nanoseconds || f.Unit == MiB || f.Unit == Allocations {
		digits = 0
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + string(f.Unit)
}

// Bound writes what a figure must reach.
func (f Figure) Bound(value float64) string {
	sign := "<= "
	if f.More {
		sign = ">= "
	}
	return sign + strconv.FormatFloat(value, 'f', -1, 64) + " " + string(f.Unit)
}

// The figures in the order of the report.
const (
	FirstRun       = "first run against one SQL statement"
	LinesRead      = "lines a second against COPY"
	Memory         = "peak memory of the first run"
	MemoryTenfold  = "peak memory with ten times the rows"
	Unchanged      = "nothing changed, no index on the stamp"
	UnchangedIndex = "nothing changed, index on the stamp"
	Changed        = "changed invoices against the first run"
	LineTime       = "points of one line"
	LineMemory     = "allocations of one line"
	Pushed         = "entries pushed against encoding/json over net/http"
)

// figures are all figures, not measured yet.
func figures() []Figure {
	return []Figure{
		{ID: FirstRun, Unit: Ratio, Must: 1.2, Great: 0.7},
		{ID: LinesRead, Unit: Ratio, Must: 0.25, Great: 0.45, More: true},
		{ID: Memory, Unit: MiB, Must: 96, Great: 60},
		{ID: MemoryTenfold, Unit: MiB, Must: 96, Great: 60},
		{ID: Unchanged, Unit: Percent, Must: 1, Great: 0.1},
		{ID: UnchangedIndex, Unit: Percent, Must: 0.3, Great: 0.1},
		{ID: Changed, Unit: Percent, Must: 3, Great: 1},
		{ID: LineTime, Unit: Nanoseconds, Must: 150, Great: 40},
		{ID: LineMemory, Unit: Allocations, Must: 2, Great: 0},
		{ID: Pushed, Unit: Ratio, Must: 0.85, Great: 1, More: true},
	}
}

// Report is what a bench found.
type Report struct {
	Rows    int      `json:"rows"` // invoice lines
	Figures []Figure `json:"figures"`
}

// set puts a measured figure in its place.
func (r *Report) set(id string, value float64, detail string, args ...any) {
	for i, f := range r.Figures {
		if f.ID == id {
			r.Figures[i] = f.of(value, detail, args...)
		}
	}
}

// not says why figures were not measured.
func (r *Report) not(why string, ids ...string) {
	for i, f := range r.Figures {
		for _, id := range ids {
			if f.ID == id {
				r.Figures[i] = f.not(why)
			}
		}
	}
}

package jobs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// The kinds of jobs of this version.
const (
	KindContractors = "contractors"
	KindPoints      = "points"
	KindSweep       = "sweep"
	KindActivate    = "activate"
	KindLapse       = "lapse"
	KindReconcile   = "reconcile"
	KindBackup      = "backup"
	// KindRecompute is of runs that a person starts, of no job.
	KindRecompute = "recompute"
)

// Policies for ticks that cannot run when they are due.
const (
	MissedSkip      = "skip"      // they are recorded as missed
	MissedOnce      = "once"      // one run makes up for all of them
	OverlapSkip     = "skip"      // a tick during a run is missed
	OverlapQueueOne = "queue_one" // one tick waits for the end of the run
)

// Definition is a job as an administrator or an operator writes it: plain data
// with the keys of the configuration file. Times are local, in the zone of the
// configuration. It has one of Daily, Once, Every and Cron, or none and is
// started by hand.
type Definition struct {
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Source       string   `json:"source,omitempty"`
	Program      string   `json:"program,omitempty"`
	Platforms    []string `json:"platforms,omitempty"`
	Daily        []string `json:"daily,omitempty"`         // "18:30"
	Weekdays     []string `json:"weekdays,omitempty"`      // mon … sun, with Daily
	Once         string   `json:"once,omitempty"`          // "2026-12-01 18:33"
	Every        string   `json:"every,omitempty"`         // "30s", "10m", "2h", "1d"
	Starting     string   `json:"starting,omitempty"`      // with Every; "" is when the job was first seen
	Cron         string   `json:"cron,omitempty"`          // five fields
	Missed       string   `json:"missed,omitempty"`        // once (the default) or skip
	MissedWithin string   `json:"missed_within,omitempty"` // how long ago at most; "24h"
	Overlap      string   `json:"overlap,omitempty"`       // skip (the default) or queue_one
	Timeout      string   `json:"timeout,omitempty"`       // "1h"
	Retries      int      `json:"retries"`                 // further tries after a transient failure
	To           string   `json:"to,omitempty"`            // folder of copies
	Keep         int      `json:"keep,omitempty"`          // how many
	Window       string   `json:"window,omitempty"`        // how far a reconcile looks back; "" is as a sweep of the source
	Fix          bool     `json:"fix,omitempty"`           // a reconcile mends what differs
	Paused       bool     `json:"paused,omitempty"`
}

// DefaultRetries is what a new job should start with.
const DefaultRetries = 3

const defaultKeep = 14

// WithDefaults returns the definition with its empty policies filled in.
func (d Definition) WithDefaults() Definition {
	for _, f := range []struct {
		to    *string
		value string
	}{{&d.Missed, MissedOnce}, {&d.MissedWithin, "24h"}, {&d.Overlap, OverlapSkip}, {&d.Timeout, "1h"}} {
		if *f.to == "" {
			*f.to = f.value
		}
	}
	if d.Kind == KindBackup && d.Keep == 0 {
		d.Keep = defaultKeep
	}
	return d
}

// LeaseName is what jobs that must not run at the same time share: the feed, for
// those that have one (law 9).
func (d Definition) LeaseName() string {
	if d.Source != "" && d.Program != "" {
		return "feed/" + d.Program + "/" + d.Source
	}
	return "job/" + d.Name
}

// adHoc is what the name of a reconciliation begins with that a person asks for where no
// job is defined; names of jobs have no colon.
const adHoc = KindReconcile + ":"

// Reconciliation is the job of a person who compares a source with a program.
func Reconciliation(source, program string) Definition {
	d := Definition{Name: adHoc + source + "/" + program, Kind: KindReconcile, Source: source, Program: program, Timeout: "24h"}
	return d.WithDefaults()
}

// unnamed is the job that a run stands for which a person has asked for, false when its
// name is one of a job.
func unnamed(name string, names Names) (Definition, bool) {
	rest, ok := strings.CutPrefix(name, adHoc)
	for _, source := range names.Sources {
		for _, program := range names.Programs {
			if ok && rest == source+"/"+program {
				return Reconciliation(source, program), true
			}
		}
	}
	return Definition{}, false
}

// HasSchedule says whether the job runs by itself.
func (d Definition) HasSchedule() bool {
	return len(d.Daily) > 0 || d.Once != "" || d.Every != "" || d.Cron != ""
}

// record is the row of the run ledger that a run of the job starts from.
func (d Definition) record() loyalty.Run {
	return loyalty.Run{Job: d.Name, Kind: d.Kind, Source: d.Source, Program: d.Program, Actor: ActorSchedule, Options: Options{Since: loyalty.NoDate}}
}

// Names are what a definition may refer to. A nil list is not compared.
type Names struct {
	Sources, Programs, Platforms []string
	// Held are the programs whose points are held in this store, and lapse here.
	Held []string
	// Compared are the platforms that can be asked what they have.
	Compared []string
}

var (
	namePattern = regexp.MustCompile(`^[\pL\pN][\pL\pN._-]{0,63}$`)
	kinds       = []string{KindContractors, KindPoints, KindSweep, KindActivate, KindLapse, KindReconcile, KindBackup}
)

// Check lists what is wrong with a definition, by path: "daily[1]", "cron".
func (d Definition) Check(zone *time.Location, names Names) []loyalty.Fault {
	c := &checker{}
	d.checkName(c)
	d.checkKind(c, names)
	for _, f := range []struct{ path, value, a, b string }{
		{"missed", d.Missed, MissedOnce, MissedSkip}, {"overlap", d.Overlap, OverlapSkip, OverlapQueueOne},
	} {
		if f.value != "" && f.value != f.a && f.value != f.b {
			c.add(f.path, fmt.Sprintf("%q is not known here", f.value), fmt.Sprintf("write %s or %s", f.a, f.b))
		}
	}
	for _, f := range []struct{ path, value string }{{"timeout", d.Timeout}, {"missed_within", d.MissedWithin}, {"window", d.Window}} {
		if f.value != "" {
			if _, err := parseDuration(f.value); err != nil {
				c.add(f.path, err.Error(), `write a number and a unit: "30m", "2h", "1d"`)
			}
		}
	}
	for path, said := range map[string]bool{"window": d.Window != "", "fix": d.Fix} {
		if said && d.Kind != KindReconcile {
			c.add(path, fmt.Sprintf("a job of kind %s compares nothing", d.Kind), "window and fix are for kind reconcile")
		}
	}
	if d.Retries < 0 || d.Retries > 100 {
		c.add("retries", fmt.Sprintf("%d is not between 0 and 100", d.Retries), "leave it out for 3")
	}
	_, faults := parseSchedule(d, zone)
	return append(c.faults, faults...)
}

func (d Definition) checkName(c *checker) {
	switch {
	case d.Name == "":
		c.add("name", "a job needs a name", "commands and runs use it")
	case !namePattern.MatchString(d.Name):
		c.add("name", fmt.Sprintf("%q is not a name for a job", d.Name), "use letters, digits, dots, dashes and underscores, at most 64")
	case strings.Trim(d.Name, "0123456789") == "":
		c.add("name", fmt.Sprintf("%q looks like the number of a run", d.Name), "put a letter into the name")
	}
}

func (d Definition) checkKind(c *checker, names Names) {
	switch {
	case d.Kind == "":
		c.add("kind", "a job needs a kind", "one of "+strings.Join(kinds, ", "))
	case !slices.Contains(kinds, d.Kind):
		c.add("kind", fmt.Sprintf("there is no kind %q", d.Kind), "one of "+strings.Join(kinds, ", "))
	case d.Kind == KindBackup:
		d.checkBackup(c)
	case d.Kind == KindLapse:
		d.checkLapse(c, names)
	default:
		d.checkFeed(c, names)
	}
}

func (d Definition) checkBackup(c *checker) {
	if d.To == "" {
		c.add("to", "a backup needs a folder", "to: backups")
	}
	if d.Keep < 0 {
		c.add("keep", "keep is below 0", "say how many copies to keep")
	}
	if d.Source != "" || d.Program != "" || len(d.Platforms) > 0 {
		c.add("source", "a backup has no source, program or platforms", "leave them out: the whole store is copied")
	}
}

// checkLapse asks that the points of the program, or of any without one, lapse
// here: elsewhere is their home, and this store its mirror.
func (d Definition) checkLapse(c *checker, names Names) {
	if d.Source != "" {
		c.add("source", "points lapse whatever source they came from", "leave source out")
	}
	switch known := names.Programs == nil || slices.Contains(names.Programs, d.Program); {
	case d.Program != "" && !known:
		c.add("program", fmt.Sprintf("there is no program %q", d.Program), "there are: "+strings.Join(names.Programs, ", "))
	case names.Held != nil && d.Program != "" && !slices.Contains(names.Held, d.Program):
		c.add("program", fmt.Sprintf("points of program %s are held by its home, where they lapse", d.Program), "remove the job; add it to the configuration of that home")
	case names.Held != nil && len(names.Held) == 0:
		c.add("kind", "no program has its home here, so no points lapse here", "remove the job; add it to the configuration of the home")
	}
	d.checkPlatforms(c, names)
	d.checkNoCopies(c)
}

func (d Definition) checkPlatforms(c *checker, names Names) {
	for i, p := range d.Platforms {
		if names.Platforms != nil && !slices.Contains(names.Platforms, p) {
			c.add(fmt.Sprintf("platforms[%d]", i), fmt.Sprintf("there is no platform %q", p), "there are: "+strings.Join(names.Platforms, ", "))
		} else if d.Kind == KindReconcile && names.Compared != nil && !slices.Contains(names.Compared, p) {
			c.add(fmt.Sprintf("platforms[%d]", i), fmt.Sprintf("%q has nothing to compare", p), "the embedded panel reads the ledger itself: leave it out")
		}
	}
}

func (d Definition) checkNoCopies(c *checker) {
	if d.To != "" || d.Keep != 0 {
		c.add("to", fmt.Sprintf("a job of kind %s makes no copies", d.Kind), "to and keep are for kind backup")
	}
}

func (d Definition) checkFeed(c *checker, names Names) {
	for _, f := range []struct {
		path, value string
		known       []string
	}{{"source", d.Source, names.Sources}, {"program", d.Program, names.Programs}} {
		switch {
		case f.value == "":
			c.add(f.path, fmt.Sprintf("a job of kind %s needs a %s", d.Kind, f.path), "name one of "+f.path+"s")
		case f.known != nil && !slices.Contains(f.known, f.value):
			c.add(f.path, fmt.Sprintf("there is no %s %q", f.path, f.value), "there are: "+strings.Join(f.known, ", "))
		}
	}
	d.checkPlatforms(c, names)
	d.checkNoCopies(c)
}

// window is how far a reconcile looks back; the source's own without one.
func (d Definition) window(otherwise time.Duration) time.Duration {
	return durationOr(d.Window, otherwise)
}

// Encode writes a definition as the store keeps it.
func (d Definition) Encode() ([]byte, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", d.Name, err)
	}
	return b, nil
}

// DecodeDefinition reads what Encode wrote.
func DecodeDefinition(b []byte) (Definition, error) {
	var d Definition
	if err := json.Unmarshal(b, &d); err != nil {
		return d, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "a job kept in the store cannot be read", Hint: "remove it and add it again", Err: err}
	}
	return d, nil
}

// timeout and missedWithin are only asked of a checked definition.
func (d Definition) timeout() time.Duration { return durationOr(d.Timeout, time.Hour) }

func (d Definition) missedWithin() time.Duration { return durationOr(d.MissedWithin, 24*time.Hour) }

func durationOr(text string, otherwise time.Duration) time.Duration {
	if v, err := parseDuration(text); err == nil {
		return v
	}
	return otherwise
}

// checker collects faults.
type checker struct{ faults []loyalty.Fault }

func (c *checker) add(path, message, hint string) {
	c.faults = append(c.faults, loyalty.Fault{Path: path, Message: message, Hint: hint})
}

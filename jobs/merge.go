package jobs

import (
	"fmt"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// Settings are what the configuration says about jobs.
type Settings struct {
	Zone        *time.Location // of local times in schedules
	Definitions []Definition   // read-only
	Names       Names
}

// Where a job is defined.
const (
	OriginFile  = "file"
	OriginStore = "store"
)

// job is a definition in force.
type job struct {
	Definition
	schedule Schedule
	origin   string
}

// Check lists what is wrong with the jobs of a configuration, by path:
// "jobs[2].cron".
func (s Settings) Check() []loyalty.Fault {
	var faults []loyalty.Fault
	seen := map[string]int{}
	for i, d := range s.Definitions {
		for _, f := range d.Check(s.Zone, s.Names) {
			f.Path = fmt.Sprintf("jobs[%d].%s", i, f.Path)
			faults = append(faults, f)
		}
		if first, twice := seen[d.Name]; twice && d.Name != "" {
			faults = append(faults, loyalty.Fault{
				Path: fmt.Sprintf("jobs[%d].name", i), Message: fmt.Sprintf("jobs[%d] is named %q, too", first, d.Name), Hint: "give each job its own name",
			})
			continue
		}
		seen[d.Name] = i
	}
	return faults
}

// merge joins the configuration's jobs with those kept in the store. The
// configuration wins; what cannot be used is left out with a warning.
func merge(s Settings, stored []store.StoredJob) (jobs []job, warnings []string) {
	taken := map[string]bool{}
	for _, d := range s.Definitions {
		d = d.WithDefaults()
		schedule, _ := d.Schedule(s.Zone) // checked before
		jobs = append(jobs, job{Definition: d, schedule: schedule, origin: OriginFile})
		taken[d.Name] = true
	}
	for _, kept := range stored {
		if taken[kept.Name] {
			warnings = append(warnings, fmt.Sprintf("job %q is in the configuration file and in the store: the file's is used", kept.Name))
			continue
		}
		d, err := DecodeDefinition(kept.Definition)
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("job %q: %v", kept.Name, err))
			continue
		}
		d = d.WithDefaults()
		if faults := d.Check(s.Zone, s.Names); len(faults) > 0 {
			warnings = append(warnings, fmt.Sprintf("job %q cannot run: %s: %s", kept.Name, faults[0].Path, faults[0].Message))
			continue
		}
		schedule, _ := d.Schedule(s.Zone)
		jobs = append(jobs, job{Definition: d, schedule: schedule, origin: OriginStore})
	}
	return jobs, warnings
}

// faultError makes one error of faults, for those who save or reload.
func faultError(what string, faults []loyalty.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	e := &loyalty.Error{Code: loyalty.CodeInvalid, Message: what, Hint: faults[0].Hint}
	for _, f := range faults {
		e.Message += fmt.Sprintf("; %s: %s", f.Path, f.Message)
	}
	return e
}

package config

import "time"

// The kinds of platforms.
const (
	PanelPlatform = "panel"
	HTTPPlatform  = "http"
)

// Platform is where contractors and points are sent.
type Platform struct {
	Name           string `yaml:"name" required:"true" desc:"Name of the platform."`
	Kind           string `yaml:"kind" required:"true" enum:"panel,http" desc:"panel: the embedded one; http: a remote one."`
	URL            URL    `yaml:"url" expand:"url" desc:"http: address in front of /v1/sync/…; https, or plain http to this machine."`
	Token          Secret `yaml:"token" desc:"http: bearer token; better in token_file."`
	TokenFile      Path   `yaml:"token_file" desc:"File holding the token."`
	SigningKey     Secret `yaml:"signing_key" desc:"http: key for signatures; better in signing_key_file."`
	SigningKeyFile Path   `yaml:"signing_key_file" desc:"File holding the signing key."`
	Batch          int    `yaml:"batch" desc:"Items in one push, at most 500."`
}

func (p *Platform) setDefaults() { p.Batch = maxBatch }

// The kinds of jobs.
const (
	ContractorsJob = "contractors"
	PointsJob      = "points"
	SweepJob       = "sweep"
	ActivateJob    = "activate"
	LapseJob       = "lapse"
	ReconcileJob   = "reconcile"
	BackupJob      = "backup"
)

// Job is what runs, and when. It has one schedule of Daily, Once, Every and Cron,
// or none and is started by hand. Times are in the top time zone.
type Job struct {
	Name         string      `yaml:"name" required:"true" desc:"Name of the job."`
	Kind         string      `yaml:"kind" required:"true" enum:"contractors,points,sweep,activate,lapse,reconcile,backup" desc:"What it does."`
	Source       string      `yaml:"source" desc:"Name of the source."`
	Program      string      `yaml:"program" desc:"Name of the program."`
	Platforms    []string    `yaml:"platforms" desc:"Where the result is sent."`
	Daily        []TimeOfDay `yaml:"daily" desc:"At these times each day: [\"18:30\"]."`
	Weekdays     []Weekday   `yaml:"weekdays" desc:"With daily: only on these days."`
	Once         LocalTime   `yaml:"once" desc:"Once, at this date and time."`
	Every        Every       `yaml:"every" desc:"Each 30s, 10m, 2h or 1d."`
	Starting     LocalTime   `yaml:"starting" desc:"With every: counted from this date and time."`
	Cron         string      `yaml:"cron" desc:"Five fields as in crontab."`
	Missed       string      `yaml:"missed" enum:"once,skip" desc:"A time that passed while the service was down: run once afterwards, or not."`
	MissedWithin Duration    `yaml:"missed_within" desc:"With missed once: only if it was not longer ago."`
	Overlap      string      `yaml:"overlap" enum:"skip,queue_one" desc:"A time that comes while the job still runs: skipped, or run afterwards."`
	Timeout      Duration    `yaml:"timeout" desc:"Longest time for one run."`
	Retries      int         `yaml:"retries" desc:"Further tries after a passing failure."`
	To           Path        `yaml:"to" desc:"backup: folder of the copies."`
	Keep         int         `yaml:"keep" desc:"backup: how many copies to keep."`
	Window       Duration    `yaml:"window" desc:"reconcile: how far back documents are compared; otherwise as far as a sweep of the source."`
	Fix          bool        `yaml:"fix" desc:"reconcile: mend what differs, in one batch; otherwise a difference fails the run."`
}

func (j *Job) setDefaults() {
	j.Missed, j.MissedWithin, j.Overlap = "once", Duration(24*hour), "skip"
	j.Timeout, j.Retries = Duration(time.Hour), 3
}

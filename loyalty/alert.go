package loyalty

import "time"

// AlertKind is what a person is told about.
type AlertKind string

// The kinds of alerts.
const (
	AlertPaused          AlertKind = "job_paused"
	AlertGuard           AlertKind = "guard"
	AlertFailing         AlertKind = "job_failing" // several failures in a row
	AlertSilent          AlertKind = "job_silent"  // no success for long
	AlertDeadLetters     AlertKind = "dead_letters"
	AlertPlatformBlocked AlertKind = "platform_blocked"
)

// Alert is one thing a person is told, once, and once more when it is over. It
// holds no personal data (law 11).
type Alert struct {
	Kind    AlertKind
	Subject string // the job, or the platform
	Cured   bool
	Message string
	Hint    string
	At      time.Time // since when
	Tries   int       // failures to send it so far
}

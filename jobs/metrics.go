package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Metrics are what a monitoring system sees of the jobs. Labels name jobs,
// states and kinds of records, never people or documents (law 11). A nil
// *Metrics counts nothing.
type Metrics struct {
	runs      *prometheus.CounterVec
	read      *prometheus.CounterVec
	entries   *prometheus.CounterVec
	delivered *prometheus.CounterVec
	rejected  *prometheus.CounterVec
	missed    *prometheus.CounterVec
	failures  *prometheus.GaugeVec
	duration  *prometheus.HistogramVec
	success   *prometheus.GaugeVec
	lag       *prometheus.GaugeVec
	next      *prometheus.GaugeVec
}

// NewMetrics registers the collectors. undeliveredAge says how old the oldest
// record is that a platform has not taken yet; nil leaves it out. A collector
// registered twice is an error.
func NewMetrics(reg prometheus.Registerer, undeliveredAge func() time.Duration) (*Metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "loyalsync", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "loyalsync", Name: name, Help: help}, []string{"job"})
	}
	m := &Metrics{
		runs:      counter("runs_total", "Finished runs by job and state.", "job", "state"),
		read:      counter("rows_read_total", "Records read from the source.", "job", "record"),
		entries:   counter("entries_posted_total", "Ledger entries posted.", "job"),
		delivered: counter("deliveries_total", "Records that a platform took.", "job"),
		rejected:  counter("rejected_total", "Records that a platform refused.", "job"),
		missed:    counter("ticks_missed_total", "Ticks that did not run, by reason.", "job", "reason"),
		failures:  gauge("job_failures", "Failures of the job in a row."),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "loyalsync", Name: "run_duration_seconds", Help: "How long runs took.",
			Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600},
		}, []string{"job"}),
		success: gauge("job_last_success_timestamp_seconds", "When the job last succeeded."),
		lag:     gauge("job_lag_seconds", "Time since the job last succeeded, or since it was first seen."),
		next:    gauge("job_next_tick_timestamp_seconds", "When the job is due next."),
	}
	collectors := []prometheus.Collector{m.runs, m.read, m.entries, m.delivered, m.rejected, m.missed, m.failures, m.duration, m.success, m.lag, m.next}
	if undeliveredAge != nil {
		collectors = append(collectors, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "loyalsync", Name: "undelivered_age_seconds", Help: "Age of the oldest record that a platform has not taken.",
		}, func() float64 { return undeliveredAge().Seconds() }))
	}
	for _, c := range collectors {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) runFinished(row loyalty.Run, now time.Time) {
	if m == nil {
		return
	}
	m.runs.WithLabelValues(row.Job, string(row.State)).Inc()
	m.duration.WithLabelValues(row.Job).Observe(now.Sub(row.Started).Seconds())
	for record, n := range map[string]int64{
		"contractor": row.Counts.Read.Contractors, "representative": row.Counts.Read.Representatives,
		"invoice": row.Counts.Read.Invoices, "line": row.Counts.Read.Lines,
	} {
		m.read.WithLabelValues(row.Job, record).Add(float64(n))
	}
	m.entries.WithLabelValues(row.Job).Add(float64(row.Counts.Entries))
	m.delivered.WithLabelValues(row.Job).Add(float64(row.Counts.Delivered))
	m.rejected.WithLabelValues(row.Job).Add(float64(row.Counts.Rejected))
}

func (m *Metrics) ticksMissed(job, reason string, n int) {
	if m != nil && n > 0 {
		m.missed.WithLabelValues(job, reason).Add(float64(n))
	}
}

// jobSeen shows where a job stands.
func (m *Metrics) jobSeen(j loyalty.JobState, next, now time.Time) {
	if m == nil {
		return
	}
	m.failures.WithLabelValues(j.Job).Set(float64(j.Failures))
	since := j.Seen
	if !j.Success.IsZero() {
		since = j.Success
		m.success.WithLabelValues(j.Job).Set(float64(j.Success.Unix()))
	}
	m.lag.WithLabelValues(j.Job).Set(now.Sub(since).Seconds())
	if next.IsZero() {
		m.next.DeleteLabelValues(j.Job)
		return
	}
	m.next.WithLabelValues(j.Job).Set(float64(next.Unix()))
}

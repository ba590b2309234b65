package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/mapping"
)

// app is a loaded configuration over an open store.
type app struct {
	store   *store.Store
	log     *slog.Logger
	now     func() time.Time
	service *jobs.Service
	alerts  *jobs.Alerts

	mu      sync.Mutex
	file    *config.File // replaced by a reload
	clients map[string]*platform.Client
}

// config is the configuration in force.
func (a *app) config() *config.Config { return a.loaded().Config }

// loaded is the file that the configuration in force comes from.
func (a *app) loaded() *config.File {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.file
}

// swap puts another configuration into force. Runs that are going on keep the
// one they started with.
func (a *app) swap(file *config.File) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.file, a.clients = file, make(map[string]*platform.Client)
}

// openApp opens the store of a checked configuration. readOnly opens an
// existing one for commands that only look.
func openApp(ctx context.Context, file *config.File, log *slog.Logger, readOnly bool) (*app, error) {
	return openAppOn(ctx, file, log, storeConfig(file.Config.Store), readOnly)
}

// storeConfig is where a configured store is.
func storeConfig(c config.Store) store.Config {
	if path, ok := c.URL.SQLitePath(); ok {
		return store.Config{Path: path}
	}
	return store.Config{URL: c.URL.Reveal(), Password: c.Password.Reveal()}
}

// openAppOn opens the configuration over another store, as a dry run does.
func openAppOn(ctx context.Context, file *config.File, log *slog.Logger, place store.Config, readOnly bool) (*app, error) {
	a := &app{file: file, log: log, now: time.Now, clients: make(map[string]*platform.Client)}
	place.ReadOnly, place.Now, place.Progress = readOnly, a.now, func(m string) { log.Info("store migrated", "message", m) }
	s, err := store.Open(ctx, place)
	if err != nil {
		return nil, err
	}
	a.store, a.service, a.alerts = s, jobs.NewService(s, settings(file.Config), a.now), a.newAlerts(s)
	return a, nil
}

// newAlerts tells people what they must act on.
func (a *app) newAlerts(s *store.Store) *jobs.Alerts {
	cfg := jobs.AlertsConfig{Book: s, Logger: a.log, Now: a.now, Host: hostname()}
	if url := a.config().Alerts.Webhook.Reveal(); url != "" {
		cfg.Sender = jobs.Webhook{URL: url, Client: &http.Client{Timeout: alertTimeout}}
	}
	return jobs.NewAlerts(cfg)
}

const alertTimeout = 30 * time.Second

// hostname is this machine's name, "" when it has none.
func hostname() string {
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	return host
}

// Close gives everything back; the store last.
func (a *app) Close() error {
	for _, c := range a.clients {
		c.Close()
	}
	return a.store.Close()
}

// runner runs jobs in this process.
func (a *app) runner(reg prometheus.Registerer) (*jobs.Runner, error) {
	return a.runnerOf(a.tasks(), reg)
}

// runnerOf runs some tasks.
func (a *app) runnerOf(tasks jobs.Tasks, reg prometheus.Registerer) (*jobs.Runner, error) {
	cfg := jobs.RunnerConfig{
		Store: a.store, Tasks: tasks, Logger: a.log, Now: a.now, Owner: hostname() + "/" + uuid.NewString(),
		Alerts: a.alerts, AfterFailures: a.config().Alerts.AfterFailures, Seal: a.store.Seal,
	}
	if reg != nil {
		var err error
		if cfg.Metrics, err = jobs.NewMetrics(reg, a.undelivered); err != nil {
			return nil, err
		}
	}
	return jobs.NewRunner(cfg)
}

// undelivered is how long the oldest record has waited for a platform.
func (a *app) undelivered() time.Duration {
	queues, err := a.store.Deliveries(context.Background())
	if err != nil {
		return 0
	}
	var age time.Duration
	for _, q := range queues {
		if q.Waiting > 0 && q.Oldest != nil {
			age = max(age, a.now().Sub(*q.Oldest))
		}
	}
	return age
}

// tasks are the kinds of jobs of this program.
func (a *app) tasks() jobs.Tasks {
	feed := func(kind func(jobs.FeedConfig) jobs.Task) func(jobs.Definition) (jobs.Task, error) {
		return func(d jobs.Definition) (jobs.Task, error) {
			cfg, err := a.feed(d.Source, d.Program)
			if err != nil {
				return nil, err
			}
			return kind(cfg), nil
		}
	}
	return jobs.Tasks{
		jobs.KindContractors: feed(jobs.NewContractors),
		jobs.KindPoints:      feed(jobs.NewPoints),
		jobs.KindSweep:       feed(jobs.NewSweep),
		jobs.KindActivate:    feed(jobs.NewActivate),
		jobs.KindReconcile:   func(d jobs.Definition) (jobs.Task, error) { return a.reconcile(d, nil, nil) },
		jobs.KindLapse: func(d jobs.Definition) (jobs.Task, error) {
			programs := heldPrograms(a.config())
			if d.Program != "" {
				programs = slices.DeleteFunc(programs, func(name string) bool { return name != d.Program })
			}
			return jobs.NewLapse(jobs.LapseConfig{
				Programs: programs, Store: a.store, Deliver: a, Zone: a.config().Timezone.Location(), Now: a.now,
			}), nil
		},
		jobs.KindBackup: func(d jobs.Definition) (jobs.Task, error) {
			return jobs.NewBackup(jobs.BackupConfig{Folder: d.To, Keep: d.Keep, Copy: a.store.CopyTo, Prove: proveCopy, Now: a.now}), nil
		},
	}
}

// feed gathers what reading a source for a program needs.
func (a *app) feed(sourceName, programName string) (jobs.FeedConfig, error) {
	c := a.config()
	si := slices.IndexFunc(c.Sources, func(s config.Source) bool { return s.Name == sourceName })
	pi := slices.IndexFunc(c.Programs, func(p config.Program) bool { return p.Name == programName })
	mi := slices.IndexFunc(c.Mappings, func(m config.Mapping) bool { return m.Source == sourceName && m.Program == programName })
	if si < 0 || pi < 0 || mi < 0 {
		return jobs.FeedConfig{}, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("there is no mapping of source %q to program %q", sourceName, programName),
			Hint: "add one under mappings, or correct the job",
		}
	}
	src, prog, m := c.Sources[si], c.Programs[pi], c.Mappings[mi]
	mapped := mappingConfig(c, m)
	mapped.SourceZone, mapped.Zone = src.Timezone.Location(), c.Timezone.Location()
	compiled, faults := mapping.Compile(mapped)
	if len(faults) > 0 {
		return jobs.FeedConfig{}, joined(a.file)
	}
	cfg := jobs.FeedConfig{
		Source: src.Name, Open: func(ctx context.Context) (connectors.Source, error) { return openSource(ctx, src) },
		Mapping: compiled, AttributeCodes: m.PointsToAttribute, Program: prog.Name, RuleSets: programRuleSets(c, prog), Lapse: lapse(prog.Lapse),
		IgnoreBuffered: prog.Buffered == "ignore", Debts: debtPolicies(c)[prog.Name], MaxReversed: prog.Guard.MaxReversed.Value,
		MinReversed: loyalty.Points(prog.Guard.MinPoints.Shift(int32(prog.Points.Decimals)).IntPart()), //nolint:gosec // 0 to 3
		Overlap:     src.Overlap.Std(), Lag: src.Lag.Std(), Window: src.Window.Std(), Page: src.Page, AllowWritable: src.AllowWritableLogin,
		Store: a.store, Deliver: a, Zone: c.Timezone.Location(), Now: a.now,
	}
	for _, o := range m.Overrides {
		if o.PointsToContractor != "" {
			cfg.PointsTo = append(cfg.PointsTo, o.PointsToContractor)
		}
	}
	return cfg, nil
}

// openSource connects to an ERP.
func openSource(ctx context.Context, s config.Source) (connectors.Source, error) {
	switch s.Connector {
	case config.Optima:
		return optima.Open(ctx, optimaConfig(s))
	case config.Compiere:
		return compiere.Open(ctx, compiereConfig(s))
	case config.SQLERP:
		return sqlerp.Open(ctx, sqlerpConfig(s))
	}
	return nil, &connectors.Error{Kind: connectors.ErrSettings, Op: "open source " + s.Name, Hint: "connector is one of optima, compiere, sqlerp", Err: errors.New("no such connector")}
}

// Deliver drains a feed's outbox to a platform.
func (a *app) Deliver(ctx context.Context, feed loyalty.Feed, name string) (delivered, rejected int, err error) {
	i := slices.IndexFunc(a.config().Platforms, func(p config.Platform) bool { return p.Name == name })
	if i < 0 {
		return 0, 0, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "there is no platform " + name, Hint: "add it under platforms, or correct the job"}
	}
	p := a.config().Platforms[i]
	target := platform.Target{Name: p.Name, Batch: p.Batch}
	for _, prog := range a.config().Programs {
		target.Home = target.Home || (prog.Name == feed.ProgramName && prog.Home == p.Name)
	}
	var client *platform.Client
	if p.Kind == config.HTTPPlatform {
		if client, err = a.client(p); err != nil {
			return 0, 0, err
		}
		target.Sender = client
	}
	if err := a.store.OpenQueues(ctx, feed, name, target.Kinds()); err != nil {
		return 0, 0, err
	}
	report, err := a.drain(ctx, feed, target, client)
	return report.Delivered, report.Rejected, errors.Join(err, a.delivered(context.WithoutCancel(ctx), name, err))
}

// drain sends what waits; after a backup was put back, not before the platform agrees
// with it.
func (a *app) drain(ctx context.Context, feed loyalty.Feed, target platform.Target, client *platform.Client) (platform.Report, error) {
	if client != nil {
		repaired, err := platform.NewReconciler(a.store).Reconcile(ctx, feed, target, client)
		if repaired > 0 {
			a.log.WarnContext(ctx, "a backup was put back: the platform was made to agree", "platform", target.Name, "source", feed.SourceName, "items", repaired)
		}
		if err != nil {
			return platform.Report{Delivered: repaired}, err
		}
	}
	return platform.NewDrainer(a.store).Drain(ctx, feed, target)
}

// delivered tells people what became of a delivery: a platform that refuses
// everything, records that it refused for good, and the end of either.
func (a *app) delivered(ctx context.Context, name string, err error) error {
	var errs []error
	switch {
	case errors.Is(err, platform.ErrBlocked):
		errs = append(errs, a.alerts.Raise(ctx, loyalty.AlertPlatformBlocked, name, "platform "+name+" refuses everything", hintOf(err)))
	case err == nil:
		errs = append(errs, a.alerts.Cure(ctx, loyalty.AlertPlatformBlocked, name))
	}
	letters, err := a.store.DeadLetters(ctx, name)
	switch {
	case err != nil:
		errs = append(errs, err)
	case len(letters) > 0:
		errs = append(errs, a.alerts.Raise(ctx, loyalty.AlertDeadLetters, name,
			fmt.Sprintf("platform %s refused %d records for good", name, len(letters)), "see which and why: loyalsync deliveries --dead"))
	default:
		errs = append(errs, a.alerts.Cure(ctx, loyalty.AlertDeadLetters, name))
	}
	return errors.Join(errs...)
}

func (a *app) client(p config.Platform) (*platform.Client, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.clients[p.Name]; c != nil {
		return c, nil
	}
	c, err := platform.NewClient(platform.Config{
		Name: p.Name, URL: p.URL.Reveal(), Token: p.Token.Reveal(), SigningKey: p.SigningKey.Reveal(), Version: version(), Now: a.now, Logger: a.log,
	})
	if err == nil {
		a.clients[p.Name] = c
	}
	return c, err
}

// discard is a logger for commands that only look.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/network"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/jobs/doctor"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/mapping"
)

const (
	sourceSubject   = "source "
	platformSubject = "platform "
)

// lookAt is an app for a doctor: over its store when that is in order, without one
// otherwise. Nothing is made or changed, and what is wrong with the store is told
// by its own examination.
func lookAt(ctx context.Context, file *config.File) *app {
	a := &app{file: file, log: discard(), now: time.Now, clients: make(map[string]*platform.Client)}
	in, err := store.Inspect(ctx, storeConfig(file.Config.Store))
	if err != nil || !in.Exists || in.Schema != in.Known {
		return a
	}
	if opened, err := openApp(ctx, file, a.log, true); err == nil {
		return opened
	}
	return a
}

// leave closes what lookAt opened. Nothing was written.
func (a *app) leave() {
	if a.store != nil {
		_ = a.Close()
	}
}

// examinations are what a doctor looks at: the configuration, the store, each
// source and each platform.
func (a *app) examinations(ctx context.Context) []doctor.Examination {
	c := a.config()
	defs := a.definitions(ctx)
	list := []doctor.Examination{{Subject: "configuration", Look: a.doctorSettings(defs).Look}}
	list = append(list, doctor.Examination{Subject: "store", Look: a.doctorStore(defs).Look})
	for _, s := range c.Sources {
		list = append(list, doctor.Examination{Subject: sourceSubject + s.Name, Look: a.doctorSource(s).Look})
	}
	for _, p := range c.Platforms {
		list = append(list, doctor.Examination{Subject: platformSubject + p.Name, Look: a.doctorPlatform(p, defs)})
	}
	return list
}

func (a *app) doctorStore(defs []jobs.Definition) doctor.Store {
	s := doctor.Store{Place: storeConfig(a.config().Store)}
	for _, d := range defs {
		if d.Kind == jobs.KindBackup && !slices.Contains(s.Backups, d.To) {
			s.Backups = append(s.Backups, d.To)
		}
	}
	if a.store != nil {
		s.Programs, s.Rules, s.Merges = scored(a.config()), a.checkRules, a.waitingMerges
	}
	return s
}

// scored are the programs whose points are given here, by rules.
func scored(c *config.Config) (names []string) {
	for _, p := range c.Programs {
		if mapped(c, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// checkRules is the error with which a run would refuse the rules of a program.
func (a *app) checkRules(ctx context.Context, program string) error {
	c := a.config()
	for _, p := range c.Programs {
		if p.Name == program {
			return a.store.CheckRuleSets(ctx, program, programRuleSets(c, p))
		}
	}
	return nil
}

// waitingMerges counts the merges that are proposed in a program, none in one that has
// no points yet. It stops where contractors merges does.
func (a *app) waitingMerges(ctx context.Context, program string) (int, error) {
	programs, err := a.store.Programs(ctx)
	i := slices.IndexFunc(programs, func(p loyalty.ProgramOverview) bool { return p.Name == program })
	if err != nil || i < 0 {
		return 0, err
	}
	list, err := a.store.MergeProposals(ctx, programs[i].ID, mergesShown)
	return len(list), err
}

// definitions are the jobs in force: those of operators too, when the store can be
// read.
func (a *app) definitions(ctx context.Context) []jobs.Definition {
	if a.store != nil {
		if list, _, err := a.service.List(ctx); err == nil {
			var defs []jobs.Definition
			for _, j := range list {
				if j.State != jobs.JobInvalid {
					j.Definition.Paused = j.State == jobs.JobPaused
					defs = append(defs, j.Definition)
				}
			}
			return defs
		}
	}
	return settings(a.config()).Definitions
}

func (a *app) doctorSettings(defs []jobs.Definition) doctor.Settings {
	c := a.config()
	out := doctor.Settings{Path: a.loaded().Path, Jobs: defs, TLSCert: string(c.HTTP.TLSCert), TLSKey: string(c.HTTP.TLSKey), Now: a.now}
	for _, s := range c.Sources {
		out.Sources = append(out.Sources, s.Name)
		out.Secrets = append(out.Secrets, string(s.PasswordFile))
	}
	out.Lapsing, out.Waiting = lapsingPrograms(c), waitingFeeds(c)
	for _, p := range c.Platforms {
		out.Secrets = append(out.Secrets, string(p.TokenFile), string(p.SigningKeyFile))
	}
	for _, x := range c.HTTP.Accept {
		out.Secrets = append(out.Secrets, string(x.TokenFile), string(x.SigningKeyFile))
	}
	out.Secrets = append(out.Secrets, string(c.Store.PasswordFile), string(c.Alerts.WebhookFile), string(c.HTTP.TLSKey))
	slices.Sort(out.Secrets)
	out.Secrets = slices.DeleteFunc(slices.Compact(out.Secrets), func(path string) bool { return path == "" })
	safe := c.HTTP.TLSCert != "" || len(c.HTTP.TrustedProxies) > 0
	out.Listens = []doctor.Listen{{Key: "http.addr", Address: c.HTTP.Addr, Safe: safe}}
	if c.HTTP.ConsoleAddr != "" {
		out.Listens = append(out.Listens, doctor.Listen{Key: "http.console_addr", Address: c.HTTP.ConsoleAddr, Safe: safe})
	}
	return out
}

func (a *app) doctorSource(s config.Source) doctor.Source {
	out := doctor.Source{
		Name: s.Name, Probe: probe(s), AllowWritable: s.AllowWritableLogin, Now: a.now, Zone: s.Timezone.Location(),
		Open: func(ctx context.Context) (connectors.Source, error) { return openSource(ctx, s) },
	}
	if a.store != nil {
		out.Identity = func(ctx context.Context) (string, error) { return a.store.Identity(ctx, s.Name) }
	}
	for _, m := range a.config().Mappings {
		if m.Source != s.Name {
			continue
		}
		compiled, faults := mapping.Compile(mappingConfig(a.config(), m))
		if len(faults) == 0 { // else load has refused the file
			out.Mappings = append(out.Mappings, doctor.Mapping{Program: m.Program, Mapping: compiled})
		}
	}
	return out
}

// probe is what a connector looks at before a login.
func probe(s config.Source) func(context.Context) []connectors.Finding {
	switch s.Connector {
	case config.Optima:
		return func(ctx context.Context) []connectors.Finding { return sqlserver.Probe(ctx, sqlServerConfig(s)) }
	case config.Compiere:
		return func(ctx context.Context) []connectors.Finding { return compiere.Probe(ctx, compiereConfig(s)) }
	}
	return func(ctx context.Context) []connectors.Finding { return sqlerp.Probe(ctx, sqlerpConfig(s)) }
}

// doctorPlatform looks at a platform by a client of its own, which does not try
// again.
func (a *app) doctorPlatform(p config.Platform, defs []jobs.Definition) func(context.Context) []connectors.Finding {
	out := doctor.Platform{Name: p.Name, Embedded: p.Kind == config.PanelPlatform, Signed: !p.SigningKey.IsZero(), Now: a.now}
	if out.Embedded {
		return out.Look
	}
	client, err := platform.NewClient(platform.Config{
		Name: p.Name, URL: p.URL.Reveal(), Token: p.Token.Reveal(), SigningKey: p.SigningKey.Reveal(), Version: version(), Now: a.now,
		Retries: -1, Timeout: 10 * time.Second,
	})
	if err != nil {
		return func(context.Context) []connectors.Finding { return doctor.Unusable(err) }
	}
	for _, d := range defs {
		feed := loyalty.Feed{ProgramName: d.Program, SourceName: d.Source}
		if slices.Contains(d.Platforms, p.Name) && !slices.Contains(out.Feeds, feed) {
			out.Feeds = append(out.Feeds, feed)
		}
	}
	out.Ping = client.Ping
	out.Explain = func(ctx context.Context, err error) []connectors.Finding {
		return explainSilence(ctx, p.URL.Reveal(), err, a.now())
	}
	return func(ctx context.Context) []connectors.Finding {
		defer client.Close()
		return out.Look(ctx)
	}
}

// explainSilence tells why nobody answers at an address: TLS, the name, the port.
// Behind a proxy the address itself cannot be tried.
func explainSilence(ctx context.Context, address string, cause error, now time.Time) []connectors.Finding {
	if f, ok := network.TLS(cause, now, nil); ok {
		return []connectors.Finding{f}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || proxy != nil {
		return nil
	}
	port := map[string]int{"http": 80, "https": 443}[u.Scheme]
	if n, err := strconv.Atoi(u.Port()); err == nil {
		port = n
	}
	found := network.Reach(ctx, network.Target{Host: u.Hostname(), Port: port, Refused: "is the platform running, and is url right?"})
	if network.Reached(found) {
		return nil // it opens, and then says nothing: the cause tells more
	}
	return found
}

// soon is how near a job's next run keeps a doctor from its source.
const soon = time.Minute

// examineAtStart makes the examinations of doctor once, beside the work: it holds
// nothing up and stops nothing, for jobs report their own failures. A source whose
// job runs or is about to is left to that job. Faults are logged with their cure
// and counted. The channel is closed at the end.
func (a *app) examineAtStart(ctx context.Context, reg prometheus.Registerer) (<-chan struct{}, error) {
	faults := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "loyalsync", Name: "doctor_faults", Help: "Faults found by the examination at the start.",
	}, []string{"subject"})
	if err := reg.Register(faults); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		busy := a.busySources(ctx)
		list := slices.DeleteFunc(a.examinations(ctx), func(x doctor.Examination) bool { return busy[x.Subject] })
		doctor.Run(ctx, list, func(s doctor.Subject) {
			if ctx.Err() == nil { // stopping makes everything look broken
				faults.WithLabelValues(s.Name).Set(float64(s.Faults()))
				a.logFaults(ctx, s)
			}
		})
	}()
	return ended, nil
}

func (a *app) logFaults(ctx context.Context, s doctor.Subject) {
	for _, f := range s.Findings {
		if f.Condition == connectors.Broken {
			a.log.ErrorContext(ctx, "doctor found a fault", "subject", s.Name, "check", f.Check, "fault", f.Message, "hint", f.Hint)
		}
	}
}

// busySources are the subjects whose jobs run now or soon.
func (a *app) busySources(ctx context.Context) map[string]bool {
	busy := make(map[string]bool)
	list, _, err := a.service.List(ctx)
	if err != nil {
		return busy
	}
	for _, j := range list {
		now := j.State == jobs.JobRunning || j.State == jobs.JobQueued
		if j.Source != "" && (now || len(j.Next) > 0 && j.Next[0].Sub(a.now()) < soon) {
			busy[sourceSubject+j.Source] = true
		}
	}
	return busy
}

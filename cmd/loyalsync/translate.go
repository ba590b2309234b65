package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
	"github.com/loyalsync/loyalsync/mapping"
)

// date turns a checked date of the configuration into a business date.
func date(d config.Date) loyalty.Date {
	out, err := loyalty.ParseDate(string(d))
	if err != nil {
		return loyalty.NoDate
	}
	return out
}

func mappingConfig(c *config.Config, m config.Mapping) mapping.Config {
	out := mapping.Config{
		Source: m.Source, Program: m.Program, BaseCurrency: currencyOf(c, m.Program),
		HashPaid:         slices.ContainsFunc(activations(c, m.Program), config.Activate.Paid),
		ContractorsWhere: m.Contractors.Where, Codes: m.Contractors.Codes, ChosenBy: m.Contractors.ChosenBy,
		RepresentativesWhere: m.Representatives.Where, Card: m.Card, EarnFrom: date(m.EarnFrom),
		DocumentDate: m.DocumentDate, PointsTo: m.PointsTo, PointsToAttribute: m.PointsToAttribute, Unit: m.Unit,
		ItemGroups: itemGroups(m),
	}
	for _, o := range m.Overrides {
		out.Overrides = append(out.Overrides, mapping.Override{Contractor: o.Contractor, EarnFrom: date(o.EarnFrom), PointsToContractor: o.PointsToContractor})
	}
	for _, x := range m.Channels {
		out.Channels = append(out.Channels, mapping.Channel{Name: x.Name, Stores: x.Stores})
	}
	return out
}

func itemGroups(m config.Mapping) []loyalty.ItemGroup {
	var groups []loyalty.ItemGroup
	for _, g := range m.ItemGroups {
		groups = append(groups, loyalty.ItemGroup{Name: g.Name, Items: g.Items, ERPGroups: g.ERPGroups})
	}
	return groups
}

func lapse(l config.Lapse) loyalty.Lapse {
	out := loyalty.Lapse{
		AfterMonths: l.After.Years*12 + l.After.Months, AfterDays: l.After.Days,
		KeepMonths: l.KeepAtLeast.Years*12 + l.KeepAtLeast.Months, KeepDays: l.KeepAtLeast.Days,
	}
	if day, err := time.Parse("01-02", string(l.Yearly)); err == nil {
		out.YearlyMonth, out.YearlyDay = day.Month(), day.Day()
	}
	if d := date(l.Date); d != loyalty.NoDate {
		out.On = d
	}
	return out
}

func activation(a config.Activate) loyalty.Activation {
	return loyalty.Activation{Paid: a.Paid(), AfterMonths: a.After.Years*12 + a.After.Months, AfterDays: a.After.Days}
}

// activations are the ways in which points of a program become active.
func activations(c *config.Config, program string) []config.Activate {
	i := slices.IndexFunc(c.Programs, func(p config.Program) bool { return p.Name == program })
	if i < 0 {
		return nil // a fault of the mapping
	}
	return c.Programs[i].Activations()
}

// waitingFeeds are the feeds whose points do not become active on release.
func waitingFeeds(c *config.Config) (feeds []loyalty.Feed) {
	for _, m := range c.Mappings {
		if slices.ContainsFunc(activations(c, m.Program), config.Activate.Later) {
			feeds = append(feeds, loyalty.Feed{ProgramName: m.Program, SourceName: m.Source})
		}
	}
	return feeds
}

func definition(j config.Job) jobs.Definition {
	out := jobs.Definition{
		Name: j.Name, Kind: j.Kind, Source: j.Source, Program: j.Program, Platforms: j.Platforms, Once: string(j.Once),
		Starting: string(j.Starting), Cron: j.Cron, Missed: j.Missed, MissedWithin: j.MissedWithin.String(), Overlap: j.Overlap,
		Timeout: j.Timeout.String(), Retries: j.Retries, To: string(j.To), Keep: j.Keep, Fix: j.Fix,
	}
	if j.Window != 0 {
		out.Window = j.Window.String()
	}
	if !j.Every.IsZero() {
		out.Every = j.Every.String()
	}
	for _, t := range j.Daily {
		out.Daily = append(out.Daily, string(t))
	}
	for _, d := range j.Weekdays {
		out.Weekdays = append(out.Weekdays, string(d))
	}
	return out
}

// settings are what the configuration says about jobs.
func settings(c *config.Config) jobs.Settings {
	s := jobs.Settings{Zone: c.Timezone.Location(), Names: jobs.Names{Sources: []string{}, Programs: []string{}, Platforms: []string{}, Compared: []string{}}}
	for _, x := range c.Sources {
		s.Names.Sources = append(s.Names.Sources, x.Name)
	}
	for _, x := range c.Programs {
		s.Names.Programs = append(s.Names.Programs, x.Name)
	}
	s.Names.Held = heldPrograms(c)
	for _, x := range c.Platforms {
		s.Names.Platforms = append(s.Names.Platforms, x.Name)
		if x.Kind == config.HTTPPlatform {
			s.Names.Compared = append(s.Names.Compared, x.Name)
		}
	}
	for _, j := range c.Jobs {
		s.Definitions = append(s.Definitions, definition(j))
	}
	return s
}

// heldPrograms are the programs whose points are held in this store: their home is
// the embedded panel.
func heldPrograms(c *config.Config) []string {
	held := []string{}
	for _, p := range c.Programs {
		if slices.ContainsFunc(c.Platforms, func(x config.Platform) bool { return x.Name == p.Home && x.Kind == config.PanelPlatform }) {
			held = append(held, p.Name)
		}
	}
	return held
}

// debtPolicies are those of the programs that are held here, by name. A ledger that only
// scores lets contractors owe, and their home settles it.
func debtPolicies(c *config.Config) map[string]loyalty.DebtPolicy {
	policies := make(map[string]loyalty.DebtPolicy)
	held := heldPrograms(c)
	for _, p := range c.Programs {
		if slices.Contains(held, p.Name) {
			policies[p.Name] = loyalty.DebtPolicy(p.Debt)
		}
	}
	return policies
}

// lapsingPrograms are the programs held here whose points may lapse.
func lapsingPrograms(c *config.Config) []string {
	var names []string
	held := heldPrograms(c)
	for _, p := range c.Programs {
		lapses := p.Lapse != (config.Lapse{}) || slices.ContainsFunc(p.RuleSets, func(s config.RuleSet) bool {
			return s.Content != nil && s.Content.Lapse != nil && *s.Content.Lapse != (config.Lapse{})
		})
		if lapses && slices.Contains(held, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

func compiereConfig(s config.Source) compiere.Config {
	return compiere.Config{
		URL: s.URL.Reveal(), Host: s.Host, Port: s.Port, Database: s.Database, User: s.User, Password: s.Password.Reveal(),
		Schema: s.Schema, Tenant: s.Tenant, Documents: s.Documents, Timezone: string(s.Timezone), StatementTimeout: s.StatementTimeout.Std(),
		ReturnsAsStored: s.Returns == "as_stored",
	}
}

func optimaConfig(s config.Source) optima.Config {
	out := optima.Config{
		Server: sqlServerConfig(s), Documents: s.Documents, Timezone: string(s.Timezone), Now: time.Now,
	}
	if o := s.Optima; o != nil {
		out.Receipts, out.Advances, out.Collective, out.Outside, out.InactiveLines = o.Receipts, o.Advances, o.Collective, o.Outside, o.InactiveLines
		out.AdvanceKinds, out.FinalKinds, out.CollectiveKinds, out.OutsideKinds = o.AdvanceKinds, o.FinalKinds, o.CollectiveKinds, o.OutsideKinds
		out.Anonymous, out.AnonymousIDs, out.ConsentFlags = o.Anonymous, o.AnonymousIDs, o.ConsentFlags
		out.MergeTable, out.Settlement = o.MergeTable, o.Settlement
	}
	return out
}

func sqlServerConfig(s config.Source) sqlserver.Config {
	return sqlserver.Config{
		URL: s.URL.Reveal(), Server: s.Server, Host: s.Host, Port: s.Port, Database: s.Database, User: s.User, Password: s.Password.Reveal(),
		Auth: s.Auth, Encrypt: s.Encrypt, TrustServerCertificate: s.TrustServerCertificate, CAFile: string(s.CAFile),
		ServerName: s.ServerName, TLSMin: s.TLSMin, StatementTimeout: s.StatementTimeout.Std(),
	}
}

func sqlerpConfig(s config.Source) sqlerp.Config {
	out := sqlerp.Config{
		URL: s.URL.Reveal(), Host: s.Host, Port: s.Port, Database: s.Database, User: s.User, Password: s.Password.Reveal(),
		Timezone: string(s.Timezone), Documents: s.Documents, StatementTimeout: s.StatementTimeout.Std(),
	}
	if s.SQL == nil {
		return out
	}
	statement := func(st *config.Statement) sqlerp.Statement {
		if st == nil {
			return sqlerp.Statement{}
		}
		return sqlerp.Statement{Select: st.Select, Columns: st.Columns}
	}
	out.Dialect = sqlerp.Dialect(s.SQL.Dialect)
	if out.Dialect == sqlerp.SQLServer {
		out.Server = sqlServerConfig(s)
	}
	out.Contractors, out.Representatives = statement(s.SQL.Contractors), statement(s.SQL.Representatives)
	out.Invoices, out.Lines = statement(s.SQL.Invoices), statement(s.SQL.Lines)
	out.States = sqlerp.States{Buffered: s.SQL.States.Buffered, Released: s.SQL.States.Released, Cancelled: s.SQL.States.Cancelled}
	out.Identity, out.Now, out.Stamp, out.LockTimeout = s.SQL.Identity, s.SQL.Now, s.SQL.Stamp, s.SQL.LockTimeout.Std()
	return out
}

// joined checks what the configuration alone cannot: expressions, rules,
// schedules and SELECTs, each by the package that runs them. Their faults get
// the positions of the file.
func joined(f *config.File) config.Faults {
	var faults config.Faults
	add := func(prefix string, found []loyalty.Fault) {
		for _, x := range found {
			fault := f.Fault(join(prefix, x.Path), x.Offset, x.Message, x.Hint)
			if !slices.Contains(faults, fault) { // what the program says holds for each file of its rules
				faults = append(faults, fault)
			}
		}
	}
	c := f.Config
	for i, m := range c.Mappings {
		_, found := mapping.Compile(mappingConfig(c, m))
		add(fmt.Sprintf("mappings[%d]", i), found)
	}
	for i, p := range c.Programs {
		if len(p.Rules)+len(p.RuleSets) == 0 && !mapped(c, p.Name) {
			continue // a program that only receives needs no rules
		}
		for _, v := range ruleVersions(c, p) {
			_, found := rules.Compile(v.set, mapping.RuleConditions{})
			for _, x := range found {
				add(fmt.Sprintf("programs[%d]", i), []loyalty.Fault{v.placed(x)})
			}
		}
	}
	add("", settings(c).Check())
	for i, s := range c.Sources {
		if s.Connector != config.SQLERP || s.SQL == nil {
			continue
		}
		for _, x := range sqlerpConfig(s).Validate() {
			path := fmt.Sprintf("sources[%d]", i)
			faults = append(faults, f.Fault(join(path, sqlPath(x.Path)), 0, x.Message, x.Hint))
		}
	}
	return faults
}

// mapped says whether a source is read for a program.
func mapped(c *config.Config, program string) bool {
	return slices.ContainsFunc(c.Mappings, func(m config.Mapping) bool { return m.Program == program })
}

func currencyOf(c *config.Config, program string) string {
	for _, p := range c.Programs {
		if p.Name == program {
			return p.Currency
		}
	}
	return ""
}

// sqlPath puts the paths of a connector's settings under the key they are
// written at.
func sqlPath(path string) string {
	switch head, _, _ := strings.Cut(path, "."); head {
	case "contractors", "representatives", "invoices", "lines", "states", "identity", "now", "dialect", "stamp":
		return "sql." + path
	}
	return path
}

func join(prefix, path string) string {
	switch {
	case prefix == "":
		return path
	case path == "":
		return prefix
	}
	return prefix + "." + path
}

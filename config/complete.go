package config

import "cmp"

// What depends on other keys is filled in after decoding; everything else is a
// default of its section (setDefaults).
const (
	postgresPort  = 5432
	mysqlPort     = 3306
	defaultCopies = 14
)

// complete fills in defaults that depend on other keys.
func (c *Config) complete() {
	for i := range c.Sources {
		c.Sources[i].complete(c.Timezone)
	}
	for i := range c.Programs {
		completeRules(c.Programs[i].Rules)
	}
	for i := range c.Jobs {
		if j := &c.Jobs[i]; j.Kind == BackupJob && j.Keep == 0 {
			j.Keep = defaultCopies
		}
	}
}

func (s *Source) complete(zone Zone) {
	if s.Timezone == "" {
		s.Timezone = zone
	}
	if s.Connector == Compiere && s.Documents == nil {
		s.Documents = []string{"ARI", "ARC"}
	}
	if s.Connector == Optima && s.Documents == nil {
		s.Documents = optimaDocuments()[:1]
	}
	if s.SQL != nil && s.SQL.Dialect == "" {
		s.SQL.Dialect = s.dialect()
	}
	if s.Port == 0 && s.URL.IsZero() {
		s.Port = s.usualPort()
	}
}

// usualPort is where the kind of server listens by itself; 0 for a file.
func (s *Source) usualPort() int {
	switch {
	case s.Connector == Compiere:
		return postgresPort
	case s.Connector == SQLERP && s.SQL != nil:
		return map[string]int{postgres: postgresPort, mysql: mysqlPort, mariadb: mysqlPort}[s.SQL.Dialect]
	}
	return 0
}

// dialect is the one that the URL names, "" when it names none that is known.
func (s *Source) dialect() string {
	switch s.URL.Scheme() {
	case "sqlite":
		return "sqlite"
	case postgres, "postgresql":
		return postgres
	case mysql, mariadb, sqlserver:
		return s.URL.Scheme()
	case "":
		if s.Server != "" {
			return sqlserver
		}
		if s.Host != "" {
			return postgres
		}
	}
	return ""
}

func completeRules(rules []Rule) {
	for i := range rules {
		if r := &rules[i]; r.bySlabs() {
			r.SlabMode, r.SlabOver = cmp.Or(r.SlabMode, "graduated"), cmp.Or(r.SlabOver, "line")
		}
	}
}

package config

import (
	"slices"
	"strings"
)

func sourceNames(c *Config) []string {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		names[i] = s.Name
	}
	return names
}

func (k checker) source(s *Source, path string) {
	k.between(path+".page", s.Page, 1, maxPage)
	k.positive(path+".window", s.Window)
	k.positive(path+".statement_timeout", s.StatementTimeout)
	if s.Overlap.Std() < minRepeat {
		k.faultAt(path+".overlap", "is shorter than 2h", "the hour that is repeated when summer time ends must be read again: write 2h or more")
	}
	if s.Port != 0 {
		k.between(path+".port", s.Port, 1, 65535)
	}
	switch s.Connector {
	case Optima:
		k.optima(s, path)
	case Compiere:
		k.compiere(s, path)
	case SQLERP:
		k.sqlerp(s, path)
	}
}

// connection checks that a source says where its database is, once.
func (k checker) connection(s *Source, path string, schemes ...string) {
	byName := map[string]bool{"host": s.Host != "", "port": s.Port != 0, "database": s.Database != "", "user": s.User != ""}
	if !s.URL.IsZero() {
		k.databaseURL(path+".url", s.URL, schemes...)
		k.noEffect(path, "beside url", byName)
		if p, ok := s.URL.parse(); ok && p.User != nil && !s.Password.IsZero() {
			if _, twice := p.User.Password(); twice {
				k.faultAt(path+".url", "holds a password, and another one is written beside it", "leave it out of the url")
			}
		}
		return
	}
	for _, key := range []string{"host", "database", "user"} {
		if !byName[key] {
			k.faultAt(join(path, key), "is missing", "write host, database and user, or one url")
		}
	}
}

func (k checker) compiere(s *Source, path string) {
	k.connection(s, path, postgres, "postgresql")
	k.noEffect(path, "with the connector compiere", map[string]bool{"sql": s.SQL != nil, "optima": s.Optima != nil})
	k.noEffect(path, "with the connector compiere, which reads PostgreSQL", s.sqlServerKeys())
	known := []string{"ARI", "ARC"}
	if len(s.Documents) == 0 {
		k.faultAt(path+".documents", "names no type of document", "write [ARI, ARC], or remove the key")
	}
	for i, doc := range s.Documents {
		if !slices.Contains(known, doc) {
			k.faultAt(at(path+".documents", i), k.quote(at(path+".documents", i), doc)+" is not a type of sales document", didYouMean(doc, known))
		}
	}
	if strings.Trim(s.Tenant, "0123456789abcdefABCDEF") != "" {
		k.faultAt(path+".tenant", k.quote(path+".tenant", s.Tenant)+" is not an AD_Client_ID", `write its digits in quotes, for example "1000000"`)
	}
}

func (k checker) sqlerp(s *Source, path string) {
	k.noEffect(path, "with the connector sqlerp", map[string]bool{"schema": s.Schema != "", "tenant": s.Tenant != "", "returns": s.Returns != "", "optima": s.Optima != nil})
	if s.SQL == nil {
		if _, written := k.places[path+".sql"]; !written {
			k.faultAt(path+".sql", "is missing", "sql: the SELECTs that read the ERP; loyalsync init --connector sqlerp shows them")
		}
	} else {
		k.sql(s, path)
	}
	if s.SQL != nil && s.SQL.Dialect == sqlserver {
		k.sqlServer(s, path)
		return
	}
	k.noEffect(path, "with this database", s.sqlServerKeys())
	if s.URL.IsZero() && s.SQL != nil && s.SQL.Dialect == "sqlite" {
		k.faultAt(path+".url", "is missing", "write url: sqlite:FILE")
		return
	}
	k.connection(s, path, "sqlite", postgres, "postgresql", mysql, mariadb)
}

func (k checker) sql(s *Source, path string) {
	q := s.SQL
	k.positive(path+".sql.lock_timeout", q.LockTimeout)
	if from := s.dialect(); from != "" && !s.URL.IsZero() && family(q.Dialect) != family(from) {
		k.faultAt(path+".sql.dialect", k.quote(path+".sql.dialect", q.Dialect)+" does not fit the url, which is "+from, "remove the key")
	}
	meaning := map[string]string{}
	for _, state := range []struct {
		name   string
		values []string
	}{{"buffered", q.States.Buffered}, {"released", q.States.Released}, {"cancelled", q.States.Cancelled}} {
		for i, v := range state.values {
			if other, twice := meaning[v]; twice {
				k.faultAt(at(path+".sql.states."+state.name, i), k.quote(at(path+".sql.states."+state.name, i), v)+" stands under "+other+" too", "a state means one thing")
			}
			meaning[v] = state.name
		}
	}
}

// family joins the spellings of one dialect.
func family(dialect string) string {
	if dialect == mariadb {
		return mysql
	}
	return dialect
}

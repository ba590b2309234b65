package main

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// loginScript is what makes a right login for a source, as data.
type loginScript struct {
	Source string `json:"source"`
	SQL    string `json:"sql"`
}

// loginScripts prints, for each source, what makes a login that may read what its
// connector reads and nothing else.
func (c *cli) loginScripts(sources []config.Source) error {
	scripts := []loginScript{}
	for _, s := range sources {
		text, err := loginOf(s)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
		scripts = append(scripts, loginScript{s.Name, text})
	}
	if c.json {
		return c.printJSON(scripts)
	}
	for _, s := range scripts {
		c.say("-- source %s\n%s", plain(s.Source), strings.TrimRight(s.SQL, "\n"))
	}
	return nil
}

// loginOf is the script for one source. On SQL Server the service may also sign in
// by its own account of Windows, so there are two to choose from.
func loginOf(s config.Source) (string, error) {
	database, user := s.Database, s.User
	if u, err := url.Parse(s.URL.Reveal()); err == nil && u.Host != "" { // the error would quote the password
		user = cmp.Or(user, u.User.Username())
		if s.Connector == config.Optima { // whose path names the instance
			database = cmp.Or(database, u.Query().Get("database"))
		} else {
			database = cmp.Or(database, strings.TrimPrefix(u.Path, "/"))
		}
	}
	switch s.Connector {
	case config.Compiere:
		return compiere.LoginSQL(database, s.Schema, user)
	case config.Optima:
		return eitherLogin(user, func(user string) (string, error) { return optima.LoginSQL(database, user) })
	}
	cfg := sqlerpConfig(s)
	if cfg.Dialect == sqlerp.SQLServer || s.URL.Scheme() == string(sqlerp.SQLServer) {
		return eitherLogin(user, func(user string) (string, error) {
			cfg.User = user
			return sqlerp.LoginSQL(cfg)
		})
	}
	return sqlerp.LoginSQL(cfg)
}

// eitherLogin is the script for a login of SQL Server's own, and the one for the
// account of Windows that the service runs under.
func eitherLogin(user string, script func(user string) (string, error)) (string, error) {
	bySQL, err := script(user)
	if err != nil {
		return "", err
	}
	byWindows, err := script(sqlserver.ServiceAccount)
	return "-- EITHER (auth: sql)\n" + bySQL + "\n-- OR (auth: windows)\n" + byWindows, err
}

package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
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
		text, err := loginSQL(s)
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

func loginSQL(s config.Source) (string, error) {
	if s.Connector == config.Compiere {
		database, user := s.Database, s.User
		if u, err := url.Parse(s.URL.Reveal()); err == nil && u.Host != "" { // the error would quote the password
			database, user = strings.TrimPrefix(u.Path, "/"), u.User.Username()
		}
		return compiere.LoginSQL(database, s.Schema, user)
	}
	return sqlerp.LoginSQL(sqlerpConfig(s)), nil
}

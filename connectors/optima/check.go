package optima

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// newestKnown is the version of Optima's database up to which the tables were
// compared with what this connector reads.
const newestKnown = "2025.5"

// Check asks the server who it is, Optima what version the database has, and the
// catalog for every column that is read. It reads no table that grows.
// Report.Missing also has tables that are there and that the login may not read; a
// warning tells them apart.
func (s *Source) Check(ctx context.Context) (connectors.Report, error) {
	facts, err := s.db.Facts(ctx)
	if err != nil {
		return connectors.Report{}, unavailable(err)
	}
	var found catalog
	var now system
	err = s.read(ctx, "check the source", func(ctx context.Context, tx *sql.Tx) (err error) {
		if found, err = readCatalog(ctx, tx, s.sql); err != nil {
			return err
		}
		now, err = readSystem(ctx, tx, s.sql)
		return err
	})
	if err != nil {
		return connectors.Report{}, err
	}
	if err := s.unconverted(now); err != nil {
		return connectors.Report{}, err
	}
	missing, without := found.missing()
	refused, err := s.refused(ctx, missing)
	if err != nil {
		return connectors.Report{}, err
	}
	var tables []string
	for _, name := range tableNames() {
		if found.hasTable(name) {
			tables = append(tables, schema+"."+name)
		}
	}
	writable, err := s.db.Writable(ctx, tables)
	if err != nil {
		return connectors.Report{}, unavailable(err)
	}
	return connectors.Report{
		Server: facts.Server(), Product: "Comarch ERP Optima", Version: now.version, Encoding: facts.Encoding(), Zone: facts.Zone(), Now: facts.Stamp(),
		Identity: strings.Join([]string{facts.Database, now.company, now.configuration}, "|"),
		Writable: writable, Missing: missing, Warnings: s.warnings(facts, now, refused, without),
	}, nil
}

// schema is where Optima keeps its tables.
const schema = "CDN"

// denied is the server's error for a table that the login may not read.
const denied = 229

// refused tells which of the tables that the login does not see are there.
func (s *Source) refused(ctx context.Context, missing []string) ([]string, error) {
	var refused []string
	for _, name := range missing {
		if strings.Contains(name, ".") {
			continue
		}
		err := s.db.Read(ctx, "check the source", func(ctx context.Context, tx *sql.Tx) error {
			_, err := collect(ctx, tx, "SELECT 1 FROM "+schema+"."+name+" WHERE 1 = 0", nil, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
			return err
		})
		if ctx.Err() != nil {
			return nil, err
		}
		if sqlserver.Number(err) == denied {
			refused = append(refused, name)
		}
	}
	return refused, nil
}

// warnings are the facts worth a remark. They name tables and versions only.
func (s *Source) warnings(facts sqlserver.Facts, now system, refused []string, without []table) []connectors.Warning {
	var out []connectors.Warning
	warn := func(when bool, message, hint string) {
		if when {
			out = append(out, connectors.Warning{Message: message, Hint: hint})
		}
	}
	warn(len(refused) > 0, "the login may not read "+strings.Join(refused, ", "), "loyalsync doctor --sql writes the GRANT SELECT for exactly the tables read")
	warn(newer(now.version, newestKnown), "the database is of Optima "+now.version+"; this version of loyalsync knows Optima up to "+newestKnown,
		"every column that is read was found unless the report says otherwise; look for a newer loyalsync")
	warn(facts.TooOld(), "the server is older than SQL Server 2012", "Optima itself asks for a newer one")
	warn(facts.Sysadmin || facts.Owner, "the login is an administrator of the server or an owner of the database", "make one that may only read: loyalsync doctor --sql writes the statements")
	for _, t := range without {
		warn(true, "the login sees no table "+schema+"."+t.name+": "+t.absent, "it came with later versions of Optima; if this one has it, GRANT SELECT on it")
	}
	if zone, err := time.LoadLocation(s.cfg.Timezone); err == nil && s.cfg.Timezone != "" {
		ours := facts.Now.In(zone).Format("-07:00")
		warn(ours != facts.Zone(), "the server's clock is at "+facts.Zone()+" and timezone "+s.cfg.Timezone+" at "+ours,
			"Optima stamps by local clocks: is the time zone of the server, or timezone: of the source, right?")
	}
	return out
}

// newer compares versions like 2025.5 by their numbers. What is no number is 0.
func newer(version, than string) bool {
	a, b := strings.Split(version, "."), strings.Split(than, ".")
	for i := range max(len(a), len(b)) {
		if x, y := part(a, i), part(b, i); x != y {
			return x > y
		}
	}
	return false
}

func part(numbers []string, i int) int {
	if i >= len(numbers) {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(numbers[i]))
	if err != nil {
		return 0
	}
	return n
}

// count renders a number of things for a message.
func count(n int64, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

package sqlerp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	client "github.com/go-sql-driver/mysql"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

func (mysql) survey(ctx context.Context, db *sql.DB, _ Config) (survey, error) {
	var found survey
	var version, zone, systemZone string
	const who = `SELECT @@version, COALESCE(DATABASE(), ''), @@global.time_zone, @@system_time_zone, CONCAT(@@character_set_database, ' ', @@collation_database)`
	if err := db.QueryRowContext(ctx, who).Scan(&version, &found.identity, &zone, &systemZone, &found.encoding); err != nil {
		return found, err
	}
	found.server = "MySQL " + version
	if strings.Contains(version, "MariaDB") {
		found.server = "MariaDB " + version
	}
	if found.zone = zone; zone == "SYSTEM" {
		found.zone = systemZone
	}
	var err error
	found.writable, err = mysqlWritable(ctx, db)
	return found, err
}

// mysqlWritable lists what the login may write, as its grants put it.
func mysqlWritable(ctx context.Context, db *sql.DB) ([]string, error) {
	statement := "SHOW GRANTS"
	var roles string
	// MySQL 8 shows what comes by a role only when the role is named. MariaDB shows
	// it by itself, and a MySQL before 8 has no roles: there the question is an error.
	if err := db.QueryRowContext(ctx, "SELECT /*!80000 CURRENT_ROLE() */ /*M! 'NONE' */").Scan(&roles); err == nil && roles != "NONE" {
		statement += " FOR CURRENT_USER() USING " + roles
	}
	var database string
	if err := db.QueryRowContext(ctx, "SELECT LOWER(COALESCE(DATABASE(), 'test'))").Scan(&database); err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var writable []string
	for rows.Next() {
		var grant string
		if err := rows.Scan(&grant); err != nil {
			return nil, err
		}
		on, yes := mayWrite(grant)
		if scratch(grant, on) && !strings.HasPrefix(database, "test") {
			continue
		}
		if yes && !slices.Contains(writable, on) && len(writable) < 50 {
			writable = append(writable, on)
		}
	}
	return writable, rows.Err()
}

var (
	grantText = regexp.MustCompile("^GRANT (.+?) ON (?:TABLE )?(.+) TO ")
	grantList = regexp.MustCompile(`\([^)]*\)`) // of columns
	// deniedTable leaves the login's name out of what the server says.
	deniedTable = regexp.MustCompile(` (?:for|in) table ['` + "`" + `](.+)['` + "`" + `]$`)
	// writes are the privileges that change tables.
	writes = []string{"ALL", "ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "DELETE HISTORY"}
)

// scratch tells the right on databases named test that a new MariaDB gives to
// everybody: no script for a login takes it away, and no ERP is in them.
func scratch(grant, on string) bool {
	return strings.HasSuffix(grant, " TO PUBLIC") && (on == "test.*" || on == `test\_%.*`)
}

// mayWrite reads a line of SHOW GRANTS: what it is about, and whether it gives a
// right to write.
func mayWrite(grant string) (on string, yes bool) {
	m := grantText.FindStringSubmatch(grant)
	if m == nil || strings.HasPrefix(m[2], "PROCEDURE ") || strings.HasPrefix(m[2], "FUNCTION ") {
		return "", false
	}
	for _, privilege := range strings.Split(grantList.ReplaceAllString(m[1], ""), ",") {
		if slices.Contains(writes, strings.TrimSpace(privilege)) {
			return strings.ReplaceAll(m[2], "`", ""), true
		}
	}
	return "", false
}

func (mysql) diagnose(err error) diagnosis {
	if e, ok := errors.AsType[*client.MySQLError](err); ok {
		return diagnoseMySQL(e)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return diagnosis{connectors.ErrUnreachable, "the name of the host is not known: " + e.Name, "look at host"}
	}
	if errors.Is(err, errSilent) {
		return diagnosis{connectors.ErrUnreachable, errSilent.Error(), "look at host and port: is it MySQL or MariaDB that listens there?"}
	}
	today := time.Now() //nolint:forbidigo // what a certificate was held against
	if f, ok := network.TLS(err, today, mysqlCures()); ok {
		return diagnosis{connectors.ErrSettings, f.Message, f.Hint}
	}
	if errors.Is(err, client.ErrNoTLS) {
		return diagnosis{connectors.ErrSettings, "the server does not speak TLS", mysqlCures()[network.TLSNone]}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return diagnosis{connectors.ErrUnreachable, e.Op + ": " + e.Err.Error(), "look at host and port, the firewall, and bind-address of the server"}
	}
	if errors.Is(err, client.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) {
		return diagnosis{connectors.ErrTransient, "the connection broke off", "it is tried again"}
	}
	return diagnosis{connectors.ErrTransient, "the connection broke off", "it is tried again; if it stays so, is it MySQL or MariaDB that listens there?"}
}

// mysqlCures says which option of the url helps against a fault of TLS.
func mysqlCures() network.Cures {
	const trust = "tls_ca=FILE in the url trusts your own authority, tls=skip-verify encrypts without looking at the certificate"
	const without = "tls=false in the url goes without"
	return network.Cures{
		network.TLSUnknownAuthority: trust, network.TLSWrongName: trust, network.TLSSHA1: trust, network.TLSNegativeSerial: without,
		network.TLSOldVersion: "let its administrator turn TLS 1.2 on, or " + without, network.TLSNone: without, network.TLSOther: without,
	}
}

// Numbers of errors, from the servers' error references. MariaDB shares the
// numbers below 1900 with MySQL.
var (
	mysqlAuth     = []uint16{1044, 1045, 1130, 1142, 1143, 1227, 1251, 1370, 1698, 1820, 1862, 3118, 3159, 4151}
	mysqlSchema   = []uint16{1052, 1054, 1060, 1064, 1109, 1111, 1140, 1146, 1222, 1241, 1242, 1248, 1253, 1267, 1271, 1305, 1347, 1356, 1582, 4078}
	mysqlValue    = []uint16{1264, 1292, 1365, 1366, 1411, 1426, 1690, 3140, 3141, 3854}
	mysqlWrite    = []uint16{1290, 1792, 1836}
	mysqlBusy     = []uint16{1040, 1203, 1226, 1129}
	mysqlTooLong  = []uint16{1205, 1317, 1969, 3024}
	mysqlBrokenBy = []uint16{1053, 1077, 1158, 1159, 1160, 1161, 1213, 1927, 2006, 2013, 4031}
)

// diagnoseMySQL goes by the server's numbers. Only texts that name tables and
// columns are passed on, the others may quote a value.
func diagnoseMySQL(e *client.MySQLError) diagnosis {
	said := func(kind error, text, hint string) diagnosis {
		return diagnosis{kind, text + " (error " + strconv.Itoa(int(e.Number)) + ")", hint}
	}
	const inTool = "run the SELECT in the database's own tool, and put it right in the configuration"
	switch n := e.Number; {
	case n == 1142 || n == 1143 || n == 1370 || n == 1227:
		text := "the login may not read a table or column"
		if m := deniedTable.FindStringSubmatch(e.Message); m != nil {
			text = "the login may not read " + strings.ReplaceAll(m[1], "`", "")
		}
		return said(connectors.ErrAuth, text, "GRANT SELECT on what the SELECTs read; SHOW GRANTS says what the login has")
	case n == 1044:
		return said(connectors.ErrAuth, "the login may not use the database", "GRANT SELECT on tables of the database to the login; look at database")
	case n == 1130:
		return said(connectors.ErrAuth, "this machine may not sign in", "the login was made for another host: CREATE USER 'name'@'this host'")
	case n == 1129:
		return said(connectors.ErrAuth, "this machine is blocked after too many failures", "FLUSH HOSTS on the server")
	case slices.Contains(mysqlAuth, n):
		return said(connectors.ErrAuth, "wrong user or password, or the login has expired or is locked", "look at user and password_file, and at the host that the login was made for")
	case n == 1049:
		return said(connectors.ErrSettings, "there is no such database", "look at database; upper and lower case may differ")
	case slices.Contains(mysqlWrite, n):
		return said(connectors.ErrSettings, "the statement would write", "the ERP is never written; only SELECTs are run")
	case slices.Contains(mysqlSchema, n):
		return said(connectors.ErrSchema, e.Message, inTool)
	case slices.Contains(mysqlValue, n):
		return said(connectors.ErrSchema, "a value in the SELECT cannot be converted", inTool)
	case slices.Contains(mysqlBusy, n):
		return said(connectors.ErrTransient, "the server has no connection left", "it is tried again; max_connections or the login's limit may be low")
	case slices.Contains(mysqlTooLong, n):
		return said(connectors.ErrTransient, "the statement waited or ran too long", "an index on the modified column helps; or raise statement_timeout")
	case slices.Contains(mysqlBrokenBy, n):
		return said(connectors.ErrTransient, "the server ended the statement", "it is tried again")
	}
	return said(connectors.ErrTransient, "the server refused the statement", "it is tried again")
}

package sqlerp

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var mysqlDatabases atomic.Int32

// newMySQL makes a database of MySQL or MariaDB for one test. Its texts compare
// without regard to case and accents, as most ERPs' do.
func newMySQL(t *testing.T) *url.URL {
	t.Helper()
	address := serverURL(t, "LOYALSYNC_TEST_MYSQL")
	name := fmt.Sprintf("sqlerp_%d_%d", os.Getpid(), mysqlDatabases.Add(1))
	server := *address
	server.Path = "/information_schema"
	admin := mysqlWriter(t, &server)
	ctx := context.WithoutCancel(t.Context())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(ctx, "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
	})
	made := *address
	made.Path = "/" + name
	return &made
}

// mysqlWriter runs several statements at once, in the session that the server
// gives by itself.
func mysqlWriter(t *testing.T, address *url.URL) *sql.DB {
	t.Helper()
	conf, err := mysqlConfig(Config{URL: address.String()})
	if err != nil {
		t.Fatal(err)
	}
	conf.MultiStatements, conf.Timeout = true, time.Minute
	db, err := sql.Open("mysql", conf.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(2)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// mysqlProduct asks the server, past the source, which of the two it is.
func mysqlProduct(t *testing.T) string {
	t.Helper()
	var comment, version string
	db := mysqlWriter(t, newMySQL(t))
	if err := db.QueryRowContext(t.Context(), "SELECT VERSION(), @@version_comment").Scan(&version, &comment); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(version+comment), "mariadb") {
		return "MariaDB " + version
	}
	return "MySQL " + version
}

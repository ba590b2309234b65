package tdstest

import "os"

// StandIn says what a test ran on, when LOYALSYNC_TEST_SQLSERVER names no real SQL
// Server; "" when it does.
func StandIn() string {
	if os.Getenv(ServerVariable) != "" {
		return ""
	}
	return "not a SQL Server: this project's own stand-in, tdstest"
}

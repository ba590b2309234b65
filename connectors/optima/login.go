package optima

import "github.com/loyalsync/loyalsync/connectors/sqlserver"

// TablesRead are the tables that the login must be allowed to SELECT from.
func TablesRead() []string {
	names := tableNames()
	for i, n := range names {
		names[i] = schema + "." + n
	}
	return names
}

// numberFunction makes TrN_NumerPelny, a computed column.
const numberFunction = schema + ".FN_NUMERPELNY"

// LoginSQL returns the script that makes a login which may read exactly what this
// connector reads. Empty names become the usual ones: database "CDN_Firma", user
// "loyalsync_ro". A user with a backslash is an account of Windows.
func LoginSQL(database, user string) (string, error) {
	return sqlserver.LoginSQL(sqlserver.Login{Database: database, Name: user, Tables: TablesRead(), Functions: []string{numberFunction}})
}

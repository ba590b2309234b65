package sqlserver

import "github.com/loyalsync/loyalsync/connectors"

// Numbers that the code itself goes by.
const (
	loginFailed        = 18456
	cannotOpenDatabase = 4060
	snapshotNotAllowed = 3952
)

// meaning is what one of the server's error numbers stands for.
type meaning struct {
	kind error
	text string // "" passes the server's own, which names objects alone
	hint string
}

const again = "it is tried again"

// meanings are the numbers that a reader meets, as Microsoft lists them under
// "Database engine events and errors". Where text is empty the server's own is
// passed on, in the server's language: it names tables, columns and permissions,
// never a value.
var meanings = map[int32]meaning{
	// What is read is not there.
	207:  {connectors.ErrSchema, "", "is it the right database, and is its version one that loyalsync knows? loyalsync doctor lists what is missing"},
	208:  {connectors.ErrSchema, "", "is it the right database? loyalsync doctor lists what is missing"},
	2812: {connectors.ErrSchema, "", "loyalsync doctor lists what is missing"},
	4121: {connectors.ErrSchema, "", "loyalsync doctor lists what is missing"},
	8155: {connectors.ErrSchema, "", "name every column of the SELECT"},
	102:  {connectors.ErrSchema, "", "run the SELECT in SQL Server Management Studio and put it right"},
	156:  {connectors.ErrSchema, "", "run the SELECT in SQL Server Management Studio and put it right"},
	209:  {connectors.ErrSchema, "", "write the table's alias before the column"},
	4104: {connectors.ErrSchema, "", "run the SELECT in SQL Server Management Studio and put it right"},
	468:  {connectors.ErrSchema, "two collations meet in a comparison", "add COLLATE DATABASE_DEFAULT to one side of it"},
	245:  {connectors.ErrSchema, "a text cannot be turned into a number", "the column holds something else than expected"},
	241:  {connectors.ErrSchema, "a text cannot be turned into a date", "the column holds something else than expected"},
	8114: {connectors.ErrSchema, "a value has another type than expected", "the column holds something else than expected"},
	8115: {connectors.ErrSchema, "a number is too large for its type", "the column holds something else than expected"},
	8134: {connectors.ErrSchema, "a SELECT divides by zero", "put NULLIF around the divisor"},
	8003: {connectors.ErrSchema, "a statement has more than 2,100 parameters", "please report it"},

	// What the login may not do.
	229: {connectors.ErrAuth, "", "GRANT SELECT on it to the login: loyalsync doctor --sql prints the script"},
	230: {connectors.ErrAuth, "", "GRANT SELECT on the whole table to the login: loyalsync doctor --sql prints the script"},
	262: {connectors.ErrAuth, "", "loyalsync doctor --sql prints the script that makes a right login"},
	297: {connectors.ErrAuth, "the login may not do this", "loyalsync doctor --sql prints the script that makes a right login"},
	300: {connectors.ErrAuth, "", "loyalsync doctor --sql prints the script that makes a right login"},
	916: {connectors.ErrAuth, "the login is no user of the database", "loyalsync doctor --sql prints the script that makes it one"},

	// Signing in.
	18450: {connectors.ErrAuth, "the login is not that of a trusted connection", "the server takes accounts of Windows alone: write auth: windows, or turn mixed mode on at the server"},
	18452: {connectors.ErrAuth, "the account's domain is not trusted, or the server takes accounts of Windows alone", `with auth: windows: are both machines in one domain? with auth: sql: turn on "SQL Server and Windows Authentication mode" in the server's properties, Security, and restart it`},
	18461: {connectors.ErrTransient, "the server is in single-user mode, and somebody is there", again + " when maintenance is over"},
	18470: {connectors.ErrAuth, "the login is disabled", "ALTER LOGIN … ENABLE at the server"},
	18486: {connectors.ErrAuth, "the login is locked after too many wrong passwords", "ALTER LOGIN … WITH PASSWORD = … UNLOCK at the server, and put the same into password_file"},
	18487: {connectors.ErrAuth, "the login's password has expired", "set a new one at the server, with CHECK_EXPIRATION = OFF for a service"},
	18488: {connectors.ErrAuth, "the login's password must be changed first", "set a new one at the server without MUST_CHANGE"},
	17892: {connectors.ErrTransient, "a logon trigger of the server refused", "ask its administrator which logins, hours or programs it lets in"},
	cannotOpenDatabase: {
		connectors.ErrSettings, "the database cannot be opened: there is no such one, or the login is no user of it, or it is closed for now",
		"check database:, and that the login is a user of it (loyalsync doctor --sql prints the script)",
	},
	4064: {connectors.ErrSettings, "the login's default database cannot be opened", "check database: and the login's default database"},
	911:  {connectors.ErrSettings, "there is no such database", "check database:"},

	// Databases that are closed for a while.
	924: {connectors.ErrTransient, "the database is in single-user mode, and somebody is there", again + " when maintenance is over"},
	927: {connectors.ErrTransient, "the database is being restored", again},
	942: {connectors.ErrTransient, "the database is offline", "its administrator brings it back: ALTER DATABASE … SET ONLINE"},
	921: {connectors.ErrTransient, "the database has not been recovered yet", again},
	922: {connectors.ErrTransient, "the database is being recovered", again},
	945: {connectors.ErrTransient, "the database cannot be opened: files, memory or disk are missing", "the server's error log says which"},
	952: {connectors.ErrTransient, "the database is changing its state", again},
	976: {connectors.ErrSettings, "the database is a replica that lets nobody read", "name the availability group's listener as server, or make the replica readable"},
	978: {connectors.ErrTransient, "the replica takes readers alone", again},
	979: {connectors.ErrTransient, "the replica cannot be read now", again},
	983: {connectors.ErrTransient, "the replica is changing its role", again},

	// The server comes and goes.
	6005:  {connectors.ErrTransient, "the server is shutting down", again},
	17142: {connectors.ErrTransient, "the service is paused", "continue it in SQL Server Configuration Manager"},
	17187: {connectors.ErrTransient, "the server is starting", again},
	17809: {connectors.ErrTransient, "the server has as many connections as it may have", again},
	17830: {connectors.ErrUnreachable, "the connection broke off while signing in", again},
	10928: {connectors.ErrTransient, "a limit of the server is reached", again},
	10929: {connectors.ErrTransient, "the server is too busy", again},
	40197: {connectors.ErrTransient, "the service had to move", again},
	40501: {connectors.ErrTransient, "the service is busy", again},
	40613: {connectors.ErrTransient, "the database is not available at the moment", again},
	49918: {connectors.ErrTransient, "the service is busy", again},
	49919: {connectors.ErrTransient, "the service is busy", again},
	49920: {connectors.ErrTransient, "the service is busy", again},
	40615: {connectors.ErrAuth, "the server's firewall does not let this address in", "add this machine's public address to the server's firewall rules"},

	// Somebody else was in the way.
	601:                {connectors.ErrTransient, "the rows moved while they were read", again},
	701:                {connectors.ErrTransient, "the server is short of memory", again},
	802:                {connectors.ErrTransient, "the server is short of memory", again},
	1204:               {connectors.ErrTransient, "the server has no locks left", again},
	1205:               {connectors.ErrTransient, "the server chose this read as the victim of a deadlock", again},
	1222:               {connectors.ErrTransient, "the rows are locked by somebody else", again},
	3617:               {connectors.ErrTransient, "the statement was cancelled", again},
	3960:               {connectors.ErrTransient, "the rows changed since the snapshot", again},
	3961:               {connectors.ErrTransient, "a table was changed since the snapshot", again},
	3967:               {connectors.ErrTransient, "the snapshot was lost: tempdb is full", again},
	3958:               {connectors.ErrTransient, "the snapshot was lost: tempdb is full", again},
	3966:               {connectors.ErrTransient, "the snapshot was lost: tempdb is full", again},
	snapshotNotAllowed: {connectors.ErrTransient, "the database allows snapshots no more", again},
	8645:               {connectors.ErrTransient, "the server had no memory for the statement in time", again},
	8651:               {connectors.ErrTransient, "the server is short of memory", again},
	9002:               {connectors.ErrTransient, "a transaction log of the server is full", "its administrator makes room"},
	1105:               {connectors.ErrTransient, "a disk of the server is full", "its administrator makes room"},
	823:                {connectors.ErrTransient, "the server could not read its disk", "its administrator runs DBCC CHECKDB"},
	824:                {connectors.ErrTransient, "a page of the database is damaged", "its administrator runs DBCC CHECKDB"},
	825:                {connectors.ErrTransient, "the server's disk is failing", "its administrator runs DBCC CHECKDB"},
}

// loginStates are the states of 18456 as the server's error log tells them. A
// client is told state 1 alone by most servers, so that a stranger learns nothing.
var loginStates = map[uint8]string{
	2: "there is no such login", 5: "there is no such login",
	6:  "the name is an account of Windows: write auth: windows",
	7:  "the login is disabled",
	8:  "the password is wrong",
	9:  "the password is not valid",
	11: "the login may not connect to this server", 12: "the login may not connect to this server",
	13: "the service is paused",
	18: "the password must be changed first",
	38: "the database cannot be opened by the login", 40: "the login's default database cannot be opened",
	58: "the server takes accounts of Windows alone: turn mixed mode on, or write auth: windows",
}

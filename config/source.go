package config

import "time"

const (
	hour      = time.Hour
	maxPage   = 500        // headers a page
	maxBatch  = 500        // items a push
	minRepeat = 2 * hour   // the hour that autumn repeats, and one more
	postgres  = "postgres" // scheme, with postgresql as its other spelling
	mysql     = "mysql"    // scheme, also of MariaDB
	mariadb   = "mariadb"  // its other spelling
)

// The connectors.
const (
	Optima   = "optima"
	Compiere = "compiere"
	SQLERP   = "sqlerp"
)

// Source is one ERP database. It is only ever read.
type Source struct {
	Name         string `yaml:"name" required:"true" desc:"Name of the source; part of every document's identity, so it never changes."`
	Connector    string `yaml:"connector" required:"true" enum:"optima,compiere,sqlerp" desc:"The kind of ERP. sqlerp: any other, by SELECTs in sql."`
	URL          URL    `yaml:"url" expand:"url" desc:"postgres://user@host/database, sqlserver://user@host/instance?database=NAME, or for sqlerp mysql://, mariadb://, sqlite:FILE; or host, database and user instead."`
	Server       string `yaml:"server" desc:"SQL Server: HOST\\INSTANCE or HOST,PORT in single quotes, instead of host and port."`
	Host         string `yaml:"host" desc:"Host of the database server."`
	Port         int    `yaml:"port" desc:"Its port."`
	Database     string `yaml:"database" desc:"Name of the database."`
	User         string `yaml:"user" desc:"A login that may only read."`
	Password     Secret `yaml:"password" desc:"Its password; better in password_file."`
	PasswordFile Path   `yaml:"password_file" desc:"File holding the password."`
	Auth         string `yaml:"auth" enum:"sql,windows" desc:"How to sign in to SQL Server: sql, a login of the server; windows, DOMAIN\\user with a password, or without user the account that loyalsync runs under. Otherwise sql."`
	// Encrypt and what follows are SQL Server's; the defaults are the connectors'.
	Encrypt                string `yaml:"encrypt" enum:"disable,login,full,strict" desc:"SQL Server: what is encrypted. disable: nothing, the password included; login: the login; full: everything; strict: everything, from the first byte (SQL Server 2022). Otherwise full."`
	TrustServerCertificate bool   `yaml:"trust_server_certificate" desc:"SQL Server: take any certificate, such as the one it makes for itself. Only where the network between is yours."`
	CAFile                 Path   `yaml:"ca_file" desc:"SQL Server: PEM file of the authority that issued its certificate, or of the certificate itself."`
	ServerName             string `yaml:"server_name" desc:"SQL Server: the name in its certificate, where it is another than the host."`
	TLSMin                 string `yaml:"tls_min" enum:"1.0,1.1,1.2,1.3" desc:"SQL Server: oldest version of TLS to speak. Otherwise 1.2; an old server may need 1.0."`
	// Timezone is the zone of the ERP's stamps. Defaults to the top one.
	Timezone           Zone     `yaml:"timezone" desc:"IANA time zone of the ERP's stamps; otherwise the one at the top."`
	Schema             string   `yaml:"schema" desc:"compiere: schema of the tables; otherwise found by itself."`
	Tenant             string   `yaml:"tenant" noun:"tenants" desc:"compiere: AD_Client_ID; needed when the database has several."`
	Documents          []string `yaml:"documents" noun:"document types" desc:"Types of documents to read; compiere: ARI, and ARC with returns; optima: FS, and PA for receipts."`
	Returns            string   `yaml:"returns" enum:"take_back,as_stored" desc:"compiere: Openbravo's return documents take back whatever their sign, or count as stored."`
	Overlap            Duration `yaml:"overlap" desc:"How much is read again each time, for rows saved late; at least 2h."`
	Lag                Duration `yaml:"lag" desc:"How old a change must be to be read by a scheduled run."`
	Window             Duration `yaml:"window" desc:"How far back a sweep compares."`
	Page               int      `yaml:"page" desc:"Documents read at a time, at most 500."`
	StatementTimeout   Duration `yaml:"statement_timeout" desc:"Longest time for one statement."`
	AllowWritableLogin bool     `yaml:"allow_writable_login" desc:"Accept a login that could write. It still only reads."`
	SQL                *SQL     `yaml:"sql" desc:"sqlerp: the SELECTs that read the ERP."`
	// Optima is nil when nothing is said: the connector has its defaults.
	Optima *OptimaSettings `yaml:"optima" desc:"optima: how documents are understood where Optima leaves room."`
}

func (s *Source) setDefaults() {
	s.Overlap, s.Lag, s.Window = Duration(2*hour), Duration(5*time.Second), Duration(400*day)
	s.Page, s.StatementTimeout = maxPage, Duration(5*time.Minute)
}

// SQL reads an ERP that loyalsync does not know.
type SQL struct {
	Dialect         string     `yaml:"dialect" enum:"sqlite,postgres,mysql,mariadb,sqlserver" desc:"Otherwise taken from the URL."`
	Contractors     *Statement `yaml:"contractors" required:"true" desc:"One row for each contractor."`
	Representatives *Statement `yaml:"representatives" desc:"One row for each person who signs in for a contractor."`
	Invoices        *Statement `yaml:"invoices" required:"true" desc:"One row for each sales document, corrections included."`
	Lines           *Statement `yaml:"lines" required:"true" desc:"One row for each line of a document."`
	States          States     `yaml:"states" desc:"What the ERP's states mean."`
	Identity        string     `yaml:"identity" desc:"SELECT of one value that tells this database from a copy."`
	Now             string     `yaml:"now" desc:"SELECT of the database's clock, as it stamps rows."`
	Stamp           string     `yaml:"stamp" enum:"text,timestamp,unix" desc:"How the column modified is kept; otherwise told by its type. unix: whole seconds since 1970."`
	LockTimeout     Duration   `yaml:"lock_timeout" desc:"Longest wait for a lock. SQL Server: statement_timeout holds it."`
}

func (s *SQL) setDefaults() { s.LockTimeout = Duration(10 * time.Second) }

// Statement is one SELECT and the columns it returns.
type Statement struct {
	Select  string            `yaml:"select" required:"true" desc:"A single SELECT."`
	Columns map[string]string `yaml:"columns" noun:"columns" desc:"field: column; a field left out is a column of the same name."`
}

// States lists the values of the ERP's state column.
type States struct {
	Buffered  []string `yaml:"buffered" noun:"states" desc:"In the buffer: may be edited and deleted."`
	Released  []string `yaml:"released" noun:"states" desc:"Taken out of the buffer."`
	Cancelled []string `yaml:"cancelled" noun:"states" desc:"Cancelled or void."`
}

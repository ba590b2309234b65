// Package sqlserver holds what every connector on Microsoft SQL Server needs: it
// finds the server, signs in, reads within a deadline, and says in plain words
// what went wrong. It knows no ERP; connectors/optima and connectors/sqlerp do.
//
// # How it is used
//
//	db, err := sqlserver.Open(ctx, sqlserver.Config{Server: `SERWER\OPTIMA`, Database: "CDN_Firma", User: "loyalsync_ro", Password: …})
//	err = db.Read(ctx, "read invoices", func(ctx context.Context, tx *sql.Tx) error {
//		rows, err := tx.QueryContext(ctx, `SELECT … WHERE Knt_Kod = @p1`, sqlserver.Code("K001"))
//		…
//	})
//
// [DB.Read] is the only way to the server. It pins one of at most two connections
// for one transaction, in SNAPSHOT where the database allows it and otherwise in
// READ COMMITTED, and rolls it back at the end.
//
// [Failed] turns what the driver says into the errors of package connectors;
// [Number] finds the server's own number in them, where it means something else to
// an ERP. [DB.Facts] is what a server says about itself, [Probe] the way to it step
// by step, for the doctor. Code with a pool of its own takes [Connector].
//
// # Laws kept here
//
//   - Law 4: the ERP is never written. The login may only SELECT ([LoginSQL] makes
//     such a one, [DB.Writable] tells of another), connections ask for
//     ApplicationIntent=ReadOnly, transactions are rolled back. The driver has no
//     read-only transaction to offer, so the statements are single SELECTs.
//   - Law 7: decimal and money arrive as []byte of digits; they are never scanned
//     into a float.
//   - Law 8: a datetime is a wall clock; it arrives as a time.Time in UTC, and goes
//     out through [Stamp].
//   - Law 11: an error carries the server's own text only where it names objects;
//     never the address with its password, a login's name, or a value.
//
// # Deadlines
//
// The driver, go-mssqldb, may wait for ever: while it shakes hands, and when an
// error of the server and a cancellation meet (its issue 407). So a network.Guard
// makes its connections and closes them under it. No batch holds SET LOCK_TIMEOUT,
// whose error is one of those that meet a cancellation: a read that waits for a
// lock ends with StatementTimeout.
//
// # TLS
//
// encrypt: full and a checked certificate are the default. A server without a
// certificate of its own makes one for itself that nobody can check; the error
// then names the three ways on: ca_file, server_name, trust_server_certificate.
package sqlserver

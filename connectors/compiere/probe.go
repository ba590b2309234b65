package compiere

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// What Probe looks at besides resolve, port and tls of package network.
const (
	checkSettings = "settings"
	checkLogin    = "login"
	checkDatabase = "database"
)

// Probe looks at the way to the database one step after the other, for a doctor:
// the settings, the host's name, the port, TLS as sslmode asks for it, the login,
// the database. What cannot be asked because a step before is broken is Skipped.
// It reads no table of the ERP.
func Probe(ctx context.Context, c Config) []connectors.Finding {
	c = c.withDefaults()
	err := c.validate()
	var conn *pgx.ConnConfig
	if err == nil {
		conn, err = c.connConfig()
	}
	if err != nil {
		return skipped([]connectors.Finding{broken(checkSettings, "settings", failed(ctx, "configure", err))},
			network.CheckResolve, network.CheckPort, network.CheckTLS, checkLogin, checkDatabase)
	}
	found := network.Reach(ctx, network.Target{
		Host: conn.Host, Port: int(conn.Port), Timeout: c.ConnectTimeout,
		Refused: "is PostgreSQL running, does it listen beyond its own machine (listen_addresses in postgresql.conf), and is port: the right one?",
		Dropped: "a firewall drops the calls: let this machine through to the port, on the server too",
	})
	if !network.Reached(found) {
		return skipped(found, network.CheckTLS, checkLogin, checkDatabase)
	}
	return append(found, c.probeLogin(ctx, conn)...)
}

func (c Config) connConfig() (*pgx.ConnConfig, error) {
	pool, err := c.poolConfig()
	if err != nil {
		return nil, err
	}
	return pool.ConnConfig, nil
}

// probeLogin connects as a source does.
func (c Config) probeLogin(ctx context.Context, config *pgx.ConnConfig) []connectors.Finding {
	guard := network.NewGuard(network.GuardConfig{})
	config.DialFunc = guard.DialContext
	var state *tls.ConnectionState
	var encrypted bool
	err := guard.Within(ctx, "connect", 2*c.ConnectTimeout, func(ctx context.Context) error {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return err
		}
		if secure, ok := conn.PgConn().Conn().(*tls.Conn); ok {
			now := secure.ConnectionState()
			state, encrypted = &now, true
		}
		return conn.Close(ctx)
	})
	guard.Close(func() {})
	if err == nil {
		return []connectors.Finding{
			c.tlsFinding(config.Host, state, encrypted),
			{Check: checkLogin, Condition: connectors.Fine, Code: "login-accepted", Message: "the login is accepted"},
			{
				Check: checkDatabase, Condition: connectors.Fine, Code: "database-open", Message: "the database " + config.Database + " opens",
				Data: map[string]string{"database": config.Database},
			},
		}
	}
	var server *pgconn.PgError
	answered := errors.As(err, &server)
	// with sslmode=prefer the try without TLS, which was answered, comes after one with it
	if f, ok := network.TLS(err, c.Now(), tlsCures()); ok && !answered {
		return skipped([]connectors.Finding{f}, checkLogin, checkDatabase)
	}
	if !answered {
		return skipped([]connectors.Finding{broken(checkLogin, "server-failed", failed(ctx, "connect", err))}, checkDatabase)
	}
	f := refusal(server, config)
	if f.Check == checkLogin {
		return skipped([]connectors.Finding{f}, checkDatabase)
	}
	return []connectors.Finding{{Check: checkLogin, Condition: connectors.Fine, Code: "login-accepted", Message: "the login is accepted"}, f}
}

// tlsFinding tells what an open connection is like.
func (c Config) tlsFinding(host string, state *tls.ConnectionState, encrypted bool) connectors.Finding {
	f := connectors.Finding{Check: network.CheckTLS, Condition: connectors.Fine}
	switch {
	case encrypted:
		f.Code, f.Message = "tls-checked", "the connection is encrypted ("+tls.VersionName(state.Version)+")"
		f.Data = map[string]string{"version": tls.VersionName(state.Version)}
	case local(host):
		f.Code, f.Message = "tls-local", "the server is on this machine, and the connection is not encrypted"
	default:
		f.Condition, f.Code, f.Message = connectors.Remark, "tls-disabled", "the connection is not encrypted"
		f.Hint = "turn ssl on at the server and add sslmode=require to url:, or sslmode=verify-full with its certificate"
	}
	return f
}

func local(host string) bool {
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || host == "127.0.0.1" || host == "::1"
}

func tlsCures() network.Cures {
	return network.Cures{
		network.TLSNone:             "turn ssl on at the server (ssl = on in postgresql.conf), or write sslmode=prefer into url:",
		network.TLSUnknownAuthority: "add sslrootcert=FILE with the certificate of the authority to url:, or sslmode=require to do without",
		network.TLSWrongName:        "name the server as its certificate does, or write sslmode=verify-ca into url:",
	}
}

// refusal tells why a server that answers lets nobody in. Its own texts may be in
// another language and name the login: only the name of a file in them is looked
// for.
func refusal(e *pgconn.PgError, config *pgx.ConnConfig) connectors.Finding {
	f := connectors.Finding{Check: checkLogin, Condition: connectors.Broken, Data: map[string]string{"sqlstate": e.Code}}
	switch {
	case e.Code == "28P01":
		f.Code, f.Message = "login-password", "the password is not accepted"
		f.Hint = "check user: and password_file:; the server's log names the reason"
	case e.Code == "28000" && strings.Contains(e.Message, "pg_hba.conf"):
		f.Code, f.Message = "login-hba", "the server's pg_hba.conf has no line for this user, database and machine"
		f.Hint = "add one, for example: host " + config.Database + " " + config.User + " ADDRESS-OF-THIS-MACHINE/32 scram-sha-256 (hostssl for sslmode=require), then SELECT pg_reload_conf()"
	case e.Code[:min(2, len(e.Code))] == "28":
		f.Code, f.Message = "login-refused", "the user is not known, or may not sign in"
		f.Hint = "check user:; loyalsync init writes the statements that make the login"
	case e.Code == "3D000":
		f.Check, f.Code, f.Message = checkDatabase, "database-unknown", "there is no database "+config.Database
		f.Hint = "check database:; psql -l lists them"
	case e.Code == "42501":
		f.Check, f.Code, f.Message = checkDatabase, "database-refused", "the user may not connect to the database "+config.Database
		f.Hint = "GRANT CONNECT ON DATABASE to it; loyalsync init writes the statements"
	case e.Code == "53300":
		f.Code, f.Message = "login-full", "the server has no free connection for this user"
		f.Hint = "raise max_connections of the server, or the CONNECTION LIMIT of the user or the database; loyalsync needs two"
	case e.Code == "57P03":
		f.Code, f.Message, f.Hint = "login-starting", "the server is starting up or shutting down", "wait, and ask again"
	case e.Code == "08P01":
		f.Code, f.Message = "login-pooler", "a pooler such as PgBouncer answers in place of the server"
		f.Hint = "connect to PostgreSQL itself"
	default:
		hint, _ := serverKind(e.Code)
		f.Code, f.Message, f.Hint = "login-failed", "the server refuses the connection (SQLSTATE "+e.Code+")", hint
	}
	if f.Check == checkDatabase {
		f.Data["database"] = config.Database
	}
	return f
}

// broken is the finding of an error of the contract.
func broken(check, code string, err error) connectors.Finding {
	f := connectors.Finding{Check: check, Condition: connectors.Broken, Code: code, Message: err.Error()}
	var ours *connectors.Error
	if errors.As(err, &ours) {
		f.Hint = ours.Hint
		if ours.Err != nil {
			f.Message = ours.Err.Error()
		}
	}
	return f
}

func skipped(found []connectors.Finding, checks ...string) []connectors.Finding {
	for _, check := range checks {
		found = append(found, network.Skip(check))
	}
	return found
}

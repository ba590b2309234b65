package sqlerp

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// What Probe looks at besides resolve, port and tls of package network.
const (
	checkSettings = "settings"
	checkFile     = "file"
	checkLogin    = "login"
	checkDatabase = "database"
)

// Probe looks at the way to the database one step after the other, for a doctor:
// the settings, the host's name, the port, TLS, the login, the database; of SQLite,
// the file. What cannot be asked because a step before is broken is Skipped. It
// reads no table of the ERP.
func Probe(ctx context.Context, c Config) []connectors.Finding {
	c = c.withDefaults()
	if faults := c.Validate(); len(faults) > 0 {
		return []connectors.Finding{
			{Check: checkSettings, Condition: connectors.Broken, Message: faults[0].Path + ": " + faults[0].Message, Hint: faults[0].Hint},
			network.Skip(network.CheckResolve), network.Skip(network.CheckPort), network.Skip(checkLogin),
		}
	}
	switch c.Dialect {
	case SQLServer:
		return sqlserver.Probe(ctx, serverConfig(c))
	case SQLite:
		return []connectors.Finding{probeFile(c)}
	case Postgres, MySQL, MariaDB:
	}
	target, err := c.target()
	if err != nil {
		return []connectors.Finding{{Check: checkSettings, Condition: connectors.Broken, Message: err.Error(), Hint: "look at url, host, port and database"}}
	}
	found := network.Reach(ctx, target)
	if !network.Reached(found) {
		return append(found, network.Skip(checkLogin), network.Skip(checkDatabase))
	}
	return append(found, c.probeLogin(ctx)...)
}

// target is where the server is.
func (c Config) target() (network.Target, error) {
	if c.Dialect == Postgres {
		conf, err := postgresConfig(c)
		if err != nil {
			return network.Target{}, err
		}
		return network.Target{
			Host: conf.Host, Port: int(conf.Port),
			Refused: "is PostgreSQL running, does it listen beyond its own machine (listen_addresses in postgresql.conf), and is port: the right one?",
		}, nil
	}
	conf, err := mysqlConfig(c)
	if err != nil {
		return network.Target{}, err
	}
	host, text, err := net.SplitHostPort(conf.Addr)
	if err != nil {
		return network.Target{}, errors.New("host or port cannot be read")
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return network.Target{}, errors.New("the port is no number")
	}
	return network.Target{
		Host: host, Port: port,
		Refused: "is the server running, does it listen beyond its own machine (bind-address in its configuration), and is port: the right one?",
	}, nil
}

// probeLogin signs in as a source does.
func (c Config) probeLogin(ctx context.Context) []connectors.Finding {
	var cause error
	src, err := Open(ctx, c)
	if err == nil {
		src.limit = 2 * connectTimeout
		err = src.limited(ctx, "sign in", func(ctx context.Context) error {
			cause = src.db.PingContext(ctx)
			return cause
		})
		err = errors.Join(err, src.Close())
	}
	accepted := connectors.Finding{Check: checkLogin, Condition: connectors.Fine, Code: "login-accepted", Message: "the login is accepted"}
	if err == nil {
		return []connectors.Finding{accepted, {Check: checkDatabase, Condition: connectors.Fine, Message: "the database opens"}}
	}
	today := time.Now() //nolint:forbidigo // what a certificate is held against
	if f, ok := network.TLS(cause, today, c.cures()); ok {
		return []connectors.Finding{f, network.Skip(checkLogin), network.Skip(checkDatabase)}
	}
	broken := connectors.Finding{Check: checkLogin, Condition: connectors.Broken, Message: told(err), Hint: hintOf(err)}
	if !errors.Is(err, connectors.ErrSettings) {
		return []connectors.Finding{broken, network.Skip(checkDatabase)}
	}
	broken.Check = checkDatabase
	return []connectors.Finding{accepted, broken}
}

func (c Config) cures() network.Cures {
	if c.Dialect == Postgres {
		return network.Cures{
			network.TLSNone:             "turn ssl on at the server, or write sslmode=prefer into url:",
			network.TLSUnknownAuthority: "add sslrootcert=FILE with the certificate of the authority to url:, or sslmode=require to do without",
			network.TLSWrongName:        "name the server as its certificate does, or write sslmode=verify-ca into url:",
		}
	}
	return mysqlCures()
}

// probeFile looks at a SQLite file without opening it.
func probeFile(c Config) connectors.Finding {
	broken := connectors.Finding{Check: checkFile, Condition: connectors.Broken}
	path, err := sqlitePath(c)
	if err != nil {
		broken.Message, broken.Hint = err.Error(), "write url: sqlite:FILE"
		return broken
	}
	file, err := os.Open(path) //nolint:gosec // the administrator names the file
	if err != nil {
		d := sqlite{config: c}.unopened()
		broken.Message, broken.Hint = d.text, d.hint
		return broken
	}
	_ = file.Close() // nothing was written
	return connectors.Finding{Check: checkFile, Condition: connectors.Fine, Message: path + " can be read", Data: map[string]string{"path": path}}
}

package sqlserver

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// What Probe looks at besides resolve, port and tls of package network.
const (
	CheckSettings = "settings"
	CheckInstance = "instance"
	CheckLogin    = "login"
	CheckDatabase = "database"
	CheckVersion  = "version"
)

// The codes of Probe's own findings.
const (
	CodeTLS          = "tls-checked"
	CodeTLSTrusted   = "tls-trusted"
	CodeTLSSoon      = "tls-expires-soon"
	CodeTLSDisabled  = "tls-disabled"
	CodeLogin        = "login-accepted"
	CodeDatabase     = "database-open"
	CodeVersion      = "version-known"
	CodeVersionOld   = "version-old"
	CodeServerSilent = "server-failed"
)

// soon is how long before its end a certificate is worth a remark.
const soon = 30 * 24 * time.Hour

// Probe looks at the way to the server one step after the other, for the doctor:
// the settings, the host's name, the instance at the Browser service, the port,
// TLS with its certificate, the login, the database, the version. What cannot be
// asked because a step before is broken is Skipped. It reads no table of the ERP.
func Probe(ctx context.Context, c Config) []connectors.Finding {
	t, err := c.withDefaults().resolve()
	if err == nil && t.Encrypt != EncryptDisable {
		_, err = t.tlsConfig() // reads ca_file
	}
	if err != nil {
		found := []connectors.Finding{broken(CheckSettings, Failed(ctx, "configure", err))}
		return skipped(found, network.CheckResolve, network.CheckPort, network.CheckTLS, CheckLogin, CheckDatabase, CheckVersion)
	}
	reach := network.Target{
		Host: t.host, Port: t.port, Timeout: t.ConnectTimeout / 3, Refused: t.refused(ctx),
		Dropped: "a firewall drops the calls: let this machine through to the port, in the server's Windows firewall too",
	}
	found := []connectors.Finding{network.Resolve(ctx, reach)}
	if t.asksBrowser() && network.Reached(found) {
		found, reach.Port = t.probeInstance(ctx, found)
	} else if reach.Port == 0 {
		reach.Port = defaultPort
	}
	if !network.Reached(found) {
		return skipped(found, network.CheckPort, network.CheckTLS, CheckLogin, CheckDatabase, CheckVersion)
	}
	found = append(found, network.Port(ctx, reach))
	if !network.Reached(found) {
		return skipped(found, network.CheckTLS, CheckLogin, CheckDatabase, CheckVersion)
	}
	t.port = reach.Port
	return append(found, t.probeLogin(ctx)...)
}

// refused is the hint for a port where nothing listens. Where no instance is
// named, the Browser service may know of one.
func (t target) refused(ctx context.Context) string {
	const usual = "is SQL Server running, and is TCP/IP on? SQL Server Configuration Manager > Protocols > TCP/IP > Enable, then restart the instance"
	if t.instance != "" || t.port != 0 {
		return usual + "; its IP Addresses tab shows the port"
	}
	limited, cancel := context.WithTimeout(ctx, t.ConnectTimeout/10)
	defer cancel()
	instances, err := t.instances(limited)
	if err != nil || len(instances) == 0 {
		return usual
	}
	return usual + "; the machine has the instances " + strings.Join(names(instances), ", ") + `: write server: '` + t.host + `\` + instances[0].Name + "'"
}

func names(instances []Instance) []string {
	var all []string
	for _, i := range instances {
		all = append(all, i.Name)
	}
	return all
}

// probeInstance asks the Browser service for the port.
func (t target) probeInstance(ctx context.Context, found []connectors.Finding) ([]connectors.Finding, int) {
	port, err := t.locate(ctx)
	if err != nil {
		return append(found, broken(CheckInstance, Failed(ctx, "find the instance", err))), 0
	}
	return append(found, connectors.Finding{
		Check: CheckInstance, Condition: connectors.Fine, Code: CodeInstance,
		Message: t.address.String() + " listens on port " + strconv.Itoa(port),
		Data:    map[string]string{"instance": t.address.String(), "port": strconv.Itoa(port)},
	}), port
}

// handshake is what a connection's TLS was like.
type handshake struct {
	mu    sync.Mutex
	state *tls.ConnectionState
	fault error // why the certificate would be refused
}

func (h *handshake) see(s tls.ConnectionState, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state, h.fault = &s, err
}

// probeLogin signs in once and tells tls, login, database and version apart.
func (t target) probeLogin(ctx context.Context) []connectors.Finding {
	conn, err := newConnector(t, network.NewGuard(network.GuardConfig{}))
	if err != nil {
		return skipped([]connectors.Finding{broken(network.CheckTLS, err)}, CheckLogin, CheckDatabase, CheckVersion)
	}
	var shake handshake
	conn.seen = shake.see
	db := newDB(conn)
	defer db.Close() //nolint:errcheck // nothing is lost with it
	var facts Facts
	err = db.Read(ctx, "sign in", func(ctx context.Context, tx *sql.Tx) (err error) {
		facts, err = ReadFacts(ctx, tx)
		return err
	})
	var own *fault
	if errors.As(err, &own) && strings.HasPrefix(own.code, "tls-") {
		return skipped([]connectors.Finding{broken(network.CheckTLS, err)}, CheckLogin, CheckDatabase, CheckVersion)
	}
	found := []connectors.Finding{t.tlsFinding(&shake)}
	switch n := Number(err); {
	case err == nil:
		return append(found, accepted(), facts.databaseFinding(), facts.versionFinding())
	case slices.Contains(ofDatabase(), n):
		return skipped(append(found, accepted(), broken(CheckDatabase, err)), CheckVersion)
	default:
		return skipped(append(found, broken(CheckLogin, err)), CheckDatabase, CheckVersion)
	}
}

// ofDatabase are the numbers with which a server lets somebody in, and not into
// the database.
func ofDatabase() []int32 {
	return []int32{cannotOpenDatabase, 4064, 911, 916, 921, 922, 924, 927, 942, 945, 952, 976, 978, 979, 983}
}

func (t target) tlsFinding(h *handshake) connectors.Finding {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := connectors.Finding{Check: network.CheckTLS, Condition: connectors.Fine}
	switch {
	case t.Encrypt == EncryptDisable:
		f.Condition, f.Code, f.Message = connectors.Remark, CodeTLSDisabled, "nothing is encrypted, the password included"
		f.Hint = "write encrypt: full unless the server is this very machine"
		return f
	case h.state == nil || len(h.state.PeerCertificates) == 0:
		return network.Skip(network.CheckTLS)
	}
	cert := h.state.PeerCertificates[0]
	until := cert.NotAfter.UTC().Format(time.DateOnly)
	f.Data = map[string]string{"version": tls.VersionName(h.state.Version), "certificate": cert.Subject.CommonName, "to": until, "encrypt": t.Encrypt}
	f.Code, f.Message = CodeTLS, f.Data["version"]+", certificate of "+cert.Subject.CommonName+" until "+until
	now := time.Now() //nolint:forbidigo // certificates are checked against the real clock
	switch {
	case t.TrustServerCertificate && h.fault != nil:
		f.Code, f.Message = CodeTLSTrusted, f.Data["version"]+"; the certificate is not checked"
		if would, is := network.TLS(h.fault, now, nil); is {
			f.Data["unchecked"] = would.Code
			f.Message += ", and would not pass: " + would.Message
		}
	case cert.NotAfter.Sub(now) < soon:
		f.Condition, f.Code, f.Hint = connectors.Remark, CodeTLSSoon, "let the server's administrator renew the certificate before that day"
		f.Message = "the server's certificate is valid until " + until
	}
	return f
}

func accepted() connectors.Finding {
	return connectors.Finding{Check: CheckLogin, Condition: connectors.Fine, Code: CodeLogin, Message: "the server accepts the login"}
}

func (f Facts) databaseFinding() connectors.Finding {
	return connectors.Finding{
		Check: CheckDatabase, Condition: connectors.Fine, Code: CodeDatabase, Message: f.Database + ", " + f.Encoding(),
		Data: map[string]string{
			"database": f.Database, "collation": f.Collation, "code_page": strconv.Itoa(f.CodePage),
			"snapshot": strconv.FormatBool(f.Snapshot), "read_committed_snapshot": strconv.FormatBool(f.ReadCommittedSnapshot),
		},
	}
}

func (f Facts) versionFinding() connectors.Finding {
	out := connectors.Finding{
		Check: CheckVersion, Condition: connectors.Fine, Code: CodeVersion, Message: f.Server(),
		Data: map[string]string{"version": f.Version, "edition": f.Edition},
	}
	if f.TooOld() {
		out.Condition, out.Code = connectors.Broken, CodeVersionOld
		out.Hint = "loyalsync reads SQL Server 2012 and later: move the database to a newer server"
	}
	return out
}

// broken makes a finding of an error of this package.
func broken(check string, err error) connectors.Finding {
	f := connectors.Finding{Check: check, Condition: connectors.Broken, Code: CodeServerSilent, Message: err.Error()}
	var told *connectors.Error
	if errors.As(err, &told) {
		f.Hint = told.Hint
		if told.Err != nil {
			f.Message = told.Err.Error()
		}
	}
	var own *fault
	if errors.As(err, &own) && own.code != "" {
		f.Code, f.Data = own.code, own.data
	}
	if n := Number(err); n != 0 {
		f.Code, f.Data = "error-"+strconv.Itoa(int(n)), map[string]string{"number": strconv.Itoa(int(n))}
	}
	return f
}

// skipped adds what was not asked.
func skipped(found []connectors.Finding, checks ...string) []connectors.Finding {
	for _, c := range checks {
		found = append(found, network.Skip(c))
	}
	return found
}

package tdstest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Rights is what a login may do in every database of Options.Databases.
type Rights int

// The rights that a Login can have.
const (
	Owner    Rights = iota // everything in the databases
	ReadOnly               // SELECT, by the role db_datareader
	Entry                  // enters and sees nothing: GRANT makes more of it
	NoEntry                // a login without a user in the databases
	Admin                  // sysadmin
)

// Login is a user of the server and the password.
type Login struct {
	User, Password string
	Rights         Rights
}

// Options is what a server is like. The zero value is one with a database ERP
// (and master), the logins sa, owner and reader with the password Password, no
// TLS.
type Options struct {
	// Databases are made empty at the start, besides master. Defaults to "ERP".
	Databases []string
	// Logins defaults to sa (Admin), owner (Owner), reader (ReadOnly).
	Logins []Login
	// Collation of the server and its databases: defaults to Polish_CI_AS, whose
	// varchar is Windows-1250 on the wire.
	Collation string
	// Version is @@VERSION. Defaults to a SQL Server 2019 Express.
	Version string
	// Now is the clock of GETDATE, in the server's zone. Defaults to the time in
	// Warsaw.
	Now func() time.Time
	// TLS is what PRELOGIN offers. Defaults to none.
	TLS TLS
	// Certificate is the fault of the certificate, if TLS is on.
	Certificate Certificate
	// TLSOld makes TLS 1.0 the only version.
	TLSOld bool
}

// Password is that of the logins that Options makes by itself.
const Password = "Haslo-1;'\"z" //nolint:gosec // of a server that lives for one test; with marks that a DSN has to escape

// defaultVersion is what a SQL Server 2019 Express says of itself.
const defaultVersion = "Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64) \n\tSep 24 2019 13:48:23 \n\tCopyright (C) 2019 Microsoft Corporation\n\tExpress Edition (64-bit) on Windows Server 2019"

func (o Options) withDefaults() (Options, error) {
	if o.Databases == nil {
		o.Databases = []string{"ERP"}
	}
	if o.Logins == nil {
		o.Logins = []Login{{"sa", Password, Admin}, {"owner", Password, Owner}, {"reader", Password, ReadOnly}}
	}
	if o.Collation == "" {
		o.Collation = "Polish_CI_AS"
	}
	if o.Version == "" {
		o.Version = defaultVersion
	}
	if o.Now == nil {
		zone, err := time.LoadLocation("Europe/Warsaw")
		if err != nil {
			return o, err
		}
		o.Now = func() time.Time { return time.Now().In(zone) } //nolint:forbidigo // the default clock of a test server
	}
	return o, nil
}

// Server is a SQL Server for tests, on a port of the loopback.
type Server struct {
	opts  Options
	eng   *engine
	certs *certificates
	addr  *net.TCPAddr

	mu       sync.Mutex
	listener net.Listener
	logins   map[string]*principal
	conns    map[*conn]bool
	nextID   int
	tranID   uint64
	faults   []*armed
	record   []Statement
	deaf     bool // no record is kept
	entries  []Entered
	closed   bool

	wg sync.WaitGroup
}

// Start starts a server that ends with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := start(tb.TempDir(), o)
	if err != nil {
		tb.Fatalf("tdstest: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("tdstest: %v", err)
		}
	})
	return s
}

func start(dir string, o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	coll, err := findCollation(o.Collation)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, logins: map[string]*principal{}, conns: map[*conn]bool{}, nextID: 50}
	if s.eng, err = newEngine(dir, coll); err != nil {
		return nil, err
	}
	if s.certs, err = newCertificates(o.TLS, o.Certificate); err != nil {
		return nil, err
	}
	for _, l := range o.Logins {
		s.logins[lower(l.User)] = &principal{name: l.User, password: l.Password, sysadmin: l.Rights == Admin, roles: map[string]bool{}}
	}
	for _, name := range append([]string{"master"}, o.Databases...) {
		d, err := s.eng.create(name, coll)
		if err != nil {
			return nil, err
		}
		s.admit(d)
	}
	return s, s.listen("127.0.0.1:0")
}

// admit gives the logins their rights in a database.
func (s *Server) admit(d *database) {
	for _, l := range s.opts.Logins {
		if l.Rights == NoEntry || l.Rights == Admin || d.id == 1 {
			continue
		}
		r := d.grant(l.User, l.User)
		r.grants["CONNECT"] = true
		r.roles["db_owner"] = l.Rights == Owner
		r.roles["db_datareader"] = l.Rights == ReadOnly
	}
}

func (s *Server) listen(addr string) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = l
	var ok bool
	if s.addr, ok = l.Addr().(*net.TCPAddr); !ok {
		return fmt.Errorf("listening on %v, which is not TCP", l.Addr())
	}
	s.wg.Add(1)
	go s.accept(l)
	return nil
}

func (s *Server) accept(l net.Listener) {
	defer s.wg.Done()
	for {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		c := newConn(s, raw)
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = raw.Close()
			return
		}
		s.conns[c] = true
		s.wg.Add(1)
		s.mu.Unlock()
		go func() {
			defer s.wg.Done()
			c.serve()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		}()
	}
}

// Close ends every connection and waits for all that the server started.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.mu.Unlock()
	s.Drop()
	s.wg.Wait()
	return s.eng.close()
}

// Drop cuts every connection that there is.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.hangUp()
	}
}

// Host is the address without the port.
func (s *Server) Host() string { return s.addr.IP.String() }

// Port is the port that the server listens on.
func (s *Server) Port() int { return s.addr.Port }

// URL is the connection string of a login, for go-mssqldb.
func (s *Server) URL(user, password, database string) string {
	return urlOf(net.JoinHostPort(s.Host(), strconv.Itoa(s.Port())), user, password, database, map[bool]string{false: "disable", true: "true"}[s.opts.TLS != NoTLS])
}

func urlOf(host, user, password, database, encrypt string) string {
	q := url.Values{"database": {database}, "encrypt": {encrypt}, "TrustServerCertificate": {"true"}, "app name": {"tdstest"}}
	u := url.URL{Scheme: "sqlserver", User: url.UserPassword(user, password), Host: host, RawQuery: q.Encode()}
	return u.String()
}

// Connections is how many there are now.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Running is how many connections have a request under way.
func (s *Server) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.conns {
		c.mu.Lock()
		if c.busy != nil {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

func (s *Server) now() time.Time { return s.opts.Now() }

func (s *Server) nextTransaction() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tranID++
	return s.tranID
}

func (s *Server) nextSession() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	return s.nextID
}

func (s *Server) loginNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, p := range s.logins {
		out = append(out, p.name)
	}
	sortBy(out, func(a, b string) bool { return a < b })
	return out
}

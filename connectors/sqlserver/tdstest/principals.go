package tdstest

import (
	"context"
	"strings"
)

// principal is a login of the server.
type principal struct {
	name     string
	password string
	sysadmin bool
	roles    map[string]bool // of the server
	windows  bool
}

// findLogin looks a login up by its name, whatever the case.
func (s *Server) findLogin(name string) *principal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins[lower(name)]
}

// mayEnter tells whether a login has a user in a database; everybody may enter
// master.
func (s *Server) mayEnter(p *principal, d *database) bool {
	return p.sysadmin || d.id == 1 || d.rightsOf(p.name) != nil
}

// serverStatement runs statements about databases, logins and rights.
func (s *session) serverStatement(st statement) error {
	switch st := st.(type) {
	case *createDB:
		if !s.login.sysadmin && !s.login.roles["dbcreator"] {
			return failf(262, "CREATE DATABASE permission denied in database 'master'.")
		}
		c := s.srv.eng.collation
		if st.collation != "" {
			c = s.compiler().collationNamed(st.collation)
		}
		_, err := s.srv.eng.create(st.name, c)
		return err
	case *alterDB:
		return s.alterDatabase(st)
	case *createUser:
		return s.createUser(st)
	case *alterRole:
		return s.alterRole(st)
	case *grantStmt:
		return s.grant(st)
	default:
		return cannot("run this statement")
	}
}

func (s *session) alterDatabase(st *alterDB) error {
	if len(st.words) < 3 {
		return failf(102, "Incorrect syntax near 'DATABASE'.")
	}
	d := s.srv.eng.database(st.words[0].text)
	if st.words[0].up == "CURRENT" && st.words[0].kind == tName {
		d = s.db
	}
	if d == nil {
		return failf(5011, "User does not have permission to alter database '%s', the database does not exist, or the database is not in a state that allows access checks.", st.words[0].text)
	}
	if !s.login.sysadmin && !d.rightsOf(s.login.name).may("ALTER", nil) {
		return failf(5011, "User does not have permission to alter database '%s'.", d.name)
	}
	words := make([]string, len(st.words)-2)
	for i, w := range st.words[2:] {
		words[i] = w.up
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch said := strings.Join(words, " "); {
	case strings.HasPrefix(said, "ALLOW_SNAPSHOT_ISOLATION"):
		d.snapshot = strings.HasSuffix(said, "ON")
	case strings.HasPrefix(said, "READ_COMMITTED_SNAPSHOT"):
		d.rcsi = strings.Contains(said, " ON")
	case strings.HasPrefix(said, "OFFLINE"), strings.HasPrefix(said, "ONLINE"):
		d.offline = strings.HasPrefix(said, "OFFLINE")
	case strings.HasPrefix(said, "SINGLE_USER"), strings.HasPrefix(said, "MULTI_USER"):
		if d.singleUser = strings.HasPrefix(said, "SINGLE_USER"); strings.Contains(said, "ROLLBACK IMMEDIATE") {
			s.srv.evict(d, s)
		}
	case strings.HasPrefix(said, "RECOVERY"), strings.HasPrefix(said, "COMPATIBILITY_LEVEL"), strings.HasPrefix(said, "READ_WRITE"), strings.HasPrefix(said, "AUTO_"):
	default:
		return cannot("ALTER DATABASE … SET %s", said)
	}
	return nil
}

func (s *session) createUser(st *createUser) error {
	if st.login {
		if !s.login.sysadmin {
			return failf(15247, "User does not have permission to perform this action.")
		}
		s.srv.mu.Lock()
		defer s.srv.mu.Unlock()
		if s.srv.logins[lower(st.name)] != nil {
			return failf(15025, "The server principal '%s' already exists.", st.name)
		}
		s.srv.logins[lower(st.name)] = &principal{name: st.name, password: st.password, windows: st.windows, roles: map[string]bool{}}
		return nil
	}
	if !s.login.sysadmin && !s.db.rightsOf(s.login.name).may("ALTER", nil) {
		return failf(15247, "User does not have permission to perform this action.")
	}
	if s.srv.findLogin(st.of) == nil {
		return failf(15007, "'%s' is not a valid login or you do not have permission.", st.of)
	}
	if s.db.byUser(st.name) != nil || s.db.rightsOf(st.of) != nil {
		return failf(15023, "User, group, or role '%s' already exists in the current database.", st.name)
	}
	s.db.grant(st.of, st.name).grants["CONNECT"] = true
	return nil
}

func (s *session) alterRole(st *alterRole) error {
	if st.server {
		p := s.srv.findLogin(st.member)
		if p == nil || !s.login.sysadmin {
			return failf(15151, "Cannot alter the server role '%s', because it does not exist or you do not have permission.", st.role)
		}
		s.srv.mu.Lock()
		defer s.srv.mu.Unlock()
		if p.roles[lower(st.role)] = !st.drop; lower(st.role) == "sysadmin" {
			p.sysadmin = !st.drop
		}
		return nil
	}
	r := s.db.byUser(st.member)
	if r == nil || !s.login.sysadmin && !s.db.rightsOf(s.login.name).may("ALTER", nil) {
		return failf(15151, "Cannot add the principal '%s', because it does not exist or you do not have permission.", st.member)
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	r.roles[lower(st.role)] = !st.drop
	return nil
}

func (s *session) grant(st *grantStmt) error {
	if !s.login.sysadmin && !s.db.rightsOf(s.login.name).may("CONTROL", nil) {
		return failf(15247, "User does not have permission to perform this action.")
	}
	place := ""
	switch {
	case st.schema:
		if !s.db.catalog.hasSchema(st.on[0]) {
			return failf(15151, "Cannot find the schema '%s', because it does not exist or you do not have permission.", st.on[0])
		}
		place = " " + lower(st.on[0]) + "."
	case st.on != nil:
		t := s.db.catalog.find(st.on)
		if t == nil {
			return failf(15151, "Cannot find the object '%s', because it does not exist or you do not have permission.", st.on[len(st.on)-1])
		}
		place = " " + key(t.schema, t.name)
	}
	for _, to := range st.to {
		r := s.db.byUser(to)
		if r == nil {
			if st.on == nil && !st.schema && s.srv.findLogin(to) != nil { // VIEW SERVER STATE and its like
				continue
			}
			return failf(15151, "Cannot find the user '%s', because it does not exist or you do not have permission.", to)
		}
		s.db.mu.Lock()
		for _, right := range st.rights {
			r.grants[right+place] = st.what == "GRANT"
			r.denies[right+place] = st.what == "DENY"
		}
		s.db.mu.Unlock()
	}
	return nil
}

// dropOf drops a database, a login, a user.
func (s *Server) dropOf(ctx context.Context, sess *session, what, name string, ifExists bool, missing error) error {
	if ifExists {
		missing = nil
	}
	switch what {
	case "DATABASE":
		d := s.eng.database(name)
		if d == nil {
			return missing
		}
		if !sess.login.sysadmin && !d.rightsOf(sess.login.name).may("CONTROL", nil) {
			return failf(3701, "Cannot drop the database '%s', because it does not exist or you do not have permission.", name)
		}
		if s.inUse(ctx, d, sess) {
			return failf(3702, "Cannot drop database \"%s\" because it is currently in use.", name)
		}
		return s.eng.drop(d)
	case "LOGIN":
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.logins[lower(name)] == nil {
			return missing
		}
		if !sess.login.sysadmin {
			return failf(15151, "Cannot drop the login '%s', because it does not exist or you do not have permission.", name)
		}
		delete(s.logins, lower(name))
		return nil
	case "USER":
		sess.needDDL("DROP USER")
		sess.db.mu.Lock()
		defer sess.db.mu.Unlock()
		login, ok := sess.db.users[lower(name)]
		if !ok {
			return missing
		}
		delete(sess.db.users, lower(name))
		delete(sess.db.rights, login)
		return nil
	default:
		return cannot("DROP %s", what)
	}
}

// evict ends the other connections to a database.
func (s *Server) evict(d *database, but *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.sess != nil && c.sess != but && c.sess.usesDatabase(d) {
			c.hangUp()
			delete(s.conns, c)
		}
	}
}

// inUse tells whether a session has a database; the asking one lets go of it.
func (s *Server) inUse(ctx context.Context, d *database, but *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.sess != nil && c.sess != but && c.sess.usesDatabase(d) {
			return true
		}
	}
	if but.connOf == d && but.conn != nil {
		but.rollback(ctx)
		_ = but.conn.Close()
		but.conn = nil
	}
	return but.usesDatabase(d)
}

func (s *session) usesDatabase(d *database) bool { return s.db == d }

package tdstest

import "slices"

// Param is a parameter as it came over the wire.
type Param struct {
	Name  string // with its @
	Type  string // "varchar(12)", "datetime", "nvarchar(4)", "int"
	Value any    // nil, int64 (scaled), float64, string, []byte
}

// Statement is a batch or a call of sp_executesql that the server received.
type Statement struct {
	User     string
	Database string
	SQL      string
	Params   []Param
	// Kinds are the statements in it, "SELECT", "SET", "INSERT", in their order;
	// nil if it could not be read.
	Kinds []string
	// Error is the number of the error that it was answered with, 0 for none.
	Error int32
}

// Entered is a login that was tried.
type Entered struct {
	User, Database, App string
	ReadOnlyIntent      bool
	Encrypted           bool // the login itself went through TLS
	Error               int32
}

// Statements are those received so far, without the server's own.
func (s *Server) Statements() []Statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.record)
}

// Logins are those tried so far.
func (s *Server) Logins() []Entered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

// Record switches the record of statements off and on again: a benchmark keeps
// none.
func (s *Server) Record(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = !on
}

// Forget empties Statements and Logins.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record, s.entries = nil, nil
}

func (s *Server) recording() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.deaf
}

func (s *Server) remember(st Statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = append(s.record, st)
}

func (s *Server) rememberLogin(e Entered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, e)
}

// kindsOf names the statements of a text.
func kindsOf(sql string) []string {
	list, err := parse(sql)
	if err != nil {
		return nil
	}
	out := []string{}
	for _, st := range list {
		out = append(out, kindOf(st))
	}
	return out
}

func kindOf(st statement) string {
	switch st := st.(type) {
	case *selectStmt:
		return "SELECT"
	case *insertStmt:
		return "INSERT"
	case *updateStmt:
		return "UPDATE"
	case *deleteStmt, *truncate:
		return "DELETE"
	case *setStmt, *setVariable:
		return "SET"
	case *tranStmt:
		return st.what
	case *declare:
		return "DECLARE"
	case *ifStmt:
		return "IF"
	case *block:
		return "BLOCK"
	case *execText, *execProc:
		return "EXEC"
	case *useStmt:
		return "USE"
	default:
		return "DDL"
	}
}

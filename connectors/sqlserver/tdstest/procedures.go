package tdstest

import (
	"context"
	"fmt"
	"strings"
	"time"
)

func (s *session) use(name string, out sink) error {
	d := s.srv.eng.database(name)
	if d == nil {
		return failf(911, "Database '%s' does not exist. Make sure that the name is entered correctly.", name)
	}
	if !s.srv.mayEnter(s.login, d) {
		return failf(916, "The server principal \"%s\" is not able to access the database \"%s\" under the current security context.", s.login.name, name)
	}
	was := s.db.name
	s.srv.mu.Lock() // others ask who uses a database
	s.db = d
	s.srv.mu.Unlock()
	return firstError(out.database(was, d.name), out.done(cmdOther, 0, false))
}

// execText runs EXEC ('…') and the first argument of sp_executesql.
func (s *session) execText(ctx context.Context, e expr, out sink) error {
	v, err := s.one(ctx, e)
	if err != nil {
		return err
	}
	text, ok := v.val.(string)
	if !ok {
		return failf(214, "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.")
	}
	return s.nested(ctx, text, map[string]parameter{}, out)
}

func (s *session) nested(ctx context.Context, text string, with map[string]parameter, out sink) error {
	if s.depth++; s.depth > 32 {
		return failf(217, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).")
	}
	outer := s.variables
	s.variables = with
	defer func() { s.variables, s.depth = outer, s.depth-1 }()
	return s.batch(ctx, text, out)
}

// execProc runs the few procedures that are known.
func (s *session) execProc(ctx context.Context, st *execProc, out sink) error {
	name := lower(st.name[len(st.name)-1])
	vals := make([]value, len(st.args))
	for i, a := range st.args {
		if col, ok := a.(*column); ok { // EXEC takes bare words as text
			a = &literal{nVarChar(128), col.parts[len(col.parts)-1]}
		}
		v, err := s.one(ctx, a)
		if err != nil {
			return err
		}
		vals[i] = v
	}
	switch name {
	case "sp_executesql":
		return s.executeSQL(ctx, st, vals, out)
	case "sp_reset_connection":
		s.reset(ctx)
		return nil
	case "sp_addrolemember", "sp_addsrvrolemember":
		if len(vals) != 2 {
			return failf(201, "Procedure expects parameter '@membername', which was not supplied.")
		}
		role, member := fmt.Sprint(vals[0].val), fmt.Sprint(vals[1].val)
		if name == "sp_addsrvrolemember" {
			role, member = member, role
		}
		return firstError(s.serverStatement(&alterRole{role: role, member: member, server: name == "sp_addsrvrolemember"}), out.done(cmdOther, 0, false))
	default:
		return failf(2812, "Could not find stored procedure '%s'.", strings.Join(st.name, "."))
	}
}

func (s *session) executeSQL(ctx context.Context, st *execProc, vals []value, out sink) error {
	if len(vals) == 0 {
		return failf(201, "Procedure or function 'sp_executesql' expects parameter '@stmt', which was not supplied.")
	}
	text, _ := vals[0].val.(string)
	with := map[string]parameter{}
	if len(vals) > 1 {
		decl, _ := vals[1].val.(string)
		list, err := parse("DECLARE " + decl)
		if err != nil && strings.TrimSpace(decl) != "" {
			return err
		}
		for _, d := range declared(list) {
			with[d.name] = parameter{name: d.name, typ: d.typ}
		}
		order := declared(list)
		for i, v := range vals[2:] {
			name := st.named[i+2]
			if name == "" && i < len(order) {
				name = order[i].name
			}
			p, ok := with[name]
			if !ok {
				return failf(8145, "%s is not a parameter for procedure sp_executesql.", name)
			}
			if p.value, err = (converter{s.db.collation}).convert(v.val, v.typ, p.typ, 0); err != nil {
				return err
			}
			with[name] = p
		}
	}
	return s.nested(ctx, text, with, out)
}

func declared(list []statement) []*declare {
	var out []*declare
	for _, st := range list {
		if b, ok := st.(*block); ok {
			for _, d := range b.list {
				if d, ok := d.(*declare); ok {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// raise is RAISERROR and THROW.
func (s *session) raise(ctx context.Context, st *raiseStmt) error {
	vals := make([]any, len(st.args))
	for i, a := range st.args {
		v, err := s.one(ctx, a)
		if err != nil {
			return err
		}
		vals[i] = v.val
	}
	if text, ok := vals[0].(string); ok && len(vals) >= 3 { // text, severity, state
		class, _ := vals[1].(int64)
		if class <= 10 {
			return nil
		}
		return &sqlError{Number: 50000, Class: byte(class), Message: text} //nolint:gosec // 0-25
	}
	n, _ := vals[0].(int64)
	e := &sqlError{Number: int32(n)} //nolint:gosec // as given
	if len(vals) > 1 {
		e.Message, _ = vals[1].(string)
	}
	return e
}

// wait is WAITFOR DELAY: an attention ends it.
func (s *session) wait(ctx context.Context, st *waitFor) error {
	v, err := s.one(ctx, st.delay)
	if err != nil {
		return err
	}
	text, _ := v.val.(string)
	at, ok := readTemporal(text)
	if !ok {
		return failf(148, "Incorrect time syntax in time string '%s' used with WAITFOR.", text)
	}
	y, m, d := at.Date()
	timer := time.NewTimer(at.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

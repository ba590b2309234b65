package tdstest

import "strings"

func lower(s string) string { return strings.ToLower(s) }

// statement reads one statement and the semicolons behind it.
func (p *parser) statement() statement {
	s := p.oneStatement()
	for p.symbol(";") {
		continue
	}
	return s
}

func (p *parser) oneStatement() statement {
	switch {
	case p.is("SELECT") || p.isSymbol("("):
		return &selectStmt{p.query()}
	case p.is("WITH"):
		return p.withStatement()
	case p.word("INSERT"):
		return p.insert()
	case p.word("UPDATE"):
		return p.update(nil)
	case p.word("DELETE"):
		return p.deleteFrom()
	case p.word("CREATE"):
		return p.create()
	case p.word("ALTER"):
		return p.alter()
	case p.word("DROP"):
		return p.drop()
	case p.word("TRUNCATE", "TABLE"):
		return &truncate{p.names()}
	case p.word("SET"):
		return p.set()
	case p.word("DECLARE"):
		return p.declare()
	default:
		return p.control()
	}
}

// control reads what steers a batch, its transactions and rights.
func (p *parser) control() statement {
	switch {
	case p.word("IF"):
		s := &ifStmt{cond: p.expression()}
		s.then = p.statement()
		if p.isSymbol(";") && p.peekAt(1).up == "ELSE" {
			p.next()
		}
		if p.word("ELSE") {
			s.other = p.statement()
		}
		return s
	case p.word("BEGIN", "TRANSACTION") || p.word("BEGIN", "TRAN"):
		p.optionalName()
		return &tranStmt{"BEGIN"}
	case p.word("BEGIN"):
		b := &block{}
		for !p.word("END") {
			b.list = append(b.list, p.statement())
		}
		return b
	case p.is("COMMIT") || p.is("ROLLBACK"):
		what := p.next().up
		_ = p.word("TRANSACTION") || p.word("TRAN") || p.word("WORK")
		p.optionalName()
		return &tranStmt{what}
	case p.word("EXEC") || p.word("EXECUTE"):
		return p.exec()
	case p.word("USE"):
		return &useStmt{p.name()}
	case p.word("PRINT"):
		return &printStmt{p.expression()}
	case p.word("RAISERROR"):
		p.needSymbol("(")
		s := &raiseStmt{args: p.expressions()}
		p.needSymbol(")")
		return s
	case p.word("THROW"):
		return &raiseStmt{args: p.expressions()}
	case p.word("WAITFOR", "DELAY"):
		return &waitFor{p.primary()}
	case p.is("GRANT") || p.is("DENY") || p.is("REVOKE"):
		return p.grant()
	default:
		p.fail()
		return nil
	}
}

func (p *parser) optionalName() {
	if t := p.peek(); t.kind == tQuoted || t.kind == tName && !isReserved(t) && t.up != "GO" {
		p.at++
	}
}

// withStatement reads the CTEs and then what they stand before.
func (p *parser) withStatement() statement {
	from := p.at
	p.need("WITH")
	ctes := p.ctes()
	switch {
	case p.is("SELECT"):
		p.at = from
		return &selectStmt{p.query()}
	case p.word("UPDATE"):
		return p.update(ctes)
	default:
		panic(cannot("WITH before %s", p.peek().text))
	}
}

func (p *parser) insert() statement {
	p.word("INTO")
	s := &insertStmt{table: p.names()}
	if p.isSymbol("(") {
		s.cols = p.nameList()
	}
	if p.word("OUTPUT") {
		s.output = p.items()
	}
	switch {
	case p.word("DEFAULT", "VALUES"):
		s.rows = [][]expr{{}}
	case p.word("VALUES"):
		s.rows = p.rows()
	case p.is("EXEC"):
		panic(cannot("INSERT … EXEC"))
	default:
		s.q = p.query()
	}
	return s
}

func (p *parser) update(ctes []cte) statement {
	s := &updateStmt{ctes: ctes, table: p.names()}
	p.need("SET")
	for {
		names := p.names()
		p.needSymbol("=")
		it := setItem{col: names[len(names)-1]}
		if !p.word("DEFAULT") {
			it.x = p.expression()
		}
		s.sets = append(s.sets, it)
		if !p.symbol(",") {
			break
		}
	}
	if p.word("FROM") {
		s.from = p.sources()
	}
	if p.word("WHERE") {
		s.where = p.expression()
	}
	return s
}

func (p *parser) deleteFrom() statement {
	p.word("FROM")
	s := &deleteStmt{table: p.names()}
	if p.word("FROM") {
		s.from = p.sources()
	}
	if p.word("WHERE") {
		s.where = p.expression()
	}
	return s
}

func (p *parser) create() statement {
	switch {
	case p.word("TABLE"):
		return p.createTable()
	case p.word("SCHEMA"):
		s := &createSchema{p.name()}
		if p.word("AUTHORIZATION") {
			p.name()
		}
		return s
	case p.word("VIEW"):
		v := &createView{name: p.names()}
		p.need("AS")
		v.q = p.query()
		return v
	case p.word("DATABASE"):
		d := &createDB{name: p.name()}
		if p.word("COLLATE") {
			d.collation = p.name()
		}
		return d
	case p.word("LOGIN"):
		u := &createUser{login: true, name: p.name()}
		u.windows = p.word("FROM", "WINDOWS")
		p.withPassword(u)
		return u
	case p.word("USER"):
		u := &createUser{name: p.name()}
		u.of = u.name
		if p.word("FOR", "LOGIN") || p.word("FROM", "LOGIN") {
			u.of = p.name()
		}
		return u
	default:
		return p.createIndex()
	}
}

// withPassword reads WITH PASSWORD = '…' and passes over the other options.
func (p *parser) withPassword(u *createUser) {
	if !p.word("WITH") {
		return
	}
	for {
		key := p.next().up
		p.needSymbol("=")
		val := p.next()
		for p.symbol(".") {
			p.next()
		}
		if key == "PASSWORD" {
			u.password = val.text
		}
		if !p.symbol(",") {
			return
		}
	}
}

func (p *parser) createIndex() statement {
	s := &createIndex{unique: p.word("UNIQUE")}
	_ = p.word("CLUSTERED") || p.word("NONCLUSTERED")
	p.need("INDEX")
	s.name = p.name()
	p.need("ON")
	s.table = p.names()
	s.cols, s.desc = p.keyColumns()
	if p.word("INCLUDE") {
		p.nameList()
	}
	if p.is("WHERE") {
		panic(cannot("a filtered index"))
	}
	if p.word("WITH") {
		p.skipParentheses()
	}
	if p.word("ON") {
		p.name() // a file group
	}
	return s
}

func (p *parser) keyColumns() (cols []string, desc []bool) {
	p.needSymbol("(")
	for {
		cols = append(cols, p.name())
		down := p.word("DESC")
		_ = !down && p.word("ASC")
		desc = append(desc, down)
		if !p.symbol(",") {
			p.needSymbol(")")
			return cols, desc
		}
	}
}

func (p *parser) createTable() statement {
	s := &createTable{table: p.names()}
	p.needSymbol("(")
	for !p.symbol(")") {
		if k := p.tableKey(); k != nil {
			s.keys = append(s.keys, *k)
		} else {
			s.cols = append(s.cols, p.columnDef())
		}
		if !p.symbol(",") {
			p.needSymbol(")")
			break
		}
	}
	if p.word("ON") || p.word("TEXTIMAGE_ON") {
		p.name()
	}
	if p.word("WITH") {
		p.skipParentheses()
	}
	return s
}

// tableKey reads a constraint of the table; nil if a column follows. Foreign
// keys and checks are read over: the engine keeps keys, not references.
func (p *parser) tableKey() *keyDef {
	k := &keyDef{}
	if p.word("CONSTRAINT") {
		k.name = p.name()
	}
	switch {
	case p.word("PRIMARY", "KEY"):
		k.primary, k.unique = true, true
	case p.is("UNIQUE"):
		p.need("UNIQUE")
		k.unique = true
	case p.word("FOREIGN", "KEY"):
		p.nameList()
		p.references()
		return k
	case p.word("CHECK"):
		p.skipParentheses()
		return k
	default:
		return nil
	}
	_ = p.word("CLUSTERED") || p.word("NONCLUSTERED")
	k.cols, _ = p.keyColumns()
	if p.word("WITH") {
		p.skipParentheses()
	}
	if p.word("ON") {
		p.name()
	}
	return k
}

func (p *parser) references() {
	p.need("REFERENCES")
	p.names()
	if p.isSymbol("(") {
		p.nameList()
	}
	for p.word("ON") {
		p.next() // DELETE or UPDATE
		_ = p.word("CASCADE") || p.word("NO", "ACTION") || p.word("SET", "NULL") || p.word("SET", "DEFAULT")
	}
}

func (p *parser) columnDef() columnDef {
	d := columnDef{name: p.name()}
	if p.word("AS") {
		d.computed = p.expression()
		p.word("PERSISTED")
		return d
	}
	d.typ = p.dataType()
	if d.typ.size == 0 && (d.typ.isText() || d.typ.isBinary()) {
		d.typ.size = 1
	}
	constraint := ""
	for {
		switch {
		case p.word("CONSTRAINT"):
			constraint = p.name()
		case p.word("IDENTITY"):
			d.identity, d.notNull = true, true
			if p.isSymbol("(") {
				p.skipParentheses()
			}
		case p.word("NOT", "NULL"):
			d.notNull = true
		case p.word("NULL"):
		case p.word("DEFAULT"):
			d.deflt = p.additive()
		case p.word("COLLATE"):
			d.collate = p.name()
		case p.word("PRIMARY", "KEY"):
			d.key, d.notNull = &keyDef{name: constraint, primary: true, unique: true, cols: []string{d.name}}, true
			_ = p.word("CLUSTERED") || p.word("NONCLUSTERED")
		case p.word("UNIQUE"):
			d.key = &keyDef{name: constraint, unique: true, cols: []string{d.name}}
			_ = p.word("CLUSTERED") || p.word("NONCLUSTERED")
		case p.is("REFERENCES"):
			p.references()
		case p.word("FOREIGN", "KEY"):
		case p.word("CHECK"):
			p.skipParentheses()
		case p.word("ROWGUIDCOL"), p.word("SPARSE"):
		default:
			return d
		}
	}
}

func (p *parser) alter() statement {
	switch {
	case p.word("TABLE"):
		return p.alterTable()
	case p.word("DATABASE"):
		return &alterDB{p.rest()}
	case p.word("ROLE"):
		return p.alterRole(false)
	case p.word("SERVER", "ROLE"):
		return p.alterRole(true)
	case p.word("LOGIN"), p.word("USER"), p.word("AUTHORIZATION"):
		p.rest()
		return &noop{"ALTER LOGIN"}
	default:
		p.fail()
		return nil
	}
}

func (p *parser) alterRole(server bool) statement {
	s := &alterRole{role: p.name(), server: server}
	if s.drop = p.word("DROP", "MEMBER"); !s.drop {
		p.need("ADD", "MEMBER")
	}
	s.member = p.name()
	return s
}

// rest takes the words up to the end of the statement.
func (p *parser) rest() []token {
	var out []token
	for !p.isSymbol(";") && p.peek().kind != tEnd {
		out = append(out, p.next())
	}
	return out
}

func (p *parser) alterTable() statement {
	s := &alterTable{table: p.names()}
	switch {
	case p.word("ADD"):
		for {
			if k := p.tableKey(); k != nil {
				panic(cannot("ALTER TABLE … ADD CONSTRAINT"))
			}
			s.add = append(s.add, p.columnDef())
			if !p.symbol(",") {
				return s
			}
		}
	case p.word("DROP", "COLUMN"):
		s.drop = append(s.drop, p.name())
		for p.symbol(",") {
			s.drop = append(s.drop, p.name())
		}
		return s
	case p.word("ALTER", "COLUMN"):
		d := p.columnDef()
		s.alter = &d
		return s
	case p.is("NOCHECK") || p.is("CHECK") || p.is("DISABLE") || p.is("ENABLE") || p.is("WITH"):
		p.rest()
		return &noop{"ALTER TABLE"}
	default:
		panic(cannot("ALTER TABLE … %s", p.peek().text))
	}
}

func (p *parser) drop() statement {
	s := &dropStmt{what: p.next().up}
	if s.what == "CONSTRAINT" {
		p.fail()
	}
	s.ifExists = p.word("IF", "EXISTS")
	s.names = append(s.names, p.names())
	for p.symbol(",") {
		s.names = append(s.names, p.names())
	}
	if s.what == "INDEX" && p.word("ON") {
		s.on = p.names()
	}
	return s
}

func (p *parser) set() statement {
	if t, eq := p.peek(), p.peekAt(1); t.kind == tVariable && eq.kind == tSymbol && eq.text == "=" {
		p.at += 2
		return &setVariable{lower(t.text), p.expression()}
	}
	s := &setStmt{}
	switch {
	case p.is("IDENTITY_INSERT"):
		s.words = append(s.words, p.next())
		names := p.names()
		s.words = append(s.words, token{kind: tName, text: strings.Join(names, "."), up: strings.ToUpper(strings.Join(names, "."))}, p.next())
	case p.is("TRANSACTION"):
		p.need("TRANSACTION", "ISOLATION", "LEVEL")
		s.words = append(s.words, token{kind: tName, text: "ISOLATION", up: "ISOLATION"}, p.next())
		if _, second := s.words[1], p.peek(); second.up == "COMMITTED" || second.up == "UNCOMMITTED" || second.up == "READ" && second.kind == tName {
			s.words = append(s.words, p.next())
		}
	default: // SET OPTION, OPTION ON | number | word
		for !p.isSymbol(";") && p.peek().kind != tEnd {
			w := p.next()
			s.words = append(s.words, w)
			if w.up == "ON" || w.up == "OFF" || len(s.words) >= 2 && !p.isSymbol(",") && w.text != "," && w.text != "-" {
				break
			}
		}
	}
	return s
}

func (p *parser) declare() statement {
	b := &block{}
	for {
		t := p.next()
		if t.kind != tVariable {
			p.at--
			p.fail()
		}
		p.word("AS")
		if p.is("TABLE") {
			panic(cannot("a variable of type table"))
		}
		d := &declare{name: lower(t.text), typ: p.dataType()}
		if d.typ.size == 0 && (d.typ.isText() || d.typ.isBinary()) {
			d.typ.size = 1
		}
		if p.symbol("=") {
			d.x = p.expression()
		}
		b.list = append(b.list, d)
		if !p.symbol(",") {
			return b
		}
	}
}

func (p *parser) exec() statement {
	if p.symbol("(") {
		s := &execText{p.expression()}
		p.needSymbol(")")
		return s
	}
	s := &execProc{}
	if t := p.peek(); t.kind == tVariable {
		p.at++
		p.needSymbol("=")
		s.result = lower(t.text)
	}
	s.name = p.names()
	for !p.isSymbol(";") && p.peek().kind != tEnd && !startsStatement(p.peek()) {
		name := ""
		if t, eq := p.peek(), p.peekAt(1); t.kind == tVariable && eq.kind == tSymbol && eq.text == "=" {
			p.at += 2
			name = lower(t.text)
		}
		s.named = append(s.named, name)
		s.args = append(s.args, p.expression())
		_ = p.word("OUTPUT") || p.word("OUT")
		if !p.symbol(",") {
			break
		}
	}
	return s
}

func startsStatement(t token) bool {
	return t.kind == tName && strings.Contains(" SELECT INSERT UPDATE DELETE CREATE ALTER DROP SET DECLARE IF BEGIN COMMIT ROLLBACK EXEC EXECUTE PRINT RAISERROR WITH END ELSE GRANT DENY REVOKE USE ", " "+t.up+" ")
}

func (p *parser) grant() statement {
	g := &grantStmt{what: p.next().up}
	for {
		right := p.next().up
		for t := p.peek(); t.kind == tName && t.up != "ON" && t.up != "TO" && t.up != "FROM"; t = p.peek() {
			right += " " + p.next().up
		}
		g.rights = append(g.rights, right)
		if !p.symbol(",") {
			break
		}
	}
	if p.word("ON") {
		if p.word("SCHEMA") {
			g.schema = true
			p.needSymbol("::")
		} else if p.word("OBJECT") {
			p.needSymbol("::")
		} else if p.word("DATABASE") {
			p.needSymbol("::")
			p.name()
			p.fromOrTo(g)
			return g
		}
		g.on = p.names()
	}
	p.fromOrTo(g)
	return g
}

func (p *parser) fromOrTo(g *grantStmt) {
	if !p.word("TO") {
		p.need("FROM")
	}
	g.to = append(g.to, p.name())
	for p.symbol(",") {
		g.to = append(g.to, p.name())
	}
}

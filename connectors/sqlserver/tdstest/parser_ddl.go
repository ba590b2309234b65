package tdstest

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
	case p.is("PROCEDURE"), p.is("PROC"), p.is("FUNCTION"), p.is("TRIGGER"), p.is("TYPE"), p.is("SEQUENCE"), p.is("SYNONYM"):
		panic(cannot("CREATE %s", p.peek().up))
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

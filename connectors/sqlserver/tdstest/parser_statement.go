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
		return p.deleteFrom(nil)
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
		switch t := p.peek(); t.up {
		case "WHILE", "MERGE", "TRY", "GOTO", "RETURN", "OPEN", "FETCH", "BULK", "DBCC", "KILL", "SAVE", "CHECKPOINT", "BACKUP", "RESTORE":
			panic(cannot("%s", t.up))
		}
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
	case p.word("DELETE"):
		return p.deleteFrom(ctes)
	case p.word("INSERT"):
		s := p.insert()
		if s.q == nil {
			p.fail()
		}
		s.q.ctes = append(ctes, s.q.ctes...)
		return s
	default:
		panic(cannot("WITH before %s", p.peek().text))
	}
}

func (p *parser) insert() *insertStmt {
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

func (p *parser) deleteFrom(ctes []cte) statement {
	p.word("FROM")
	s := &deleteStmt{ctes: ctes, table: p.names()}
	if p.word("FROM") {
		s.from = p.sources()
	}
	if p.word("WHERE") {
		s.where = p.expression()
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

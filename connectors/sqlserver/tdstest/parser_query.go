package tdstest

// query reads a SELECT with its WITH, ORDER BY and OFFSET.
func (p *parser) query() *query {
	q := &query{}
	if p.word("WITH") {
		q.ctes = p.ctes()
	}
	q.body = p.setOps()
	if p.word("ORDER", "BY") {
		q.order = p.orderItems()
	}
	if p.word("OFFSET") {
		q.offset = p.additive()
		if !p.word("ROWS") {
			p.need("ROW")
		}
		if p.word("FETCH") {
			if !p.word("NEXT") {
				p.need("FIRST")
			}
			q.fetch = p.additive()
			if !p.word("ROWS") {
				p.need("ROW")
			}
			p.need("ONLY")
		}
	}
	if p.is("FOR") {
		panic(cannot("FOR %s", p.peekAt(1).text))
	}
	if p.word("OPTION") { // hints for the plan
		p.skipParentheses()
	}
	return q
}

func (p *parser) skipParentheses() {
	p.needSymbol("(")
	for depth := 1; depth > 0; {
		switch t := p.next(); {
		case t.kind == tEnd:
			p.fail()
		case t.kind == tSymbol && t.text == "(":
			depth++
		case t.kind == tSymbol && t.text == ")":
			depth--
		}
	}
}

func (p *parser) ctes() []cte {
	var out []cte
	for {
		c := cte{name: p.name()}
		if p.isSymbol("(") {
			c.cols = p.nameList()
		}
		p.need("AS")
		p.needSymbol("(")
		c.q = p.query()
		p.needSymbol(")")
		out = append(out, c)
		if !p.symbol(",") {
			return out
		}
	}
}

// setOps reads UNION and EXCEPT from the left; INTERSECT binds tighter.
func (p *parser) setOps() body {
	b := p.intersections()
	for {
		op := ""
		switch {
		case p.word("UNION", "ALL"):
			op = "UNION ALL"
		case p.word("UNION"):
			op = "UNION"
		case p.word("EXCEPT"):
			op = "EXCEPT"
		default:
			return b
		}
		l, r := b, p.intersections()
		b = body{op: op, l: &l, r: &r}
	}
}

func (p *parser) intersections() body {
	b := p.bodyTerm()
	for p.word("INTERSECT") {
		l, r := b, p.bodyTerm()
		b = body{op: "INTERSECT", l: &l, r: &r}
	}
	return b
}

func (p *parser) bodyTerm() body {
	if p.symbol("(") {
		q := p.query()
		p.needSymbol(")")
		return body{par: q}
	}
	return body{core: p.core()}
}

func (p *parser) core() *core {
	p.need("SELECT")
	c := &core{distinct: p.word("DISTINCT")}
	_ = !c.distinct && p.word("ALL")
	if p.word("TOP") {
		if p.symbol("(") {
			c.top = p.expression()
			p.needSymbol(")")
		} else {
			c.top = p.primary()
		}
		if p.is("PERCENT") || p.is("WITH", "TIES") {
			panic(cannot("TOP … %s", p.peek().text))
		}
	}
	c.items = p.items()
	if p.word("INTO") {
		c.into = p.names()
	}
	if p.word("FROM") {
		c.from = p.sources()
	}
	if p.word("WHERE") {
		c.where = p.expression()
	}
	if p.word("GROUP", "BY") {
		c.group = p.expressions()
	}
	if p.word("HAVING") {
		c.having = p.expression()
	}
	return c
}

func (p *parser) items() []item {
	var out []item
	for {
		out = append(out, p.item())
		if !p.symbol(",") {
			return out
		}
	}
}

func (p *parser) item() item {
	if t, eq := p.peek(), p.peekAt(1); t.kind == tVariable && eq.kind == tSymbol && eq.text == "=" {
		p.at += 2
		return item{x: p.expression(), assign: lower(t.text)}
	}
	if t, eq := p.peek(), p.peekAt(1); (t.kind == tName || t.kind == tQuoted) && eq.kind == tSymbol && eq.text == "=" {
		p.at += 2 // alias = x
		return item{x: p.expression(), alias: t.text}
	}
	it := item{x: p.expression()}
	it.alias = p.alias(true)
	return it
}

// alias reads [AS] name, "" without one. In a select list it may be in quotes
// of a string.
func (p *parser) alias(inList bool) string {
	if p.word("AS") {
		if t := p.peek(); inList && (t.kind == tString || t.kind == tNString) {
			return p.next().text
		}
		return p.name()
	}
	t := p.peek()
	if t.kind == tQuoted || t.kind == tName && !isReserved(t) && !p.endsSource(t) {
		return p.next().text
	}
	return ""
}

// endsSource: words that may follow a table and are no alias of it.
func (p *parser) endsSource(t token) bool {
	switch t.up {
	case "OFFSET", "OPTION", "OUTPUT", "PIVOT", "UNPIVOT", "TABLESAMPLE":
		return true
	default:
		return false
	}
}

func (p *parser) sources() []source {
	var out []source
	for {
		out = append(out, p.joined())
		if !p.symbol(",") {
			return out
		}
	}
}

func (p *parser) joined() source {
	l := p.source()
	for {
		kind, on := p.joinWord()
		if kind == "" {
			return l
		}
		var r source
		if on {
			r = p.joinedRight()
		} else {
			r = p.source()
		}
		j := &join{kind: kind, l: l, r: r}
		if on {
			p.need("ON")
			j.on = p.expression()
		}
		l = source{join: j}
	}
}

// joinedRight reads the right side of a join, which may itself hold joins
// before its ON: a JOIN b JOIN c ON … ON ….
func (p *parser) joinedRight() source {
	r := p.source()
	for !p.is("ON") {
		kind, on := p.joinWord()
		if kind == "" {
			p.fail()
		}
		j := &join{kind: kind, l: r, r: p.source()}
		if on {
			p.need("ON")
			j.on = p.expression()
		}
		r = source{join: j}
	}
	return r
}

// joinWord reads the words of a join, and whether ON follows its right side.
func (p *parser) joinWord() (kind string, on bool) {
	switch {
	case p.word("JOIN") || p.word("INNER", "JOIN"):
		return "INNER", true
	case p.word("LEFT", "JOIN") || p.word("LEFT", "OUTER", "JOIN"):
		return "LEFT", true
	case p.word("RIGHT", "JOIN") || p.word("RIGHT", "OUTER", "JOIN"):
		return "RIGHT", true
	case p.word("FULL", "JOIN") || p.word("FULL", "OUTER", "JOIN"):
		return "FULL", true
	case p.word("CROSS", "JOIN"):
		return "CROSS", false
	case p.word("CROSS", "APPLY"):
		return "CROSS APPLY", false
	case p.word("OUTER", "APPLY"):
		return "OUTER APPLY", false
	default:
		return "", false
	}
}

func (p *parser) source() source {
	var s source
	switch {
	case p.symbol("("):
		switch {
		case p.is("SELECT") || p.is("WITH"):
			s.sub = p.query()
		case p.word("VALUES"):
			s.rows = p.rows()
		default:
			s = p.joined()
			p.needSymbol(")")
			return s
		}
		p.needSymbol(")")
	default:
		s.table = p.names()
		if p.isSymbol("(") {
			c, _ := p.callOf(s.table[len(s.table)-1]).(*call)
			s.table, s.fn = nil, c
		}
	}
	s.alias = p.alias(false)
	if s.alias != "" && s.table == nil && p.isSymbol("(") {
		s.cols = p.nameList()
	}
	if p.word("WITH") { // hints about locks
		p.skipParentheses()
	}
	if s.alias == "" && s.table != nil {
		s.alias = p.alias(false)
	}
	if s.alias == "" && s.table == nil && s.fn == nil {
		p.fail() // a derived table needs a name
	}
	return s
}

// rows reads (…), (…); a nil element is DEFAULT.
func (p *parser) rows() [][]expr {
	var out [][]expr
	for {
		p.needSymbol("(")
		var row []expr
		for {
			if p.word("DEFAULT") {
				row = append(row, nil)
			} else {
				row = append(row, p.expression())
			}
			if !p.symbol(",") {
				break
			}
		}
		p.needSymbol(")")
		out = append(out, row)
		if !p.symbol(",") {
			return out
		}
	}
}

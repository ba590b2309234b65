package tdstest

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// parser reads a batch by recursive descent.
type parser struct {
	src  string
	toks []token
	at   int
}

// parse reads a batch whole: a fault of syntax anywhere means that nothing of
// it runs, as on the real server.
func parse(sql string) (list []statement, err error) {
	toks, err := lex(sql)
	if err != nil {
		return nil, err
	}
	p := &parser{src: sql, toks: toks}
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(*sqlError)
			if !ok {
				panic(r)
			}
			list, err = nil, fault
		}
	}()
	for {
		for p.symbol(";") {
			continue
		}
		if p.peek().kind == tEnd {
			return list, nil
		}
		list = append(list, p.statement())
	}
}

// Expressions, loosest first.

func (p *parser) expression() expr { return p.or() }

func (p *parser) or() expr {
	x := p.and()
	for p.word("OR") {
		x = &binaryOp{"OR", x, p.and()}
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for p.word("AND") {
		x = &binaryOp{"AND", x, p.not()}
	}
	return x
}

func (p *parser) not() expr {
	if p.word("NOT") {
		return &unary{"NOT", p.not()}
	}
	return p.comparison()
}

func (p *parser) comparison() expr {
	x := p.additive()
	for {
		t := p.peek()
		not := p.is("NOT") && !p.is("NOT", "NULL")
		if not {
			t = p.peekAt(1)
		}
		switch {
		case t.kind == tSymbol && strings.Contains(" = <> != < > <= >= !< !> ", " "+t.text+" ") && !not:
			p.at++
			op := map[string]string{"!=": "<>", "!<": ">=", "!>": "<="}[t.text]
			if op == "" {
				op = t.text
			}
			x = &binaryOp{op, x, p.additive()}
		case t.kind == tName && t.up == "IS" && !not:
			p.at++
			negated := p.word("NOT")
			p.need("NULL")
			x = &isNull{x, negated}
		case t.kind == tName && t.up == "BETWEEN":
			p.skipNot(not)
			lo := p.additive()
			p.need("AND")
			x = &between{x, lo, p.additive(), not}
		case t.kind == tName && t.up == "LIKE":
			p.skipNot(not)
			l := &like{x: x, pattern: p.additive(), not: not}
			if p.word("ESCAPE") {
				l.escape = p.additive()
			}
			x = l
		case t.kind == tName && t.up == "IN":
			p.skipNot(not)
			x = p.inList(x, not)
		default:
			return x
		}
	}
}

func (p *parser) skipNot(not bool) {
	if not {
		p.at++
	}
	p.at++
}

func (p *parser) inList(x expr, not bool) expr {
	p.needSymbol("(")
	out := &in{x: x, not: not}
	if p.is("SELECT") || p.is("WITH") {
		out.sub = p.query()
	} else {
		out.list = p.expressions()
	}
	p.needSymbol(")")
	return out
}

func (p *parser) expressions() []expr {
	out := []expr{p.expression()}
	for p.symbol(",") {
		out = append(out, p.expression())
	}
	return out
}

func (p *parser) additive() expr {
	x := p.multiplicative()
	for {
		t := p.peek()
		if t.kind != tSymbol || !strings.Contains(" + - & | ^ ", " "+t.text+" ") {
			return x
		}
		p.at++
		x = &binaryOp{t.text, x, p.multiplicative()}
	}
}

func (p *parser) multiplicative() expr {
	x := p.unary()
	for {
		t := p.peek()
		if t.kind != tSymbol || !strings.Contains(" * / % ", " "+t.text+" ") {
			return x
		}
		p.at++
		x = &binaryOp{t.text, x, p.unary()}
	}
}

func (p *parser) unary() expr {
	for _, op := range []string{"-", "+", "~"} {
		if p.symbol(op) {
			return &unary{op, p.unary()}
		}
	}
	x := p.primary()
	for p.word("COLLATE") {
		x = &collate{x, p.name()}
	}
	return x
}

func (p *parser) primary() expr {
	t := p.peek()
	switch t.kind {
	case tString, tNString, tNumber, tHex:
		p.at++
		return literalOf(t)
	case tVariable:
		p.at++
		return &variable{strings.ToLower(t.text)}
	case tSymbol:
		if t.text == "*" {
			p.at++
			return &star{}
		}
		p.needSymbol("(")
		if p.is("SELECT") || p.is("WITH") {
			q := p.query()
			p.needSymbol(")")
			return &scalar{q}
		}
		x := p.expression()
		p.needSymbol(")")
		return x
	case tName:
		if x := p.keyword(); x != nil {
			return x
		}
	case tQuoted, tEnd:
	}
	return p.nameOrCall()
}

// literalOf types a literal as T-SQL does: text without N is varchar, a number
// without a point int when it fits, with one decimal, with an exponent float.
func literalOf(t token) expr {
	switch t.kind {
	case tString:
		return &literal{varChar(max(1, len([]rune(t.text)))), t.text}
	case tNString:
		return &literal{nVarChar(max(1, len([]rune(t.text)))), t.text}
	case tHex:
		text := t.text
		if len(text)%2 == 1 {
			text = "0" + text
		}
		b, _ := hex.DecodeString(text)
		return &literal{sqlType{kind: kVarBinary, size: max(1, len(b))}, b}
	default:
	}
	if strings.ContainsAny(t.text, "eE") {
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			panic(failf(102, "Incorrect syntax near '%s'.", t.text))
		}
		return &literal{tFloat, f}
	}
	whole, frac, point := strings.Cut(t.text, ".")
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil && whole+frac != "" {
		panic(cannot("the number %s has more than 18 digits", t.text))
	}
	whole = strings.TrimLeft(whole, "0")
	if point {
		return &literal{decimalType(max(1, len(whole)+len(frac)), len(frac)), n}
	}
	if n > 1<<31-1 {
		return &literal{decimalType(len(whole), 0), n}
	}
	return &literal{tInt, n}
}

// keyword reads what begins with a word that is not a name; nil if it is one.
func (p *parser) keyword() expr {
	switch {
	case p.word("NULL"):
		return &literal{}
	case p.is("CASE"):
		return p.caseExpr()
	case p.is("CAST") || p.is("TRY_CAST"):
		try := p.next().up == "TRY_CAST"
		p.needSymbol("(")
		x := p.expression()
		p.need("AS")
		to := p.dataType()
		p.needSymbol(")")
		return &cast{x: x, to: castSize(to), try: try}
	case p.is("CONVERT") || p.is("TRY_CONVERT"):
		try := p.next().up == "TRY_CONVERT"
		p.needSymbol("(")
		c := &cast{to: castSize(p.dataType()), try: try}
		p.needSymbol(",")
		c.x = p.expression()
		if p.symbol(",") {
			c.style = p.expression()
		}
		p.needSymbol(")")
		return c
	case p.word("EXISTS"):
		p.needSymbol("(")
		q := p.query()
		p.needSymbol(")")
		return &exists{q}
	case p.is("LEFT") || p.is("RIGHT"):
		if t := p.peekAt(1); t.kind == tSymbol && t.text == "(" {
			return p.callOf(p.next().text)
		}
	case p.word("CURRENT_TIMESTAMP"):
		return &call{name: "GETDATE"}
	case p.is("SYSTEM_USER") || p.is("CURRENT_USER") || p.is("SESSION_USER") || p.is("USER"):
		if t := p.peekAt(1); t.kind != tSymbol || t.text != "." {
			return &call{name: p.next().up}
		}
	}
	return nil
}

// castSize is the length of text in a CAST that names none.
func castSize(t sqlType) sqlType {
	if t.size == 0 && (t.isText() || t.isBinary()) {
		t.size = 30
	}
	return t
}

func (p *parser) caseExpr() expr {
	p.need("CASE")
	out := &caseOf{}
	if !p.is("WHEN") {
		out.operand = p.expression()
	}
	for p.word("WHEN") {
		cond := p.expression()
		p.need("THEN")
		out.whens = append(out.whens, [2]expr{cond, p.expression()})
	}
	if p.word("ELSE") {
		out.other = p.expression()
	}
	p.need("END")
	return out
}

func (p *parser) nameOrCall() expr {
	parts := []string{p.name()}
	for p.symbol(".") {
		if p.symbol("*") {
			return &star{of: parts[len(parts)-1]}
		}
		if p.isSymbol(".") {
			parts = append(parts, "")
			continue
		}
		parts = append(parts, p.next().text)
	}
	if p.isSymbol("(") {
		return p.callOf(parts[len(parts)-1])
	}
	return &column{parts}
}

// partFunctions take a part of a date as their first argument, a bare word.
const partFunctions = " DATEADD DATEDIFF DATEDIFF_BIG DATEPART DATENAME "

func (p *parser) callOf(name string) expr {
	p.needSymbol("(")
	c := &call{name: strings.ToUpper(name)}
	if strings.Contains(partFunctions, " "+c.name+" ") {
		c.args = append(c.args, &literal{varChar(20), strings.ToLower(p.next().text)})
		p.needSymbol(",")
	}
	c.distinct = p.word("DISTINCT")
	_ = !c.distinct && p.word("ALL")
	if !p.symbol(")") {
		c.args = append(c.args, p.expressions()...)
		p.needSymbol(")")
	}
	if p.word("OVER") {
		c.over = p.window()
	}
	return c
}

func (p *parser) window() *window {
	p.needSymbol("(")
	w := &window{}
	if p.word("PARTITION", "BY") {
		w.partition = p.expressions()
	}
	if p.word("ORDER", "BY") {
		w.order = p.orderItems()
	}
	if p.is("ROWS") || p.is("RANGE") {
		from := p.peek().pos
		for !p.isSymbol(")") {
			if p.peek().kind == tEnd {
				p.fail()
			}
			p.at++
		}
		w.frame = p.src[from:p.peek().pos]
	}
	p.needSymbol(")")
	return w
}

func (p *parser) orderItems() []orderItem {
	var out []orderItem
	for {
		it := orderItem{x: p.expression()}
		if p.word("DESC") {
			it.desc = true
		} else {
			p.word("ASC")
		}
		out = append(out, it)
		if !p.symbol(",") {
			return out
		}
	}
}

package tdstest

import (
	"strconv"
	"strings"
)

func (p *parser) peek() token { return p.toks[p.at] }

func (p *parser) peekAt(n int) token { return p.toks[min(p.at+n, len(p.toks)-1)] }

func (p *parser) next() token {
	t := p.toks[p.at]
	if t.kind != tEnd {
		p.at++
	}
	return t
}

// fail ends the reading at the next word.
func (p *parser) fail() {
	t := p.peek()
	if t.kind == tEnd {
		panic(failf(102, "Incorrect syntax near the end of the batch."))
	}
	panic(failf(102, "Incorrect syntax near '%s'.", t.text))
}

// is tells whether the words that follow are these.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		if t := p.peekAt(i); t.kind != tName || t.up != w {
			return false
		}
	}
	return true
}

func (p *parser) word(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	p.at += len(words)
	return true
}

func (p *parser) need(words ...string) {
	if !p.word(words...) {
		p.fail()
	}
}

func (p *parser) isSymbol(s string) bool { t := p.peek(); return t.kind == tSymbol && t.text == s }

func (p *parser) symbol(s string) bool {
	if !p.isSymbol(s) {
		return false
	}
	p.at++
	return true
}

func (p *parser) needSymbol(s string) {
	if !p.symbol(s) {
		p.fail()
	}
}

// reserved words end an expression or an alias.
const reserved = " ADD ALL ALTER AND ANY AS ASC BEGIN BETWEEN BY CASE COLLATE COMMIT CREATE CROSS DECLARE DEFAULT DELETE DENY DESC DISTINCT DROP ELSE END ESCAPE EXCEPT EXEC EXECUTE EXISTS FETCH FOR FROM FULL GO GRANT GROUP HAVING IF IN INNER INSERT INTERSECT INTO IS JOIN LEFT LIKE NOT NULL ON OPTION OR ORDER OUTER OVER PRINT PRIMARY RAISERROR REFERENCES REVOKE RIGHT ROLLBACK SAVE SELECT SET TABLE THEN THROW TOP TRUNCATE UNION UNIQUE UPDATE USE VALUES WAITFOR WHEN WHERE WHILE WITH "

func isReserved(t token) bool {
	return t.kind == tName && strings.Contains(reserved, " "+t.up+" ")
}

// name reads one name.
func (p *parser) name() string {
	t := p.peek()
	if t.kind == tQuoted || t.kind == tName && !isReserved(t) {
		return p.next().text
	}
	p.fail()
	return ""
}

// names reads a.b.c; an empty part, as in db..t, stays empty.
func (p *parser) names() []string {
	out := []string{p.name()}
	for p.symbol(".") {
		if p.isSymbol(".") {
			out = append(out, "")
			continue
		}
		t := p.next() // after a dot anything is a name
		if t.kind != tName && t.kind != tQuoted {
			p.at--
			p.fail()
		}
		out = append(out, t.text)
	}
	return out
}

func (p *parser) nameList() []string {
	p.needSymbol("(")
	var out []string
	for {
		out = append(out, p.name())
		if !p.symbol(",") {
			p.needSymbol(")")
			return out
		}
	}
}

// dataType reads a type with its measures.
func (p *parser) dataType() sqlType {
	t := p.next()
	for p.symbol(".") { // sys.sysname
		t = p.next()
	}
	k, ok := typeNames[strings.ToLower(t.text)]
	if !ok {
		panic(failf(243, "Type %s is not a defined system type.", t.text))
	}
	typ := sqlType{kind: k}
	var args []int
	if p.symbol("(") {
		for {
			if p.word("MAX") {
				args = append(args, -1)
			} else {
				n, err := strconv.Atoi(p.next().text)
				if err != nil {
					p.at--
					p.fail()
				}
				args = append(args, n)
			}
			if !p.symbol(",") {
				break
			}
		}
		p.needSymbol(")")
	}
	return measured(typ, strings.ToLower(t.text), args)
}

// measured gives a type its measures, with T-SQL's defaults.
func measured(typ sqlType, word string, args []int) sqlType {
	first := func(or int) int {
		if len(args) > 0 {
			return args[0]
		}
		return or
	}
	switch {
	case typ.kind == kDecimal:
		typ.prec = first(18)
		if len(args) > 1 {
			typ.scale = args[1]
		}
	case typ.kind == kTime || typ.kind == kDateTime2 || typ.kind == kDateTimeOffset:
		typ.scale = first(7)
	case word == "sysname":
		typ.size = 128
	case word == "text" || word == "ntext" || word == "image":
		typ.size = -1
	case typ.isText() && typ.kind != kXML || typ.isBinary():
		typ.size = first(1)
		if len(args) == 0 {
			typ.size = 0 // told by where it stands: 1 in a table, 30 in a CAST
		}
	case typ.kind == kFloat:
		if first(53) <= 24 {
			typ.kind = kReal
		}
	}
	return typ
}

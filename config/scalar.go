package config

import (
	"regexp"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// scalarKind is what YAML takes an unquoted value for.
type scalarKind uint8

const (
	textScalar scalarKind = iota
	numberScalar
	boolScalar
	dateScalar
	nullScalar
)

// String names the kind in faults.
func (k scalarKind) String() string {
	return [...]string{"text", "a number", "true or false", "a date", "nothing"}[k]
}

// scalar is a single value as the file has it, before variables are expanded.
type scalar struct {
	text string
	kind scalarKind
}

// What other readers of YAML, and people, take for something else than text.
var (
	plainDate   = regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$`)
	plainNumber = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$`)
)

func scalarOf(n ast.Node) scalar {
	switch n := n.(type) {
	case *ast.StringNode:
		quoted := n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
		switch {
		case !quoted && plainDate.MatchString(n.Value):
			return scalar{n.Value, dateScalar}
		case !quoted && plainNumber.MatchString(n.Value):
			return scalar{n.Value, numberScalar}
		}
		return scalar{n.Value, textScalar}
	case *ast.LiteralNode:
		return scalar{n.Value.Value, textScalar}
	case *ast.BoolNode:
		return scalar{n.Token.Value, boolScalar}
	case *ast.NullNode:
		return scalar{"", nullScalar}
	}
	if tk := n.GetToken(); tk != nil {
		return scalar{tk.Value, numberScalar} // integers in all bases, floats, .inf, .nan
	}
	return scalar{"", nullScalar}
}

// mustBeText refuses what YAML reads as something else: 00123 would come out as
// 83 elsewhere.
func (s scalar) mustBeText(f field) error {
	if s.kind == textScalar {
		return nil
	}
	meant := "text is meant"
	if f.noun != "" {
		meant = f.noun + " are text"
	}
	return &valueError{"is read as " + s.kind.String() + "; " + meant, `write "` + s.text + `" in quotes`}
}

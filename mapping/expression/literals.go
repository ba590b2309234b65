package expression

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Literal is a text that an expression names: of an attribute, or one that a
// field is held against.
type Literal struct {
	Field  string // "attribute" for the name of one; otherwise the field compared
	Text   string
	Offset int // in characters
}

// Literals lists the texts that an expression over records of type E names, in
// the order of the text: attribute("X"), attributes["X"] and attributes.X, and
// what a field is compared with by ==, != and in. It lists nothing of a text that
// is no expression.
func Literals[E any](source string) []Literal {
	var env E
	tree, err := parser.ParseWithConfig(source, newConfig(env))
	if err != nil {
		return nil
	}
	found := &literals{}
	ast.Walk(&tree.Node, found)
	return found.list
}

type literals struct{ list []Literal }

// Visit notes what one node names.
func (l *literals) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "attribute" {
			l.add("attribute", n.Arguments...)
		}
	case *ast.MemberNode:
		if of, ok := n.Node.(*ast.IdentifierNode); ok && of.Value == "attributes" {
			l.add("attribute", n.Property)
		}
	case *ast.BinaryNode:
		l.compared(n)
	}
}

func (l *literals) compared(n *ast.BinaryNode) {
	if n.Operator != "==" && n.Operator != "!=" && n.Operator != "in" {
		return
	}
	if field, ok := n.Left.(*ast.IdentifierNode); ok {
		l.add(field.Value, n.Right)
	}
	if field, ok := n.Right.(*ast.IdentifierNode); ok {
		l.add(field.Value, n.Left)
	}
}

func (l *literals) add(field string, nodes ...ast.Node) {
	for _, node := range nodes {
		switch n := node.(type) {
		case *ast.StringNode:
			l.list = append(l.list, Literal{Field: field, Text: n.Value, Offset: n.Location().From})
		case *ast.ArrayNode:
			l.add(field, n.Nodes...)
		}
	}
}

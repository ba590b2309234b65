package expression

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

var (
	textType   = reflect.TypeFor[string]()
	truthType  = reflect.TypeFor[bool]()
	numberType = reflect.TypeFor[decimal.Decimal]()
	tableType  = reflect.TypeFor[map[string]string]()
)

// checking is one walk over a tree: types are inferred bottom up, faults
// collected, and numbers and their operators replaced by exact ones. A nil type
// means that a fault below has been noted already.
type checking struct {
	source    []rune
	fields    map[string]reflect.Type
	functions conf.FunctionsTable
	seen      map[ast.Node]bool
	faults    []loyalty.Fault
	uses      []Use
}

func newChecker(source string, env reflect.Type, functions conf.FunctionsTable) *checking {
	return &checking{
		source:    []rune(source),
		fields:    fieldsOf(env),
		functions: functions,
		seen:      make(map[ast.Node]bool),
	}
}

func (c *checking) fault(at ast.Node, hint, format string, args ...any) reflect.Type {
	c.faults = append(c.faults, loyalty.Fault{Offset: at.Location().From, Message: fmt.Sprintf(format, args...), Hint: hint})
	return nil
}

// checkResult checks the whole tree and that it gives what the caller needs.
func (c *checking) checkResult(root *ast.Node, want reflect.Type) {
	got := c.check(root)
	if got == nil || got == want {
		return
	}
	hint := `a condition compares something, as in group == "VIP"`
	if want == textType {
		hint = `name a text, as in attribute("CARD")`
	}
	c.fault(*root, hint, "the expression gives %s; %s is needed", nameOf(got), nameOf(want))
}

// check accepts exactly the nodes of the language.
func (c *checking) check(node *ast.Node) reflect.Type {
	// The parser shares the middle of a < b < c between two comparisons; nested,
	// that is exponential to walk.
	if c.seen[*node] {
		return c.fault(*node, "write a < b and b < c", "comparisons cannot be chained")
	}
	c.seen[*node] = true
	switch n := (*node).(type) {
	case *ast.BoolNode:
		return truthType
	case *ast.StringNode:
		return textType
	case *ast.IntegerNode, *ast.FloatNode:
		return c.number(node)
	case *ast.IdentifierNode:
		c.uses = append(c.uses, Use{Name: n.Value})
		return c.field(n, c.fields, n.Value)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return c.unary(node, n)
	case *ast.BinaryNode:
		return c.binary(node, n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.list(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode: // expr-lang's own functions: loops, the clock
		return c.fault(n, c.known(), "there is no function %s", n.Name)
	case *ast.NilNode:
		return c.fault(n, `a field without a value is the empty text: ""`, "there is no nil")
	case *ast.PairNode, *ast.MapNode:
		return c.fault(n, "lists are written in [ ]", "there are no tables in { }")
	case *ast.SliceNode:
		return c.fault(n, "compare with startsWith, endsWith, contains or matches", "parts of a text cannot be cut out")
	case *ast.ChainNode:
		return c.fault(n, "write . instead of ?.", "there is no ?.")
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		return c.fault(n, "write one condition, joined with and, or", "there are no variables and no sequences")
	}
	return c.fault(*node, grammarHint, "this is not part of the language")
}

// number replaces a literal by the exact decimal of its source text (law 7):
// expr-lang itself would have made a float of it.
func (c *checking) number(node *ast.Node) reflect.Type {
	at := (*node).Location()
	text := string(c.source[at.From:at.To])
	d, err := decimal.NewFromString(text)
	if err != nil || strings.Trim(text, "0123456789.") != "" {
		return c.fault(*node, "write it in digits with a decimal point, as in 1234.50", "%s is not a plain number", text)
	}
	ast.Patch(node, &ast.ConstantNode{Value: d})
	return numberType
}

func (c *checking) field(at ast.Node, fields map[string]reflect.Type, name string) reflect.Type {
	t, ok := fields[name]
	switch {
	case !ok:
		return c.fault(at, suggest(name, fields)+c.known(), "there is no field %s", name)
	case t.Kind() == reflect.Func:
		return c.fault(at, c.known(), `%s is a function: write %s("NAME")`, name, name)
	}
	return t
}

// member is attributes["X"], attributes.X, or a field of a record.
func (c *checking) member(n *ast.MemberNode) reflect.Type {
	base := c.check(&n.Node)
	if base == nil {
		return nil
	}
	if base.Kind() == reflect.Struct && base != numberType {
		name, ok := n.Property.(*ast.StringNode)
		if !ok {
			return c.fault(n, c.known(), "a field is named after a dot")
		}
		return c.field(n, fieldsOf(base), name.Value)
	}
	if base != tableType {
		return c.fault(n, c.known(), "%s has no fields", nameOf(base))
	}
	if key := c.check(&n.Property); key != nil && key != textType {
		return c.fault(n, `write attributes["NAME"]`, "attributes are found by name, not by %s", nameOf(key))
	}
	return textType
}

func (c *checking) unary(node *ast.Node, n *ast.UnaryNode) reflect.Type {
	t := c.check(&n.Node)
	if t == nil {
		return nil
	}
	switch n.Operator {
	case "not", "!":
		if t != truthType {
			return c.fault(n, "compare it with something first", "%s needs a condition, not %s", n.Operator, nameOf(t))
		}
		return truthType
	case "+", "-":
		if t != numberType {
			return c.fault(n, decimalHint, "%s needs a number, not %s", n.Operator, nameOf(t))
		}
		if n.Operator == "+" {
			*node = n.Node
		} else {
			callOperator(node, "negate", n.Node)
		}
		return numberType
	}
	return c.fault(n, grammarHint, "there is no operator %s", n.Operator)
}

func (c *checking) conditional(n *ast.ConditionalNode) reflect.Type {
	cond, one, other := c.check(&n.Cond), c.check(&n.Exp1), c.check(&n.Exp2)
	switch {
	case cond == nil || one == nil || other == nil:
		return nil
	case cond != truthType:
		return c.fault(n.Cond, "compare it with something first", "a condition is needed, not %s", nameOf(cond))
	case one != other:
		return c.fault(n, "let both give the same kind", "one side gives %s, the other %s", nameOf(one), nameOf(other))
	}
	return one
}

func (c *checking) list(n *ast.ArrayNode) reflect.Type {
	if len(n.Nodes) == 0 {
		return c.fault(n, "remove the condition", "nothing is in an empty list")
	}
	var elem reflect.Type
	for i := range n.Nodes {
		t := c.check(&n.Nodes[i])
		switch {
		case t == nil:
			return nil
		case t != textType && t != numberType:
			return c.fault(n.Nodes[i], "list texts or numbers", "a list cannot hold %s", nameOf(t))
		case elem != nil && t != elem:
			return c.fault(n.Nodes[i], "write codes in quotes, also those made of digits", "a list holds texts or numbers, not both")
		}
		elem = t
	}
	return reflect.SliceOf(elem)
}

// call checks a call against the declared functions; expr-lang's own check may
// lose the faults of nested calls.
func (c *checking) call(n *ast.CallNode) reflect.Type {
	name, signatures := c.callee(n.Callee)
	switch {
	case name == "":
		return c.fault(n, c.known(), "only functions by name can be called")
	case signatures == nil:
		return c.fault(n, suggest(name, c.callable())+c.known(), "there is no function %s", name)
	}
	args := make([]reflect.Type, len(n.Arguments))
	for i := range n.Arguments {
		if args[i] = c.check(&n.Arguments[i]); args[i] == nil {
			return nil
		}
	}
	if c.fields[name] != nil {
		c.uses = append(c.uses, Use{name, onlyLiteral(n.Arguments)})
	}
	for _, s := range signatures {
		if slices.Equal(args, slices.Collect(s.Ins())) {
			return s.Out(0)
		}
	}
	return c.fault(n, "write "+describe(name, signatures), "%s cannot take %s", name, namesOf(args))
}

// callee is a function by its name, or one of a record: item.attribute. Its name
// is "" when it is neither, its signatures are nil when there is none of the name.
func (c *checking) callee(node ast.Node) (string, []reflect.Type) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return n.Value, c.signatures(n.Value)
	case *ast.MemberNode:
		record, isName := n.Node.(*ast.IdentifierNode)
		field, isField := n.Property.(*ast.StringNode)
		if !isName || !isField {
			return "", nil
		}
		t := c.fields[record.Value]
		if t == nil || t.Kind() != reflect.Struct || t == numberType {
			return "", nil
		}
		name := record.Value + "." + field.Value
		if f := fieldsOf(t)[field.Value]; f != nil && f.Kind() == reflect.Func {
			return name, []reflect.Type{f}
		}
		return name, nil
	}
	return "", nil
}

// onlyLiteral is the one text in quotes that a function is called with, "" when it
// is called with anything else.
func onlyLiteral(arguments []ast.Node) string {
	if len(arguments) != 1 {
		return ""
	}
	if literal, ok := arguments[0].(*ast.StringNode); ok {
		return literal.Value
	}
	return ""
}

func (c *checking) signatures(name string) []reflect.Type {
	if t, ok := c.fields[name]; ok && t.Kind() == reflect.Func {
		return []reflect.Type{t}
	}
	if f, ok := c.functions[name]; ok {
		return f.Types
	}
	return nil
}

// pattern checks the right side of matches: a literal, so that it is compiled
// once and its faults are known at load.
func (c *checking) pattern(n *ast.BinaryNode) reflect.Type {
	literal, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.fault(n.Right, `write the pattern itself, as in code matches "^K[0-9]+$"`, "the pattern of matches must be a text in quotes")
	}
	if _, err := regexp.Compile(literal.Value); err != nil {
		return c.fault(n.Right, "see the syntax of RE2", "the pattern does not work: %v", err)
	}
	return truthType
}

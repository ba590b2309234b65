package expression

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

const decimalHint = `make a number of a text with decimal(…), as in decimal(attribute("LIMIT"), 0) > 100`

// binary checks the two sides of an operator; on numbers it puts the exact
// function in the operator's place.
func (c *checking) binary(node *ast.Node, n *ast.BinaryNode) reflect.Type {
	left, right := c.check(&n.Left), c.check(&n.Right)
	if left == nil || right == nil {
		return nil
	}
	switch n.Operator {
	case "and", "or", "&&", "||":
		return c.same(n, left, right, truthType)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(node, n, left, right)
	case "+", "-", "*", "/":
		return c.arithmetic(node, n, left, right)
	case "in":
		return c.in(node, n, left, right)
	case "contains", "startsWith", "endsWith":
		return c.same(n, left, right, textType)
	case "matches":
		if c.same(n, left, right, textType) == nil {
			return nil
		}
		return c.pattern(n)
	}
	return c.fault(n, grammarHint, "there is no operator %s", n.Operator)
}

// same checks that both sides are of one type, and gives a condition.
func (c *checking) same(n *ast.BinaryNode, left, right, want reflect.Type) reflect.Type {
	if left != want || right != want {
		return c.fault(n, grammarHint, "%s needs %s on both sides, not %s and %s", n.Operator, nameOf(want), nameOf(left), nameOf(right))
	}
	return truthType
}

func (c *checking) comparison(node *ast.Node, n *ast.BinaryNode, left, right reflect.Type) reflect.Type {
	equality := n.Operator == "==" || n.Operator == "!="
	switch {
	case left != right && (left == numberType || right == numberType):
		return c.fault(n, decimalHint+"; codes made of digits are texts: write them in quotes", "%s cannot compare %s with %s", n.Operator, nameOf(left), nameOf(right))
	case left != right:
		return c.fault(n, grammarHint, "%s cannot compare %s with %s", n.Operator, nameOf(left), nameOf(right))
	case left == numberType:
		callOperator(node, n.Operator, n.Left, n.Right)
	case left != textType && (left != truthType || !equality):
		return c.fault(n, "compare texts or numbers", "%s cannot compare %s", n.Operator, nameOf(left))
	}
	return truthType
}

func (c *checking) arithmetic(node *ast.Node, n *ast.BinaryNode, left, right reflect.Type) reflect.Type {
	if n.Operator == "+" && left == textType && right == textType {
		return textType
	}
	if left != numberType || right != numberType {
		return c.fault(n, decimalHint, "%s cannot join %s and %s", n.Operator, nameOf(left), nameOf(right))
	}
	callOperator(node, n.Operator, n.Left, n.Right)
	return numberType
}

func (c *checking) in(node *ast.Node, n *ast.BinaryNode, left, right reflect.Type) reflect.Type {
	switch {
	case right == tableType && left == textType, right == reflect.SliceOf(textType) && left == textType:
		return truthType
	case right == reflect.SliceOf(numberType) && left == numberType:
		list, ok := n.Right.(*ast.ArrayNode)
		if !ok {
			return c.fault(n.Right, "write the list itself behind in", "a list of numbers cannot be chosen")
		}
		callOperator(node, "in", append([]ast.Node{n.Left}, list.Nodes...)...)
		return truthType
	}
	return c.fault(n, `as in group in ["A", "B"]`, "%s cannot be in %s", nameOf(left), nameOf(right))
}

// callOperator replaces a node by a call of the function that carries the
// operator's name; no expression can spell such a call itself.
func callOperator(node *ast.Node, name string, args ...ast.Node) {
	callee := &ast.IdentifierNode{Value: operatorPrefix + name}
	callee.SetLocation((*node).Location())
	ast.Patch(node, &ast.CallNode{Callee: callee, Arguments: args})
}

const operatorPrefix = "number "

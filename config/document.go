package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits that no configuration written by people comes near, and that keep the
// YAML parser from exhausting the machine.
const (
	maxBytes = 1 << 20
	maxDepth = 200
)

// document is the text of a configuration as a YAML tree with positions.
type document struct {
	name   string   // as it stands in faults
	lines  []string // without line ends and byte order mark
	body   ast.Node
	places map[string]place // by path
}

// place is where a value came from.
type place struct {
	file      string // a variable or flag, for a value laid over the file
	line, col int
	node      ast.Node // nil for a value laid over the file
	text      string   // the scalar, variables expanded; "" for lists and sections
	set       bool     // says something: not null, not "", not empty
	pair      bool     // one pair of a free map; line and col are the key's
	raw       string   // as the file has it, when expanded
	expanded  bool     // a variable was expanded, so offsets do not fit
}

// newDocument checks the encoding and builds the tree.
func newDocument(name string, src []byte) (*document, Faults) {
	d := &document{name: name, places: map[string]place{}}
	text := strings.TrimPrefix(string(src), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	if f := d.checkEncoding(text); f != nil {
		return d, Faults{*f}
	}
	d.lines = strings.Split(text, "\n")
	if f := d.checkCharacters(); f != nil {
		return d, Faults{*f}
	}
	file, err := parse([]byte(text))
	if err != nil {
		return d, Faults{d.syntaxFault(err)}
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		return d, Faults{d.fault(1, 1, "the file is empty", "loyalsync init writes a file to start from")}
	case len(bodies) > 1:
		line, col := d.start(bodies[1])
		return d, Faults{d.fault(line, col, "a second document begins here", "keep everything in one document: remove the line ---")}
	}
	d.body = bodies[0]
	return d, d.tabFaults()
}

// parse calls the YAML parser, whose panics count as faults of the text.
func parse(text []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, errors.New("not YAML")
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

func (d *document) fault(line, col int, message, hint string) Fault {
	line, col = d.clamp(line, col)
	return Fault{File: d.name, Line: line, Col: col, Message: message, Hint: hint}
}

// clamp keeps a position inside the file; just behind the end of a line is inside.
func (d *document) clamp(line, col int) (int, int) {
	line = max(1, min(line, len(d.lines)))
	width := 0
	if len(d.lines) > 0 {
		width = utf8.RuneCountInString(d.lines[line-1])
	}
	return line, max(1, min(col, width+1))
}

func (d *document) checkEncoding(text string) *Fault {
	fault := func(line, col int, message, hint string) *Fault {
		return &Fault{File: d.name, Line: line, Col: col, Message: message, Hint: hint}
	}
	if len(text) > maxBytes {
		return fault(1, 1, "the file is larger than 1 MiB", "is it the right file?")
	}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return fault(1, 1, "the file is UTF-16", "save it as UTF-8 (Notepad: Save as, Encoding: UTF-8)")
	}
	for i, r := range text {
		if r != utf8.RuneError || strings.HasPrefix(text[i:], "\ufffd") {
			continue
		}
		line := 1 + strings.Count(text[:i], "\n")
		col := 1 + utf8.RuneCountInString(text[strings.LastIndexByte(text[:i], '\n')+1:i])
		return fault(line, col, fmt.Sprintf("byte %X is not UTF-8; the file looks like Windows-1250", text[i]),
			"save it as UTF-8 (Notepad: Save as, Encoding: UTF-8)")
	}
	return nil
}

// checkCharacters finds control characters, and nesting that would exhaust the
// parser's stack.
func (d *document) checkCharacters() *Fault {
	depth := 0
	for i, line := range d.lines {
		col, leading := 0, true
		for _, r := range line {
			col++
			if r < ' ' && r != '\t' || r == 0x7f {
				f := d.fault(i+1, col, fmt.Sprintf("control character U+%04X", r), "remove it, or write it as an escape inside double quotes")
				return &f
			}
			leading = leading && (r == ' ' || r == '-' || r == '?')
			switch {
			case r == '[' || r == '{':
				depth++
			case (r == ']' || r == '}') && depth > 0:
				depth--
			}
			if depth > maxDepth || leading && col > 2*maxDepth {
				f := d.fault(i+1, col, "nested too deeply", "close the brackets opened before")
				return &f
			}
		}
	}
	return nil
}

var indentTab = regexp.MustCompile(`^ *\t`)

// tabAt returns the column of a tab in the indentation of a line, or 0.
func (d *document) tabAt(line int) int {
	if line < 1 || line > len(d.lines) {
		return 0
	}
	return len(indentTab.FindString(d.lines[line-1]))
}

const tabHint = "indent with spaces"

// tabFaults finds keys and list items behind tabs: YAML forbids it, and this
// parser lets some pass.
func (d *document) tabFaults() Faults {
	var faults Faults
	seen := map[int]bool{}
	ast.Walk(visitor(func(n ast.Node) {
		pair, ok := n.(*ast.MappingValueNode)
		if !ok || pair.Key.GetToken() == nil {
			return
		}
		line := pair.Key.GetToken().Position.Line
		if col := d.tabAt(line); col > 0 && !seen[line] {
			seen[line] = true
			faults = append(faults, d.fault(line, col, "a tab in the indentation", tabHint))
		}
	}), d.body)
	return faults
}

type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

// syntaxMessages say in other words what the parser says; anything else may quote
// the file, and is dropped (law 11).
var syntaxMessages = []struct{ prefix, message, hint string }{
	{"found unknown escape character", "an unknown escape inside double quotes", `write single quotes around text with backslashes: 'C:\folder'`},
	{"could not find end character of", "a quote is not closed", "add the closing quote"},
	{"could not find flow mapping end", "the bracket { is not closed", "add }"},
	{"sequence end token", "the bracket [ is not closed", "add ]"},
	{"',' or ']' must be", "a comma or ] is missing before this", "values that contain [ ] { } , or ${…} need quotes inside brackets; is a quote not closed further up?"},
	{"',' or '}' must be", "a comma or } is missing before this", "values that contain [ ] { } , or ${…} need quotes inside brackets; is a quote not closed further up?"},
	{"mapping value is not allowed", "two colons on one line", `write quotes around a value that contains ": "`},
	{"unexpected key name", "a key without a value", "write a space after the colon"},
	{"value is not allowed in this context", "this does not fit the indentation above", "indent keys of one section equally"},
	{"non-map value is specified", "a key without a value", "write key: value, with a space after the colon"},
	{"found an invalid key for this map", "this does not fit the section above", "indent keys of one section equally"},
	{"unexpected directive value", "a value may not begin with %", "write it in quotes"},
	{"'@' is a reserved", "a value may not begin with @", "write it in quotes"},
	{"'`' is a reserved", "a value may not begin with `", "write it in quotes"},
}

func (d *document) syntaxFault(err error) Fault {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		return d.fault(1, 1, "this is not YAML", "compare with what loyalsync init writes")
	}
	at := e.GetToken().Position
	for line := at.Line; line >= max(1, at.Line-1); line-- {
		if col := d.tabAt(line); col > 0 {
			return d.fault(line, col, "a tab in the indentation", tabHint)
		}
	}
	for _, m := range syntaxMessages {
		if strings.HasPrefix(e.GetMessage(), m.prefix) {
			return d.fault(at.Line, at.Column, m.message, m.hint)
		}
	}
	if strings.Contains(e.GetMessage(), "tab") || strings.Contains(e.GetMessage(), "\t") {
		return d.fault(at.Line, at.Column, "a tab where YAML does not allow one", tabHint)
	}
	return d.fault(at.Line, at.Column, "this is not YAML", "check indentation, quotes and brackets here and on the line before")
}

// start returns where a node begins. The token of a block section is its first
// colon, so the first key counts.
func (d *document) start(n ast.Node) (line, col int) {
	tk := n.GetToken()
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			tk = n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		tk = n.Key.GetToken()
	case *ast.LiteralNode:
		tk = n.Start
	}
	return d.tokenStart(tk)
}

func (d *document) tokenStart(tk *token.Token) (line, col int) {
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return d.clamp(tk.Position.Line, tk.Position.Column)
}

package config

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// find returns the place of a path, or of the nearest thing above it that is in
// the file.
func (d *document) find(path string) (place, bool) {
	for {
		if p, ok := d.places[path]; ok {
			return p, path != ""
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return d.places[""], false
		}
		path = path[:cut]
	}
}

// position returns where the character at offset of the value of path stands. For
// a pair of a free map (columns, title) it is the key.
func (d *document) position(path string, offset int) (file string, line, col int) {
	p, _ := d.find(path)
	if p.file != "" {
		return p.file, 0, 0
	}
	line, col = p.line, p.col
	_, exact := d.places[path]
	if exact && offset > 0 && !p.pair && !p.expanded {
		switch n := p.node.(type) {
		case *ast.StringNode:
			line, col = d.inText(n, line, col, offset)
		case *ast.LiteralNode:
			line, col = d.inBlock(n, line, col, offset)
		}
	}
	line, col = d.clamp(line, col)
	return d.name, line, col
}

// inText finds a character of a plain or quoted text by walking its source:
// doubled quotes and escapes are one character, and a line break with the
// indentation after it is one space.
func (d *document) inText(n *ast.StringNode, line, col, offset int) (int, int) {
	rest := []rune(d.lines[line-1])
	i := col - 1
	quote := n.Token.Type
	if quote == token.SingleQuoteType || quote == token.DoubleQuoteType {
		i++
	}
	for ; offset > 0; offset-- {
		if i >= len(rest) {
			if line >= len(d.lines) {
				break
			}
			line++
			rest = []rune(d.lines[line-1])
			i = len(rest) - len([]rune(strings.TrimLeft(string(rest), " ")))
			continue
		}
		i += width(quote, rest[i:])
	}
	return line, i + 1
}

// width is how many characters of source make the next character of a text.
func width(quote token.Type, rest []rune) int {
	if len(rest) < 2 {
		return 1
	}
	switch {
	case quote == token.SingleQuoteType && rest[0] == '\'' && rest[1] == '\'':
		return 2
	case quote != token.DoubleQuoteType || rest[0] != '\\':
		return 1
	}
	switch rest[1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	}
	return 2
}

// inBlock finds a character of a block text (| or >): line by line below the
// header, behind the indentation of the first line that is not empty.
func (d *document) inBlock(n *ast.LiteralNode, header, col, offset int) (int, int) {
	indent := -1
	for line := header + 1; line <= len(d.lines); line++ {
		text := d.lines[line-1]
		if indent < 0 && strings.TrimSpace(text) != "" {
			indent = len(text) - len(strings.TrimLeft(text, " "))
			if first, _, _ := strings.Cut(n.Value.Value, "\n"); strings.HasPrefix(first, " ") {
				indent -= len(first) - len(strings.TrimLeft(first, " "))
			}
		}
		length := max(0, utf8.RuneCountInString(text)-max(indent, 0))
		if offset <= length {
			return line, max(indent, 0) + offset + 1
		}
		offset -= length + 1
	}
	return header, col
}

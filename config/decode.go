package config

import (
	"errors"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills structs from the tree and collects every fault.
type decoder struct {
	*document
	dir    string // of the file; relative paths are resolved against it
	lookup func(string) (string, bool)
	faults Faults
}

// faultAt adds a fault of a value, by its path.
func (d *decoder) faultAt(path, message, hint string) {
	file, line, col := d.position(path, 0)
	d.faults = append(d.faults, Fault{File: file, Line: line, Col: col, Path: path, Message: message, Hint: hint})
}

func (d *decoder) faultAtToken(tk *token.Token, path, message, hint string) {
	line, col := d.tokenStart(tk)
	d.faults = append(d.faults, Fault{File: d.name, Line: line, Col: col, Path: path, Message: message, Hint: hint})
}

// value decodes one node into v, which is addressable and holds its defaults.
func (d *decoder) value(n ast.Node, v reflect.Value, path string, f field) {
	p := place{node: n}
	p.line, p.col = d.start(n)
	d.places[path] = p
	switch n := n.(type) {
	case *ast.MappingNode:
		d.mapping(n.Values, v, path, f)
	case *ast.MappingValueNode:
		d.mapping([]*ast.MappingValueNode{n}, v, path, f)
	case *ast.SequenceNode:
		d.sequence(n, v, path, f)
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		d.faultAt(path, "anchors and aliases (& and *) are not understood", "write the value out; text that begins with & or * needs quotes")
	case *ast.TagNode:
		d.faultAt(path, "tags (!) are not understood", "write text in quotes; text that begins with ! needs them")
	default:
		d.scalar(scalarOf(n), v, path, f)
	}
}

func (d *decoder) mapping(pairs []*ast.MappingValueNode, v reflect.Value, path string, f field) {
	d.mark(path, "", len(pairs) > 0)
	t := v.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case len(fieldsOf(t)) > 0:
		s := v
		if v.Kind() == reflect.Pointer {
			v.Set(newSection(t))
			s = v.Elem()
		} else if t == activateType {
			v.SetZero() // the section replaces the word that is the default
		}
		d.section(pairs, s, path)
	case t.ConvertibleTo(stringMap):
		d.freeMap(pairs, v, path, f)
	default:
		d.faultAt(path, "a section is written here; "+wanted(v.Type(), f), "")
	}
}

// section decodes the keys of a struct.
func (d *decoder) section(pairs []*ast.MappingValueNode, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	names := fieldNames(fields)
	seen := map[string]bool{}
	for i, pair := range pairs {
		key, tk := keyOf(pair)
		at := join(path, key)
		if seen[key] {
			d.faultAtToken(tk, at, "the key is written twice", "keep one of them")
			continue
		}
		seen[key] = true
		j := slices.Index(names, key)
		if j < 0 {
			d.unknownKey(pairs, i, path, names)
			continue
		}
		d.value(pair.Value, v.Field(fields[j].index), at, fields[j])
	}
	for _, f := range fields {
		switch {
		case !f.required:
		case !seen[f.name]:
			d.faultAt(join(path, f.name), "is missing", f.name+": "+f.desc)
		case f.typ.Kind() == reflect.String && v.Field(f.index).String() == "":
			d.faultAt(join(path, f.name), "must not be empty", f.desc)
		}
	}
	d.secrets(v, path)
}

func (d *decoder) unknownKey(pairs []*ast.MappingValueNode, i int, path string, names []string) {
	key, tk := keyOf(pairs[i])
	if key == "<<" {
		d.faultAtToken(tk, path, "merge keys (<<) are not understood", "write the keys out")
		return
	}
	_, empty := pairs[i].Value.(*ast.NullNode)
	if i > 0 && empty && strings.Trim(key, "0123456789") == "" {
		before, _ := keyOf(pairs[i-1])
		d.faultAtToken(tk, join(path, before), "a decimal comma: what follows it is read as another key", `write a decimal point, for example "1.50"`)
		return
	}
	d.faultAtToken(tk, join(path, show(key)), "there is no such key", didYouMean(key, names))
}

// freeMap decodes a map whose keys are data, in their own letters.
func (d *decoder) freeMap(pairs []*ast.MappingValueNode, v reflect.Value, path string, f field) {
	m := map[string]string{}
	for _, pair := range pairs {
		key, tk := keyOf(pair)
		at := join(path, key)
		if _, twice := m[key]; twice {
			d.faultAtToken(tk, join(path, show(key)), "the key is written twice", "keep one of them")
			continue
		}
		if v.Type() == titleType && !slices.Contains(titleLanguages, key) {
			d.faultAtToken(tk, join(path, show(key)), "there is no such language", didYouMean(key, titleLanguages))
			continue
		}
		var text string
		d.value(pair.Value, reflect.ValueOf(&text).Elem(), at, f)
		p := d.places[at]
		p.line, p.col = d.tokenStart(tk)
		p.pair = true
		d.places[at] = p
		m[key] = text
	}
	v.Set(reflect.ValueOf(m).Convert(v.Type()))
}

func (d *decoder) sequence(n *ast.SequenceNode, v reflect.Value, path string, f field) {
	d.mark(path, "", len(n.Values) > 0)
	if v.Kind() != reflect.Slice {
		d.faultAt(path, "a list is written here; "+wanted(v.Type(), f), "")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Values), len(n.Values))
	for i, item := range n.Values {
		if len(fieldsOf(v.Type().Elem())) > 0 {
			list.Index(i).Set(newSection(v.Type().Elem()).Elem())
		}
		at := path + "[" + strconv.Itoa(i) + "]"
		d.value(item, list.Index(i), at, f)
		if _, isText := item.(*ast.StringNode); isText && d.places[at].text == "" && (f.enum != nil || v.Type().Elem() != stringType) {
			d.faultAt(at, "the list has an empty item", "remove it")
		}
	}
	v.Set(list)
}

// mark notes what a value says, for keys that are not built yet.
func (d *decoder) mark(path, text string, set bool) {
	p := d.places[path]
	p.text, p.set = text, set
	d.places[path] = p
}

// scalar decodes a single value.
func (d *decoder) scalar(s scalar, v reflect.Value, path string, f field) {
	if s.kind == nullScalar {
		if v.Kind() == reflect.Slice || v.Kind() == reflect.Pointer || v.Kind() == reflect.Map || len(fieldsOf(v.Type())) > 0 {
			if strings.HasSuffix(path, "]") {
				d.faultAt(path, "the list has an empty item", "remove it")
			}
			return // a heading whose keys are all commented out
		}
		d.faultAt(path, "no value", `write one, or "" for none, or remove the key`)
		return
	}
	text, err := expand(s.text, d.lookup, encoderFor(f.isURL, s.text))
	if err != nil {
		d.refuse(s, v.Type(), path, err)
		return
	}
	p := d.places[path]
	p.expanded, p.raw = text != s.text, s.text
	d.places[path] = p
	d.mark(path, text, text != "")
	if p.expanded {
		s.kind = textScalar // a variable is always text, and may stand for anything
	}
	if err := d.assign(s, text, v, f); err != nil {
		d.refuse(s, v.Type(), path, err)
	}
}

// refuse adds the fault of a scalar. It quotes what the file says, never what a
// variable gave, and nothing of a secret or a URL (law 11).
func (d *decoder) refuse(s scalar, t reflect.Type, path string, err error) {
	var ve *valueError
	if !errors.As(err, &ve) {
		ve = &valueError{message: "is not a valid value"}
	}
	quoted := show(s.text)
	if t == secretType || t == urlType {
		quoted = "the value"
	}
	hint := ve.hint
	if quoted == "the value" && strings.HasPrefix(hint, `write "`) {
		hint = "write it in quotes"
	}
	d.faultAt(path, quoted+" "+ve.message, hint)
}

// assign stores the text in v, or says why it does not fit.
func (d *decoder) assign(s scalar, text string, v reflect.Value, f field) error {
	if v.Kind() == reflect.Pointer && v.Type().Elem() == activateType { // a word may stand in place of the section
		way := reflect.New(activateType)
		v.Set(way)
		return d.assign(s, text, way.Elem(), f)
	}
	isValue := v.Kind() != reflect.Slice && v.Kind() != reflect.Pointer && len(fieldsOf(v.Type())) == 0
	switch {
	case text == "" && isValue:
		return nil // says nothing: the default stays
	case v.Type() == secretType:
		v.Set(reflect.ValueOf(NewSecret(text)))
		return s.mustBeText(f)
	case v.Type() == urlType:
		v.Set(reflect.ValueOf(d.resolveURL(NewURL(text))))
		return s.mustBeText(f)
	case v.Type() == pathType:
		v.SetString(string(d.resolve(text)))
		return s.mustBeText(f)
	case v.Type() == decimalType:
		n, err := parseDecimal(text)
		v.Set(reflect.ValueOf(n))
		return err
	case unmarshaler(v) != nil:
		return assignText(s, text, v, f)
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		if err := s.mustBeText(f); err != nil {
			return err
		}
		return oneOf(text, f.enum)
	case reflect.Int:
		return assignInt(s, text, v)
	case reflect.Bool:
		return assignBool(s, text, v)
	case reflect.Slice:
		return &valueError{"is one value; a list is meant", "write it in brackets: [a, b], or each on a line beginning with -"}
	default:
		return &valueError{"is one value; a section of keys is meant", "write key: value lines below, indented"}
	}
}

func assignBool(s scalar, text string, v reflect.Value) error {
	written := s.kind == textScalar && text == s.text // quoted, or a word like yes
	if written || text != "true" && text != "false" {
		return &valueError{"is not true or false", "write true or false, without quotes"}
	}
	v.SetBool(text == "true")
	return nil
}

// assignText reads a value whose type knows its own text.
func assignText(s scalar, text string, v reflect.Value, f field) error {
	if v.Kind() == reflect.Map { // a title is free text
		if err := s.mustBeText(f); err != nil {
			return err
		}
	}
	return unmarshaler(v).UnmarshalText([]byte(text))
}

func assignInt(s scalar, text string, v reflect.Value) error {
	if s.kind == textScalar && text == s.text {
		return &valueError{"is text; a whole number is meant", "write digits without quotes"}
	}
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		return &valueError{"is not a whole number", "write digits only, for example 500"}
	}
	v.SetInt(int64(n))
	return nil
}

func oneOf(text string, enum []string) error {
	if len(enum) == 0 || slices.Contains(enum, text) || text == "" {
		return nil
	}
	return &valueError{"is not known here", didYouMean(text, enum)}
}

// wanted says what belongs in a place.
func wanted(t reflect.Type, f field) string {
	switch {
	case t.Kind() == reflect.Slice:
		return "a list is meant"
	case t == decimalType || t.Kind() == reflect.Int:
		return "a number is meant"
	case t.Kind() == reflect.Bool:
		return "true or false is meant"
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Map || len(fieldsOf(t)) > 0:
		return "a section of keys is meant"
	case f.noun != "":
		return f.noun + " are text"
	}
	return "a single value is meant"
}

// resolve makes a path of the file absolute.
func (d *decoder) resolve(path string) Path {
	if path == "" || filepath.IsAbs(path) {
		return Path(path)
	}
	return Path(filepath.Join(d.dir, path))
}

// resolveURL makes the file of a "sqlite:" URL absolute.
func (d *decoder) resolveURL(u URL) URL {
	path, ok := u.SQLitePath()
	if !ok || path == "" {
		return u
	}
	query := strings.TrimPrefix(u.Reveal()[len("sqlite:"):], path)
	return NewURL("sqlite:" + string(d.resolve(path)) + query)
}

// join appends a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keyOf returns the text and the token of a key.
func keyOf(pair *ast.MappingValueNode) (string, *token.Token) {
	var n ast.Node = pair.Key
	if k, ok := n.(*ast.MappingKeyNode); ok && k.Value != nil {
		n = k.Value
	}
	tk := n.GetToken()
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value, tk
	}
	if tk == nil {
		return "", nil
	}
	return tk.Value, tk
}

// show makes a text of the file fit for a message: one line, not too long.
func show(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	if quoted := strconv.Quote(s); s == "" || quoted[1:len(quoted)-1] != strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) {
		return quoted
	}
	return s
}

// paths lists the recorded paths, sorted.
func (d *document) paths() []string { return slices.Sorted(maps.Keys(d.places)) }

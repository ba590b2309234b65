package expression

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// fieldsOf lists the fields of a struct that carry a name for expressions.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for f := range t.Fields() {
		if name := f.Tag.Get("expr"); name != "" && name != "-" && f.IsExported() {
			fields[name] = f.Type
		}
	}
	return fields
}

// nameOf names a type as the person who writes expressions knows it.
func nameOf(t reflect.Type) string {
	switch {
	case t == textType:
		return "a text"
	case t == numberType:
		return "a number"
	case t == truthType:
		return "a condition"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t == tableType:
		return "all attributes"
	}
	return "a record"
}

func namesOf(types []reflect.Type) string {
	if len(types) == 0 {
		return "nothing"
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = nameOf(t)
	}
	return strings.Join(names, " and ")
}

// describe writes how a function is called.
func describe(name string, signatures []reflect.Type) string {
	ways := make([]string, len(signatures))
	for i, s := range signatures {
		var args []string
		for in := range s.Ins() {
			args = append(args, strings.TrimPrefix(nameOf(in), "a "))
		}
		ways[i] = fmt.Sprintf("%s(%s)", name, strings.Join(args, ", "))
	}
	return strings.Join(ways, " or ")
}

// callable lists every function by name, those of the environment included.
func (c *checking) callable() map[string]reflect.Type {
	all := make(map[string]reflect.Type)
	for name, f := range c.functions {
		if !strings.HasPrefix(name, operatorPrefix) {
			all[name] = f.Types[0]
		}
	}
	for name, t := range c.fields {
		if t.Kind() == reflect.Func {
			all[name] = t
		}
	}
	return all
}

// known says which names an expression may use.
func (c *checking) known() string {
	var fields []string
	for name, t := range c.fields {
		if t.Kind() != reflect.Func {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	functions := slices.Sorted(maps.Keys(c.callable()))
	return fmt.Sprintf("fields: %s; functions: %s", strings.Join(fields, ", "), strings.Join(functions, ", "))
}

// suggest proposes the name nearest to a misspelt one, or nothing.
func suggest(name string, from map[string]reflect.Type) string {
	best, distance := "", 3
	for _, candidate := range slices.Sorted(maps.Keys(from)) {
		if d := loyalty.EditDistance(strings.ToLower(name), candidate); d < distance && d < len(candidate) {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s? ", best)
}

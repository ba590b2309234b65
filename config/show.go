package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
)

// Show returns the configuration in effect as YAML: defaults filled in, variables
// expanded, secrets redacted. A secret that came from a file shows only the file.
func (f *File) Show() (string, error) {
	out, err := yaml.MarshalWithOptions(shown(reflect.ValueOf(f.Config).Elem()), yaml.IndentSequence(true), yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return "", fmt.Errorf("write the configuration as YAML: %w", err)
	}
	return string(out), nil
}

// shown turns a value into what the YAML writer understands. Keys that are empty
// and would be without the file are left out.
func shown(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		return shown(v.Elem())
	}
	if a, ok := v.Interface().(Activate); ok && a.After.IsZero() {
		return a.When
	}
	if fields := fieldsOf(v.Type()); len(fields) > 0 {
		return shownSection(v, fields)
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			return redacted
		}
		return string(text)
	}
	switch v.Kind() {
	case reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = shown(v.Index(i))
		}
		return items
	case reflect.Map:
		var pairs yaml.MapSlice
		for _, key := range slices.Sorted(mapKeys(v)) {
			pairs = append(pairs, yaml.MapItem{Key: key, Value: v.MapIndex(reflect.ValueOf(key)).String()})
		}
		return pairs
	case reflect.String:
		return v.String() // without its named type
	default:
		return v.Interface()
	}
}

func shownSection(v reflect.Value, fields []field) yaml.MapSlice {
	pairs := yaml.MapSlice{}
	defaults := newSection(v.Type()).Elem()
	for _, f := range fields {
		value := v.Field(f.index)
		if s, ok := value.Interface().(Secret); ok && (s.fromFile || s.IsZero()) {
			continue
		}
		if empty(value) && empty(defaults.Field(f.index)) {
			continue
		}
		pairs = append(pairs, yaml.MapItem{Key: f.name, Value: shown(value)})
	}
	return pairs
}

func empty(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && v.Kind() != reflect.Pointer {
		return z.IsZero()
	}
	return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

func mapKeys(v reflect.Value) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, key := range v.MapKeys() {
			if !yield(key.String()) {
				return
			}
		}
	}
}

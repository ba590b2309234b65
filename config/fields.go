package config

import (
	"encoding"
	"reflect"
	"strings"

	"github.com/shopspring/decimal"
)

// field is one key of a section, as the tags of its struct describe it.
type field struct {
	index    int
	name     string
	desc     string
	noun     string
	enum     []string
	required bool
	isURL    bool
	typ      reflect.Type
}

// fieldsOf lists the keys of a section in the order of the struct; none for a
// type that is not a section.
func fieldsOf(t reflect.Type) []field {
	if t.Kind() != reflect.Struct {
		return nil
	}
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name := sf.Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		f := field{
			index: i, name: name, typ: sf.Type,
			desc: sf.Tag.Get("desc"), noun: sf.Tag.Get("noun"),
			required: sf.Tag.Get("required") == "true", isURL: sf.Tag.Get("expand") == "url",
		}
		if enum := sf.Tag.Get("enum"); enum != "" {
			f.enum = strings.Split(enum, ",")
		}
		fields = append(fields, f)
	}
	return fields
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// Types that the decoder treats by themselves.
var (
	secretType   = reflect.TypeFor[Secret]()
	urlType      = reflect.TypeFor[URL]()
	pathType     = reflect.TypeFor[Path]()
	decimalType  = reflect.TypeFor[decimal.Decimal]()
	titleType    = reflect.TypeFor[Title]()
	activateType = reflect.TypeFor[Activate]()
	stringType   = reflect.TypeFor[string]()
	stringMap    = reflect.TypeFor[map[string]string]()
)

// defaulter fills in what holds for a section whose keys are absent.
type defaulter interface{ setDefaults() }

// newSection returns a section with its defaults, those of the sections inside
// included.
func newSection(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if d, ok := v.Interface().(defaulter); ok {
		d.setDefaults()
	}
	for _, f := range fieldsOf(t) {
		if len(fieldsOf(f.typ)) > 0 && v.Elem().Field(f.index).IsZero() {
			v.Elem().Field(f.index).Set(newSection(f.typ).Elem())
		}
	}
	return v
}

// unmarshaler returns v as something that reads text, or nil.
func unmarshaler(v reflect.Value) encoding.TextUnmarshaler {
	u, _ := v.Addr().Interface().(encoding.TextUnmarshaler)
	return u
}

package config

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"
)

// What names the schemas; nothing is fetched from there.
const (
	SchemaID     = "https://github.com/loyalsync/loyalsync/loyalsync.schema.json"
	RuleSchemaID = "https://github.com/loyalsync/loyalsync/rules.schema.json"
)

// orVariable ends every pattern: a value with ${NAME} passes too.
const orVariable = `|.*\$\{.*`

// Schema returns the JSON Schema (draft 2020-12) of loyalsync.yaml, made from the
// structs, for editors to complete and check from.
func Schema() ([]byte, error) {
	return schemaOf[Config](SchemaID, FileName, "Configuration of loyalsync.")
}

// RuleSchema is the same for the files of rules that rule_sets name.
func RuleSchema() ([]byte, error) {
	return schemaOf[RuleFile](RuleSchemaID, "rules", "A file of rules of loyalsync.")
}

func schemaOf[T any](id, title, description string) ([]byte, error) {
	r := &jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true, // required keys are set by describe
		ExpandedStruct:             true,
		Anonymous:                  true,
		Mapper:                     valueSchema,
	}
	s := r.Reflect(new(T))
	s.ID, s.Title, s.Description = jsonschema.ID(id), title, description
	d := describer{defs: s.Definitions, done: map[reflect.Type]bool{}}
	d.describe(s, reflect.TypeFor[T]())
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(out, '\n'), nil
}

// describer adds to a schema what the reflector does not know.
type describer struct {
	defs jsonschema.Definitions
	done map[reflect.Type]bool
}

// describe adds what the tags of a struct say, and the defaults that its
// setDefaults gives.
func (d describer) describe(s *jsonschema.Schema, t reflect.Type) {
	if d.done[t] {
		return
	}
	d.done[t] = true
	defaults := newSection(t).Elem()
	for _, f := range fieldsOf(t) {
		property, _ := s.Properties.Get(f.name)
		property.Description = f.desc
		if f.required {
			s.Required = append(s.Required, f.name)
		}
		values := property
		if property.Items != nil && property.Items.Ref == "" {
			values = property.Items
		}
		for _, word := range f.enum {
			values.Enum = append(values.Enum, word)
		}
		inner := f.typ
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		isSection := len(fieldsOf(inner)) > 0
		if isSection {
			d.describe(d.defs[inner.Name()], inner)
		}
		if v := defaults.Field(f.index); !empty(v) && (!isSection || inner == activateType) {
			property.Default = shown(v)
		}
		nullable(s, f.name, property)
	}
	if t == activateType {
		section := *s
		*s = jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Enum: []any{"released", "paid"}}, &section}}
	}
}

// nullable lets a heading stand alone, all keys below commented out.
func nullable(s *jsonschema.Schema, name string, property *jsonschema.Schema) {
	if property.Ref == "" && property.Type != "array" {
		return
	}
	s.Properties.Set(name, &jsonschema.Schema{
		Description: property.Description,
		Default:     property.Default,
		AnyOf:       []*jsonschema.Schema{without(property), {Type: "null"}},
	})
}

func without(property *jsonschema.Schema) *jsonschema.Schema {
	p := *property
	p.Description, p.Default = "", nil
	return &p
}

// patterns of values that are written as text.
var textPatterns = map[reflect.Type]string{
	reflect.TypeFor[Duration]():  `([0-9]+(d|h|m|s|ms))+`,
	reflect.TypeFor[Every]():     `[1-9][0-9]*[smhd]`,
	reflect.TypeFor[Span]():      `[1-9][0-9]*(y|mo|d)`,
	reflect.TypeFor[Percent]():   `(0|[1-9][0-9]*)(\.[0-9]+)?%`,
	reflect.TypeFor[Date]():      `[0-9]{4}-[0-9]{2}-[0-9]{2}`,
	reflect.TypeFor[MonthDay]():  `[0-9]{2}-[0-9]{2}`,
	reflect.TypeFor[LocalTime](): `[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?`,
	reflect.TypeFor[TimeOfDay](): `([01][0-9]|2[0-3]):[0-5][0-9]`,
	reflect.TypeFor[Weekday]():   `mon|tue|wed|thu|fri|sat|sun`,
}

// valueSchema is the schema of a type that is one value.
func valueSchema(t reflect.Type) *jsonschema.Schema {
	text := func(pattern string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Pattern: "^(|" + pattern + orVariable + ")$"}
	}
	if pattern, ok := textPatterns[t]; ok {
		return text(pattern)
	}
	switch {
	case t == secretType, t == urlType, t == pathType, t == reflect.TypeFor[Zone]():
		return &jsonschema.Schema{Type: "string"}
	case t == decimalType:
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text(`-?(0|[1-9][0-9]*)(\.[0-9]+)?`), {Type: "number"}}}
	case t == titleType:
		return titleSchema()
	case t.Kind() == reflect.Int:
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "integer"}, {Type: "string", Pattern: `\$\{`}}}
	case t.Kind() == reflect.Bool:
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "boolean"}, {Type: "string", Pattern: `\$\{`}}}
	}
	return nil
}

func titleSchema() *jsonschema.Schema {
	languages := jsonschema.NewProperties()
	for _, language := range titleLanguages {
		languages.Set(language, &jsonschema.Schema{Type: "string"})
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string"},
		{Type: "object", Properties: languages, AdditionalProperties: jsonschema.FalseSchema},
	}}
}

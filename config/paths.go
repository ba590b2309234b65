package config

import (
	"path/filepath"
	"reflect"
	"slices"
)

// Paths are the files and folders a configuration names, for whoever prepares
// the rights of the account it runs under.
type Paths struct {
	Secrets []string // files that hold a secret or a private key
	Files   []string // other files that are read
	Folders []string // folders that are written: of the store, the log and the copies
}

// Paths returns what the configuration names, once each, in its order.
func (c *Config) Paths() Paths {
	var p Paths
	if store, ok := c.Store.URL.SQLitePath(); ok {
		p.folder(store)
	}
	if c.Log.File != "" {
		p.folder(string(c.Log.File))
	}
	for _, j := range c.Jobs {
		if j.To != "" {
			p.Folders = once(p.Folders, string(j.To))
		}
	}
	p.read(reflect.ValueOf(c).Elem())
	return p
}

// read walks a section, and every section inside, for files that are read.
func (p *Paths) read(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			p.read(v.Elem())
		}
		return
	case reflect.Slice:
		for i := range v.Len() {
			p.read(v.Index(i))
		}
		return
	case reflect.Struct:
	default:
		return
	}
	fields := fieldsOf(v.Type())
	for _, f := range fields {
		value := v.Field(f.index)
		switch {
		case f.typ != pathType:
			p.read(value)
		case value.String() == "" || written(v.Type(), f.name):
		case f.name == "tls_key" || secretBeside(fields, f.name):
			p.Secrets = once(p.Secrets, value.String())
		default:
			p.Files = once(p.Files, value.String())
		}
	}
}

// written says that a path is not read but written.
func written(section reflect.Type, key string) bool {
	return section == reflect.TypeFor[Log]() && key == "file" || section == reflect.TypeFor[Job]() && key == "to"
}

// secretBeside says that a key is the file of the secret beside it.
func secretBeside(fields []field, key string) bool {
	for _, f := range fields {
		if f.typ == secretType && f.name+"_file" == key {
			return true
		}
	}
	return false
}

func (p *Paths) folder(file string) { p.Folders = once(p.Folders, filepath.Dir(file)) }

func once(list []string, path string) []string {
	if slices.Contains(list, path) {
		return list
	}
	return append(list, path)
}

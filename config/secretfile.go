package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxSecret is the most a secret's file may hold, in bytes.
const maxSecret = 64 << 10

// secrets reads the files named beside the secrets of a section.
func (d *decoder) secrets(v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	for _, f := range fields {
		if f.typ != secretType {
			continue
		}
		for _, g := range fields {
			if g.typ != pathType || g.name != f.name+"_file" {
				continue
			}
			at := join(path, g.name)
			file, own := v.Field(g.index).String(), v.Field(f.index)
			if file == "" {
				continue
			}
			if !own.IsZero() && own.Interface().(Secret).Reveal() != "" {
				d.faultAt(at, f.name+" and "+g.name+" are both written", "keep "+g.name)
				continue
			}
			secret, err := readSecret(file)
			if err != nil {
				d.faultAt(at, file+": "+err.Error(), "write the secret, and nothing else, into that file; it is looked for from the folder of the configuration")
				continue
			}
			own.Set(reflect.ValueOf(secret))
		}
	}
}

// readSecret returns what a file holds, without the line end behind it. Errors
// name neither the file nor what is in it.
func readSecret(file string) (Secret, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Secret{}, cause(err)
	}
	if !info.Mode().IsRegular() {
		return Secret{}, errors.New("not a file")
	}
	r, err := os.Open(file) //nolint:gosec // the administrator names the file
	if err != nil {
		return Secret{}, cause(err)
	}
	content, err := io.ReadAll(io.LimitReader(r, maxSecret+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return Secret{}, cause(err)
	}
	text := strings.TrimRight(strings.TrimPrefix(string(content), "\ufeff"), "\r\n")
	switch {
	case len(content) > maxSecret:
		return Secret{}, errors.New("the file is larger than 64 KiB")
	case text == "":
		return Secret{}, errors.New("the file is empty")
	case !utf8.ValidString(text) || bytes.ContainsRune(content, 0):
		return Secret{}, errors.New("the file is not UTF-8 text")
	}
	return Secret{value: &text, fromFile: true}, nil
}

// cause says what the operating system said, without the path that the fault
// names already.
func cause(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("this account may not read it")
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

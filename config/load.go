package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// FileName is what the configuration is called where it is looked for.
const FileName = "loyalsync.yaml"

// EnvPrefix begins every environment variable that is read: LOYALSYNC_HTTP_ADDR
// stands for http.addr. LOYALSYNC_CONFIG names the file itself.
const EnvPrefix = "LOYALSYNC_"

// Options say where the configuration comes from.
type Options struct {
	Path  string                 // the --config flag; "" looks in LOYALSYNC_CONFIG, then in Dirs
	Dirs  []string               // nil is DefaultDirs()
	Flags map[string]*pflag.Flag // by key, for example "log.level"; those that were given win over all
}

// File is a loaded configuration.
type File struct {
	Path   string // the file chosen, as it was found
	Config *Config
	doc    *document
	// ruleDocs are the files of rules, by the path of the rule set that names them.
	ruleDocs map[string]*document
}

// DefaultDirs are the folders looked in, in this order: the current one, the
// program's, %ProgramData%\loyalsync on Windows, /etc/loyalsync elsewhere.
func DefaultDirs() []string {
	dirs := []string{"."}
	if exe, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(exe))
	}
	if data := os.Getenv("ProgramData"); data != "" {
		dirs = append(dirs, filepath.Join(data, "loyalsync"))
	}
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/etc/loyalsync")
	}
	return dirs
}

// Load finds, reads and checks the configuration. The error, if any, is Faults.
// With faults in a file that is YAML, the File is returned beside them, as far as
// it was understood, so that further checks can add theirs; it must not be run.
// No file at all is ErrNotFound.
func Load(o Options) (*File, error) {
	path, err := o.find()
	if err != nil {
		return nil, err
	}
	src, err := os.ReadFile(path) //nolint:gosec // the administrator names the file
	if err != nil {
		f := Fault{File: path, Message: cause(err).Error(), Hint: "name the file with --config, or write one with loyalsync init", err: err}
		if errors.Is(err, fs.ErrNotExist) {
			f.err = errors.Join(ErrNotFound, err)
		}
		return nil, Faults{f}
	}
	return parseFile(path, src, o.Flags)
}

func (o Options) find() (string, error) {
	if o.Path != "" {
		return o.Path, nil
	}
	if path := os.Getenv(EnvPrefix + "CONFIG"); path != "" {
		return path, nil
	}
	dirs := o.Dirs
	if dirs == nil {
		dirs = DefaultDirs()
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, FileName)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", Faults{{
		Message: "no " + FileName + " in " + strings.Join(dirs, ", "),
		Hint:    "write one with loyalsync init, or name it with --config or LOYALSYNC_CONFIG",
		err:     ErrNotFound,
	}}
}

// Parse checks the text of a configuration as if it stood in the file path. The
// environment counts as in Load.
func Parse(path string, src []byte) (*File, error) { return parseFile(path, src, nil) }

func parseFile(path string, src []byte, flags map[string]*pflag.Flag) (*File, error) {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, Faults{{File: path, Message: "the folder of the file is not known: " + err.Error(), err: err}}
	}
	doc, faults := newDocument(path, src)
	if doc.body == nil {
		return nil, faults
	}
	d := &decoder{document: doc, dir: folder, lookup: os.LookupEnv, faults: faults}
	root := newSection(reflect.TypeFor[Config]())
	d.value(doc.body, root.Elem(), "", field{})
	d.overlay(root.Elem(), flags)
	config := root.Interface().(*Config)
	d.refuseUnbuilt()
	config.complete()
	config.Store.URL = d.resolveURL(config.Store.URL) // the default one
	d.validate(config)
	for i := range config.Programs {
		d.tables(at("programs", i), config.Programs[i].Rules)
	}
	file := &File{Path: path, Config: config, doc: doc, ruleDocs: d.ruleFiles(config)}
	if len(d.faults) > 0 {
		return file, d.faults.Sort()
	}
	return file, nil
}

// Fault gives a fault found elsewhere its position: path as in
// "mappings[0].contractors.where", offset in characters into the value. A path
// that is not in the file stands where the nearest section around it does.
func (f *File) Fault(path string, offset int, message, hint string) Fault {
	file, line, col := f.Position(path, offset)
	return Fault{File: file, Line: line, Col: col, Path: path, Message: message, Hint: hint}
}

// Position returns where a value stands; see Fault. Line and column are 0 for a
// value that came from the environment or a flag, which file then names.
func (f *File) Position(path string, offset int) (file string, line, col int) {
	for prefix, doc := range f.ruleDocs {
		if inner, within := strings.CutPrefix(path, prefix+"."); within && inner != "file" && inner != "valid_from" {
			return doc.position(inner, offset)
		}
	}
	return f.doc.position(path, offset)
}

// overlaid are the top keys that environment and flags may set.
var overlaid = []string{"timezone", "log", "store", "http"}

// overlay lays environment and flags over the file, flags on top.
func (d *decoder) overlay(root reflect.Value, flags map[string]*pflag.Flag) {
	v := viper.New()
	for _, leaf := range overlayLeaves(root) {
		env := EnvPrefix + strings.ToUpper(strings.ReplaceAll(leaf.path, ".", "_"))
		if err := v.BindEnv(leaf.path, env); err != nil {
			panic(fmt.Sprintf("bind %s: %v", env, err)) // only without a key
		}
		from := env
		// A flag that was not given is left out: viper would take its default, which
		// must not win over the file.
		if flag := flags[leaf.path]; flag != nil && flag.Changed {
			from = "--" + flag.Name
			if err := v.BindPFlag(leaf.path, flag); err != nil {
				panic(fmt.Sprintf("bind %s: %v", from, err)) // only without a flag
			}
		}
		if text := v.GetString(leaf.path); text != "" {
			d.overlayValue(leaf, from, text)
		}
	}
}

// leaf is one key that may be overlaid.
type leaf struct {
	path  string
	value reflect.Value
	field field
}

func overlayLeaves(root reflect.Value) []leaf {
	var leaves []leaf
	var walk func(v reflect.Value, path string, f field)
	walk = func(v reflect.Value, path string, f field) {
		inner := fieldsOf(v.Type())
		for _, g := range inner {
			walk(v.Field(g.index), join(path, g.name), g)
		}
		isList := v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.String
		if len(inner) == 0 && !isList {
			leaves = append(leaves, leaf{path, v, f})
		}
	}
	for _, f := range fieldsOf(root.Type()) {
		for _, name := range overlaid {
			if f.name == name {
				walk(root.Field(f.index), name, f)
			}
		}
	}
	return leaves
}

// overlayValue stores one value; a list is written with commas.
func (d *decoder) overlayValue(l leaf, from, text string) {
	d.dropFaults(l.path)
	d.places[l.path] = place{file: from, text: text, set: true, expanded: true}
	if l.value.Kind() != reflect.Slice {
		d.overlayScalar(text, l.value, l.path, l.field)
		return
	}
	items := strings.Split(text, ",")
	l.value.Set(reflect.MakeSlice(l.value.Type(), len(items), len(items)))
	for i, item := range items {
		path := fmt.Sprintf("%s[%d]", l.path, i)
		item = strings.TrimSpace(item)
		d.places[path] = place{file: from, text: item, set: true, expanded: true}
		d.overlayScalar(item, l.value.Index(i), path, l.field)
	}
}

func (d *decoder) overlayScalar(text string, v reflect.Value, path string, f field) {
	// The empty scalar text differs from text, which makes digits and true fit.
	if err := d.assign(scalar{}, text, v, f); err != nil {
		d.refuse(scalar{text: text}, v.Type(), path, err)
	}
}

// dropFaults forgets faults of a value, and of the items in it, that is overlaid.
func (d *decoder) dropFaults(path string) {
	kept := d.faults[:0]
	for _, f := range d.faults {
		if f.Path != path && !strings.HasPrefix(f.Path, path+"[") {
			kept = append(kept, f)
		}
	}
	d.faults = kept
	for p := range d.places {
		if strings.HasPrefix(p, path+"[") {
			delete(d.places, p)
		}
	}
}

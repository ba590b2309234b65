package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/loyalsync/loyalsync/"

// topImports names, for each top-level folder, the other top-level folders that
// its code may import.
var topImports = map[string][]string{
	"config":     nil,
	"connectors": nil,
	"loyalty":    nil,
	"mapping":    {"connectors", "loyalty"},
	"jobs":       {"connectors", "mapping", "loyalty"},
	"cmd":        {"config", "connectors", "mapping", "loyalty", "jobs"},
}

// innerImports names what a package may import of its own top-level folder
// besides the root of the folder. Technologies do not know each other.
var innerImports = map[string][]string{
	"connectors/compiere":     {"connectors/network"},
	"connectors/optima":       {"connectors/network", "connectors/sqlserver"},
	"connectors/sqlerp":       {"connectors/network", "connectors/sqlserver"},
	"connectors/sqlserver":    {"connectors/network"},
	"loyalty/ledger":          {"loyalty/rules", "loyalty/platform/wire"},
	"loyalty/panel":           {"loyalty/platform", "loyalty/platform/wire", "loyalty/web"},
	"loyalty/panel/api":       {"loyalty/ledger", "loyalty/platform/wire"},
	"loyalty/platform":        {"loyalty/platform/wire"},
	"loyalty/store":           {"loyalty/platform/wire"},
	"loyalty/store/storetest": {"loyalty/store", "loyalty/platform/wire"},
	"mapping":                 {"mapping/expression"},
}

// testHelpers are packages that only tests import.
var testHelpers = []string{"connectors/connectortest", "connectors/network/networktest", "connectors/optima/optimatest", "connectors/sqlserver/tdstest", "loyalty/store/storetest"}

// onlyModules names the foreign modules of packages that are kept pure; other
// packages may use any.
var onlyModules = map[string][]string{
	"connectors":    {"github.com/shopspring/decimal"},
	"loyalty":       {"github.com/shopspring/decimal"},
	"loyalty/rules": {"github.com/shopspring/decimal"},
}

// importFault says why a file may not import a package, "" when it may. Both
// are relative to the module; foreign packages keep their full path.
func importFault(file, imported string) string {
	from, isTest := path.Dir(file), strings.HasSuffix(file, "_test.go")
	to, inside := strings.CutPrefix(imported, module)
	if !inside {
		if pure, listed := onlyModules[from]; listed && !isTest && strings.Contains(strings.Split(imported, "/")[0], ".") && !slices.Contains(pure, imported) {
			return "the package is kept to the standard library and " + strings.Join(pure, ", ")
		}
		return ""
	}
	fromTop, _, _ := strings.Cut(from, "/")
	toTop, _, _ := strings.Cut(to, "/")
	may, known := topImports[fromTop]
	switch {
	case !known:
		return "the folder has no row in topImports"
	case fromTop != toTop && !slices.Contains(may, toTop):
		return fromTop + " may import only [" + strings.Join(may, " ") + "]"
	case isTest: // a test may put neighbours together
		return ""
	case slices.Contains(testHelpers, to):
		return "only tests import it"
	case toTop == "connectors" && to != "connectors" && fromTop != "cmd" && fromTop != toTop:
		return "only cmd knows the concrete connectors; take the interface"
	case fromTop == toTop && to != fromTop && fromTop != "cmd" && !slices.Contains(innerImports[from], to):
		return "neighbours do not know each other, and " + from + " has no row for it in innerImports"
	}
	return ""
}

func TestImportFault(t *testing.T) {
	tests := []struct {
		file, imported string
		allowed        bool
	}{
		{"loyalty/points.go", "strconv", true},
		{"loyalty/points.go", "github.com/shopspring/decimal", true},
		{"loyalty/points.go", "github.com/jackc/pgx/v5", false},
		{"loyalty/points_test.go", "pgregory.net/rapid", true},
		{"loyalty/store/store.go", "github.com/jackc/pgx/v5", true},
		{"loyalty/points.go", module + "connectors", false},
		{"loyalty/points_test.go", module + "connectors", false},
		{"loyalty/points.go", module + "loyalty/rules", false},
		{"loyalty/rules/score.go", module + "loyalty", true},
		{"loyalty/rules/score.go", module + "loyalty/ledger", false},
		{"loyalty/ledger/chain.go", module + "loyalty/rules", true},
		{"loyalty/ledger/chain.go", module + "loyalty/store", false},
		{"loyalty/ledger/chain_test.go", module + "loyalty/store", true},
		{"loyalty/panel/page.go", module + "loyalty/web", true},
		{"mapping/mapping.go", module + "connectors", true},
		{"mapping/mapping.go", module + "connectors/compiere", false},
		{"mapping/mapping.go", module + "jobs", false},
		{"jobs/points.go", module + "connectors", true},
		{"jobs/points.go", module + "connectors/sqlerp", false},
		{"jobs/points_test.go", module + "connectors/sqlerp", true},
		{"jobs/console/console.go", module + "jobs", true},
		{"connectors/sqlerp/source.go", module + "connectors", true},
		{"connectors/sqlerp/source.go", module + "connectors/compiere", false},
		{"connectors/sqlerp/source.go", module + "connectors/network", true},
		{"connectors/network/guard.go", module + "connectors/sqlerp", false},
		{"jobs/points.go", module + "connectors/network", false},
		{"connectors/sqlerp/source.go", module + "connectors/connectortest", false},
		{"connectors/sqlerp/source_test.go", module + "connectors/connectortest", true},
		{"cmd/loyalsync/wire.go", module + "connectors/sqlerp", true},
		{"cmd/loyalsync/wire.go", module + "connectors/connectortest", false},
		{"config/config.go", module + "loyalty", false},
		{"tools/tools.go", module + "loyalty", false},
	}
	for _, tt := range tests {
		if why := importFault(tt.file, tt.imported); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: allowed is %v, the check says %q", tt.file, tt.imported, tt.allowed, why)
		}
	}
}

// sources parses every Go file of the module, by its path from the root. It
// reads the files itself, so that the test cache sees each of them.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	root, files := filepath.Join("..", ".."), map[string]*ast.File{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "testdata" || len(name) > 2 && name[0] == '.') {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		files[filepath.ToSlash(rel)] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestImportDirections keeps the folders apart.
func TestImportDirections(t *testing.T) {
	for name, f := range sources(t) {
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := importFault(name, imported); why != "" {
				t.Errorf("%s imports %s: %s", name, imported, why)
			}
		}
	}
}

// TestZonesAreLinked: the program brings its time zones. On a machine that has
// none itself, .ci/run wine checks a configuration with Europe/Warsaw.
func TestZonesAreLinked(t *testing.T) {
	if !slices.ContainsFunc(sources(t)["cmd/loyalsync/main.go"].Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"time/tzdata"` }) {
		t.Error("main.go does not import time/tzdata")
	}
}

// TestPackageComments: every package says once what it is.
func TestPackageComments(t *testing.T) {
	comments := map[string][]string{}
	for name, f := range sources(t) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		dir := path.Dir(name)
		if _, seen := comments[dir]; !seen {
			comments[dir] = nil // to be found without any
		}
		if f.Doc == nil {
			continue
		}
		comments[dir] = append(comments[dir], name)
		start := "Package " + f.Name.Name + " "
		if f.Name.Name == "main" {
			start = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(f.Doc.Text(), start) {
			t.Errorf("%s: the package comment has to begin with %q", name, start)
		}
	}
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("%s: a package has one comment, in doc.go; here it is in %v", dir, files)
		}
	}
}

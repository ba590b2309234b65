package config_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
)

// TestPaths lists what the file with every key names: nothing that is a file may
// be missing, or a service could not read it.
func TestPaths(t *testing.T) {
	src, err := os.ReadFile("testdata/every-key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), src)
	if file == nil {
		t.Fatal(err)
	}
	got := file.Config.Paths()
	within := func(paths []string) (out []string) {
		for _, p := range paths {
			rel, err := filepath.Rel(dir, p)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, filepath.ToSlash(rel))
		}
		return out
	}
	if diff := cmp.Diff([]string{"logs", "backups"}, within(got.Folders)); diff != "" {
		t.Errorf("folders that are written:\n%s", diff)
	}
	file.Config.Store.URL = config.NewURL("sqlite:" + filepath.Join(dir, "data", "l.db"))
	if diff := cmp.Diff([]string{"data", "logs", "backups"}, within(file.Config.Paths().Folders)); diff != "" {
		t.Errorf("folders that are written with a store of one file:\n%s", diff)
	}
	for _, list := range [][]string{within(got.Secrets), within(got.Files)} {
		if len(list) == 0 {
			t.Errorf("secrets %v, files %v", got.Secrets, got.Files)
		}
	}
	all := strings.Join(append(within(got.Secrets), within(got.Files)...), "\n") + "\n"
	for line := range strings.Lines(string(src)) { // every key that ends in _file, table, tls_…
		for _, key := range []string{"password_file: ", "token_file: ", "signing_key_file: ", "webhook_file: ", "tls_cert: ", "tls_key: ", "ca_file: ", "table: ", "{file: "} {
			_, value, ok := strings.Cut(line, key)
			if key == "table: " && !strings.Contains(value, ".csv") {
				continue // a table of a database
			}
			if !ok || strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			value = strings.Trim(strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",}# \n", r) })[0], `"'`)
			if !strings.Contains(all, value+"\n") {
				t.Errorf("%s%s is not among\n%s", key, value, all)
			}
		}
	}
}

// TestDefaultDirs is the order of the folders looked in.
func TestDefaultDirs(t *testing.T) {
	data := filepath.Join(t.TempDir(), "Program Data")
	t.Setenv("ProgramData", data)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".", filepath.Dir(exe), filepath.Join(data, "loyalsync")}
	if runtime.GOOS != "windows" {
		want = append(want, "/etc/loyalsync")
	}
	if diff := cmp.Diff(want, config.DefaultDirs()); diff != "" {
		t.Error(diff)
	}
}

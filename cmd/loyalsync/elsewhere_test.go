package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestElsewhere starts commands from another folder, as a service starts in
// system32: everything a configuration names lies beside it, however it was found.
func TestElsewhere(t *testing.T) {
	for _, tt := range []struct {
		name string
		find func(t *testing.T, w world) []string // the arguments that find it
	}{
		{"by its whole path", func(_ *testing.T, w world) []string { return []string{"--config", w.path("loyalsync.yaml")} }},
		{"by a relative path", func(t *testing.T, w world) []string {
			here, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Rel(here, w.path("loyalsync.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			return []string{"--config", path}
		}},
		{"by the environment", func(t *testing.T, w world) []string {
			t.Setenv("LOYALSYNC_CONFIG", w.path("loyalsync.yaml"))
			return nil
		}},
		{"in ProgramData", func(t *testing.T, w world) []string {
			data := t.TempDir()
			if err := os.Symlink(w.dir, filepath.Join(data, "loyalsync")); err != nil {
				t.Skip("no links here:", err)
			}
			t.Setenv("ProgramData", data)
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.file()
			yaml, err := os.ReadFile(w.path("loyalsync.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			w.write("loyalsync.yaml", strings.Replace(string(yaml), "format: text}", "format: text, file: logs/l.log}", 1)+
				"  - {name: copy, kind: backup, to: copies, daily: [\"23:00\"]}\n")
			elsewhere := t.TempDir()
			t.Chdir(elsewhere)
			found := tt.find(t, w)
			for _, args := range [][]string{{"run", "points"}, {"run", "copy"}, {"balance", "K001"}} {
				if r := command(t.Context(), "", append(args, found...)...); r.code != exitDone {
					t.Fatalf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
				}
			}
			for _, name := range []string{"data/loyalsync.db", "logs/l.log", "copies"} {
				if _, err := os.Stat(w.path(filepath.FromSlash(name))); err != nil {
					t.Error(err)
				}
			}
			if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
				t.Errorf("in the working directory: %v %v", left, err)
			}
		})
	}
}

package doctor_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/jobs/doctor"
)

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	open, closed := filepath.Join(dir, "open"), filepath.Join(dir, "closed")
	for path, mode := range map[string]os.FileMode{open: 0o644, closed: 0o640} {
		if err := os.WriteFile(path, []byte("hunter2"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	s := doctor.Settings{
		Path: "loyalsync.yaml", Sources: []string{"optima", "second"}, Secrets: []string{open, closed, filepath.Join(dir, "gone")},
		Jobs: []jobs.Definition{
			{Name: "points", Kind: jobs.KindPoints, Source: "optima", Daily: []string{"18:30"}},
			{Name: "sweep", Kind: jobs.KindSweep, Source: "optima", Every: "1d", Paused: true},
			{Name: "by-hand", Kind: jobs.KindSweep, Source: "second"},
		},
		Listens: []doctor.Listen{
			{Key: "http.addr", Address: "0.0.0.0:8080"},
			{Key: "http.console_addr", Address: "[::1]:8081"},
			{Key: "a", Address: "localhost:1"},
			{Key: "b", Address: ":8443", Safe: true},
			{Key: "c", Address: ":8080"},
		},
	}
	want := "ok configuration configuration\nwarning jobs job-paused\nwarning jobs job-unscheduled\nwarning jobs job-missing-points\n" +
		"warning secrets secret-open\nwarning http http-plain\nwarning http http-plain\n"
	if runtime.GOOS == "windows" {
		want = strings.Replace(want, "warning secrets secret-open\n", "", 1)
	}
	found := s.Look(t.Context())
	if got := told(found); got != want {
		t.Errorf("got\n%s", got)
	}
	for _, f := range found {
		if strings.Contains(f.Message, "hunter2") {
			t.Errorf("a secret: %+v", f)
		}
	}
	if f := find(t, found, "job-missing-points"); !strings.Contains(f.Message, "second") {
		t.Errorf("got %+v", f)
	}
}

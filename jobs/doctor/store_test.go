package doctor_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs/doctor"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

const gibi = 1 << 30

func roomy(string) (doctor.Disk, error) { return doctor.Disk{Free: 100 * gibi}, nil }

func newStore(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "loyalsync.db")
	s, err := store.Open(t.Context(), store.Config{Path: path, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	path := newStore(t)
	s := doctor.Store{Place: store.Config{Path: path}, Disk: roomy, Backups: []string{filepath.Join(t.TempDir(), "to", "come")}}
	if got := told(s.Look(t.Context())); got != "ok store store\nok integrity integrity\nok disk disk\nok share share-none\nok folder folder\nok backups folder-none\n" {
		t.Errorf("got\n%s", got)
	}
	change(t, path, "DELETE FROM goose_db_version WHERE version_id > 3")
	find(t, s.Look(t.Context()), "store-older")
	change(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	if f := find(t, s.Look(t.Context()), "store-newer"); f.Condition != connectors.Broken || f.Data["schema"] != "9999" {
		t.Errorf("newer: %+v", f)
	}
}

func TestNoStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "loyalsync.db")
	found := doctor.Store{Place: store.Config{Path: path}, Disk: roomy}.Look(t.Context())
	if got := told(found); got != "ok store store-none\nok disk disk\nok share share-none\nok folder folder-none\n" {
		t.Errorf("got\n%s", got)
	}
	left, err := os.ReadDir(filepath.Dir(filepath.Dir(path)))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBrokenStore(t *testing.T) {
	path := newStore(t)
	if err := os.WriteFile(path, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	f := find(t, doctor.Store{Place: store.Config{Path: path}, Disk: roomy}.Look(t.Context()), "store-broken")
	if f.Condition != connectors.Broken || !strings.Contains(f.Hint, "backup") {
		t.Errorf("got %+v", f)
	}
}

func TestDisk(t *testing.T) {
	path := newStore(t)
	tests := []struct {
		name string
		disk doctor.Disk
		err  error
		want string
	}{
		{"room", doctor.Disk{Free: gibi}, nil, "ok disk disk\nok share share-none\n"},
		{"low", doctor.Disk{Free: gibi - 1}, nil, "warning disk disk-low\n"},
		{"full", doctor.Disk{Free: 50 << 20}, nil, "fault disk disk-full\n"},
		{"share", doctor.Disk{Free: 9 * gibi, Network: "nfs4"}, nil, "ok disk disk\nfault share share\n"},
		{"unknown", doctor.Disk{}, errors.New("no such call"), "warning disk disk-unknown\n"},
	}
	for _, tt := range tests {
		s := doctor.Store{Place: store.Config{Path: path}, Disk: func(folder string) (doctor.Disk, error) {
			if folder != filepath.Dir(path) {
				t.Errorf("asked about %s", folder)
			}
			return tt.disk, tt.err
		}}
		if got := told(s.Look(t.Context())); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got\n%s", tt.name, got)
		}
	}
}

// TestLargeStore: a store of which no copy fits on its disk.
func TestLargeStore(t *testing.T) {
	path := newStore(t)
	if err := os.Truncate(path+"-wal", 0); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path+"-wal", 2*gibi); err != nil { // sparse: takes no room
		t.Skip("no sparse files here: ", err)
	}
	s := doctor.Store{Place: store.Config{Path: path}, Disk: func(string) (doctor.Disk, error) { return doctor.Disk{Free: 3 * gibi}, nil }}
	find(t, s.Look(t.Context()), "disk-twice")
}

func TestRealDisk(t *testing.T) {
	found := doctor.Store{Place: store.Config{Path: newStore(t)}}.Look(t.Context())
	for _, f := range found {
		if f.Code == "disk-unknown" {
			t.Errorf("the system does not tell: %+v", f)
		}
	}
}

func TestFolderForbidden(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	find(t, doctor.Store{Place: store.Config{Path: filepath.Join(folder, "x.db")}, Disk: roomy}.Look(t.Context()), "folder-forbidden")
}

func TestMountOf(t *testing.T) {
	const mounts = `22 28 0:21 / /proc rw,nosuid shared:14 - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 0:50 / /srv/data rw,relatime shared:2 master:3 - nfs4 files:/data rw
41 40 8:2 / /srv/data/local rw - xfs /dev/sdb1 rw
42 28 0:51 / /mnt/with\040blank rw - cifs //files/x rw
43 28 0:52 / /mnt/ssh rw - fuse.sshfs me@files: rw
44 28 0:53 / /mnt/ssh rw - tmpfs tmpfs rw
nonsense
`
	for path, want := range map[string]string{
		"/var/lib/loyalsync": "ext4", "/srv/data": "nfs4", "/srv/data/x": "nfs4", "/srv/database": "ext4",
		"/srv/data/local/x": "xfs", "/mnt/with blank/x": "cifs", "/mnt/ssh/x": "tmpfs", "/proc/1": "proc",
	} {
		if got := doctor.MountOf(mounts, path); got != want {
			t.Errorf("%s is on %q, want %q", path, got, want)
		}
	}
	for kind, share := range map[string]bool{"nfs4": true, "cifs": true, "fuse.sshfs": true, "ext4": false, "overlay": false, "fuse.ntfs-3g": false, "": false} {
		if got := doctor.NetworkKind(kind) != ""; got != share {
			t.Errorf("%s is a share: %t", kind, got)
		}
	}
	for path, share := range map[string]bool{
		`\\SERVER\share\x`: true, `//SERVER/share`: true, `\\?\UNC\SERVER\share`: true, `\\?\C:\data`: false, `C:\data`: false, `\\.\pipe`: false,
	} {
		if got := doctor.UNCKind(path) != ""; got != share {
			t.Errorf("%s is a share: %t", path, got)
		}
	}
}

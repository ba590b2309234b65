package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// diskOf asks the system what a folder lies on.
func diskOf(folder string) (Disk, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return Disk{}, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	d := Disk{Free: st.Bavail * uint64(st.Bsize)} //nolint:gosec // a block has a positive size
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return d, nil //nolint:nilerr // the room is known, which matters more
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return d, nil //nolint:nilerr // as above
	}
	if real, err = filepath.Abs(real); err == nil {
		d.Network = networkKind(mountOf(string(mounts), real))
	}
	return d, nil
}

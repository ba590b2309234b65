package doctor

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// diskOf asks the system what a folder lies on.
func diskOf(folder string) (Disk, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return Disk{}, fmt.Errorf("find the folder: %w", err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return Disk{}, fmt.Errorf("name the folder: %w", err)
	}
	var d Disk
	if err := windows.GetDiskFreeSpaceEx(name, &d.Free, nil, nil); err != nil {
		return Disk{}, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	if d.Network = uncKind(path); d.Network != "" {
		return d, nil
	}
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(path) + `\`)
	if err == nil && windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		d.Network = "a network drive"
	}
	return d, nil
}

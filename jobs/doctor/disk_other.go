//go:build !linux && !windows

package doctor

import "errors"

// diskOf knows Linux and Windows alone.
func diskOf(string) (Disk, error) { return Disk{}, errors.New("not known on this system") }

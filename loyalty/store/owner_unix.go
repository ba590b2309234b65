//go:build unix

package store

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ownedAs gives a file to whoever owns the store, or its folder when there is none:
// the service does not run as the administrator who puts a backup back.
func ownedAs(file, store string) error {
	info, err := os.Stat(store)
	if err != nil {
		if info, err = os.Stat(filepath.Dir(store)); err != nil {
			return storeError("look at the folder of the store", err)
		}
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	if err := os.Chown(file, int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("give the copy to the store's owner: %w", err)
	}
	return nil
}

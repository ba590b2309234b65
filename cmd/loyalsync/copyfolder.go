package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// copyFolders is how the folders are called in which copies of the store are for a while.
const copyFolders = "loyalsync-copy-"

// forgottenAfter is how old a folder is that no run can be at work in.
const forgottenAfter = 48 * time.Hour

// copyFolder makes a folder for a throw-away copy of the store. It removes those that
// killed runs have left: copies have people's names in them (law 11).
func copyFolder() (string, error) {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), copyFolders+"*")) // the pattern is a good one
	for _, folder := range left {
		if info, err := os.Lstat(folder); err == nil && info.IsDir() && time.Since(info.ModTime()) > forgottenAfter {
			_ = os.RemoveAll(folder) // another account's stay
		}
	}
	folder, err := os.MkdirTemp("", copyFolders)
	if err != nil {
		return "", &loyalty.Error{Code: loyalty.CodeInternal, Message: "make room for the copy", Hint: "check the temporary folder", Err: err}
	}
	return folder, nil
}

//go:build !windows

package main

import "os"

// console has nothing to prepare here.
func console() (restore func()) { return func() {} }

// colours are what every terminal shows here.
func colours(*os.File) bool { return true }

package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// utf8CodePage is the number of UTF-8 among the code pages of Windows.
const utf8CodePage = 65001

// console makes the console take UTF-8, and returns what puts it back. A console
// itself is written in UTF-16 by Go; the code page is for what reads our bytes
// behind a pipe or a redirection.
func console() (restore func()) {
	before, err := windows.GetConsoleOutputCP()
	if err != nil || before == utf8CodePage || windows.SetConsoleOutputCP(utf8CodePage) != nil {
		return func() {}
	}
	return func() { _ = windows.SetConsoleOutputCP(before) }
}

// colours switches a console to escape sequences; Windows before 10 has none.
func colours(f *os.File) bool {
	handle := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

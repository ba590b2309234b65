package main

import (
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

// logger writes as the configuration says: coloured on a terminal, plain when
// it is not one, JSON on request. The file, if any, is to be closed by the
// caller.
func logger(c config.Log, stderr io.Writer) (*slog.Logger, io.Closer, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "log.level " + c.Level + " is not known", Hint: "debug, info, warn or error"}
	}
	w, closer := stderr, io.Closer(io.NopCloser(nil))
	if c.File != "" {
		f, err := os.OpenFile(string(c.File), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "log.file cannot be written", Hint: "check that its folder exists and that this account may write it", Err: err}
		}
		w, closer = f, f
	}
	options := &slog.HandlerOptions{Level: level}
	switch c.Format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), closer, nil
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), closer, nil
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: "15:04:05", NoColor: !terminal(w)})), closer, nil
}

// terminal says whether a person is watching.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

// logger writes as the configuration says, with the time of its zone, as screens
// do: coloured on a terminal, plain when it is not one, JSON on request. With a
// file, errors go to the standard error too, where a person or journald sees
// them; under a service manager with a log of its own they also go there. The
// file, if any, is to be closed by the caller.
func (c *cli) logger(cfg config.Log, zone *time.Location) (*slog.Logger, io.Closer, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "log.level " + cfg.Level + " is not known", Hint: "debug, info, warn or error"}
	}
	closer := io.Closer(io.NopCloser(nil))
	var handlers []slog.Handler
	if cfg.File != "" {
		file, err := logFile(cfg)
		if err != nil {
			return nil, nil, err
		}
		closer = file
		handlers = append(handlers, logHandler(file, cfg.Format, level, time.DateTime))
		level = max(level, slog.LevelError)
	}
	handlers = append(handlers, logHandler(c.err, cfg.Format, level, time.TimeOnly))
	if c.system != nil {
		handlers = append(handlers, c.system)
	}
	return slog.New(inZone{slog.NewMultiHandler(handlers...), zone}), closer, nil
}

// logFile opens the log file, which is turned over when it is full.
func logFile(cfg config.Log) (io.WriteCloser, error) {
	path := string(cfg.File)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil { // tried now: the rotation opens it at the first line
		var f *os.File
		if f, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil { //nolint:gosec // the administrator names the file
			err = f.Close()
		}
	}
	if err != nil {
		return nil, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "log.file cannot be written",
			Hint: "check that this account may write it and its folder", Err: err,
		}
	}
	return &lumberjack.Logger{Filename: path, MaxSize: cfg.MaxSizeMB, MaxBackups: cfg.Keep, Compress: cfg.Compress, LocalTime: true}, nil
}

func logHandler(w io.Writer, format string, level slog.Level, clock string) slog.Handler {
	switch format {
	case "json":
		return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	case "text":
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	}
	return tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: clock, NoColor: !coloured(w)})
}

// inZone tells the time of a zone, whatever that of the machine is.
type inZone struct {
	slog.Handler
	zone *time.Location
}

func (h inZone) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.In(h.zone)
	return h.Handler.Handle(ctx, r)
}

func (h inZone) WithAttrs(attrs []slog.Attr) slog.Handler {
	return inZone{h.Handler.WithAttrs(attrs), h.zone}
}

func (h inZone) WithGroup(name string) slog.Handler { return inZone{h.Handler.WithGroup(name), h.zone} }

// terminal says whether a person is watching.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// coloured says whether a writer shows colours, and the person wants them.
func coloured(w any) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd())) && colours(f)
}

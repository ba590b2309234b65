package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

// TestLog tells where a line goes, by its level and what the configuration says.
func TestLog(t *testing.T) {
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file       string
		format           string
		system           bool
		onErr, inFile    []string
		notOnErr, onSyst []string
	}{
		{name: "without a file", format: "tint", onErr: []string{"01:00:00 INF begun", "01:00:00 ERR broken"}},
		{name: "without a file, json", format: "json", onErr: []string{`"time":"2000-01-01T01:00:00+01:00","level":"INFO","msg":"begun"`}},
		{
			name: "with a file", file: "logs/l.log", format: "tint", onErr: []string{"ERR broken"}, notOnErr: []string{"begun"},
			inFile: []string{"2000-01-01 01:00:00 INF begun", "2000-01-01 01:00:00 ERR broken job=points"},
		},
		{name: "a service", file: "logs/l.log", format: "text", system: true, inFile: []string{"begun", "broken"}, onSyst: []string{"broken"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stderr, system bytes.Buffer
			c := &cli{streams: streams{err: &stderr}}
			if tt.system {
				c.system = slog.NewTextHandler(&system, &slog.HandlerOptions{Level: slog.LevelError})
			}
			path := filepath.Join(t.TempDir(), filepath.FromSlash(tt.file))
			cfg := config.Log{Level: "info", Format: tt.format, MaxSizeMB: 1, Keep: 1}
			if tt.file != "" {
				cfg.File = config.Path(path)
			}
			log, closer, err := c.logger(cfg, warsaw)
			if err != nil {
				t.Fatal(err)
			}
			write(t, log, slog.LevelDebug, "unheard")
			write(t, log, slog.LevelInfo, "begun")
			write(t, log.With("job", "points"), slog.LevelError, "broken")
			if err := closer.Close(); err != nil {
				t.Fatal(err)
			}
			var file []byte
			if tt.file != "" {
				if file, err = os.ReadFile(path); err != nil {
					t.Fatal(err)
				}
			}
			for _, part := range []struct {
				name, text string
				has, lacks []string
			}{
				{"stderr", stderr.String(), tt.onErr, append(tt.notOnErr, "unheard", "\x1b[")},
				{"file", string(file), tt.inFile, []string{"unheard", "\x1b["}},
				{"system", system.String(), tt.onSyst, []string{"unheard", "begun"}},
			} {
				for _, s := range part.has {
					if !strings.Contains(part.text, s) {
						t.Errorf("%s lacks %q:\n%s", part.name, s, part.text)
					}
				}
				for _, s := range part.lacks {
					if strings.Contains(part.text, s) {
						t.Errorf("%s has %q:\n%s", part.name, s, part.text)
					}
				}
			}
		})
	}
}

// write logs at a fixed time.
func write(t *testing.T, log *slog.Logger, level slog.Level, message string) {
	t.Helper()
	if !log.Enabled(t.Context(), level) {
		return
	}
	at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := log.Handler().Handle(t.Context(), slog.NewRecord(at, level, message, 0)); err != nil {
		t.Error(err)
	}
}

// TestLogIsTurnedOver writes more than a file may hold: nothing is lost.
func TestLogIsTurnedOver(t *testing.T) {
	const lines, length = 30, 100_000
	dir := t.TempDir()
	c := &cli{streams: streams{err: &bytes.Buffer{}}}
	log, closer, err := c.logger(config.Log{Level: "info", Format: "text", File: config.Path(filepath.Join(dir, "l.log")), MaxSizeMB: 1, Keep: 20}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for range lines {
		log.Info("line", "text", strings.Repeat("x", length))
	}
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%v: %v", files, err)
	}
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 1<<20 {
			t.Errorf("%s has %d bytes", name, len(text))
		}
		found += strings.Count(string(text), "msg=line")
	}
	if found != lines {
		t.Errorf("%d of %d lines", found, lines)
	}
}

func TestLogFileThatCannotBe(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &cli{streams: streams{err: &bytes.Buffer{}}}
	_, _, err := c.logger(config.Log{Level: "info", Format: "text", File: config.Path(filepath.Join(taken, "l.log"))}, time.UTC)
	e, ok := errors.AsType[*loyalty.Error](err)
	if !ok || e.Code != loyalty.CodeInvalid || e.Hint == "" {
		t.Errorf("%v", err)
	}
}

// TestColoured: a terminal has colours unless the person wants none.
func TestColoured(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a console cannot be made here")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminal can be made here:", err)
	}
	defer func() { _ = terminal.Close() }()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, tt := range []struct {
		w             any
		noColour, dum string
		want          bool
	}{
		{terminal, "", "xterm", true},
		{terminal, "1", "xterm", false},
		{terminal, "", "dumb", false},
		{file, "", "xterm", false},
		{&bytes.Buffer{}, "", "xterm", false},
	} {
		t.Setenv("NO_COLOR", tt.noColour)
		t.Setenv("TERM", tt.dum)
		if got := coloured(tt.w); got != tt.want {
			t.Errorf("coloured(%T, NO_COLOR=%q, TERM=%q) is %v", tt.w, tt.noColour, tt.dum, got)
		}
	}
}

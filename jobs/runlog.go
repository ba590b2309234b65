package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
)

// maxLogBytes bounds the log excerpt kept with a run.
const maxLogBytes = 16 << 10

// tail keeps the last lines written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write appends lines and drops the oldest ones. It never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - maxLogBytes; over > 0 {
		if end := bytes.IndexByte(t.buf[over:], '\n'); end >= 0 {
			over += end + 1
		}
		t.buf = append([]byte(nil), t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// tee hands records of info and above to the tail, too.
type tee struct{ main, kept slog.Handler }

func newTee(main slog.Handler, to *tail) slog.Handler {
	return tee{main: main, kept: slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelInfo})}
}

// Enabled says whether either wants the level.
func (h tee) Enabled(ctx context.Context, level slog.Level) bool {
	return h.main.Enabled(ctx, level) || h.kept.Enabled(ctx, level)
}

// Handle gives the record to those who want it.
func (h tee) Handle(ctx context.Context, r slog.Record) error {
	var errs []error
	for _, to := range []slog.Handler{h.main, h.kept} {
		if to.Enabled(ctx, r.Level) {
			errs = append(errs, to.Handle(ctx, r.Clone()))
		}
	}
	return errors.Join(errs...)
}

// WithAttrs adds to both; what names the run itself is left out of the excerpt
// by adding it to the main one only, before the tee is made.
func (h tee) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tee{main: h.main.WithAttrs(attrs), kept: h.kept.WithAttrs(attrs)}
}

// WithGroup opens a group in both.
func (h tee) WithGroup(name string) slog.Handler {
	return tee{main: h.main.WithGroup(name), kept: h.kept.WithGroup(name)}
}

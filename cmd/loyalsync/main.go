// Command loyalsync turns an ERP's sales invoices into loyalty points, keeps
// them in a ledger and pushes them to a loyalty panel, on a schedule.
//
// This folder is wiring: one file per command, the translation of the
// configuration into what the packages take, and the one place that turns
// errors into exit codes (exit.go). Nothing is decided here.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // Windows has no zone files: Europe/Warsaw must load there too
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	room := make([]byte, gcRoom)
	if code, is := asService(os.Args[1:]); is {
		os.Exit(code)
	}
	restore := console()
	code := interruptible(os.Args[1:])
	restore()
	runtime.KeepAlive(room)
	os.Exit(code)
}

// gcPercent collects garbage twice as often as Go does by itself: pages of documents
// leave much of it, and the program stands beside an ERP that needs the memory.
const gcPercent = 50

// gcRoom counts as memory in use and is never touched, so that it costs none: a small
// heap grows by half of it more before it is collected.
const gcRoom = 12 << 20

// interruptible executes a command line until its end or a signal.
func interruptible(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return run(ctx, args, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}

// streams are what a command reads and writes.
type streams struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	system slog.Handler // the log of the service manager, nil without one
}

// run executes one command line, tells what is wrong and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	err := dispatch(ctx, args, s)
	if err == nil {
		return exitDone
	}
	if !errors.Is(err, errSilent) {
		report(s.err, err)
	}
	return exitCode(ctx, err)
}

// dispatch executes one command line.
func dispatch(ctx context.Context, args []string, s streams) error {
	root := newRoot(s) //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows/svc"

	"github.com/loyalsync/loyalsync/config"
)

// managedService is the program as the service manager holds it.
type managedService struct {
	events   bytes.Buffer
	requests chan svc.ChangeRequest
	status   chan svc.Status
	code     chan uint32
}

func startService(t *testing.T, yaml string) *managedService {
	t.Helper()
	dir, err := os.MkdirTemp("", "loyalsync") //nolint:usetesting // Wine cannot remove it, which would be a failure there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "loyalsync.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &managedService{requests: make(chan svc.ChangeRequest), status: make(chan svc.Status, 100), code: make(chan uint32, 1)}
	s := &windowsService{args: []string{"serve", "--config", path}, events: &m.events}
	go func() {
		_, code := s.Execute(nil, m.requests, m.status)
		m.code <- code
	}()
	if first := <-m.status; first.State != svc.Running || first.Accepts != svc.AcceptStop|svc.AcceptPreShutdown {
		t.Fatalf("the first status is %+v", first)
	}
	return m
}

const windowsYAML = "http: {addr: \"127.0.0.1:0\"}\nprograms: [{name: main, currency: PLN}]\nplatforms: [{name: panel, kind: panel}]\n"

// TestWindowsService_Stops answers the manager, and stops with a hint how long it
// takes, for a stop and for a shutdown.
func TestWindowsService_Stops(t *testing.T) {
	for _, request := range []svc.Cmd{svc.Stop, svc.PreShutdown} {
		m := startService(t, windowsYAML)
		asked := svc.Status{State: svc.Running, Accepts: svc.AcceptStop}
		m.requests <- svc.ChangeRequest{Cmd: svc.Interrogate, CurrentStatus: asked}
		if got := <-m.status; got != asked {
			t.Errorf("asked for its status it says %+v", got)
		}
		m.requests <- svc.ChangeRequest{Cmd: request}
		if got := <-m.status; got.State != svc.StopPending || got.WaitHint < 2*1000 {
			t.Errorf("told to stop it says %+v", got)
		}
		if code := <-m.code; code != exitDone || m.events.Len() > 0 {
			t.Errorf("exit %d, events %s", code, m.events.String())
		}
	}
}

// TestWindowsService_FaultyConfiguration ends in order, so that Windows does not
// restart it, and tells the event log what is wrong and what to do, in one event.
func TestWindowsService_FaultyConfiguration(t *testing.T) {
	m := startService(t, windowsYAML+"fault: 1\n")
	if code := <-m.code; code != exitInput {
		t.Errorf("exit %d", code)
	}
	if text := m.events.String(); !strings.HasPrefix(text, "error: ") || !strings.Contains(text, "fault") || !strings.Contains(text, "\nhint: ") {
		t.Errorf("the event log has %q", text)
	}
}

// TestWindowsService_ErrorsAreEvents: what serve logs as an error is an event.
func TestWindowsService_ErrorsAreEvents(t *testing.T) {
	var events bytes.Buffer
	s := &windowsService{events: &events}
	c := &cli{streams: s.streams()}
	log, _, err := c.logger(config.Log{Level: "info", Format: "text"}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("unheard")
	log.Error("run failed", "job", "points", "hint", "do this")
	if got := events.String(); got != "msg=\"run failed\" job=points hint=\"do this\"\n" {
		t.Errorf("the event log has %q", got)
	}
}

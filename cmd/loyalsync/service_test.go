//go:build unix

package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

const serviceYAML = `log: {file: logs/loyalsync.log}
store: {url: "sqlite:data/loyalsync.db"}
http: {addr: "127.0.0.1:PORT"}
programs: [{name: main, currency: PLN}]
platforms: [{name: panel, kind: panel}]
jobs: [{name: copy, kind: backup, to: "copies 100%", daily: ["23:00"]}]
`

// installable is a folder with a configuration that may be a service.
func installable(t *testing.T, port string) world {
	t.Helper()
	w := world{t: t, dir: filepath.Join(t.TempDir(), "loyalsync")}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("loyalsync.yaml", strings.Replace(serviceYAML, "PORT", port, 1))
	return w
}

// TestServiceInstall_Print shows a unit that systemd takes, and changes nothing.
func TestServiceInstall_Print(t *testing.T) {
	w := installable(t, "443")
	unit := w.must("service", "install", "--print")
	for _, line := range []string{
		"Type=notify", "User=loyalsync", "WatchdogSec=180", "TimeoutStopSec=25", "Restart=on-failure", "NoNewPrivileges=yes", "ProtectSystem=strict",
		"AmbientCapabilities=CAP_NET_BIND_SERVICE", "SystemCallFilter=@system-service", "Config=" + w.path("loyalsync.yaml"),
		"ReadWritePaths=-" + w.path("data") + " -" + w.path("logs") + ` "-` + w.path("copies 100%%") + `"`,
		"#   chown -R loyalsync: " + w.path("data"),
	} {
		if !strings.Contains(unit, line+"\n") {
			t.Errorf("no line %s in\n%s", line, unit)
		}
	}
	if strings.Contains(unit, "@EXE@") || !strings.Contains(unit, " serve --config "+w.path("loyalsync.yaml")) {
		t.Errorf("what is started:\n%s", unit)
	}
	if files, err := os.ReadDir(w.dir); err != nil || len(files) != 1 {
		t.Errorf("%v is there now, %v", files, err)
	}
	if high := installable(t, "8080").must("service", "install", "--print"); !strings.Contains(high, "CapabilityBoundingSet=\n") || strings.Contains(high, "CAP_") {
		t.Errorf("a high port:\n%s", high)
	}
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("no systemd-analyze here: the unit is not verified")
		return
	}
	w.write("loyalsync.service", unit)
	if out, err := exec.CommandContext(t.Context(), verify, "verify", "--man=no", w.path("loyalsync.service")).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestServiceInstall_Refused: what cannot or should not be a service is said
// before anything is changed.
func TestServiceInstall_Refused(t *testing.T) {
	w := installable(t, "8080")
	for _, tt := range []struct{ name, old, text, user, want string }{
		{"a fault in the configuration", "currency: PLN", "currency: zloty", "loyalsync", "currency"},
		{"a log in a shared folder", "logs/loyalsync.log", "/var/log/points.log", "loyalsync", "/var/log, may belong to others"},
		{"a store in a shared folder", "data/loyalsync.db", "/var/lib/points.db", "loyalsync", "/var/lib, may belong to others"},
		{"a store beside the configuration", "data/loyalsync.db", "points.db", "loyalsync", "the folder of the configuration"},
		{"a home", "data/loyalsync.db", "/home/anna/loyalsync/points.db", "loyalsync", "home folder"},
		{"a strange account", "PLN", "PLN", "Anna; reboot", "no name of an account"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.write("loyalsync.yaml", strings.Replace(strings.Replace(serviceYAML, "PORT", "8080", 1), tt.old, tt.text, 1))
			r := w.do("service", "install", "--print", "--user", tt.user)
			if r.code != exitInput || !strings.Contains(r.err, tt.want) || !strings.Contains(r.err, "\nhint: ") {
				t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
			}
		})
	}
}

func TestServicePlan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Loyalsync")
	file := &config.File{Path: filepath.Join(dir, "loyalsync.yaml"), Config: &config.Config{
		Store: config.Store{URL: config.NewURL("sqlite:" + filepath.Join(dir, "data", "l.db"))},
		HTTP:  config.HTTP{Addr: ":8443", TLSKey: "/etc/ssl/key.pem", TLSCert: config.Path(filepath.Join(dir, "cert.pem"))},
		Sources: []config.Source{
			{PasswordFile: config.Path(filepath.Join(dir, "secrets", "deep", "erp"))},
			{PasswordFile: config.Path(filepath.Join(dir, "secrets", "other"))},
		},
	}}
	p, err := newServicePlan(file, "loyalsync")
	if err != nil {
		t.Fatal(err)
	}
	want := servicePlan{
		exe: p.exe, config: file.Path, account: "loyalsync", port: "8443", folders: []string{filepath.Join(dir, "data")},
		secrets: []string{filepath.Join(dir, "secrets", "deep", "erp"), filepath.Join(dir, "secrets", "other")},
		files:   []string{filepath.Join(dir, "cert.pem")}, foreign: []string{"/etc/ssl/key.pem"},
	}
	if diff := cmp.Diff(want, p, cmp.AllowUnexported(servicePlan{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{filepath.Join(dir, "secrets", "deep"), filepath.Join(dir, "secrets")}, p.between(p.secrets)); diff != "" {
		t.Error(diff)
	}
	for _, argv := range p.before() {
		if slices.Contains(argv, "/etc/ssl/key.pem") {
			t.Errorf("%v touches what is not ours", argv)
		}
	}
}

func TestUnitWord(t *testing.T) {
	for in, want := range map[string]string{
		"/opt/loyalsync": "/opt/loyalsync", "/opt/my loyalsync": `"/opt/my loyalsync"`, "/o/100%": "/o/100%%", "/o/$HOME": "/o/$$HOME", `/o/a"b`: `"/o/a\"b"`,
	} {
		if got := unitWord(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

func TestParseShow(t *testing.T) {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const text = "LoadState=loaded\nActiveState=STATE\nMainPID=42\nActiveEnterTimestampMonotonic=90000000\nFragmentPath=/etc/systemd/system/loyalsync.service\n"
	at := zero.Add(90 * time.Second)
	for state, want := range map[string]serviceState{
		"active": {State: "running", PID: 42, Since: &at}, "inactive": {State: "stopped"}, "failed": {State: "failed"}, "activating": {State: "starting"},
	} {
		got, unit, err := parseShow(strings.Replace(text, "STATE", state, 1), zero)
		if err != nil || unit != "/etc/systemd/system/loyalsync.service" {
			t.Errorf("%s: %s %v", state, unit, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
	}
	if _, _, err := parseShow("LoadState=not-found\nActiveState=inactive\n", zero); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("not installed: %v", err)
	}
	if _, _, err := parseShow(strings.Replace(text, "STATE", "dancing", 1), zero); err == nil {
		t.Error("an unknown state is taken")
	}
}

// TestServeTellsSystemd: serve says when it answers, gives signs of life while it
// works, and says that it stops.
func TestServeTellsSystemd(t *testing.T) {
	w := installable(t, "0")
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "2000000")
	t.Setenv("WATCHDOG_PID", "")
	c := w.start(0, "serve")
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.ended })
	if err := listener.SetReadDeadline(time.Now().Add(time.Minute)); err != nil { // who tells nothing fails, too
		t.Fatal(err)
	}
	go func() { // no word comes from who has ended
		<-c.ended
		_ = listener.SetReadDeadline(time.Now())
	}()
	told := func(want string) {
		t.Helper()
		buffer := make([]byte, 100)
		for {
			n, err := listener.Read(buffer)
			if err != nil {
				t.Fatalf("it ended or went on without %s: %v\n%s", want, errors.Unwrap(err), c.err.String())
			}
			if string(buffer[:n]) == want {
				return
			}
		}
	}
	told("READY=1")
	told("WATCHDOG=1")
	told("WATCHDOG=1")
	c.signal(t, syscall.SIGTERM)
	told("STOPPING=1")
	if code := c.stopped(t); code != exitDone {
		t.Errorf("exit %d\n%s", code, c.err.String())
	}
}

//go:build !windows

package main

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kardianos/service"
	"golang.org/x/sys/unix"

	"github.com/loyalsync/loyalsync/loyalty"
)

const (
	defaultAccount = "loyalsync"
	wantedPlatform = "linux-systemd"
	wantedManager  = "systemd"
	managerHint    = "see why: systemctl status loyalsync; journalctl -u loyalsync -n 50"
	logNeeded      = false // journald keeps everything
)

// asService is for managers that a program has to register with.
func asService([]string) (code int, is bool) { return 0, false }

func managed(p servicePlan) *service.Config {
	return &service.Config{Name: serviceName, Option: service.KeyValue{"SystemdScript": p.unit()}}
}

// elevated says whether this process may install services.
func elevated() error {
	if os.Geteuid() == 0 {
		return nil
	}
	return &loyalty.Error{Code: loyalty.CodeForbidden, Message: "services belong to root", Hint: "sudo loyalsync service …"}
}

// accountPattern is what useradd accepts.
var accountPattern = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)

// check refuses what systemd could not run.
func (p servicePlan) check() error {
	if !accountPattern.MatchString(p.account) {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "--user " + p.account + " is no name of an account", Hint: "small letters, digits, - and _"}
	}
	if p.password != "" {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "--password-file is for Windows", Hint: "leave it out: systemd needs no password"}
	}
	for _, path := range append([]string{p.exe, p.config}, p.folders...) {
		if strings.Contains(path, "{{") || strings.Contains(path, "\n") { // the library reads the unit as a template
			return &loyalty.Error{Code: loyalty.CodeInvalid, Message: path + " cannot stand in a unit", Hint: "name the folder more simply"}
		}
		for _, home := range []string{"/home", "/root", "/run/user"} {
			if rel, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rel) {
				return &loyalty.Error{
					Code: loyalty.CodeInvalid, Message: path + " is in a home folder, which the service does not see",
					Hint: "put program and configuration into /opt/loyalsync, or the configuration into /etc/loyalsync",
				}
			}
		}
	}
	return nil
}

// before are the commands that make the account and give it its rights.
func (p servicePlan) before() [][]string {
	var commands [][]string
	if _, err := user.Lookup(p.account); err != nil {
		commands = append(commands, []string{
			"useradd", "--system", "--user-group", "--no-create-home", "--home-dir", p.folder(), "--shell", "/usr/sbin/nologin", p.account,
		})
	}
	commands = append(commands, []string{"chgrp", p.account, p.folder(), p.config}, []string{"chmod", "g+rX", p.folder(), p.config})
	if folders := p.between(append(append([]string{}, p.secrets...), p.files...)); len(folders) > 0 {
		commands = append(commands, append([]string{"chgrp", p.account}, folders...), append([]string{"chmod", "g+rX"}, folders...))
	}
	if len(p.files) > 0 {
		commands = append(commands, append([]string{"chgrp", p.account}, p.files...), append([]string{"chmod", "g+r"}, p.files...))
	}
	if len(p.secrets) > 0 {
		commands = append(commands, append([]string{"chgrp", p.account}, p.secrets...), append([]string{"chmod", "g+r,o-rwx"}, p.secrets...))
	}
	for _, folder := range p.folders {
		commands = append(commands, []string{"chown", "-R", p.account + ":", folder})
	}
	return commands
}

// between are the folders from below the configuration's to a file.
func (p servicePlan) between(files []string) (folders []string) {
	for _, file := range files {
		for dir := filepath.Dir(file); p.inside(dir); dir = filepath.Dir(dir) {
			if !slices.Contains(folders, dir) {
				folders = append(folders, dir)
			}
		}
	}
	return folders
}

func (p servicePlan) after() [][]string { return nil }

func finishInstall(servicePlan) error { return nil }

// describe is the unit, with the other steps as comments.
func (p servicePlan) describe() string {
	var b strings.Builder
	b.WriteString("# /etc/systemd/system/" + serviceName + ".service; before it:\n")
	for _, argv := range p.before() {
		b.WriteString("#   " + shellLine(argv) + "\n")
	}
	return b.String() + p.unit()
}

// queryService asks systemd.
func queryService() (serviceState, error) {
	out, err := exec.Command("systemctl", "show", serviceName, //nolint:noctx // a moment
		"-p", "LoadState,ActiveState,MainPID,ActiveEnterTimestampMonotonic,FragmentPath").Output()
	if err != nil {
		return serviceState{}, serviceError("describe", err)
	}
	var clock unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &clock); err != nil {
		return serviceState{}, serviceError("describe", err)
	}
	st, unit, err := parseShow(string(out), time.Now().Add(-time.Duration(clock.Nano())))
	if err != nil {
		return st, err
	}
	text, err := os.ReadFile(unit) //nolint:gosec // systemd names it
	if err != nil {
		return st, serviceError("describe", err)
	}
	if _, rest, ok := strings.Cut(string(text), "\n[X-Loyalsync]\nConfig="); ok {
		st.Config, _, _ = strings.Cut(rest, "\n")
		st.Config = strings.ReplaceAll(st.Config, "%%", "%")
	}
	return st, nil
}

// parseShow reads what systemctl show prints; zero is when the monotonic clock
// began. The second result is the unit's file.
func parseShow(text string, zero time.Time) (st serviceState, unit string, err error) {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		values[key] = value
	}
	if values["LoadState"] == "not-found" {
		return st, "", notInstalled()
	}
	states := map[string]string{
		"active": "running", "reloading": "running", "activating": "starting", "deactivating": "stopping", "inactive": "stopped", "failed": "failed",
	}
	var known bool
	if st.State, known = states[values["ActiveState"]]; !known {
		return st, "", serviceError("describe", errors.New("ActiveState is "+values["ActiveState"]))
	}
	if st.State == "running" {
		st.PID, _ = strconv.Atoi(values["MainPID"])
		if micros, err := strconv.ParseInt(values["ActiveEnterTimestampMonotonic"], 10, 64); err == nil {
			at := zero.Add(time.Duration(micros) * time.Microsecond)
			st.Since = &at
		}
	}
	return st, values["FragmentPath"], nil
}

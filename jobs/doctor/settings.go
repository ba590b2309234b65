package doctor

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
)

// Settings is what of the configuration is worth a remark though it is valid.
type Settings struct {
	Path    string // of the file
	Jobs    []jobs.Definition
	Sources []string
	Secrets []string // files that hold secrets
	Listens []Listen
}

// Listen is an address that is served.
type Listen struct {
	Key     string // of the configuration, as "http.addr"
	Address string
	Safe    bool // TLS, or a proxy in front that has it
}

// Look examines the settings.
func (s Settings) Look(context.Context) []connectors.Finding {
	found := []connectors.Finding{tell("configuration", connectors.Fine, "configuration", "path", s.Path)}
	for _, j := range s.Jobs {
		if !j.HasSchedule() {
			found = append(found, tell("jobs", connectors.Remark, "job-unscheduled", "job", j.Name))
		}
		if j.Paused {
			found = append(found, tell("jobs", connectors.Remark, "job-paused", "job", j.Name))
		}
	}
	for _, source := range s.Sources {
		for _, kind := range []string{jobs.KindPoints, jobs.KindSweep} {
			if !slices.ContainsFunc(s.Jobs, func(j jobs.Definition) bool { return j.Source == source && j.Kind == kind }) {
				found = append(found, tell("jobs", connectors.Remark, "job-missing-"+kind, "source", source))
			}
		}
	}
	for _, path := range s.Secrets {
		if mode, open := openToAll(path); open {
			found = append(found, tell("secrets", connectors.Remark, "secret-open", "file", path, "mode", mode))
		}
	}
	for _, l := range s.Listens {
		if !l.Safe && !loopback(l.Address) {
			found = append(found, tell("http", connectors.Remark, "http-plain", "key", l.Key, "address", l.Address))
		}
	}
	return found
}

// openToAll says whether every account of this machine may read a file. Windows
// keeps rights elsewhere.
func openToAll(path string) (mode string, open bool) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return "", false
	}
	return fmt.Sprintf("%#o", info.Mode().Perm()), info.Mode().Perm()&0o004 != 0
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

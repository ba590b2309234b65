package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// Settings is what of the configuration is worth a remark though it is valid.
type Settings struct {
	Path    string // of the file
	Jobs    []jobs.Definition
	Sources []string
	Lapsing []string       // programs held here whose points lapse
	Waiting []loyalty.Feed // by their names: those whose points do not become active on release
	Secrets []string       // files that hold secrets
	Listens []Listen
	// TLSCert and TLSKey are what is served with; "" is without.
	TLSCert, TLSKey string
	Now             func() time.Time
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
	for _, program := range s.Lapsing {
		if !slices.ContainsFunc(s.Jobs, func(j jobs.Definition) bool {
			return j.Kind == jobs.KindLapse && (j.Program == "" || j.Program == program)
		}) {
			found = append(found, tell("jobs", connectors.Remark, "job-missing-lapse", "program", program))
		}
	}
	for _, f := range s.Waiting {
		if !slices.ContainsFunc(s.Jobs, func(j jobs.Definition) bool {
			return j.Kind == jobs.KindActivate && j.Program == f.ProgramName && j.Source == f.SourceName
		}) {
			found = append(found, tell("jobs", connectors.Remark, "job-missing-activate", "program", f.ProgramName, "source", f.SourceName))
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
	if s.TLSCert != "" {
		found = append(found, s.certificate())
	}
	return found
}

// renewal is how long before its end a certificate is worth a remark.
const renewal = 14 * 24 * time.Hour

// certificate looks at what this server shows to browsers and agents.
func (s Settings) certificate() connectors.Finding {
	pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
	if err != nil || pair.Leaf == nil {
		return tell("certificate", connectors.Broken, "own-tls-unusable", "cert", s.TLSCert, "key", s.TLSKey)
	}
	data := []string{"from", pair.Leaf.NotBefore.UTC().Format(time.DateOnly), "to", pair.Leaf.NotAfter.UTC().Format(time.DateOnly)}
	switch now := s.Now(); {
	case now.After(pair.Leaf.NotAfter), now.Before(pair.Leaf.NotBefore):
		return tell("certificate", connectors.Broken, "own-tls-invalid", data...)
	case pair.Leaf.NotAfter.Sub(now) < renewal:
		return tell("certificate", connectors.Remark, "own-tls-soon", data...)
	}
	return tell("certificate", connectors.Fine, "own-tls", data...)
}

// openToAll says whether every account of this machine may read a file: the file
// itself, in a folder that it may enter. Windows keeps rights elsewhere.
func openToAll(path string) (mode string, open bool) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return "", false
	}
	folder, err := os.Stat(filepath.Dir(path))
	open = info.Mode().Perm()&0o004 != 0 && (err != nil || folder.Mode().Perm()&0o001 != 0)
	return fmt.Sprintf("%#o", info.Mode().Perm()), open
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

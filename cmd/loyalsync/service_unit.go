//go:build !windows

package main

import (
	_ "embed"
	"strings"
)

//go:embed loyalsync.service
var unitTemplate string

// unit is the systemd unit of a plan.
func (p servicePlan) unit() string {
	capabilities := "CapabilityBoundingSet="
	if len(p.port) < 4 && p.port != "0" { // below 1000: Linux gives such ports away with a capability
		capabilities = "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE"
	}
	writable := make([]string, len(p.folders))
	for i, folder := range p.folders {
		writable[i] = unitWord("-" + folder)
	}
	return strings.NewReplacer(
		"@EXE@", unitWord(p.exe), "@CONFIG@", unitWord(p.config), "@PLAIN@", strings.ReplaceAll(p.config, "%", "%%"),
		"@FOLDER@", strings.ReplaceAll(p.folder(), "%", "%%"), "@ACCOUNT@", p.account,
		"@WRITABLE@", strings.Join(writable, " "), "@CAPABILITIES@", capabilities,
	).Replace(unitTemplate)
}

// unitWord quotes a word as systemd reads it.
func unitWord(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(s)
	if strings.ContainsAny(s, " \t'\"\\") {
		return `"` + s + `"`
	}
	return s
}

package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// Codes compares the contractor codes of a configuration with those that the ERP
// has. It keeps no more than the configuration names.
type Codes struct {
	written []UnknownCode
	seen    map[string]bool
	near    map[string]string // lower case of a written code -> as the ERP writes it
}

// UnknownCode is a code of the configuration that no contractor has.
type UnknownCode struct {
	Path        string // as in "contractors.codes[1]"
	Code        string
	Near        string // the ERP's code that differs only in upper and lower case, or ""
	Beneficiary bool   // points go to it: without it nobody can be decided whose they are
}

// Codes returns a comparison that has seen nobody yet.
func (m *Mapping) Codes() *Codes {
	c := &Codes{seen: make(map[string]bool), near: make(map[string]string)}
	add := func(path, code string, beneficiary bool) {
		if code == "" {
			return
		}
		c.written = append(c.written, UnknownCode{Path: path, Code: code, Beneficiary: beneficiary})
		c.near[strings.ToLower(code)] = ""
	}
	for i, code := range m.cfg.Codes {
		add(fmt.Sprintf("contractors.codes[%d]", i), code, false)
	}
	for i, o := range m.cfg.Overrides {
		add(fmt.Sprintf("overrides[%d].contractor", i), o.Contractor, false)
		add(fmt.Sprintf("overrides[%d].points_to_contractor", i), o.PointsToContractor, true)
	}
	return c
}

// Named is how many codes the configuration names.
func (c *Codes) Named() int { return len(c.written) }

// See takes note of a code of the ERP.
func (c *Codes) See(code string) {
	code = strings.TrimSpace(code)
	lower := strings.ToLower(code)
	if _, written := c.near[lower]; written {
		c.near[lower], c.seen[code] = code, true
	}
}

// Unknown lists the codes that were not seen, in the order of the file.
func (c *Codes) Unknown() []UnknownCode {
	unknown := slices.DeleteFunc(slices.Clone(c.written), func(u UnknownCode) bool { return c.seen[u.Code] })
	for i, u := range unknown {
		unknown[i].Near = c.near[strings.ToLower(u.Code)]
	}
	return unknown
}

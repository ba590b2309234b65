package config

import "regexp"

// unbuilt are the documented keys and values whose effect this version does not
// have: each is a fault, never silently accepted. What becomes available loses its
// row here, and nothing else changes. Indexes are left out of path.
var unbuilt = []struct {
	path  string
	value string // exact text; "" is any value that says something
	hint  string
}{
	{path: "alerts.email", hint: "use alerts.webhook"},
	{path: "http.console_addr", hint: "use the command line: loyalsync jobs, run, runs"},
	{path: "http.faces[]", value: "pos", hint: "leave pos out of http.faces"},
	{path: "http.faces[]", value: "console", hint: "leave console out of http.faces"},
	{path: "mappings[].contractors.chosen_by", value: "operator", hint: "use yaml, with where or codes"},
	{path: "programs[].show_pending", value: "true", hint: "members have no pages yet: remove the key"},
}

var index = regexp.MustCompile(`\[[0-9]+\]`)

// refuseUnbuilt adds a fault for everything this version does not do.
func (d *decoder) refuseUnbuilt() {
	for _, path := range d.paths() {
		p := d.places[path]
		if !p.set {
			continue
		}
		generic := index.ReplaceAllString(path, "[]")
		for _, u := range unbuilt {
			if u.path != generic || u.value != "" && u.value != p.text {
				continue
			}
			what := ""
			if u.value != "" {
				what = u.value + " is "
			}
			d.faultAt(path, what+"not in this version", u.hint)
		}
	}
}

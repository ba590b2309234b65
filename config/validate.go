package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// checker finds what is wrong between keys that are each right by themselves.
type checker struct {
	*decoder
	c *Config
}

// validate adds every fault of names, references and combinations.
func (d *decoder) validate(c *Config) {
	k := checker{d, c}
	k.http()
	k.top()
	for i := range c.Sources {
		k.source(&c.Sources[i], at("sources", i))
	}
	for i := range c.Mappings {
		k.mapping(&c.Mappings[i], at("mappings", i))
	}
	k.uniquePairs()
	for i := range c.Programs {
		k.program(&c.Programs[i], at("programs", i))
	}
	k.platforms()
	for i := range c.Jobs {
		k.job(&c.Jobs[i], at("jobs", i))
	}
	k.names("sources", sourceNames(c), true)
	k.names("programs", programNames(c), true)
	k.names("platforms", platformNames(c), true)
	k.names("jobs", jobNames(c), true)
}

func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// names are the parts of keys, metrics and addresses, so they stay simple.
var namePattern = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$`)

// names checks that the names of a list are unique and, when they are stored or
// shown by machines, simple.
func (k checker) names(list string, names []string, simple bool) {
	seen := map[string]bool{}
	for i, name := range names {
		path := at(list, i) + ".name"
		switch {
		case name == "":
			continue // missing: said already
		case seen[strings.ToLower(name)]:
			k.faultAt(path, "the name "+k.quote(path, name)+" is used twice", "names are unique, capitals or not")
		case simple && !namePattern.MatchString(name):
			k.faultAt(path, k.quote(path, name)+" does not fit as a name", "letters, digits, - _ and . without spaces, at most 64 characters")
		}
		seen[strings.ToLower(name)] = true
	}
}

// refers checks that a name is among those configured.
func (k checker) refers(path, kind, name string, names []string) {
	if name == "" {
		return
	}
	for _, n := range names {
		if n == name {
			return
		}
	}
	hint := didYouMean(name, names)
	if len(names) == 0 {
		hint = "add it under " + kind + "s"
	}
	k.faultAt(path, "there is no "+kind+" called "+k.quote(path, name), hint)
}

// quote shows a value as the file has it: not what a variable gave (law 11).
func (k checker) quote(path, value string) string {
	if p := k.places[path]; p.expanded && p.file == "" {
		return show(p.raw)
	}
	return show(value)
}

func (k checker) positive(path string, d Duration) {
	if d <= 0 {
		k.faultAt(path, "must be longer than nothing", "write for example 10m")
	}
}

func (k checker) between(path string, n, low, high int) {
	if n < low || n > high {
		k.faultAt(path, fmt.Sprintf("%d is not between %d and %d", n, low, high), "")
	}
}

// noEffect reports keys of a section that say something, and have no effect in
// this combination.
func (k checker) noEffect(path, why string, keys map[string]bool) {
	for key, said := range keys {
		if said {
			k.faultAt(join(path, key), "has no effect "+why, "remove it")
		}
	}
}

func (k checker) top() {
	k.between("log.max_size_mb", k.c.Log.MaxSizeMB, 1, 10_000)
	k.between("log.keep", k.c.Log.Keep, 1, 1000)
	k.between("alerts.after_failures", k.c.Alerts.AfterFailures, 1, 1000)
	k.positive("alerts.silent_for", k.c.Alerts.SilentFor)
	k.positive("retention.runs", k.c.Retention.Runs)
	k.positive("retention.delivered", k.c.Retention.Delivered)
	if webhook := k.c.Alerts.Webhook; !webhook.IsZero() {
		path := "alerts.webhook"
		if k.c.Alerts.WebhookFile != "" {
			path = "alerts.webhook_file"
		}
		k.httpURL(path, NewURL(webhook.Reveal()))
	}
	k.storeURL()
}

func (k checker) storeURL() {
	u := k.c.Store.URL
	switch u.Scheme() {
	case "sqlite":
		if path, _ := u.SQLitePath(); path == "" {
			k.faultAt("store.url", "names no file", "write sqlite:data/loyalsync.db")
		}
	case postgres, "postgresql":
		k.storeServer(u)
		return
	default:
		k.faultAt("store.url", "is not the address of a store", "write sqlite:data/loyalsync.db, or postgres://user@host/database")
	}
	k.noEffect("store", "with a file", map[string]bool{"password": !k.c.Store.Password.IsZero(), "password_file": k.c.Store.PasswordFile != ""})
}

// storeServer checks the address of a store in PostgreSQL. Faults never quote it.
func (k checker) storeServer(u URL) {
	p, ok := u.parse()
	if !ok || p.Host == "" && p.Query().Get("host") == "" || strings.Trim(p.Path, "/") == "" {
		k.faultAt("store.url", "is not an address of the form postgres://user@host/database",
			"percent-encode special characters (# is %23, @ is %40), or write the password into password_file")
		return
	}
	if _, inside := p.User.Password(); inside && !k.c.Store.Password.IsZero() {
		k.faultAt("store.url", "has a password, and there is another beside it", "take it out of the url")
	}
}

const urlHint = "write for example https://points.example.com/api; percent-encode special characters: # is %23, @ is %40"

// httpURL checks an address to call: https, or plain http to this machine.
func (k checker) httpURL(path string, u URL) {
	p, ok := u.parse()
	switch {
	case !ok || p.Host == "" || p.Scheme != "https" && p.Scheme != "http":
		k.faultAt(path, "is not an http address", urlHint)
	case p.User != nil:
		k.faultAt(path, "holds a user or a password", "leave them out of the address")
	case p.Scheme == "http" && !loopback(p.Hostname()):
		k.faultAt(path, "is plain http beyond this machine", "write https://")
	}
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (k checker) http() {
	h := &k.c.HTTP
	local := k.listenAddr(h.Addr)
	if (h.TLSCert == "") != (h.TLSKey == "") {
		k.faultAt("http", "tls_cert and tls_key belong together", "write both, or none")
	}
	if !local && h.TLSCert == "" && len(h.TrustedProxies) == 0 && !h.Insecure {
		k.faultAt("http.addr", "is reachable from other machines, without TLS",
			"write tls_cert and tls_key, or trusted_proxies when a proxy does TLS, or insecure: true on a network you trust")
	}
	for i, proxy := range h.TrustedProxies {
		_, errAddr := netip.ParseAddr(proxy)
		if _, errNet := netip.ParsePrefix(proxy); errAddr != nil && errNet != nil {
			k.faultAt(at("http.trusted_proxies", i), k.quote(at("http.trusted_proxies", i), proxy)+" is not an address or a network", "write for example 10.0.0.5 or 10.0.0.0/24")
		}
	}
	if !h.PublicURL.IsZero() {
		k.httpURL("http.public_url", h.PublicURL)
	}
	names := make([]string, len(h.Accept))
	for i, a := range h.Accept {
		path := at("http.accept", i)
		names[i] = a.Name
		k.refers(path+".program", "program", a.Program, programNames(k.c))
		if a.Token.IsZero() {
			k.secretMissing(path, "token")
		}
	}
	k.names("http.accept", names, true)
}

// listenAddr checks http.addr and tells whether only this machine reaches it.
func (k checker) listenAddr(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	n, errPort := strconv.ParseUint(port, 10, 16)
	if err != nil || errPort != nil || strconv.FormatUint(n, 10) != port {
		k.faultAt("http.addr", k.quote("http.addr", addr)+" is not an address to listen on", `write HOST:PORT, for example "127.0.0.1:8080"`)
		return true
	}
	return loopback(host)
}

// secretMissing adds a fault unless reading the secret's file has failed already.
func (k checker) secretMissing(path, name string) {
	if _, written := k.places[join(path, name+"_file")]; !written {
		k.faultAt(join(path, name+"_file"), "is missing", name+"_file: a file that holds the "+strings.ReplaceAll(name, "_", " "))
	}
}

// databaseURL checks the address of an ERP. Faults never quote it.
func (k checker) databaseURL(path string, u URL, schemes ...string) {
	for _, s := range schemes {
		if u.Scheme() != s {
			continue
		}
		p, err := url.Parse(u.Reveal())
		if s != "sqlite" && (err != nil || p.Host == "" || strings.Trim(p.Path, "/") == "") {
			k.faultAt(path, "is not an address of the form "+s+"://user@host/database",
				"percent-encode special characters (# is %23, @ is %40), or write host, database, user and password_file instead")
		}
		if file, _ := u.SQLitePath(); s == "sqlite" && file == "" {
			k.faultAt(path, "names no file", "write sqlite:FILE")
		}
		return
	}
	k.faultAt(path, "is not an address this connector knows", "it begins with "+strings.Join(schemes, ": or ")+":")
}

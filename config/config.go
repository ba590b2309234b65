package config

// Config is loyalsync.yaml: complete with defaults and checked. Lists stand for
// everything an administrator names.
type Config struct {
	Timezone  Zone       `yaml:"timezone" desc:"IANA time zone of jobs and business dates."`
	Log       Log        `yaml:"log" desc:"What is written about the work, and how."`
	Store     Store      `yaml:"store" desc:"Where the ledger is kept."`
	HTTP      HTTP       `yaml:"http" desc:"What this server answers, and where."`
	Alerts    Alerts     `yaml:"alerts" desc:"Who is told when a person must act."`
	Retention Retention  `yaml:"retention" desc:"How long history is kept. The ledger itself is kept for ever."`
	Sources   []Source   `yaml:"sources" desc:"The ERP databases to read."`
	Mappings  []Mapping  `yaml:"mappings" desc:"Which contractors of a source take part in a program, and how."`
	Programs  []Program  `yaml:"programs" desc:"The loyalty programs."`
	Platforms []Platform `yaml:"platforms" desc:"Where contractors and points are sent."`
	Jobs      []Job      `yaml:"jobs" desc:"What runs, and when."`
}

func (c *Config) setDefaults() { c.Timezone = "Europe/Warsaw" }

// Log is how the service reports its work.
type Log struct {
	Level     string `yaml:"level" enum:"debug,info,warn,error" desc:"Least level that is written."`
	Format    string `yaml:"format" enum:"tint,json,text" desc:"tint: coloured on a terminal; json and text: for machines."`
	File      Path   `yaml:"file" desc:"Write to this file; the standard error then gets errors only."`
	MaxSizeMB int    `yaml:"max_size_mb" desc:"With file: a new one is begun at so many megabytes."`
	Keep      int    `yaml:"keep" desc:"With file: so many old ones are kept."`
	Compress  bool   `yaml:"compress" desc:"With file: old ones are compressed."`
}

func (l *Log) setDefaults() {
	*l = Log{Level: "info", Format: "tint", MaxSizeMB: 20, Keep: 10, Compress: true}
}

// Store is where the ledger is kept.
type Store struct {
	URL          URL    `yaml:"url" expand:"url" desc:"sqlite:FILE, which is relative to the configuration; or postgres://user@host/database, for several processes."`
	Password     Secret `yaml:"password" desc:"The password of the user in a postgres: url; better in password_file."`
	PasswordFile Path   `yaml:"password_file" desc:"File holding the password."`
}

func (s *Store) setDefaults() { s.URL = NewURL("sqlite:data/loyalsync.db") }

// HTTP is what the server answers, and where.
type HTTP struct {
	Addr           string   `yaml:"addr" desc:"HOST:PORT to listen on; beyond loopback only with TLS, a trusted proxy, or insecure."`
	Faces          []string `yaml:"faces" enum:"panel,admin,pos,console,api" desc:"Which parts this address serves."`
	ConsoleAddr    string   `yaml:"console_addr" desc:"HOST:PORT of the operator console, for the local network."`
	PublicURL      URL      `yaml:"public_url" expand:"url" desc:"The address members know, when a proxy stands in front."`
	TLSCert        Path     `yaml:"tls_cert" desc:"Certificate chain in PEM."`
	TLSKey         Path     `yaml:"tls_key" desc:"Private key in PEM."`
	TrustedProxies []string `yaml:"trusted_proxies" desc:"Addresses or networks (CIDR) of proxies whose forwarding headers are believed."`
	Insecure       bool     `yaml:"insecure" desc:"Allow plain HTTP beyond loopback. Passwords and points travel readable."`
	Accept         []Accept `yaml:"accept" desc:"Who may push contractors and points here."`
}

func (h *HTTP) setDefaults() {
	*h = HTTP{Addr: "127.0.0.1:8080", Faces: []string{"panel", "admin", "api"}}
}

// Accept lets one agent, or one till, work with one program of this panel.
type Accept struct {
	Name           string   `yaml:"name" required:"true" desc:"Name of the agent or till, for logs."`
	Program        string   `yaml:"program" required:"true" desc:"The program it may push into, or spend points of."`
	May            []string `yaml:"may" enum:"push,redeem" desc:"What it may do: push contractors, points and tiers, or hold and spend points."`
	Token          Secret   `yaml:"token" desc:"The bearer token it sends."`
	TokenFile      Path     `yaml:"token_file" desc:"File holding the token."`
	SigningKey     Secret   `yaml:"signing_key" desc:"Key of its signatures; with a key, unsigned calls are refused."`
	SigningKeyFile Path     `yaml:"signing_key_file" desc:"File holding the signing key."`
}

func (a *Accept) setDefaults() { a.May = []string{"push"} }

// Alerts are for what a person must see.
type Alerts struct {
	Webhook       Secret   `yaml:"webhook" expand:"url" desc:"URL that gets a JSON message; kept secret, because such URLs carry their key."`
	WebhookFile   Path     `yaml:"webhook_file" desc:"File holding the URL."`
	Email         []string `yaml:"email" desc:"Addresses to write to."`
	AfterFailures int      `yaml:"after_failures" desc:"Tell after so many failures in a row."`
	SilentFor     Duration `yaml:"silent_for" desc:"Tell when a job has had no success for so long."`
}

func (a *Alerts) setDefaults() { *a = Alerts{AfterFailures: 3, SilentFor: Duration(26 * hour)} }

// Retention is how long history is kept.
type Retention struct {
	Runs      Duration `yaml:"runs" desc:"Runs and their logs."`
	Delivered Duration `yaml:"delivered" desc:"Deliveries that arrived."`
}

func (r *Retention) setDefaults() {
	*r = Retention{Runs: Duration(400 * day), Delivered: Duration(30 * day)}
}

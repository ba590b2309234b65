package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loyalsync/loyalsync/config"
)

// edited writes the world's configuration with texts replaced, in pairs.
func (w world) edited(pairs ...string) {
	w.t.Helper()
	text, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	changed := string(text)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(changed, pairs[i]) {
			w.t.Fatalf("no %q in the configuration", pairs[i])
		}
		changed = strings.Replace(changed, pairs[i], pairs[i+1], 1)
	}
	w.write("loyalsync.yaml", changed)
}

// diagnosed runs doctor, which must find exactly the faults of the given checks,
// and returns what it printed.
func (w world) diagnosed(faults ...string) string {
	w.t.Helper()
	r := w.do("doctor", "--json")
	var d doctorResult
	if err := json.Unmarshal([]byte(r.out), &d); err != nil {
		w.t.Fatalf("%v\n%s%s", err, r.out, r.err)
	}
	var got []string
	for _, s := range d.Subjects {
		for _, f := range s.Findings {
			if f.Condition == "fault" {
				got = append(got, f.Check+" "+f.Code)
				if f.Hint == "" {
					w.t.Errorf("a fault without a cure: %+v", f)
				}
			}
		}
	}
	if !slices.Equal(got, faults) || d.Faults != len(faults) || d.Ready != (len(faults) == 0) || (r.code == exitNo) != (len(faults) > 0) {
		w.t.Errorf("exit %d, faults %q, want %q\n%s%s", r.code, got, faults, r.out, r.err)
	}
	p := w.do("doctor")
	last := "ready"
	switch {
	case len(faults) == 1:
		last = "not ready: 1 fault"
	case len(faults) > 1:
		last = fmt.Sprintf("not ready: %d faults", len(faults))
	}
	if !strings.HasSuffix(p.out, "\n"+last+"\n") || p.code != r.code || p.err != "" {
		w.t.Errorf("exit %d, the last line is not %q:\n%s%s", p.code, last, p.out, p.err)
	}
	for _, text := range append([]string{"Karczma", "Hotel", "@example", "reader:", "tok-"}, never...) {
		if strings.Contains(p.out+r.out, text) {
			w.t.Errorf("%q in\n%s", text, p.out)
		}
	}
	return p.out
}

func TestDoctor(t *testing.T) {
	w := synced(t)
	w.file()
	out := w.diagnosed()
	for _, has := range []string{"source demo\n", "SQLite", "contractors take part", "left out", "the same database", "embedded panel", "is sound", "no job of kind sweep reads source demo"} {
		if !strings.Contains(out, has) {
			t.Errorf("no %q in\n%s", has, out)
		}
	}
	w.play(t, []scenario{
		{line: "doctor demo", has: []string{"source demo", "ready"}, lacks: []string{"store", "platform"}},
		{line: "doctor nowhere", code: exitInput, has: []string{`there is no source "nowhere"`, "hint: there are: demo"}},
		{line: "doctor demo more", code: exitInput, has: []string{"error: "}},
		{line: "doctor --lang pl", has: []string{"źródło demo", "bierze udział", "gotowe"}, lacks: []string{"ready", "take part"}},
		{line: "doctor --sql", has: []string{"-- source demo", "needs no login"}, lacks: []string{"ready"}},
		{line: "doctor demo --sql --json", has: []string{`"source": "demo"`, `"sql": `}},
		{line: "doctor --help", has: []string{"loyalsync doctor", "--sql", "--json"}},
	})
	w.edited("currency: PLN", "curency: PLN")
	w.play(t, []scenario{{line: "doctor", code: exitInput, has: []string{"did you mean currency?"}, lacks: []string{"ready"}}})
}

// TestDoctorRules: rules that were changed under points are told by day, not by the
// run that fails on them.
func TestDoctorRules(t *testing.T) {
	w := synced(t)
	w.edited(`per: "100", points: "1"`, `per: "100", points: "2"`)
	w.diagnosed("rules rules-changed")
	w.edited("rules_from: 2024-01-01", "rules_from: 2099-01-01")
	w.diagnosed()
	w.must("run", "points")
	w.edited("rules_from: 2099-01-01", "rules_from: 2098-01-01") // was a slip, and nothing was scored by it
	w.diagnosed()
	w.must("run", "points")
}

// TestDoctorBeforeTheFirstRun: no store is fine, and none is made.
func TestDoctorBeforeTheFirstRun(t *testing.T) {
	w := newWorld(t)
	w.file()
	if out := w.diagnosed(); !strings.Contains(out, "there is no store yet") {
		t.Errorf("got\n%s", out)
	}
	if _, err := os.Stat(w.path("data")); err == nil {
		t.Error("looking made a store")
	}
}

// TestDoctorKeys: what programs read of the answer.
func TestDoctorKeys(t *testing.T) {
	w := newWorld(t)
	w.edited("contractors: {where: 'attribute(\"PROGRAM\") == \"TAK\"'}", "contractors: {codes: [K001, K999]}")
	r := w.do("doctor", "--json")
	var top map[string]any
	if err := json.Unmarshal([]byte(r.out), &top); err != nil || r.code != exitNo {
		t.Fatalf("exit %d, %v", r.code, err)
	}
	lines := slices.Sorted(maps.Keys(top))
	keys := make(map[string]bool)
	for _, s := range top["subjects"].([]any) {
		for key := range s.(map[string]any) {
			keys["subjects[]."+key] = true
		}
		for _, f := range s.(map[string]any)["findings"].([]any) {
			for key := range f.(map[string]any) {
				keys["subjects[].findings[]."+key] = true
			}
			if f.(map[string]any)["code"] == "code-unknown" {
				for key := range f.(map[string]any)["data"].(map[string]any) {
					keys["code-unknown: data."+key] = true
				}
			}
		}
	}
	golden(t, "doctor.keys", strings.Join(append(lines, slices.Sorted(maps.Keys(keys))...), "\n")+"\n")
}

func TestDoctorOnASource(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, w world)
		faults []string
		has    string
	}{
		{"missing column", func(_ *testing.T, w world) { w.erp("ALTER TABLE dokumenty RENAME COLUMN zmieniono TO inaczej") }, []string{"tables missing"}, "invoices.zmieniono"},
		{"a code of nobody", func(_ *testing.T, w world) {
			w.edited("contractors: {where: 'attribute(\"PROGRAM\") == \"TAK\"'}", "contractors: {codes: [K001, k002, K999]}")
		}, []string{"codes code-case", "codes code-unknown"}, "no contractor has the code K999"},
		{"points to nobody", func(_ *testing.T, w world) {
			w.edited("    points_to: buyer\n", "    points_to: buyer\n    overrides: [{contractor: K001, points_to_contractor: K999}]\n")
		}, []string{"codes code-beneficiary"}, "points go to the code K999"},
		{"an attribute that is not there", func(_ *testing.T, w world) { w.edited(`attribute("PROGRAM")`, `attribute("PROGRAMM")`) }, []string{"names name-unknown"}, "did you mean PROGRAM?"},
		{"nobody", func(_ *testing.T, w world) { w.edited(`== "TAK"`, `== "YES"`) }, nil, "none of 40 contractors takes part"},
		{"clock an hour off", func(_ *testing.T, w world) {
			w.edited("      dialect: sqlite\n", "      dialect: sqlite\n      now: "+strconv.Quote(offset(t, time.Hour))+"\n")
		}, []string{"clock clock-zone-ahead"}, "1 h ahead"},
		{"clock minutes off", func(_ *testing.T, w world) {
			w.edited("      dialect: sqlite\n", "      dialect: sqlite\n      now: "+strconv.Quote(offset(t, -5*time.Minute))+"\n")
		}, nil, "behind ours"},
		{"another database", func(t *testing.T, w world) {
			w.must("run", "points")
			w.erp("UPDATE firma SET nip = '1'")
		}, []string{"identity identity-changed"}, "loyalsync source accept demo"},
		// two dots make it no name at all, so that no DNS server has to be asked
		{"host unknown", func(_ *testing.T, w world) { w.far("erp..invalid", 5432) }, []string{"resolve host-unknown"}, "the name erp..invalid is not known"},
		{"port closed", func(t *testing.T, w world) { w.far("127.0.0.1", closedPort(t)) }, []string{"port port-refused"}, "nothing listens there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.change(t, w)
			if out := w.diagnosed(tt.faults...); !strings.Contains(out, tt.has) {
				t.Errorf("no %q in\n%s", tt.has, out)
			}
		})
	}
}

// offset is a SELECT of the wall clock in the configuration's zone, moved.
func offset(t *testing.T, by time.Duration) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	_, seconds := time.Now().In(zone).Zone()
	return fmt.Sprintf("SELECT strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '%+d seconds')", seconds+int(by.Seconds()))
}

// far adds a source that is somewhere else, with a password.
func (w world) far(host string, port int) {
	w.edited("sources:\n", fmt.Sprintf("sources:\n  - {name: far, connector: compiere, url: \"postgres://reader:hunter2@%s:%d/erp\"}\n", host, port))
}

// closedPort is one that nobody listens on any more.
func closedPort(t *testing.T) int {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().(*net.TCPAddr).Port
}

func TestDoctorOnTheStore(t *testing.T) {
	w := synced(t)
	w.file()
	store := world{t: t, dir: w.path("data")}
	if err := os.Rename(store.path("loyalsync.db"), store.path("erp.db")); err != nil { // so that erp reaches it
		t.Fatal(err)
	}
	w.edited(w.url, "sqlite:data/erp.db")
	w.diagnosed()
	store.erp("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	if out := w.diagnosed("store store-newer"); !strings.Contains(out, "schema 9999") {
		t.Errorf("got\n%s", out)
	}
	if err := os.WriteFile(store.path("erp.db"), []byte(strings.Repeat("damaged\n", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	w.diagnosed("store store-broken")
}

// TestDoctorOnAPlatform asks another loyalsync, as it serves.
func TestDoctorOnAPlatform(t *testing.T) {
	home := newWorld(t)
	home.file()
	home.edited("platforms:\n", "http: {accept: [{name: agent, program: main, token: tok-right, signing_key: key-right}, {name: plain, program: club, token: tok-plain}]}\nplatforms:\n",
		"programs:\n", "programs:\n  - {name: club, currency: PLN}\n")
	server := httptest.NewServer(home.serving())
	t.Cleanup(server.Close)
	tests := []struct {
		name, settings string
		faults         []string
		has            string
	}{
		{"right", "token: tok-right, signing_key: key-right", nil, "takes token and signature"},
		{"wrong token", "token: tok-wrong, signing_key: key-right", []string{"token platform-token"}, "refuses the token"},
		{"wrong key", "token: tok-right, signing_key: key-wrong", []string{"signature platform-signature"}, "refuses the signature"},
		{"no key", "token: tok-right", []string{"signature platform-unsigned"}, "asks for signed calls"},
		{"another program", "token: tok-plain", []string{"token platform-forbidden"}, "not for program main"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.edited("name: demo", "name: far-erp", "source: demo", "source: far-erp", "source: demo", "source: far-erp",
				"{name: panel, kind: panel}", fmt.Sprintf("{name: panel, kind: panel}\n  - {name: hosted, kind: http, url: %q, %s}", server.URL+"/api", tt.settings), "platforms: [panel]", "platforms: [hosted]")
			if out := w.diagnosed(tt.faults...); !strings.Contains(out, tt.has) || !strings.Contains(out, "its clock agrees") {
				t.Errorf("no %q in\n%s", tt.has, out)
			}
			w.edited("/api", "/nothing")
			w.diagnosed("address platform-address")
			w.edited(server.URL, "http://127.0.0.1:"+strconv.Itoa(closedPort(t)))
			w.diagnosed("port port-refused")
		})
	}
	home.do("doctor") // and nothing was kept of all this
	if files, _ := filepath.Glob(home.path("data/*")); len(files) == 0 {
		t.Fatal("the home has no store")
	}
}

// TestDoctorOverTLS: a certificate that nobody vouches for.
func TestDoctorOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	w := newWorld(t)
	w.edited("{name: panel, kind: panel}", fmt.Sprintf("{name: panel, kind: panel}\n  - {name: hosted, kind: http, url: %q, token: tok-x}", server.URL), "platforms: [panel]", "platforms: [hosted]")
	w.diagnosed("tls tls-unknown-authority")
}

// serving is what serve answers on the world's configuration.
func (w world) serving() http.Handler {
	w.t.Helper()
	handler, err := w.opened().handler(prometheus.NewRegistry())
	if err != nil {
		w.t.Fatal(err)
	}
	return handler
}

// opened is the world's configuration over its store, until the test ends.
func (w world) opened() *app {
	w.t.Helper()
	file, err := config.Load(config.Options{Path: w.path("loyalsync.yaml")})
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := openApp(w.t.Context(), file, discard(), false)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = a.Close() })
	return a
}

func TestLoginOf(t *testing.T) {
	sql := &config.SQL{Invoices: &config.Statement{Select: "SELECT * FROM invoices"}}
	for address, want := range map[string][]string{
		"sqlserver://reader:hunter2@erp/EXPRESS?database=sales": {"CREATE LOGIN [reader] WITH PASSWORD", "CREATE LOGIN [NT SERVICE\\loyalsync] FROM WINDOWS", "USE [sales]", "[dbo].[invoices]"},
		"mysql://reader:hunter2@erp/sales":                      {"CREATE USER 'reader'@'%'", "sales.invoices"},
		"postgres://reader:hunter2@erp/sales":                   {"CREATE ROLE reader", "invoices"},
	} {
		text, err := loginOf(config.Source{Connector: config.SQLERP, URL: config.NewURL(address), SQL: sql})
		for _, part := range want {
			if err != nil || !strings.Contains(text, part) || strings.Contains(text, "hunter2") {
				t.Errorf("no %q in\n%s%v", part, text, err)
			}
		}
	}
}

// TestProbes: every connector looks before it signs in, and tells no password.
func TestProbes(t *testing.T) {
	port := closedPort(t)
	w := newWorld(t)
	w.edited("sources:\n", fmt.Sprintf(`sources:
  - {name: a, connector: compiere, host: 127.0.0.1, port: %[1]d, database: erp, user: reader, password: hunter2}
  - {name: b, connector: compiere, url: "postgres://reader:hunter2@127.0.0.1:%[1]d/erp"}
  - {name: c, connector: optima, url: "sqlserver://reader:hunter2@127.0.0.1:%[1]d?database=erp"}
`, port))
	w.diagnosed("port port-refused", "port port-refused", "port port-refused")
}

// TestDoctorRefused: a PostgreSQL that answers every login in one way, as the real
// one words it, with the login in its text.
func TestDoctorRefused(t *testing.T) {
	for code, want := range map[string]string{
		"28P01": "login login-password", "28000": "login login-refused", "3D000": "database database-unknown", "53300": "login login-full", "57P03": "login login-starting",
	} {
		t.Run(code, func(t *testing.T) {
			w := newWorld(t)
			w.far("127.0.0.1", refusing(t, &pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: `it is about user "reader:hunter2"`}))
			w.diagnosed(want)
		})
	}
}

// refusing is the port of a server that lets nobody in.
func refusing(t *testing.T, answer *pgproto3.ErrorResponse) int {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server := pgproto3.NewBackend(conn, conn)
			first, err := server.ReceiveStartupMessage()
			if _, asks := first.(*pgproto3.SSLRequest); asks && err == nil {
				_, _ = conn.Write([]byte("N"))
				_, err = server.ReceiveStartupMessage()
			}
			if err == nil { // else only the port was tried
				server.Send(answer)
				_ = server.Flush()
			}
			_ = conn.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// TestDoctorOnPostgreSQL: what a server says itself, before and after the login.
func TestDoctorOnPostgreSQL(t *testing.T) {
	d := newPostgres(t, "doctor")
	execute(t, d.conn, `CREATE TABLE customers (id int, code text, name text, active bool);
		CREATE TABLE invoices (id int, number text, state text, modified timestamp, issued_on date, buyer int, net numeric, gross numeric, currency text);
		CREATE TABLE invoice_lines (id int, invoice int, code text, name text, quantity numeric, net numeric, gross numeric);
		CREATE TABLE contacts (id int, customer int);
		CREATE ROLE `+d.reader+` LOGIN PASSWORD 'choose-a-password'`)
	const sql = `
    sql:
      contractors: {select: "SELECT c.*, 'TAK' AS program FROM customers c", columns: {attributes.PROGRAM: program}}
      invoices: {select: "SELECT * FROM invoices"}
      lines: {select: "SELECT * FROM invoice_lines"}
      representatives: {select: "SELECT id, customer AS contractor FROM contacts"}
`
	w := newWorld(t)
	text, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "sources:\n")
	_, rest, _ = strings.Cut(rest, "mappings:\n")
	source := func(address string) {
		w.write("loyalsync.yaml", before+"sources:\n  - name: demo\n    connector: sqlerp\n    url: "+strconv.Quote(address)+sql+"mappings:\n"+rest)
	}
	reader := d.as(d.reader)
	elsewhere, _ := url.Parse(reader)
	elsewhere.Path = "/no_such_database"

	source(reader)
	w.diagnosed("login source-auth") // the login may read nothing yet
	script := w.must("doctor", "--sql")
	if !strings.Contains(script, "GRANT SELECT ON\n  contacts,\n  customers,\n  invoice_lines,\n  invoices\nTO "+d.reader) {
		t.Errorf("the script:\n%s", script)
	}
	execute(t, d.conn, "DROP ROLE "+d.reader)
	execute(t, d.conn, strings.Replace(script, "change-me", "choose-a-password", 1)) // as it was printed
	out := w.diagnosed()
	for _, has := range []string{"is open", "PostgreSQL", "the login may only read", "clock agrees"} {
		if !strings.Contains(out, has) {
			t.Errorf("no %q in\n%s", has, out)
		}
	}
	execute(t, d.conn, "GRANT INSERT ON invoices TO "+d.reader)
	if out := w.diagnosed("rights writable"); !strings.Contains(out, "invoices") || !strings.Contains(out, "doctor --sql") {
		t.Errorf("a writable login:\n%s", out)
	}
	execute(t, d.conn, "REVOKE INSERT ON invoices FROM "+d.reader+"; ALTER TABLE invoices DROP COLUMN modified")
	w.diagnosed("tables missing")
	source(elsewhere.String())
	w.diagnosed("database ")
	source(d.as("no_such_login"))
	w.diagnosed("login ")
}

// TestDoctorOnOptima: a server that is not there, and the scripts for both ways to
// sign in.
func TestDoctorOnOptima(t *testing.T) {
	w := newWorld(t)
	w.edited("sources:\n", fmt.Sprintf("sources:\n  - {name: optima, connector: optima, server: \"127.0.0.1,%d\", database: CDN_Firma, user: reader, password: hunter2}\n", closedPort(t)))
	w.diagnosed("port port-refused")
	w.play(t, []scenario{
		{line: "doctor optima --sql", has: []string{"-- source optima", "CREATE LOGIN [reader] WITH PASSWORD", `CREATE LOGIN [NT SERVICE\loyalsync] FROM WINDOWS`, "USE [CDN_Firma]", "GRANT SELECT"}},
		{line: "doctor --sql --json", has: []string{`"source": "optima"`, `"source": "demo"`}},
	})
}

// TestDoctorAtStart: serve looks once, logs what is wrong, counts it, and leaves
// sources alone whose job is about to run.
func TestDoctorAtStart(t *testing.T) {
	w := newWorld(t)
	w.edited(`{where: 'attribute("PROGRAM") == "TAK"'}`, "{codes: [K999]}")
	file, err := config.Load(config.Options{Path: w.path("loyalsync.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	a, err := openApp(t.Context(), file, slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn})), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	registry := prometheus.NewRegistry()
	look := func(ctx context.Context) {
		ended, err := a.examineAtStart(ctx, registry)
		if err != nil {
			t.Fatal(err)
		}
		<-ended
	}
	look(t.Context())
	if text := logged.String(); strings.Count(text, "doctor found a fault") != 1 || !strings.Contains(text, "K999") || !strings.Contains(text, "hint=") {
		t.Errorf("logged:\n%s", text)
	}
	if got := faultsOf(t, registry, "source demo"); got != 1 {
		t.Errorf("%v faults counted", got)
	}
	registry = prometheus.NewRegistry()
	logged.Reset()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	look(stopped)
	if logged.Len() > 0 {
		t.Errorf("a stop is told as a fault:\n%s", logged.String())
	}
}

// TestDueSourcesAreLeftAlone: a job that is about to run tells by itself.
func TestDueSourcesAreLeftAlone(t *testing.T) {
	for every, busy := range map[string]bool{"every: 30s": true, "every: 5h": false} {
		w := newWorld(t)
		w.edited(`daily: ["18:30"]`, every)
		file, err := config.Load(config.Options{Path: w.path("loyalsync.yaml")})
		if err != nil {
			t.Fatal(err)
		}
		a, err := openApp(t.Context(), file, discard(), false)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.busySources(t.Context())["source demo"]; got != busy {
			t.Errorf("%s: left alone is %t", every, got)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func faultsOf(t *testing.T, registry *prometheus.Registry, subject string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "loyalsync_doctor_faults" && m.GetLabel()[0].GetValue() == subject {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("nothing is counted for %s", subject)
	return 0
}

// TestSigns: signs only where a terminal is likely to have them.
func TestSigns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Setenv("WT_SESSION", "")
		if showsSigns() {
			t.Error("the old console shows signs")
		}
		return
	}
	for _, tt := range []struct {
		all, ctype, lang, term string
		want                   bool
	}{
		{"", "", "pl_PL.UTF-8", "xterm", true},
		{"", "", "en_US.utf8", "xterm", true},
		{"C", "", "pl_PL.UTF-8", "xterm", false},
		{"", "pl_PL.ISO-8859-2", "pl_PL.UTF-8", "xterm", false},
		{"", "", "pl_PL.UTF-8", "linux", false},
		{"", "", "", "xterm", false},
	} {
		for name, value := range map[string]string{"LC_ALL": tt.all, "LC_CTYPE": tt.ctype, "LANG": tt.lang, "TERM": tt.term} {
			t.Setenv(name, value)
		}
		if got := showsSigns(); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
)

// sqlSource turns the valid configuration's source into one of connector sqlerp.
const sqlSource = `connector: sqlerp
    url: sqlite:erp.db
    sql:
      contractors: {select: SELECT 1}
      invoices: {select: SELECT 1}
      lines: {select: SELECT 1}`

func TestChecksBetweenKeys(t *testing.T) {
	t.Parallel()
	const source, mapped, program, rule, platform, job = "connector: compiere\n    url: postgres://ro@db.local/idempiere",
		`contractors: {codes: ["00123"]}`, "currency: PLN", `{name: base, based_on: bill, calculate_on: net, per: "100", points: "1"}`,
		"{name: panel, kind: panel}", `daily: ["18:30"]`
	const url = "url: postgres://ro@db.local/idempiere"
	tests := []struct{ name, old, with, want string }{
		// http.
		{"not loopback", "timezone: Europe/Warsaw", `http: {addr: "0.0.0.0:80"}`, "http.addr: is reachable from other machines, without TLS"},
		{"every address", "timezone: Europe/Warsaw", `http: {addr: ":80"}`, "http.addr: is reachable from other machines, without TLS"},
		{"a name is not loopback", "timezone: Europe/Warsaw", `http: {addr: "server:80"}`, "http.addr: is reachable from other machines, without TLS"},
		{"insecure on purpose", "timezone: Europe/Warsaw", `http: {addr: ":80", insecure: true}`, ""},
		{"behind a proxy", "timezone: Europe/Warsaw", `http: {addr: ":80", trusted_proxies: [10.0.0.1, "::1", 10.0.0.0/8]}`, ""},
		{"with TLS", "timezone: Europe/Warsaw", `http: {addr: ":443", tls_cert: a, tls_key: b}`, ""},
		{"half of TLS", "timezone: Europe/Warsaw", `http: {tls_cert: a}`, "http: tls_cert and tls_key belong together"},
		{"IPv6 loopback", "timezone: Europe/Warsaw", `http: {addr: "[::1]:80"}`, ""},
		{"no port", "timezone: Europe/Warsaw", `http: {addr: localhost}`, "http.addr: localhost is not an address to listen on"},
		{"port too high", "timezone: Europe/Warsaw", `http: {addr: "localhost:70000"}`, "http.addr: localhost:70000 is not an address to listen on"},
		{"proxy", "timezone: Europe/Warsaw", `http: {trusted_proxies: [proxy]}`, "http.trusted_proxies[0]: proxy is not an address or a network"},
		{"public url", "timezone: Europe/Warsaw", `http: {public_url: points.example.com}`, "http.public_url: is not an http address"},
		{"accept without token", "timezone: Europe/Warsaw", `http: {accept: [{name: a, program: main}]}`, "http.accept[0].token_file: is missing"},
		{"accept for no program", "timezone: Europe/Warsaw", `http: {accept: [{name: a, program: man, token: x}]}`, "http.accept[0].program: there is no program called man"},
		{"webhook", "timezone: Europe/Warsaw", `alerts: {webhook: "http://hooks.example.com/x"}`, "alerts.webhook: is plain http beyond this machine"},
		{"alerts never", "timezone: Europe/Warsaw", `alerts: {after_failures: 0}`, "alerts.after_failures: 0 is not between 1 and 1000"},
		{"store", "timezone: Europe/Warsaw", `store: {url: data.db}`, "store.url: is not the address of a store"},
		{"retention", "timezone: Europe/Warsaw", `retention: {runs: 0s}`, "retention.runs: must be longer than nothing"},
		// sources.
		{"same name", "mappings:", "  - {name: ERP, connector: compiere, url: postgres://ro@h/d}\nmappings:", "sources[1].name: the name ERP is used twice"},
		{"name with a space", "name: points", "name: my job", "jobs[0].name: my job does not fit as a name"},
		{"no connection", url, "host: db", "sources[0].database: is missing\nsources[0].user: is missing"},
		{"by host", url, "host: db\n    database: d\n    user: u", ""},
		{"url and host", url, url + "\n    host: db", "sources[0].host: has no effect beside url"},
		{"two passwords", url, "url: postgres://u:p@h/d\n    password: x", "sources[0].url: holds a password, and another one is written beside it"},
		{"url without database", url, "url: postgres://u@h", "sources[0].url: is not an address of the form postgres://user@host/database"},
		{"url that does not parse", url, "url: postgres://u:a b@h/d", "sources[0].url: is not an address of the form postgres://user@host/database"},
		{"url of another kind", url, "url: sqlite:a.db", "sources[0].url: is not an address this connector knows"},
		{"SQL Server for compiere", url, url + "\n    auth: sql\n    encrypt: full", "sources[0].auth: has no effect with the connector compiere, which reads PostgreSQL\nsources[0].encrypt: has no effect with the connector compiere, which reads PostgreSQL"},
		{"short overlap", url, url + "\n    overlap: 1h", "sources[0].overlap: is shorter than 2h"},
		{"page", url, url + "\n    page: 501", "sources[0].page: 501 is not between 1 and 500"},
		{"port", url, "host: h\n    database: d\n    user: u\n    port: 65536", "sources[0].port: 65536 is not between 1 and 65535"},
		{"document type", url, url + "\n    documents: [ARI, API]", "sources[0].documents[1]: API is not a type of sales document"},
		{"no document type", url, url + "\n    documents: []", "sources[0].documents: names no type of document"},
		{"tenant", url, url + "\n    tenant: GardenWorld", "sources[0].tenant: GardenWorld is not an AD_Client_ID"},
		{"sql for compiere", url, url + "\n    sql: {contractors: {select: a}, invoices: {select: a}, lines: {select: a}}", "sources[0].sql: has no effect with the connector compiere"},
		{"sqlerp", source, sqlSource, ""},
		{"sqlerp without sql", source, "connector: sqlerp\n    url: sqlite:a.db", "sources[0].sql: is missing"},
		{"sqlerp without lines", source, strings.Replace(sqlSource, "      lines: {select: SELECT 1}", "", 1), "sources[0].sql.lines: is missing"},
		{"sqlerp without select", source, strings.Replace(sqlSource, "lines: {select: SELECT 1}", "lines: {columns: {a: b}}", 1), "sources[0].sql.lines.select: is missing"},
		{"mariadb", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "url: mysql://ro@db/erp", 1) + "\n      dialect: mariadb\n      stamp: unix\n      lock_timeout: 3s", ""},
		{"mysql parts", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "host: db\n    database: erp\n    user: ro", 1) + "\n      dialect: mysql", ""},
		{"mysql without database", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "url: mariadb://ro@db", 1), "sources[0].url: is not an address of the form mariadb://user@host/database"},
		{"mysql is not postgres", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "url: mysql://ro@db/erp", 1) + "\n      dialect: postgres", "sources[0].sql.dialect: postgres does not fit the url, which is mysql"},
		{"sqlserver", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "server: 'ERP\\SQLEXPRESS'\n    database: erp\n    user: ro\n    password: x\n    trust_server_certificate: true", 1), ""},
		{"sqlserver url", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "url: sqlserver://ro@db?database=erp\n    password: x", 1) + "\n      dialect: sqlserver", ""},
		{"sqlserver without a database", source, strings.Replace(sqlSource, "url: sqlite:erp.db", "server: db\n    user: ro\n    password: x", 1), "sources[0].database: is missing"},
		{"sqlserver keys elsewhere", source, sqlSource + "\n    encrypt: full", "sources[0].encrypt: has no effect with this database"},
		{"form of stamps", source, sqlSource + "\n      stamp: iso", "sources[0].sql.stamp: iso is not known here"},
		{"no wait for locks", source, sqlSource + "\n      lock_timeout: 0s", "sources[0].sql.lock_timeout: must be longer than nothing"},
		{"other dialect", source, sqlSource + "\n      dialect: postgres", "sources[0].sql.dialect: postgres does not fit the url, which is sqlite"},
		{"state twice", source, sqlSource + "\n      states: {buffered: [a], released: [b, a]}", "sources[0].sql.states.released[1]: a stands under buffered too"},
		{"sqlerp has no tenant", source, sqlSource + "\n    tenant: \"1\"", "sources[0].tenant: has no effect with the connector sqlerp"},
		// mappings.
		{"no such source", "- source: erp", "- source: epr", "mappings[0].source: there is no source called epr\njobs[0]: no mapping joins source erp and program main"},
		{"mapped twice", mapped, mapped + "\n  - {source: erp, program: main}", "mappings[1]: source erp and program main are joined twice"},
		{"override twice", mapped, mapped + "\n    overrides: [{contractor: A, earn_from: 2026-01-01}, {contractor: A, points_to_contractor: B}]", "mappings[0].overrides[1].contractor: A has two overrides"},
		{"override of nothing", mapped, mapped + "\n    overrides: [{contractor: A}]", "mappings[0].overrides[0]: changes nothing"},
		{"empty group", mapped, mapped + "\n    item_groups: [{name: W}]", "mappings[0].item_groups[0]: holds no items"},
		{"group twice", mapped, mapped + "\n    item_groups: [{name: W, items: [A]}, {name: w, items: [A]}]", "mappings[0].item_groups[1].name: the name w is used twice"},
		// programs.
		{"home", program, program + "\n    home: panl", "programs[0].home: there is no platform called panl"},
		{"currency", program, "currency: zł", "programs[0].currency: zł is not a currency"},
		{"decimals", program, program + "\n    points: {decimals: 4}", "programs[0].points.decimals: 4 is not between 0 and 3"},
		{"two ways to lapse", program, program + "\n    lapse: {after: 3y, date: 2027-01-01}", "programs[0].lapse: says more than once when points lapse"},
		{"keep without yearly", program, program + "\n    lapse: {keep_at_least: 12mo}", "programs[0].lapse.keep_at_least: has no effect without yearly"},
		{"redemption", program, program + "\n    redemption: {point_worth: \"0.50\", worths: [{card: \"55*\", point_worth: 1}], max_of_bill: 100%, hold: 1h}", ""},
		{"negative worth", program, program + "\n    redemption: {point_worth: -1}", "programs[0].redemption.point_worth: -1 is negative"},
		{"worth for nobody", program, program + "\n    redemption: {worths: [{point_worth: 1}]}", "programs[0].redemption.worths[0]: says for nobody what points are worth"},
		{"most below least", program, program + "\n    redemption: {minimum: 10, maximum: 9}", "programs[0].redemption.maximum: 9 is below minimum"},
		{"more than a bill", program, program + "\n    redemption: {max_of_bill: 101%}", "programs[0].redemption.max_of_bill: 101% is above 100%"},
		{"no time to post", program, program + "\n    redemption: {hold: 0s}", "programs[0].redemption.hold: holds nothing"},
		{"unknown group to pay for", program, program + "\n    redemption: {only: [W], never: [V]}", "programs[0].redemption.only[0]: there is no item group called W\nprograms[0].redemption.never[0]: there is no item group called V"},
		{"negative limit", program, program + "\n    approve_above: -1", "programs[0].approve_above: -1 is negative"},
		{"unknown way with debts", program, program + "\n    debt: none", "programs[0].debt: none is not known here"},
		{"guard of nothing", program, program + "\n    guard: {max_reversed: 0%}", "programs[0].guard.max_reversed: 0% is not above 0% and up to 100%"},
		{"guard of more than all", program, program + "\n    guard: {max_reversed: 120%}", "programs[0].guard.max_reversed: 120% is not above 0% and up to 100%"},
		{"negative points", program, program + `
    guard: {min_points: "-1"}`, "programs[0].guard.min_points: -1 is negative"},
		{"per nothing", `per: "100"`, "per: 0", "programs[0].rules[0].per: 0 is not positive"},
		{"no points", `, points: "1"`, "", "programs[0].rules[0].points: is missing"},
		{"zero points", `points: "1"`, "points: 0", "programs[0].rules[0].points: 0 is not positive"},
		{"slabs", `calculate_on: net, per: "100", points: "1"`, `calculate_on: quantity_slab, slabs: [{from: "1", points: "1"}]`, ""},
		{"slabs and points", `calculate_on: net, per: "100"`, `calculate_on: quantity_slab, slabs: [{from: "1", points: "1"}]`, "programs[0].rules[0].points: has no effect with calculate_on quantity_slab, where slabs give the points of each unit"},
		{"slabs without the word", `points: "1"`, `points: "1", slab_mode: flat`, "programs[0].rules[0].slab_mode: has no effect without calculate_on: quantity_slab"},
		{"to before from", "name: base,", "name: base, from: 2026-02-01, to: 2026-01-31,", "programs[0].rules[0].to: 2026-01-31 is before from"},
		{"items missing", "based_on: bill", "based_on: item", "programs[0].rules[0].items: is missing"},
		{"group missing", "based_on: bill", "based_on: item_group", "programs[0].rules[0].item_group: is missing"},
		{"group unknown", "based_on: bill", "based_on: item_group, item_group: W", "programs[0].rules[0].item_group: there is no item group called W"},
		{"items on a bill", "based_on: bill", "based_on: bill, items: [A]", "programs[0].rules[0].items: has no effect with based_on bill"},
		{"rule twice", rule, rule + "\n      - " + rule, "programs[0].rules[1].name: the name base is used twice"},
		// platforms.
		{"second panel", platform, platform + "\n  - {name: p2, kind: panel}", "platforms[1].kind: a second embedded panel"},
		{"panel with url", platform, "{name: panel, kind: panel, url: https://a.b/c}", "platforms[0].url: has no effect with kind panel"},
		{"http without url and token", platform, platform + "\n  - {name: h, kind: http}", "platforms[1].token_file: is missing\nplatforms[1].url: is missing"},
		{"plain http", platform, platform + "\n  - {name: h, kind: http, url: http://a.b/c, token: t}", "platforms[1].url: is plain http beyond this machine"},
		{"plain http here", platform, platform + "\n  - {name: h, kind: http, url: http://localhost:1/c, token: t}", ""},
		{"user in url", platform, platform + "\n  - {name: h, kind: http, url: https://a@b.c/d, token: t}", "platforms[1].url: holds a user or a password"},
		{"batch", platform, platform + "\n  - {name: h, kind: http, url: https://b.c/d, token: t, batch: 501}", "platforms[1].batch: 501 is not between 1 and 500"},
		// jobs.
		{"by hand only", ", " + job, "", ""},
		{"two schedules", job, job + ", every: 10m", "jobs[0]: has several schedules"},
		{"weekdays", job, "every: 10m, weekdays: [mon]", "jobs[0].weekdays: has no effect without daily"},
		{"starting", job, job + `, starting: "2026-01-01 10:00"`, "jobs[0].starting: has no effect without every"},
		{"missed_within", job, job + `, missed: skip, missed_within: 1h`, "jobs[0].missed_within: has no effect with missed: skip"},
		{"no time", job, "daily: []", "jobs[0].daily: names no time"},
		{"time twice", job, `daily: ["18:30", "18:30"]`, "jobs[0].daily[1]: 18:30 is listed twice"},
		{"no timeout", job, job + ", timeout: 0s", "jobs[0].timeout: must be longer than nothing"},
		{"retries", job, job + ", retries: -1", "jobs[0].retries: -1 is not between 0 and 100"},
		{"no such platform", job, job + ", platforms: [panel, hosted]", "jobs[0].platforms[1]: there is no platform called hosted"},
		{"job without program", ", program: main, daily", ", daily", "jobs[0].program: is missing"},
		{"a reconcile", "kind: points, source: erp, program: main,", "kind: reconcile, source: erp, program: main, window: 90d, fix: true,", ""},
		{"a reconcile of nothing", "kind: points, source: erp, program: main,", "kind: reconcile, program: main,", "jobs[0].source: is missing"},
		{"a reconcile of no time", "kind: points, source: erp, program: main,", "kind: reconcile, source: erp, program: main, window: 0s,", "jobs[0].window: must be longer than nothing"},
		{"a reconcile of the panel", "kind: points, source: erp, program: main,", "kind: reconcile, source: erp, program: main, platforms: [panel],", "jobs[0].platforms[0]: panel has nothing to compare"},
		{"window of points", job, job + ", window: 90d", "jobs[0].window: has no effect with kind points"},
		{"points that mend", job, job + ", fix: true", "jobs[0].fix: has no effect with kind points"},
		{"keep of points", job, job + ", keep: 3", "jobs[0].keep: has no effect with kind points"},
		{"backup", "{name: points, kind: points, source: erp, program: main, daily", "{name: b, kind: backup, to: b, daily", ""},
		{"backup to nowhere", "{name: points, kind: points, source: erp, program: main, daily", "{name: b, kind: backup, daily", "jobs[0].to: is missing"},
		{"no rules", "    rules:\n      - " + rule + "\n", "", "jobs[0].program: program main has no rules, so nothing earns points"},
		{"job twice", job + "}", job + "}\n  - {name: points, kind: sweep, source: erp, program: main}", "jobs[1].name: the name points is used twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f.yaml", []byte(edit(t, valid, tt.old, tt.with)))
			var lines []string
			for _, f := range faultsOf(t, err) {
				lines = append(lines, f.Path+": "+f.Message)
				if f.Line < 1 || f.Col < 1 {
					t.Errorf("%v has no position", f)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// everyKey loads testdata/every-key.yaml with the secrets it names.
func everyKey(t *testing.T) (*config.File, config.Faults) {
	t.Helper()
	text, err := os.ReadFile("testdata/every-key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"secret": "hunter2", "webhook": "https://hooks.example.com/hunter3", "items.csv": "code;points\nA1;2\n", "rules.yaml": "lapse: {yearly: 06-30, keep_at_least: 6mo}\nactivate: {after: 1mo}\nrules: [{name: base, based_on: bill, calculate_on: net, points: 1}]\n"})
	f, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), text)
	if f == nil {
		t.Fatal(err)
	}
	return f, faultsOf(t, err)
}

func TestWhatIsNotBuiltIsRefused(t *testing.T) {
	t.Parallel()
	_, faults := everyKey(t)
	var got []string
	for _, f := range faults {
		if !strings.HasSuffix(f.Message, "not in this version") || f.Hint == "" {
			t.Errorf("another fault: %v", f)
		}
		got = append(got, f.Path)
	}
	want := []string{
		"http.faces[2]", "http.faces[3]", "http.console_addr", "alerts.email",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func TestOtherValuesThatAreNotBuilt(t *testing.T) {
	t.Parallel()
	for path, change := range map[string][2]string{
		"mappings[0].contractors.chosen_by": {"{codes:", "{chosen_by: operator, codes:"},
	} {
		_, err := config.Parse("f.yaml", []byte(edit(t, valid, change[0], change[1])))
		faults := faultsOf(t, err)
		if len(faults) != 1 || faults[0].Path != path || !strings.HasSuffix(faults[0].Message, "not in this version") {
			t.Errorf("%s: %v", path, faults)
		}
	}
}

func TestItemGroupsBelongToAMappingOfTheProgram(t *testing.T) {
	t.Parallel()
	const rule = `{name: r, based_on: item_group, item_group: W, calculate_on: net, points: "1"}`
	text := edit(t, valid, `contractors: {codes: ["00123"]}`, `item_groups: [{name: W, items: [A]}]`)
	text = edit(t, text, "platforms:", "  - {name: other, currency: PLN, rules: ["+rule+"]}\nplatforms:")
	_, err := config.Parse("f.yaml", []byte(text))
	faults := faultsOf(t, err)
	if len(faults) != 1 || faults[0].Path != "programs[1].rules[0].item_group" {
		t.Errorf("faults: %v", faults)
	}
}

// TestWhatIsOfTheHome: a ledger that only scores says nothing about debts and spending.
func TestWhatIsOfTheHome(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, "currency: PLN", "currency: PLN\n    home: h\n    debt: within_balance\n    redemption: {point_worth: 1}")
	text = edit(t, text, "platforms:", "platforms:\n  - {name: h, kind: http, url: https://b.c/d, token: t}")
	_, err := config.Parse("f.yaml", []byte(text))
	var got []string
	for _, f := range faultsOf(t, err) {
		got = append(got, f.Path)
	}
	if diff := cmp.Diff([]string{"programs[0].debt", "programs[0].redemption"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheWayOfActivationIsOne(t *testing.T) {
	t.Parallel()
	f, _ := everyKey(t)
	want := []config.Activate{{After: config.Span{Days: 14}}, {When: "paid"}, {When: "released"}}
	for i, p := range f.Config.Programs {
		if p.Activate != want[i] {
			t.Errorf("program %d: %+v, want %+v", i, p.Activate, want[i])
		}
	}
}

func TestWhatPointsWaitForWillCome(t *testing.T) {
	t.Parallel()
	const optima = "connector: optima\n    url: sqlserver://ro@db.local?database=CDN_Firma"
	for _, tt := range []struct{ name, connector, way, want string }{
		{"paid, in a source that always tells", "connector: compiere\n    url: postgres://ro@db.local/idempiere", "paid", ""},
		{"paid, in a source that does not tell", optima, "paid", `programs[0].activate: source erp does not say which documents are paid, so no points would become active`},
		{"paid, in a source that tells", optima + "\n    optima: {settlement: 'SELECT 1 AS document, 0 AS paid'}", "paid", ""},
		{"after days, whatever the source tells", optima, "{after: 14d}", ""},
		{"never", optima, "{}", "programs[0].activate: does not say when points become active"},
		{"no span", optima, "{after: soon}", "programs[0].activate.after: soon is not a span of the calendar"},
	} {
		text := edit(t, valid, "connector: compiere\n    url: postgres://ro@db.local/idempiere", tt.connector)
		text = edit(t, text, "currency: PLN", "currency: PLN\n    activate: "+tt.way)
		_, err := config.Parse("f.yaml", []byte(text))
		var got []string
		if err != nil {
			for _, f := range faultsOf(t, err) {
				got = append(got, f.Path+": "+f.Message)
			}
		}
		if said := strings.Join(got, "; "); said != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, said, tt.want)
		}
	}
}

// TestRulesWaitInTheirOwnWay: a file of rules has its own way, or that of the program.
func TestRulesWaitInTheirOwnWay(t *testing.T) {
	t.Parallel()
	const rules = "rules: [{name: base, based_on: bill, calculate_on: net, points: 1}]\n"
	dir := folder(t, map[string]string{"old.yaml": rules + "activate: released\n", "new.yaml": rules + "activate: {after: 2mo}\n", "plain.yaml": rules})
	text := edit(t, valid, "    rules:\n      - {name: base, based_on: bill, calculate_on: net, per: \"100\", points: \"1\"}\n",
		"    activate: paid\n    rule_sets: [{file: old.yaml, valid_from: 2026-01-01}, {file: new.yaml, valid_from: 2026-02-01}, {file: plain.yaml, valid_from: 2026-03-01}]\n")
	f, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Activate{{When: "released"}, {After: config.Span{Months: 2}}, {When: "paid"}}
	got := f.Config.Programs[0].Activations()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, later := range []bool{false, true, true} {
		if got[i].Later() != later {
			t.Errorf("%+v waits: %t", got[i], !later)
		}
	}
}

func TestEmptyValuesOfUnbuiltKeysSayNothing(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, "currency: PLN", "currency: PLN\n    redemption: {}\n    activate: released")
	load(t, edit(t, text, "timezone: Europe/Warsaw", "timezone: Europe/Warsaw\nhttp: {console_addr: \"\"}\nalerts: {email: []}"))
}

func TestStores(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ store, want string }{
		{"{url: 'postgres://loyalsync@db/loyalsync?sslmode=verify-full', password: hunter2}", ""},
		{"{url: 'postgresql://loyalsync:hunter2@db:5433/loyalsync?search_path=points'}", ""},
		{"{url: 'postgres:///loyalsync?host=/run/postgresql'}", ""},
		{"{url: 'postgres://u:hunter2@db'}", "store.url: is not an address of the form postgres://user@host/database"},
		{"{url: 'postgres:///loyalsync'}", "store.url: is not an address of the form postgres://user@host/database"},
		{"{url: 'postgres://u:hunter2#1@db/loyalsync'}", "store.url: is not an address of the form postgres://user@host/database"},
		{"{url: 'postgres://u:hunter2@db/loyalsync', password: hunter2}", "store.url: has a password, and there is another beside it"},
		{"{url: 'mysql://u:hunter2@db/loyalsync'}", "store.url: is not the address of a store"},
		{"{url: 'sqlite:a.db', password: hunter2}", "store.password: has no effect with a file"},
	} {
		_, err := config.Parse("f.yaml", []byte(edit(t, valid, "timezone: Europe/Warsaw", "store: "+tt.store)))
		var got []string
		if err != nil {
			for _, f := range faultsOf(t, err) {
				got = append(got, f.Path+": "+f.Message)
				if strings.Contains(f.Error()+f.Hint, "hunter2") {
					t.Errorf("%s: the password is told", tt.store)
				}
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s:\n%s", tt.store, diff)
		}
	}
}

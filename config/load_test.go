package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/spf13/pflag"

	"github.com/loyalsync/loyalsync/config"
)

// valid is a small configuration without faults. Tests change one thing in it.
const valid = `timezone: Europe/Warsaw
sources:
  - name: erp
    connector: compiere
    url: postgres://ro@db.local/idempiere
mappings:
  - source: erp
    program: main
    contractors: {codes: ["00123"]}
programs:
  - name: main
    currency: PLN
    rules:
      - {name: base, based_on: bill, calculate_on: net, per: "100", points: "1"}
platforms:
  - {name: panel, kind: panel}
jobs:
  - {name: points, kind: points, source: erp, program: main, daily: ["18:30"]}
`

// folder holds the files that the tests' configurations name.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse(filepath.Join(t.TempDir(), "loyalsync.yaml"), []byte(text))
	if err != nil {
		t.Fatalf("faults in a right configuration:\n%v", err)
	}
	return f
}

func faultsOf(t *testing.T, err error) config.Faults {
	t.Helper()
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("not Faults: %v", err)
	}
	return faults
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, valid).Config
	got := map[string]any{
		"level": c.Log.Level, "addr": c.HTTP.Addr, "faces": c.HTTP.Faces,
		"overlap": c.Sources[0].Overlap.Std(), "lag": c.Sources[0].Lag.Std(), "window": c.Sources[0].Window.Std(),
		"page": c.Sources[0].Page, "statement_timeout": c.Sources[0].StatementTimeout.Std(),
		"documents": c.Sources[0].Documents, "source timezone": c.Sources[0].Timezone,
		"after_failures": c.Alerts.AfterFailures, "silent_for": c.Alerts.SilentFor.Std(),
		"runs": c.Retention.Runs.Std(), "delivered": c.Retention.Delivered.Std(),
		"chosen_by": c.Mappings[0].Contractors.ChosenBy, "document_date": c.Mappings[0].DocumentDate,
		"points_to": c.Mappings[0].PointsTo, "unit": c.Mappings[0].Unit,
		"home": c.Programs[0].Home, "buffered": c.Programs[0].Buffered, "stacking": c.Programs[0].Stacking,
		"activate": c.Programs[0].Activate.When, "points": c.Programs[0].Points,
		"max_reversed": c.Programs[0].Guard.MaxReversed.String(), "min_points": c.Programs[0].Guard.MinPoints.String(),
		"batch": c.Platforms[0].Batch, "missed": c.Jobs[0].Missed, "missed_within": c.Jobs[0].MissedWithin.Std(),
		"overlap policy": c.Jobs[0].Overlap, "timeout": c.Jobs[0].Timeout.Std(), "retries": c.Jobs[0].Retries,
	}
	day := 24 * time.Hour
	want := map[string]any{
		"level": "info", "addr": "127.0.0.1:8080", "faces": []string{"panel", "admin", "api"},
		"overlap": 2 * time.Hour, "lag": 5 * time.Second, "window": 400 * day,
		"page": 500, "statement_timeout": 5 * time.Minute,
		"documents": []string{"ARI", "ARC"}, "source timezone": config.Zone("Europe/Warsaw"),
		"after_failures": 3, "silent_for": 26 * time.Hour, "runs": 400 * day, "delivered": 30 * day,
		"chosen_by": "both", "document_date": "sale", "points_to": "buyer", "unit": "base",
		"home": "panel", "buffered": "pending", "stacking": "sum", "activate": "released",
		"points":       config.PointsShape{Rounding: "floor", RoundedPer: "document"},
		"max_reversed": "20%", "min_points": "1000",
		"batch": 500, "missed": "once", "missed_within": day, "overlap policy": "skip", "timeout": time.Hour, "retries": 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestStoreURLIsBesideTheFile(t *testing.T) {
	t.Parallel()
	f := load(t, valid)
	path, ok := f.Config.Store.URL.SQLitePath()
	if want := filepath.Join(filepath.Dir(f.Path), "data", "loyalsync.db"); !ok || path != want {
		t.Errorf("store at %q, want %q", path, want)
	}
}

func TestExplicitZeroIsNotTheDefault(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, "url: postgres", "lag: 0s\n    url: postgres")
	text = edit(t, text, `daily: ["18:30"]`, `daily: ["18:30"], retries: 0`)
	c := load(t, edit(t, text, "timezone: Europe/Warsaw", "timezone: Europe/Warsaw\nhttp: {faces: []}")).Config
	if c.Sources[0].Lag != 0 || c.Jobs[0].Retries != 0 || len(c.HTTP.Faces) != 0 {
		t.Errorf("lag %v, retries %d, faces %v", c.Sources[0].Lag, c.Jobs[0].Retries, c.HTTP.Faces)
	}
}

// edit replaces exactly one place of a text.
func edit(t *testing.T, text, old, with string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("%q stands %d times in the text", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, with, 1)
}

func TestValues(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, `{codes: ["00123"]}`, `{codes: ["00123", '1e5', yes, K 1], where: 'group == "VIP"'}
    earn_from: 2026-01-01
    overrides: [{contractor: K001, earn_from: 2026-03-01, points_to_contractor: K900}]
    item_groups: [{name: Wine and more, items: ["WINE-*"], erp_groups: ["ALKO/WINA"]}]
    channels: [{name: shop-1, stores: [MAG1]}]`)
	text = edit(t, text, "    currency: PLN\n", `    currency: PLN
    points: {decimals: 2, rounding: half_even, rounded_per: line}
    lapse: {yearly: "12-31", keep_at_least: 12mo}
    redemption: {}
    guard: {max_reversed: 12.5%, min_points: 10.50}
`)
	text = edit(t, text, `{name: base,`, `{name: base, title: Za zakupy, from: 2026-01-01, to: 2026-12-31, min_document: 0.10,`)
	text = edit(t, text, `daily: ["18:30"]`, `every: 2d, starting: "2026-12-01 02:00", missed: skip, timeout: 1h30m`)
	c := load(t, text).Config
	m, p, r, j := c.Mappings[0], c.Programs[0], c.Programs[0].Rules[0], c.Jobs[0]
	if diff := cmp.Diff([]string{"00123", "1e5", "yes", "K 1"}, m.Contractors.Codes); diff != "" {
		t.Errorf("codes: %s", diff)
	}
	if m.EarnFrom != "2026-01-01" || m.Overrides[0].PointsToContractor != "K900" || m.ItemGroups[0].ERPGroups[0] != "ALKO/WINA" || m.Channels[0].Stores[0] != "MAG1" {
		t.Errorf("mapping: %+v", m)
	}
	if p.Points.Decimals != 2 || p.Lapse.Yearly != "12-31" || p.Lapse.KeepAtLeast != (config.Span{Months: 12}) {
		t.Errorf("program: %+v", p)
	}
	if s := p.Guard.MaxReversed.Share(); !s.Equal(decimal.RequireFromString("0.125")) || p.Guard.MinPoints.String() != "10.5" {
		t.Errorf("guard: %v %v", s, p.Guard.MinPoints)
	}
	if r.Title["pl"] != "Za zakupy" || r.Title["en"] != "Za zakupy" || r.MinDocument.String() != "0.1" || r.To != "2026-12-31" {
		t.Errorf("rule: %+v", r)
	}
	if j.Every != (config.Every{Days: 2}) || !j.Starting.Wall().Equal(time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)) || j.Timeout.Std() != 90*time.Minute {
		t.Errorf("job: %+v", j)
	}
}

func TestColumnsKeepTheirLetters(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, "connector: compiere\n    url: postgres://ro@db.local/idempiere", `connector: sqlerp
    url: sqlite:erp.db
    sql:
      contractors: {select: SELECT 1, columns: {id: Knt_Kod, attributes.KNT: KNT_KOD}}
      invoices: {select: SELECT 1}
      lines: {select: SELECT 1}
      states: {buffered: ["0"], released: ["1"]}`)
	f := load(t, text)
	s := f.Config.Sources[0]
	if diff := cmp.Diff(map[string]string{"id": "Knt_Kod", "attributes.KNT": "KNT_KOD"}, s.SQL.Contractors.Columns); diff != "" {
		t.Errorf("columns: %s", diff)
	}
	if s.SQL.Dialect != "sqlite" {
		t.Errorf("dialect %q", s.SQL.Dialect)
	}
	if path, _ := s.URL.SQLitePath(); path != filepath.Join(filepath.Dir(f.Path), "erp.db") {
		t.Errorf("erp at %s", path)
	}
	_, line, col := f.Position("sources[0].sql.contractors.columns.attributes.KNT", 0)
	if line != 7 || col != 62 {
		t.Errorf("the key of a column is at %d:%d", line, col)
	}
}

func TestByteOrderMarkAndCRLF(t *testing.T) {
	t.Parallel()
	plain := edit(t, valid, "points: \"1\"", "points: 1,50")
	windows := "\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n")
	_, err := config.Parse("a.yaml", []byte(plain))
	_, errWindows := config.Parse("a.yaml", []byte(windows))
	if diff := cmp.Diff(err.Error(), errWindows.Error()); diff != "" {
		t.Errorf("other faults on Windows:\n%s", diff)
	}
	load(t, strings.ReplaceAll(valid, "\n", "\r"))
	load(t, "\ufeff"+strings.ReplaceAll(valid, "\n", "\r\n"))
}

func TestVariables(t *testing.T) {
	t.Setenv("ERP_PASSWORD", "p@ss/wörd#1 %+?")
	t.Setenv("ERP_URL", "postgres://u:a%40b@h/d")
	t.Setenv("PAGE", "250")
	tests := []struct{ name, old, with, want string }{
		{"encoded inside a URL", "postgres://ro@", `"postgres://ro:${ERP_PASSWORD}@"`, "postgres://ro:p%40ss%2Fw%C3%B6rd%231%20%25%2B%3F@db.local/idempiere"},
		{"a whole URL as it is", "", "${ERP_URL}", "postgres://u:a%40b@h/d"},
		{"a default", "", "${NOT_SET_HERE:postgres://x@y/z}", "postgres://x@y/z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			value := strings.Replace("postgres://ro@db.local/idempiere", "postgres://ro@", strings.Trim(tt.with, `"`), 1)
			if tt.old == "" {
				value = tt.with
			}
			f := load(t, edit(t, valid, "postgres://ro@db.local/idempiere", `"`+value+`"`))
			if got := f.Config.Sources[0].URL.Reveal(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("not encoded elsewhere, and any type", func(t *testing.T) {
		f := load(t, edit(t, valid, "url: postgres", "password: ${ERP_PASSWORD}\n    page: ${PAGE}\n    allow_writable_login: ${NO_SUCH:true}\n    url: postgres"))
		s := f.Config.Sources[0]
		if s.Password.Reveal() != "p@ss/wörd#1 %+?" || s.Page != 250 || !s.AllowWritableLogin {
			t.Errorf("page %d, writable %v", s.Page, s.AllowWritableLogin)
		}
	})
	t.Run("escaped", func(t *testing.T) {
		f := load(t, edit(t, valid, "url: postgres", "password: a$${b}$c\n    url: postgres"))
		if got := f.Config.Sources[0].Password.Reveal(); got != "a${b}$c" {
			t.Errorf("got %s", got)
		}
	})
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"s/ok": "hunter2\r\n", "s/bom": "\ufeffhunter2\n", "s/empty": "\n", "s/bin": "\xff\xfeh\x00"})
	tests := []struct{ name, yaml, secret, fault, path string }{
		{"read", "password_file: s/ok", "hunter2", "", ""},
		{"byte order mark", "password_file: s/bom", "hunter2", "", ""},
		{"missing", "password_file: s/no", "", filepath.Join(dir, "s", "no") + ": no such file", "sources[0].password_file"},
		{"empty", "password_file: s/empty", "", filepath.Join(dir, "s", "empty") + ": the file is empty", "sources[0].password_file"},
		{"a folder", "password_file: s", "", filepath.Join(dir, "s") + ": not a file", "sources[0].password_file"},
		{"not text", "password_file: s/bin", "", filepath.Join(dir, "s", "bin") + ": the file is not UTF-8 text", "sources[0].password_file"},
		{"both", "password: abc\n    password_file: s/ok", "", "password and password_file are both written", "sources[0].password_file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), []byte(edit(t, valid, "url: postgres", tt.yaml+"\n    url: postgres")))
			if tt.fault == "" {
				if err != nil || f.Config.Sources[0].Password.Reveal() != tt.secret {
					t.Fatalf("got %v, password right: %v", err, f.Config.Sources[0].Password.Reveal() == tt.secret)
				}
				return
			}
			faults := faultsOf(t, err)
			if len(faults) != 1 || faults[0].Message != tt.fault || faults[0].Path != tt.path || faults[0].Line == 0 {
				t.Errorf("got %#v", faults)
			}
		})
	}
}

func TestEnvironmentAndFlagsLieOverTheFile(t *testing.T) {
	dir := folder(t, map[string]string{"loyalsync.yaml": edit(t, valid, "timezone: Europe/Warsaw", "timezone: Europe/Warsaw\nlog: {level: warn, format: text}")})
	t.Setenv("LOYALSYNC_LOG_LEVEL", "error")
	t.Setenv("LOYALSYNC_HTTP_FACES", "panel, api")
	t.Setenv("LOYALSYNC_HTTP_INSECURE", "true")
	t.Setenv("LOYALSYNC_TIMEZONE", "UTC")
	t.Setenv("LOYALSYNC_LOG_FORMAT", "")
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.String("log-level", "info", "")
	flags.String("log-format", "tint", "")
	if err := flags.Parse([]string{"--log-level", "debug"}); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(config.Options{Dirs: []string{t.TempDir(), dir}, Flags: map[string]*pflag.Flag{
		"log.level": flags.Lookup("log-level"), "log.format": flags.Lookup("log-format"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := f.Config
	if c.Log.Level != "debug" || c.Log.Format != "text" || c.Timezone != "UTC" || !c.HTTP.Insecure {
		t.Errorf("log %+v, timezone %s, insecure %v", c.Log, c.Timezone, c.HTTP.Insecure)
	}
	if diff := cmp.Diff([]string{"panel", "api"}, c.HTTP.Faces); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsOverlaidIsNotJudged: a wrong value of the file that the environment
// replaces is no fault any more.
func TestWhatIsOverlaidIsNotJudged(t *testing.T) {
	t.Setenv("LOYALSYNC_LOG_LEVEL", "warn")
	t.Setenv("LOYALSYNC_HTTP_FACES", "api")
	f := load(t, valid+"log: {level: loud}\nhttp: {faces: [panel, console]}\n")
	if f.Config.Log.Level != "warn" || len(f.Config.HTTP.Faces) != 1 {
		t.Errorf("log %+v, faces %v", f.Config.Log, f.Config.HTTP.Faces)
	}
}

func TestFaultsOfEnvironmentAndFlagsNameThem(t *testing.T) {
	dir := folder(t, map[string]string{"loyalsync.yaml": valid + "nope: 1\n"})
	t.Setenv("LOYALSYNC_STORE_URL", "oracle://u:hunter2@h/d")
	t.Setenv("LOYALSYNC_HTTP_FACES", "panel,pannel")
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.String("log-level", "info", "")
	if err := flags.Parse([]string{"--log-level", "loud"}); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(config.Options{Dirs: []string{dir}, Flags: map[string]*pflag.Flag{"log.level": flags.Lookup("log-level")}})
	want := filepath.Join(dir, "loyalsync.yaml") + `:19:1: nope: there is no such key
--log-level: log.level: loud is not known here
LOYALSYNC_HTTP_FACES: http.faces[1]: pannel is not known here
LOYALSYNC_STORE_URL: store.url: is not the address of a store`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestWhereItIsLookedFor(t *testing.T) {
	first, second := folder(t, nil), folder(t, map[string]string{"loyalsync.yaml": valid, "loyalsync": "the program", "loyalsync.json": "{}"})
	third := folder(t, map[string]string{"loyalsync.yaml": valid, "other.yaml": valid})
	dirs := []string{first, second, third}
	check := func(o config.Options, want string) {
		t.Helper()
		f, err := config.Load(o)
		if err != nil || f.Path != want {
			t.Errorf("got %v, %v, want %s", f, err, want)
		}
	}
	check(config.Options{Dirs: dirs}, filepath.Join(second, "loyalsync.yaml"))
	t.Setenv("LOYALSYNC_CONFIG", filepath.Join(third, "loyalsync.yaml"))
	check(config.Options{Dirs: dirs}, filepath.Join(third, "loyalsync.yaml"))
	check(config.Options{Dirs: dirs, Path: filepath.Join(third, "other.yaml")}, filepath.Join(third, "other.yaml"))
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	for name, o := range map[string]config.Options{
		"nowhere": {Dirs: []string{dir}},
		"named":   {Path: filepath.Join(dir, "x.yaml")},
	} {
		f, err := config.Load(o)
		if f != nil || !errors.Is(err, config.ErrNotFound) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
		if faults := faultsOf(t, err); !strings.Contains(faults[0].Error(), dir) || faults[0].Hint == "" {
			t.Errorf("%s: %v says nothing of the place", name, faults)
		}
	}
}

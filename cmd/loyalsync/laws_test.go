package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty"
)

// eachFile visits the files of the module with such an ending.
func eachFile(t *testing.T, ending string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(p, ending) {
			visit(p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, path string) (*token.FileSet, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return set, f
}

// TestEveryLawHasATest looks for tests named after the laws of the design.
func TestEveryLawHasATest(t *testing.T) {
	const laws = 12
	name := regexp.MustCompile(`^[tT]estLaw(\d+)(_|[A-Z])`)
	tests := map[int]int{}
	eachFile(t, ".go", func(path string) {
		suite := strings.Contains(path, "storetest") // whose checks are methods
		if !suite && !strings.HasSuffix(path, "_test.go") {
			return
		}
		_, f := parse(t, path)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || (fn.Recv != nil) != suite {
				continue
			}
			if m := name.FindStringSubmatch(fn.Name.Name); m != nil {
				n, err := strconv.Atoi(m[1])
				if err != nil || n < 1 || n > laws {
					t.Errorf("%s: %s: there is no law %s", path, fn.Name.Name, m[1])
				}
				tests[n]++
			}
		}
	})
	for law := range laws {
		if tests[law+1] == 0 {
			t.Errorf("law %d has no test: none is called TestLaw%[1]d_…", law+1)
		}
	}
}

// TestLaw7_NoFloats parses what money, quantities and points pass through: no
// float type, no conversion to or from one, no number written as one.
func TestLaw7_NoFloats(t *testing.T) {
	files := 0
	for _, folder := range []string{"loyalty", "mapping", "connectors"} {
		eachFile(t, ".go", func(path string) {
			if !strings.HasPrefix(filepath.ToSlash(path), "../../"+folder+"/") || strings.HasSuffix(path, "_test.go") ||
				strings.Contains(filepath.ToSlash(path), "/tdstest/") { // a server for tests, which has columns of floats
				return
			}
			files++
			set, f := parse(t, path)
			ast.Inspect(f, func(n ast.Node) bool {
				for _, why := range floats(n) {
					t.Errorf("%s: %s", set.Position(n.Pos()), why)
				}
				return true
			})
		})
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
	eachFile(t, ".sql", func(path string) {
		if strings.Contains(filepath.ToSlash(path), "/store/migrations/") {
			for line := range strings.Lines(read(t, path)) {
				if regexp.MustCompile(`(?i)^\s*\w+\s+(real|float|double|numeric|decimal)\b`).MatchString(line) {
					t.Errorf("%s: a column that SQLite keeps as a float: %s", path, line)
				}
			}
		}
	})
}

// floatCalls are the names of functions that make or take floats.
var floatCalls = regexp.MustCompile(`^((Parse|Format|Append)Float|NewFloat|NewFromFloat\w*|(Inexact|Set|Null)?Float(32|64))$`)

// floats says what a node has to do with floats.
func floats(n ast.Node) (why []string) {
	switch n := n.(type) {
	case *ast.Ident:
		if n.Name == "float64" || n.Name == "float32" || n.Name == "complex128" {
			why = append(why, "the type "+n.Name)
		}
	case *ast.SelectorExpr:
		if floatCalls.MatchString(n.Sel.Name) {
			why = append(why, "a call of "+n.Sel.Name)
		}
	case *ast.BasicLit:
		if n.Kind == token.FLOAT {
			why = append(why, "the number "+n.Value)
		}
	}
	return why
}

func TestFloats(t *testing.T) {
	for text, want := range map[string]int{
		"x := 1.5": 1, "var x float64": 1, "x, _ := strconv.ParseFloat(s, 64)": 1, "x := decimal.NewFromFloat(y)": 1,
		"x := float32(y)": 1, "x := d.InexactFloat64()": 1, "x := rat.FloatString(2)": 0, "x := 15": 0, `x := "1.5"`: 0, "x := decimal.New(15, -1)": 0,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+text+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		ast.Inspect(f, func(n ast.Node) bool { found += len(floats(n)); return true })
		if found != want {
			t.Errorf("%s: %d floats, want %d", text, found, want)
		}
	}
}

// TestLaw12_DryRunIsTheRun: what a dry run says would change is what the run then
// changes, on an empty store and on one that the ERP has moved on from.
func TestLaw12_DryRunIsTheRun(t *testing.T) {
	w := newWorld(t)
	balances := map[string][3]loyalty.Points{}
	for step := range 3 {
		for i := range 4 * step {
			if _, err := sample.Grow(t.Context(), w.path("erp.db"), demoClock().Add(time.Duration(i-60)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		var dry, real dryRunResult
		decodeDry := func(text string, into *dryRunResult) []change {
			var all struct {
				Changes []change `json:"changes"`
			}
			decode(t, text, &all)
			decode(t, text, &into.RunInfo)
			return all.Changes
		}
		said := decodeDry(w.must("run", "points", "--dry-run", "--json"), &dry)
		before := w.balances(balances)
		decodeDry(w.must("run", "points", "--json"), &real)
		if dry.Entries != real.Entries || dry.Points != real.Points || real.Entries == 0 {
			t.Errorf("step %d: a dry run says %+v, the run %+v", step, dry.RunInfo, real.RunInfo)
		}
		for _, c := range said {
			b := before[c.Contractor]
			for i, text := range []string{c.Pending, c.Available, c.Debt} {
				n, err := loyalty.ParsePoints(text, 0)
				if err != nil {
					t.Fatal(err)
				}
				b[i] += n
			}
			before[c.Contractor] = b
		}
		after := w.balances(nil)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("step %d (-before and what the dry run says +after the run):\n%s", step, diff)
		}
	}
}

// change is one contractor's line of a dry run.
type change struct{ Contractor, Pending, Available, Debt string }

// balances are pending, active and debt by contractor's code; none is what they
// are while there is no store.
func (w world) balances(none map[string][3]loyalty.Points) map[string][3]loyalty.Points {
	w.t.Helper()
	rows, err := w.tryQuery(`SELECT c.code, a.pending, a.active, a.debt FROM account a JOIN contractor c ON c.id = a.id WHERE a.seq > 0`)
	if err != nil && none != nil {
		return none
	}
	out := map[string][3]loyalty.Points{}
	for _, row := range rows {
		part := strings.Split(row, "|")
		var b [3]loyalty.Points
		for i := range b {
			if b[i], err = loyalty.ParsePoints(part[i+1], 0); err != nil {
				w.t.Fatal(err)
			}
		}
		out[part[0]] = b
	}
	return out
}

// TestLaw12_ExplainedIsPosted explains every document of the sample: what the
// rules give is what was posted, and the entries add up to it.
func TestLaw12_ExplainedIsPosted(t *testing.T) {
	w := synced(t)
	entries := map[string]string{}
	for _, row := range w.query(`SELECT d.erp_key, sum(CASE 2 WHEN to_bucket THEN amount WHEN from_bucket THEN -amount ELSE 0 END) || ' ' ||
			sum(CASE WHEN from_bucket <> 2 AND to_bucket NOT IN (1, 2) OR from_bucket = 2 AND to_bucket <> 1 THEN amount
				WHEN to_bucket = 1 AND from_bucket <> 2 THEN -amount ELSE 0 END)
		FROM entry e JOIN document d ON d.id = e.document_id GROUP BY 1`) {
		key, sums, _ := strings.Cut(row, "|")
		entries[key] = sums
	}
	scored, silent := 0, 0
	for _, row := range w.query(`SELECT erp_key, pending || ' ' || active FROM document`) {
		key, stored, _ := strings.Cut(row, "|")
		var x explainResult
		decode(t, w.must("explain", key, "--key", "--json"), &x)
		i := slices.IndexFunc(x.Chain, func(m explainMember) bool { return m.Document == key })
		if i < 0 {
			t.Fatalf("document %s is not in its own chain", key)
		}
		m := x.Chain[i]
		if m.Desired.Active != m.Active || m.Desired.Pending != m.Pending || m.Pending+" "+m.Active != stored {
			t.Errorf("document %s: explained %+v, stored %s", key, m.Desired, stored)
		}
		var pending, active loyalty.Points
		for _, l := range m.Posted {
			p, errP := loyalty.ParsePoints(l.Pending, 0)
			a, errA := loyalty.ParsePoints(l.Active, 0)
			if err := errors.Join(errP, errA); err != nil {
				t.Fatal(err)
			}
			pending, active = pending+p, active+a
		}
		sums, posted := entries[key]
		if !posted {
			sums = "0 0"
			silent++
			if m.Reason == loyalty.ReasonNone && m.Rules == nil {
				t.Errorf("document %s has no points and nothing says why", key)
			}
		} else {
			scored++
		}
		if got := fmt.Sprintf("%d %d", pending, active); got != sums {
			t.Errorf("document %s: lines of the explanation %s, entries %s", key, got, sums)
		}
	}
	if scored < 20 || silent < 5 {
		t.Fatalf("%d documents with points, %d without: the test tests too little", scored, silent)
	}
}

// TestLaw11_NothingLeaks synchronises, fails in every way that a test can bring
// about, and serves, all with debug logs; nothing that was logged, said in an
// error, measured or kept with a run names a person, a tax number or a secret.
func TestLaw11_NothingLeaks(t *testing.T) {
	p := newPushed(t, 120, 20, 50)
	personal := p.personal()
	config := strings.Replace(read(t, p.path("loyalsync.yaml")), "level: info", "level: debug", 1)
	config = strings.Replace(config, "sources:\n", "http: {addr: \"127.0.0.1:0\"}\nsources:\n", 1)
	p.write("loyalsync.yaml", config)
	var said strings.Builder
	do := func(code int, args ...string) {
		t.Helper()
		r := p.do(args...)
		if r.code != code {
			t.Errorf("%v: exit %d, want %d\n%s", args, r.code, code, r.err)
		}
		said.WriteString(r.out + r.err)
	}
	refuse := func(status int) {
		p.receiver.set(func(r *receiver) { r.fault = func(string, []string) int { return status } })
	}
	refuse(http.StatusUnauthorized)
	do(exitFailed, "run", "contractors")
	refuse(http.StatusBadRequest)
	do(exitDone, "run", "contractors") // all dead letters
	refuse(0)
	do(exitDone, "deliveries", "requeue", "--all")
	do(exitDone, "deliveries", "--dead")
	do(exitDone, "run", "contractors")
	do(exitDone, "run", "points")
	p.erp(`UPDATE dokumenty SET stan = 9, zmieniono = ? WHERE id = 7`, demoClock().Format("2006-01-02 15:04:05.000"))
	p.erp(`ALTER TABLE dokumenty RENAME COLUMN kurs TO dawny_kurs`)
	p.erp(`ALTER TABLE dokumenty ADD COLUMN kurs REAL`)
	do(exitFailed, "run", "points") // a state in no list, and a rate that is a binary float
	p.erp(`UPDATE dokumenty SET stan = 1 WHERE id = 7`)
	p.erp(`UPDATE pozycje SET netto = 'Anna Nowak', ilosc = 'x' WHERE dokument_id = 7`)
	do(exitFailed, "run", "points") // text where an amount is meant
	p.erp(`UPDATE pozycje SET netto = '1', ilosc = '1' WHERE dokument_id = 7`)
	p.erp(`ALTER TABLE osoby RENAME COLUMN nazwisko TO inaczej`)
	do(exitFailed, "run", "contractors") // a column that is gone
	p.erp(`ALTER TABLE osoby RENAME COLUMN inaczej TO nazwisko`)
	said.WriteString(p.served(t))
	do(exitDone, "runs")
	do(exitDone, "jobs")
	do(exitDone, "config", "show")
	said.WriteString(strings.Join(p.query(`SELECT * FROM run UNION ALL SELECT * FROM run`), "\n"))
	said.WriteString(strings.Join(p.query(`SELECT message, hint FROM alert_state`), "\n"))
	said.WriteString(strings.Join(p.query(`SELECT item, code, message FROM dead_letter`), "\n"))

	text := said.String()
	for _, word := range []string{`"level":"DEBUG"`, `"source":"demo"`, "run finished", "loyalsync_", "error: "} {
		if !strings.Contains(text, word) {
			t.Errorf("no %s in what was said: the test tests too little", word)
		}
	}
	for _, value := range append(personal, pushToken) {
		if i := strings.Index(text, value); i >= 0 {
			t.Errorf("%q was said: …%s…", value, text[max(0, i-150):min(len(text), i+len(value)+50)])
		}
	}
}

// personal are the values of the ERP that only the panel and the commands that
// show a contractor may show.
func (w world) personal() (values []string) {
	w.t.Helper()
	for _, column := range []string{
		"nazwa FROM kontrahenci", "nip FROM kontrahenci", "email FROM kontrahenci", "telefon FROM kontrahenci",
		"nazwisko FROM osoby", "email FROM osoby", "telefon FROM osoby",
	} {
		list := strings.Split(w.ask("SELECT group_concat("+strings.Replace(column, " FROM", ", '|') FROM", 1)), "|")
		if len(list) < 10 {
			w.t.Fatalf("%s: only %d values", column, len(list))
		}
		values = append(values, list...)
	}
	return slices.DeleteFunc(values, func(v string) bool { return len(v) < 6 })
}

// served runs the service, hands it a run, reads what it tells strangers of this
// machine, and returns all of that with its log.
func (p pushed) served(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	log, ended := &lockedBuffer{}, make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--config", p.path("loyalsync.yaml")}, streams{in: strings.NewReader(""), out: log, err: log})
	}()
	defer func() { stop(); <-ended }()
	listening := regexp.MustCompile(`"addr":"(127\.0\.0\.1:\d+)"`)
	var addr []string
	for addr == nil {
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("serve: exit %d\n%s", code, log.String())
		case <-time.After(5 * time.Millisecond):
			addr = listening.FindStringSubmatch(log.String())
		}
	}
	all := ""
	for r := p.do("run", "points"); ; r = p.do("run", "points") {
		all += r.out + r.err
		if r.code == exitDone {
			break
		}
		if r.code != exitAct { // it is not ready yet, or runs the job by itself
			t.Fatalf("a run handed to the service: exit %d\n%s", r.code, r.err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/admin", "/api/openapi.json", "/nowhere"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr[1]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if path == "/metrics" && (response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("loyalsync_"))) {
			t.Errorf("metrics: %d %s", response.StatusCode, body)
		}
		all += string(body)
	}
	stop()
	code := <-ended
	ended <- code
	return all + log.String()
}

// lockedBuffer is written by a service while a test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

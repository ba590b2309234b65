package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs/doctor"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping"
)

// erp is a source in memory.
type erp struct {
	connectors.Source // what a doctor has no business with
	report            connectors.Report
	people            []connectors.Contractor
	findings          []connectors.Finding
	checkErr          error
	examineErr        error
	hang              <-chan struct{} // Examine waits for it, whatever its context says
	closed            int
}

func (e *erp) Check(context.Context) (connectors.Report, error) { return e.report, e.checkErr }

func (e *erp) Examine(context.Context) ([]connectors.Finding, error) {
	if e.hang != nil {
		<-e.hang
	}
	return e.findings, e.examineErr
}

func (e *erp) Contractors(_ context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Contractor], error) {
	start := 0
	_, _ = fmt.Sscan(string(after), &start)
	end := min(start+limit, len(e.people))
	return connectors.Page[connectors.Contractor]{
		Items: e.people[start:end], Next: connectors.Position(fmt.Sprint(end)), Done: end == len(e.people),
	}, nil
}

func (e *erp) Close() error { e.closed++; return nil }

var noon = time.Date(2026, 11, 14, 11, 0, 0, 0, time.UTC) // 12:00 in Warsaw

func warsaw(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// report is of a source with nothing to remark.
func report() connectors.Report {
	return connectors.Report{Server: "Server 1", Product: "ERP", Version: "2026.1", Encoding: "Polish_CI_AS", Identity: "one", Now: "2026-11-14T12:00:00.000000"}
}

func compiled(t *testing.T, c mapping.Config) *mapping.Mapping {
	t.Helper()
	c.Source, c.Program, c.BaseCurrency = "optima", "main", "PLN"
	m, faults := mapping.Compile(c)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return m
}

func source(t *testing.T, e *erp) doctor.Source {
	t.Helper()
	return doctor.Source{
		Name: "optima", Zone: warsaw(t), Now: func() time.Time { return noon },
		Open:     func(context.Context) (connectors.Source, error) { return e, nil },
		Mappings: []doctor.Mapping{{Program: "main", Mapping: compiled(t, mapping.Config{ContractorsWhere: "group == 'VIP'"})}},
	}
}

// told writes findings one a line: condition, check, code.
func told(found []connectors.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s %s\n", f.Condition, f.Check, f.Code)
	}
	return b.String()
}

func find(t *testing.T, found []connectors.Finding, code string) connectors.Finding {
	t.Helper()
	for _, f := range found {
		if f.Code == code {
			return f
		}
	}
	t.Fatalf("no %s among\n%s", code, told(found))
	return connectors.Finding{}
}

func TestSourceInOrder(t *testing.T) {
	e := &erp{report: report(), people: []connectors.Contractor{{ID: "1", Code: "K001", Group: "VIP", Active: true}}}
	e.findings = []connectors.Finding{{Check: "first", Condition: connectors.Fine, Message: "the first document is of 2024-01-02"}, {Check: "clock", Condition: connectors.Remark}}
	s := source(t, e)
	s.Probe = func(context.Context) []connectors.Finding {
		return []connectors.Finding{{Check: "port", Condition: connectors.Fine}}
	}
	s.Identity = func(context.Context) (string, error) { return "one", nil }
	want := "ok port \nok version version\nok encoding encoding\nok clock clock\nok identity identity\nok tables tables\nok rights read-only\nok first \nok selection selected\n"
	if got := told(s.Look(t.Context())); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if e.closed != 1 {
		t.Errorf("closed %d times", e.closed)
	}
}

// TestClock: what a difference between the clocks is taken for.
func TestClock(t *testing.T) {
	tests := []struct {
		now, zone string
		condition connectors.Condition
		code      string
		has       string
	}{
		{"2026-11-14T12:00:00.000000", "", connectors.Fine, "clock", "2026-11-14T12:00:00"},
		{"2026-11-14T12:01:00.000000", "", connectors.Fine, "clock", ""},
		{"2026-11-14T12:01:01.000000", "", connectors.Remark, "clock-ahead", "1 min 1 s"},
		{"2026-11-14T11:50:00.000000", "", connectors.Remark, "clock-behind", "10 min"},
		{"2026-11-14T13:00:30.000000", "", connectors.Broken, "clock-zone-ahead", "1 h"},
		{"2026-11-14T11:00:00.000000", "", connectors.Broken, "clock-zone-behind", "1 h"},
		{"2026-11-14T06:31:00.000000", "Asia/Kolkata", connectors.Broken, "clock-zone-behind", "5 h 29 min"},
		{"2026-11-14T11:00:10.000000", "UTC", connectors.Remark, "clock-server-zone", "UTC"},
		{"2026-11-14T11:00:10.000000", "Central European Standard Time", connectors.Broken, "clock-zone-behind", "timezone"},
		{"2026-11-14T12:52:00.000000", "", connectors.Broken, "clock-off-ahead", "52 min"},
		{"2026-11-16T12:00:00.000000", "", connectors.Broken, "clock-off-ahead", "2 d"},
		{"2026-11-13T20:00:00.000000", "", connectors.Broken, "clock-off-behind", "16 h"},
		{"", "", connectors.Remark, "clock-unknown", ""},
	}
	for _, tt := range tests {
		t.Run(tt.now, func(t *testing.T) {
			e := &erp{report: report()}
			e.report.Now, e.report.Zone = connectors.Stamp(tt.now), tt.zone
			f := find(t, source(t, e).Look(t.Context()), tt.code)
			if f.Check != "clock" || f.Condition != tt.condition || !strings.Contains(f.Message+f.Hint, tt.has) {
				t.Errorf("got %+v", f)
			}
			if f.Condition == connectors.Broken && !strings.Contains(f.Hint, "timezone") {
				t.Errorf("the hint does not name timezone: %s", f.Hint)
			}
		})
	}
}

// TestClockInAutumn: the hour that comes twice is an hour off nowhere else.
func TestClockInAutumn(t *testing.T) {
	e := &erp{report: report()}
	e.report.Now = "2026-10-25T02:30:00.000000"
	s := source(t, e)
	for _, now := range []time.Time{time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)} {
		s.Now = func() time.Time { return now }
		find(t, s.Look(t.Context()), "clock")
	}
}

func TestJudgement(t *testing.T) {
	tests := []struct {
		name   string
		change func(*connectors.Report, *doctor.Source)
		want   string // among the findings, as told writes them
		faults int
		lacks  string
	}{
		{"missing", func(r *connectors.Report, _ *doctor.Source) { r.Missing = []string{"TraNag.TrN_TS_Mod"} }, "fault tables missing\nok rights read-only\nskipped data skipped\n", 1, "selected"},
		{"writable", func(r *connectors.Report, _ *doctor.Source) { r.Writable = []string{"TraNag"} }, "fault rights writable\n", 1, ""},
		{"writable, allowed", func(r *connectors.Report, s *doctor.Source) { r.Writable, s.AllowWritable = []string{"TraNag"}, true }, "warning rights writable-allowed\n", 0, ""},
		{"another database", func(_ *connectors.Report, s *doctor.Source) {
			s.Identity = func(context.Context) (string, error) { return "two", nil }
		}, "fault identity identity-changed\n", 1, ""},
		{"never read", func(_ *connectors.Report, s *doctor.Source) {
			s.Identity = func(context.Context) (string, error) { return "", nil }
		}, "ok clock clock\nok tables tables\n", 0, "identity"},
		{"a store that fails", func(_ *connectors.Report, s *doctor.Source) {
			s.Identity = func(context.Context) (string, error) { return "", errors.New("disk") }
		}, "ok clock clock\nok tables tables\n", 0, "identity"},
		{"a warning", func(r *connectors.Report, _ *doctor.Source) {
			r.Warnings = []connectors.Warning{{Message: "odd", Hint: "even"}}
		}, "warning remark \n", 0, ""},
		{"no version", func(r *connectors.Report, _ *doctor.Source) { r.Version, r.Encoding = "", "" }, "ok version version-server\nok clock clock\n", 0, "encoding"},
		{"not mapped", func(_ *connectors.Report, s *doctor.Source) { s.Mappings = nil }, "warning mapping unmapped\n", 0, "selected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := &erp{report: report()}
			s := source(t, e)
			tt.change(&e.report, &s)
			found := s.Look(t.Context())
			if got := told(found); !strings.Contains(got, tt.want) || tt.lacks != "" && strings.Contains(got, tt.lacks) {
				t.Errorf("got\n%s", got)
			}
			if n := (doctor.Subject{Findings: found}).Faults(); n != tt.faults {
				t.Errorf("%d faults:\n%s", n, told(found))
			}
		})
	}
}

func TestSelection(t *testing.T) {
	e := &erp{report: report()}
	for i := range 1200 { // over several pages
		c := connectors.Contractor{ID: fmt.Sprint(i), Code: fmt.Sprintf("K%04d", i), Name: "Jan Kowalski", Email: "jan@example.com", Active: true}
		switch {
		case i%10 == 0:
			c.Group = "VIP"
		case i%10 == 1:
			c.Active = false
		case i == 7:
			c.Anonymous = true
		}
		e.people = append(e.people, c)
	}
	s := source(t, e)
	s.Mappings[0].Mapping = compiled(t, mapping.Config{
		ContractorsWhere: "group == 'VIP'", Codes: []string{"K0002", "k0003", "K9999"},
		Overrides: []mapping.Override{{Contractor: "K0002", EarnFrom: loyalty.NoDate, PointsToContractor: "K8888"}, {Contractor: "K0004", EarnFrom: loyalty.NoDate, PointsToContractor: "K0005"}},
	})
	found := s.Look(t.Context())
	for code, want := range map[string]string{
		"selected":         "program main: 121 of 1200 contractors take part",
		"code-unknown":     "no contractor has the code K9999 (contractors.codes[2])",
		"code-case":        "no contractor has the code k0003 (contractors.codes[1]); the ERP writes K0003",
		"code-beneficiary": "points go to the code K8888, which no contractor has (overrides[0].points_to_contractor)",
	} {
		if f := find(t, found, code); !strings.Contains(f.Message, want) {
			t.Errorf("%s: %s", code, f.Message)
		}
	}
	var left []string
	for _, f := range found {
		if f.Code == "left-out" {
			if !strings.Contains(f.Message, "left out (the ") && f.Data["reason"] != "anonymous" {
				t.Errorf("a reason is not said in words: %s", f.Message)
			}
			left = append(left, f.Data["count"]+" "+f.Data["reason"]+" "+f.Data["examples"])
		}
		for _, never := range []string{"Kowalski", "example.com"} {
			if strings.Contains(fmt.Sprintf("%+v", f), never) {
				t.Errorf("%q in %+v", never, f)
			}
		}
	}
	want := []string{
		"958 not_in_program K0003 (3), K0004 (4), K0005 (5), K0006 (6), K0008 (8)",
		"120 inactive K0001 (1), K0011 (11), K0021 (21), K0031 (31), K0041 (41)",
		"1 anonymous K0007 (7)",
	}
	if !slices.Equal(left, want) {
		t.Errorf("left out:\n%s", strings.Join(left, "\n"))
	}
}

func TestSelectionOddities(t *testing.T) {
	e := &erp{report: report(), people: []connectors.Contractor{{ID: "7", Active: true}, {ID: "8", Code: "K8", Active: true}}}
	s := source(t, e)
	find(t, s.Look(t.Context()), "selected-none")

	s.Mappings[0].Mapping = compiled(t, mapping.Config{ContractorsWhere: `decimal(attribute("LIMIT")) > 5`})
	f := find(t, s.Look(t.Context()), "undecided")
	if f.Condition != connectors.Broken || f.Data["count"] != "2" || f.Data["examples"] != "7, K8 (8)" {
		t.Errorf("undecided: %+v", f)
	}

	codes := make([]string, 30)
	for i := range codes {
		codes[i] = fmt.Sprintf("X%d", i)
	}
	s.Mappings[0].Mapping = compiled(t, mapping.Config{Codes: codes})
	found := s.Look(t.Context())
	if f := find(t, found, "codes-more"); f.Data["count"] != "20" {
		t.Errorf("more: %+v", f)
	}
	s.Mappings[0].Mapping = compiled(t, mapping.Config{Codes: []string{"K8"}})
	find(t, s.Look(t.Context()), "codes")
}

// lexical is a source that can list what expressions name.
type lexical struct{ *erp }

func (lexical) Vocabulary(context.Context) (attributes, groups []string, err error) {
	return []string{"PROGRAM"}, []string{"VIP"}, nil
}

func TestUnknownNames(t *testing.T) {
	e := lexical{&erp{report: report()}}
	s := source(t, e.erp)
	s.Open = func(context.Context) (connectors.Source, error) { return e, nil }
	if got := told(s.Look(t.Context())); strings.Contains(got, "name-unknown") {
		t.Errorf("a known group:\n%s", got)
	}
	s.Mappings[0].Mapping = compiled(t, mapping.Config{ContractorsWhere: `attribute("PROGRAMM") == "TAK"`})
	f := find(t, s.Look(t.Context()), "name-unknown")
	if f.Condition != connectors.Broken || !strings.Contains(f.Message, "PROGRAMM") || !strings.Contains(f.Message, "contractors.where") || f.Hint == "" {
		t.Errorf("got %+v", f)
	}
}

func TestSourceFailures(t *testing.T) {
	auth := &connectors.Error{Kind: connectors.ErrAuth, Op: "open the source", Hint: "check user and password", Err: errors.New("SQLSTATE 28P01")}
	tests := []struct {
		name   string
		change func(*erp, *doctor.Source)
		want   string
	}{
		{"probe broken", func(_ *erp, s *doctor.Source) {
			s.Probe = func(context.Context) []connectors.Finding {
				return []connectors.Finding{{Check: "port", Condition: connectors.Broken, Code: "port-refused"}}
			}
		}, "fault port port-refused\nskipped data skipped\n"},
		{"login", func(_ *erp, s *doctor.Source) {
			s.Open = func(context.Context) (connectors.Source, error) { return nil, auth }
		}, "fault login source-auth\nskipped data skipped\n"},
		{"check", func(e *erp, _ *doctor.Source) {
			e.checkErr = &connectors.Error{Kind: connectors.ErrTransient, Op: "check the source"}
		}, "fault connect source-transient\nskipped data skipped\n"},
		{"anything", func(e *erp, _ *doctor.Source) { e.checkErr = errors.New("odd") }, "fault connect source-failed\nskipped data skipped\n"},
		{"panic", func(_ *erp, s *doctor.Source) {
			s.Open = func(context.Context) (connectors.Source, error) { panic("secret") }
		}, "fault connect source-failed\nskipped data skipped\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := &erp{report: report()}
			s := source(t, e)
			tt.change(e, &s)
			found := s.Look(t.Context())
			if got := told(found); got != tt.want {
				t.Errorf("got\n%s", got)
			}
			if tt.name == "login" && (found[0].Hint != auth.Hint || found[0].Message != "the ERP's server refuses the login: open the source: SQLSTATE 28P01") {
				t.Errorf("login: %+v", found[0])
			}
			if strings.Contains(fmt.Sprintf("%+v", found), "secret") {
				t.Errorf("what it panicked with is told: %+v", found)
			}
		})
	}
}

// TestHangingSource: one that never comes back keeps neither itself nor others
// from being told, and is closed when it does.
func TestHangingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		e := &erp{report: report(), hang: release}
		hanging, fine := source(t, e), source(t, &erp{report: report()})
		late := &erp{}
		slow := source(t, late)
		slow.Open = func(context.Context) (connectors.Source, error) {
			<-release
			return late, nil
		}
		var names []string
		doctor.Run(t.Context(), []doctor.Examination{
			{Subject: "hanging", Look: hanging.Look}, {Subject: "slow", Look: slow.Look}, {Subject: "fine", Look: fine.Look},
		}, func(s doctor.Subject) {
			names = append(names, s.Name)
			switch s.Name {
			case "hanging":
				find(t, s.Findings, "data-limit")
				find(t, s.Findings, "selected-none") // goes on with the next step
			case "slow":
				find(t, s.Findings, "source-hung")
			}
		})
		if !slices.Equal(names, []string{"hanging", "slow", "fine"}) {
			t.Errorf("told of %v", names)
		}
		close(release)
		synctest.Wait()
		if late.closed != 1 {
			t.Errorf("the late source was closed %d times", late.closed)
		}
	})
}

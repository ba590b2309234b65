package connectortest

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// results are the recorded results of each backend, from which the README's table
// is printed.
//
//go:embed results
var results embed.FS

const (
	passed = "passed"
	failed = "failed"
	// reportVariable names the folder into which Run writes its results.
	reportVariable = "LOYALSYNC_TEST_REPORT"
)

// record is what became of the checks of one backend.
type record struct {
	Backend string `json:"backend"`
	Server  string `json:"server"` // as it calls itself
	StandIn string `json:"stand_in,omitempty"`
	// Checks are those that were run, or left out for a reason: "passed", "failed" or
	// the reason. One that was never reached is not among them.
	Checks map[string]string `json:"checks"`
	Lossy  map[string]string `json:"lossy,omitempty"`

	mu sync.Mutex
}

func (r *record) note(check, outcome string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Checks[check] = outcome
}

// file is the name of the record's file.
func (r *record) file() string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(r.Backend))
	return name + ".json"
}

// startRecord begins the record of a run, which ends with the last check. Then it
// is written where LOYALSYNC_TEST_REPORT says; or, where nothing may be skipped,
// held against the one that is committed, so that the README claims no more.
func startRecord(t *testing.T, h Harness) *record {
	t.Helper()
	r := &record{Backend: h.Name, StandIn: h.StandIn, Checks: map[string]string{}, Lossy: h.Lossy}
	if h.unrecorded {
		return r
	}
	folder := os.Getenv(reportVariable)
	t.Cleanup(func() {
		var err error
		switch {
		case folder != "":
			err = r.write(context.WithoutCancel(t.Context()), h, folder)
		case os.Getenv("LOYALSYNC_TEST_REQUIRE") == "1":
			err = r.agrees(results)
		}
		if err != nil {
			t.Errorf("%s: %v", h.Name, err)
		}
	})
	return r
}

func (r *record) write(ctx context.Context, h Harness, folder string) error {
	src, err := h.Open(ctx)
	if err != nil {
		return fmt.Errorf("record: open: %w", err)
	}
	defer release(src)
	report, err := src.Check(ctx)
	if err != nil {
		return fmt.Errorf("record: check: %w", err)
	}
	r.Server = short(report.Server)
	if strings.Contains(r.Server, "SQL Server") && r.StandIn == "" && os.Getenv("LOYALSYNC_TEST_SQLSERVER") == "" {
		return errors.New("record: no SQL Server is named in LOYALSYNC_TEST_SQLSERVER: the harness must say in StandIn what stands in for it")
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, r.file()), append(text, '\n'), 0o600) //nolint:gosec // the folder is named by who runs the tests
}

// short is a server's name and version without where and how it was built.
func short(server string) string {
	for _, end := range []string{"\n", " (", " on ", "-", ","} {
		server, _, _ = strings.Cut(server, end)
	}
	return strings.TrimSpace(server)
}

// agrees compares what was run now with what is recorded.
func (r *record) agrees(recorded fs.FS) error {
	again := fmt.Errorf("record it: %s=FOLDER go test, FOLDER being connectors/connectortest/results, then go test ./connectors/connectortest -update", reportVariable)
	text, err := fs.ReadFile(recorded, "results/"+r.file())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no result is recorded; %w", again)
	}
	var then record
	if err == nil {
		err = json.Unmarshal(text, &then)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", r.file(), err)
	}
	for check, outcome := range r.Checks {
		if then.Checks[check] != outcome {
			return fmt.Errorf("%s: recorded as %q, now %q; %w", check, then.Checks[check], outcome, again)
		}
	}
	if diff := cmp.Diff(then.Lossy, r.Lossy); diff != "" || then.StandIn != r.StandIn {
		return fmt.Errorf("what is lost is recorded otherwise (-recorded +now):\n%s%w", diff, again)
	}
	return nil
}

package jobs_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// Each state is told once, and its end once.
func TestAlertsOfAJob(t *testing.T) {
	auth, odd := fails(erpError(connectors.ErrAuth)), fails(errors.New("odd"))
	guard := fails(&jobs.GuardError{Err: errors.New("too much")})
	for _, tt := range []struct {
		name  string
		tasks []taskFunc
		want  []string
	}{
		{"all is well", []taskFunc{works, works}, nil},
		{"two failures", []taskFunc{odd, odd, works}, nil},
		{"failures in a row", []taskFunc{odd, odd, odd, odd, odd, works, works}, []string{"job_failing points", "cured job_failing points"}},
		{
			"a failure again after the cure",
			[]taskFunc{odd, odd, odd, works, odd, odd, odd},
			[]string{"job_failing points", "cured job_failing points", "job_failing points"},
		},
		{"paused", []taskFunc{auth, auth, works}, []string{"job_paused points", "cured job_paused points"}},
		{"guarded", []taskFunc{guard, guard, works}, []string{"guard points", "cured guard points"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				for _, task := range tt.tasks {
					w.does(task)
					w.runNow(points("points"))
					w.sleep(time.Minute)
					if err := w.alerts().Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if d := cmp.Diff(tt.want, w.sent.kinds()); d != "" {
					t.Error(d)
				}
				for _, m := range w.sent.got { // whoever mends the cause has to know that the job waits
					if m.Kind == loyalty.AlertPaused && !strings.HasSuffix(m.Hint, "then: loyalsync jobs resume points") {
						t.Errorf("the hint is %q", m.Hint)
					}
				}
			})
		})
	}
}

func TestPausedJobGoesOnAfterASuccessByHand(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(fails(erpError(connectors.ErrAuth)))
		w.runNow(points("points"))
		if s := w.state("points"); !s.Paused || s.PausedBy != loyalty.PausedByFailure {
			t.Fatalf("%+v", s)
		}
		w.does(works)
		w.runNow(points("points"))
		if s := w.state("points"); s.Paused {
			t.Errorf("%+v", s)
		}
		if err := w.service(points("points")).Pause(t.Context(), "points", "anna"); err != nil {
			t.Fatal(err)
		}
		w.runNow(points("points"))
		if s := w.state("points"); !s.Paused {
			t.Error("a run by hand resumed what a person paused")
		}
	})
}

func TestSilentJob(t *testing.T) {
	for _, tt := range []struct {
		name string
		def  jobs.Definition
		days int
		want []string
	}{
		{"a job that fails", jobs.Definition{Daily: []string{"06:00"}}, 3, []string{"job_silent points"}},
		{"a weekly job", jobs.Definition{Daily: []string{"06:00"}, Weekdays: []string{"thu"}}, 3, nil}, // starts on a Saturday
		{"a job by hand", jobs.Definition{}, 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.does(fails(errors.New("odd")))
				w.after.AfterFailures = 100
				def := tt.def
				def.Name, def.Kind, def.Source, def.Program = "points", jobs.KindPoints, "erp", "main"
				w.serve("one", def)
				w.sleep(time.Duration(tt.days) * 24 * time.Hour)
				if d := cmp.Diff(tt.want, w.sent.kinds()); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestAlertsAreTriedAgainAndBlockNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.sent.failing(errors.New("no answer"))
		a := w.alerts()
		if err := a.Raise(t.Context(), loyalty.AlertDeadLetters, "hosted", "3 records were refused", "loyalsync deliveries --dead"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := a.Flush(t.Context()); err != nil {
				t.Errorf("a failure to send: %v", err)
			}
			w.sleep(30 * time.Second)
		}
		if n := strings.Count(w.log.String(), "tried again later"); n != 2 { // at 0 s and 60 s
			t.Errorf("tried %d times", n)
		}
		w.sent.failing(nil)
		w.sleep(time.Hour)
		if err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"dead_letters hosted"}, w.sent.kinds()); d != "" {
			t.Error(d)
		}
		m := w.sent.got[0]
		if m.Host != "host" || m.Message == "" || m.Hint == "" || m.At.IsZero() {
			t.Errorf("%+v", m)
		}
	})
}

func TestASlowReceiverHoldsNoTickUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.sent.slow = 3 * time.Hour
		if err := w.alerts().Raise(t.Context(), loyalty.AlertDeadLetters, "hosted", "m", "h"); err != nil {
			t.Fatal(err)
		}
		def := points("points")
		def.Every = "1h"
		w.serve("one", def)
		w.sleep(150 * time.Minute)
		if d := cmp.Diff([]string{"succeeded", "succeeded"}, summary(w.runs("points"))); d != "" {
			t.Error(d)
		}
		w.sleep(time.Hour)
	})
}

func TestACureBeforeTheAlertWasSentSaysNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.alerts()
		for _, do := range []func() error{
			func() error { return a.Raise(t.Context(), loyalty.AlertPlatformBlocked, "hosted", "m", "h") },
			func() error { return a.Cure(t.Context(), loyalty.AlertPlatformBlocked, "hosted") },
			func() error { return a.Cure(t.Context(), loyalty.AlertPlatformBlocked, "hosted") },
			func() error { return a.Flush(t.Context()) },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.sent.kinds(); got != nil {
			t.Errorf("told %v", got)
		}
	})
}

func TestWebhook(t *testing.T) {
	var (
		body   []byte
		status = http.StatusNoContent
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s", r.Method, r.Header.Get("Content-Type"))
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	hook := jobs.Webhook{URL: server.URL + "/secret-key", Client: client}
	m := jobs.Message{At: time.Unix(0, 0).UTC(), Kind: loyalty.AlertGuard, Job: "points", Message: "m", Hint: "h", Host: "host"}
	if err := hook.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"at": "1970-01-01T00:00:00Z", "kind": "guard", "job": "points", "message": "m", "hint": "h", "host": "host"}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	status = http.StatusInternalServerError
	errs := []error{hook.Send(t.Context(), m)}
	server.Close()
	errs = append(errs, hook.Send(t.Context(), m), jobs.Webhook{URL: "http://secret-key:x:y", Client: client}.Send(t.Context(), m))
	for _, err := range errs {
		if err == nil || strings.Contains(err.Error(), "secret-key") {
			t.Errorf("error: %v", err)
		}
	}
}

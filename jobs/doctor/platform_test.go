package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs/doctor"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
)

var feed = loyalty.Feed{ProgramName: "main", SourceName: "optima"}

func TestPlatform(t *testing.T) {
	ok := platform.Answer{Status: 200, Results: true, Date: noon}
	tests := []struct {
		name   string
		answer platform.Answer
		signed bool
		want   string
	}{
		{"fine", ok, false, "ok reach platform-answers\nok clock platform-clock\nok token platform-accepts\n"},
		{"fine, signed", ok, true, "ok reach platform-answers\nok clock platform-clock\nok token platform-accepts-signed\n"},
		{"tells no time", platform.Answer{Status: 200, Results: true}, true, "ok reach platform-answers\nok token platform-accepts-signed\n"},
		{"a page", platform.Answer{Status: 200}, false, "ok reach platform-answers\nfault address platform-other\n"},
		{"wrong token", platform.Answer{Status: 401, Code: "unauthorized"}, true, "ok reach platform-answers\nfault token platform-token\n"},
		{"wrong key", platform.Answer{Status: 401, Code: "signature"}, true, "ok reach platform-answers\nfault signature platform-signature\n"},
		{"no key", platform.Answer{Status: 401, Code: "signature"}, false, "ok reach platform-answers\nfault signature platform-unsigned\n"},
		{"another program", platform.Answer{Status: 403}, false, "ok reach platform-answers\nfault token platform-forbidden\n"},
		{"wrong address", platform.Answer{Status: 404}, false, "ok reach platform-answers\nfault address platform-address\n"},
		{"not for POST", platform.Answer{Status: 405}, false, "ok reach platform-answers\nfault address platform-address\n"},
		{"elsewhere", platform.Answer{Status: 301}, false, "ok reach platform-answers\nfault address platform-redirect\n"},
		{"conflict", platform.Answer{Status: 409, Code: "source_taken"}, false, "ok reach platform-answers\nfault token platform-conflict\n"},
		{"wants items", platform.Answer{Status: 422}, false, "ok reach platform-answers\nok token platform-empty\n"},
		{"busy", platform.Answer{Status: 503}, false, "ok reach platform-answers\nwarning reach platform-busy\n"},
		{"two minutes ahead", platform.Answer{Status: 200, Results: true, Date: noon.Add(2 * time.Minute)}, true, "ok reach platform-answers\nwarning clock platform-clock-off\nok token platform-accepts-signed\n"},
		{"six minutes behind", platform.Answer{Status: 401, Code: "signature", Date: noon.Add(-6 * time.Minute)}, true, "ok reach platform-answers\nfault clock platform-clock-window\nfault signature platform-signature\n"},
		{"six minutes behind, unsigned", platform.Answer{Status: 200, Results: true, Date: noon.Add(-6 * time.Minute)}, false, "ok reach platform-answers\nwarning clock platform-clock-off\nok token platform-accepts\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := doctor.Platform{
				Name: "hosted", Signed: tt.signed, Feeds: []loyalty.Feed{feed}, Now: func() time.Time { return noon },
				Ping: func(_ context.Context, f loyalty.Feed) (platform.Answer, error) {
					if f != feed {
						t.Errorf("asked for %+v", f)
					}
					return tt.answer, nil
				},
			}
			found := p.Look(t.Context())
			if got := told(found); got != tt.want {
				t.Errorf("got\n%s", got)
			}
			for _, f := range found {
				if f.Condition == connectors.Broken && f.Hint == "" {
					t.Errorf("a fault without a cure: %+v", f)
				}
			}
		})
	}
}

func TestPlatformSilent(t *testing.T) {
	p := doctor.Platform{
		Name: "hosted", Feeds: []loyalty.Feed{feed}, Now: func() time.Time { return noon },
		Ping: func(context.Context, loyalty.Feed) (platform.Answer, error) {
			return platform.Answer{}, errors.New("connection refused")
		},
	}
	if got := told(p.Look(t.Context())); got != "fault reach platform-silent\n" {
		t.Errorf("got\n%s", got)
	}
	p.Explain = func(_ context.Context, cause error) []connectors.Finding {
		if cause.Error() != "connection refused" {
			t.Errorf("asked why %v", cause)
		}
		return []connectors.Finding{{Check: "port", Condition: connectors.Broken}}
	}
	if got := told(p.Look(t.Context())); got != "fault port \n" {
		t.Errorf("explained:\n%s", got)
	}
}

// TestPlatformFeeds: every feed is tried, what is the same for all only once.
func TestPlatformFeeds(t *testing.T) {
	other := loyalty.Feed{ProgramName: "club", SourceName: "optima"}
	status := 403
	p := doctor.Platform{
		Name: "hosted", Feeds: []loyalty.Feed{other, feed}, Now: func() time.Time { return noon },
		Ping: func(_ context.Context, f loyalty.Feed) (platform.Answer, error) {
			if f == other {
				return platform.Answer{Status: status}, nil
			}
			return platform.Answer{Status: 200, Results: true}, nil
		},
	}
	if got := told(p.Look(t.Context())); got != "ok reach platform-answers\nfault token platform-forbidden\nok token platform-accepts\n" {
		t.Errorf("got\n%s", got)
	}
	status = 401
	if got := told(p.Look(t.Context())); got != "ok reach platform-answers\nfault token platform-token\n" {
		t.Errorf("got\n%s", got)
	}
	p.Feeds = nil
	if got := told(p.Look(t.Context())); got != "warning jobs platform-unused\nok reach platform-answers\n" {
		t.Errorf("unused:\n%s", got)
	}
	if got := told((doctor.Platform{Embedded: true}).Look(t.Context())); got != "ok reach embedded\n" {
		t.Errorf("embedded:\n%s", got)
	}
	unusable := doctor.Unusable(&loyalty.Error{Message: "url is plain http to another machine", Hint: "use https"})
	if unusable[0].Hint != "use https" || !strings.Contains(unusable[0].Message, "plain http") {
		t.Errorf("unusable: %+v", unusable)
	}
}

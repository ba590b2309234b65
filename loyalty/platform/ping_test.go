package platform_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
)

func TestPing(t *testing.T) {
	date := time.Date(2026, 11, 14, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		status int
		body   string
		want   platform.Answer
	}{
		{"a platform", 200, `{"results":[]}`, platform.Answer{Status: 200, Results: true, Date: date}},
		{"an empty list as null", 200, `{"results":null}`, platform.Answer{Status: 200, Results: true, Date: date}},
		{"other results", 200, `{"results":"none"}`, platform.Answer{Status: 200, Date: date}},
		{"some page", 200, `<html>Kowalski</html>`, platform.Answer{Status: 200, Date: date}},
		{"some JSON", 200, `{"status":"up"}`, platform.Answer{Status: 200, Date: date}},
		{"refused", 401, `{"code":"signature","message":"Kowalski"}`, platform.Answer{Status: 401, Code: "signature", Date: date}},
		{"free text for a code", 403, `{"code":"Jan Kowalski"}`, platform.Answer{Status: 403, Date: date}},
		{"elsewhere", 302, "", platform.Answer{Status: 302, Date: date}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newReceiver()
			p.fault = func(_ int, w http.ResponseWriter, _ *http.Request, ids []string) bool {
				if len(ids) > 0 {
					t.Errorf("items were sent: %v", ids)
				}
				w.Header().Set("Date", date.Format(http.TimeFormat))
				return answer(w, tt.status, tt.body)
			}
			c := client(t, p)
			got, err := c.Ping(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp"})
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
			if len(p.has) > 0 {
				t.Errorf("the platform keeps %v", p.has)
			}
		})
	}
}

type deaf struct{}

func (deaf) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nobody is there")
}

func TestPingUnanswered(t *testing.T) {
	c, err := platform.NewClient(platform.Config{
		Name: "hosted", URL: "https://points.example.com/api", Token: token, Retries: -1, Now: time.Now, Transport: deaf{},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Ping(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp"})
	if !errors.Is(err, platform.ErrUnavailable) || platform.Cause(err).Error() != "nobody is there" || strings.Contains(err.Error(), "example.com") {
		t.Errorf("got %v", err)
	}
}

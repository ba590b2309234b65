package platform_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
)

func TestNewClientAddress(t *testing.T) {
	for _, tt := range []struct {
		url string
		ok  bool
	}{
		{"https://points.example.com/api", true},
		{"https://points.example.com:8443/api/", true},
		{"http://127.0.0.1:8080/api", true},
		{"http://localhost:8080/api", true},
		{"http://[::1]:8080", true},
		{"http://points.example.com/api", false},
		{"http://192.168.1.10/api", false},
		{"http://127.0.0.1.evil.example.com/", false},
		{"https://user:s3cret@points.example.com/", false},
		{"https://points.example.com/?token=s3cret", false},
		{"https://points.example.com/#s3cret", false},
		{"ftp://points.example.com/s3cret", false},
		{"points.example.com/s3cret", false},
		{"https://s3cret\x7f/", false},
		{"https://", false},
		{"", false},
	} {
		_, err := platform.NewClient(platform.Config{Name: "hosted", URL: tt.url, Token: token, Now: time.Now})
		if (err == nil) != tt.ok {
			t.Errorf("%q: %v", tt.url, err)
		}
		if err != nil && (loyalty.CodeOf(err) != loyalty.CodeInvalid || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%q: %v", tt.url, err)
		}
	}
}

func TestNewClientToken(t *testing.T) {
	for _, bad := range []string{"", "two words", "line\n", "ąę"} {
		_, err := platform.NewClient(platform.Config{Name: "hosted", URL: "https://points.example.com", Token: bad, Now: time.Now})
		if loyalty.CodeOf(err) != loyalty.CodeInvalid || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

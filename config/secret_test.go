package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/loyalsync/loyalsync/config"
)

// TestLaw11SecretsShowThemselvesToNobody prints secrets in every way the program
// prints things.
func TestLaw11SecretsShowThemselvesToNobody(t *testing.T) {
	t.Parallel()
	type hidden struct{ inner config.Secret }
	s := config.NewSecret("hunter2")
	u := config.NewURL("postgres://user:hunter2@host:5432/db?password=hunter2")
	broken := config.NewURL("postgres://user:hunter2@%zz/db")
	var out strings.Builder
	for _, v := range []any{s, &s, u, &u, broken, []config.Secret{s}, map[string]config.URL{"a": u}, struct{ S config.Secret }{s}, hidden{s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb, v)
		}
		if j, err := json.Marshal(v); err == nil {
			out.Write(j)
		}
		if _, isHidden := v.(hidden); !isHidden {
			y, err := yaml.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(y)
		}
	}
	var logged bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&logged, nil), slog.NewTextHandler(&logged, nil)} {
		slog.New(h).Info("m", "secret", s, "url", u, "broken", broken, "group", struct{ S config.Secret }{s})
	}
	out.Write(logged.Bytes())
	hex := fmt.Sprintf("%x", "hunter2")
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), hex) {
		t.Errorf("shown:\n%s", out.String())
	}
	if s.Reveal() != "hunter2" || !strings.Contains(u.Reveal(), "hunter2") {
		t.Error("Reveal hides it too")
	}
}

func TestURLShowsWhatIsNotSecret(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"sqlite:data/a.db":           "sqlite:data/a.db",
		"sqlite:data/a.db?key=x":     "sqlite:data/a.db",
		"postgres://u:p@h:1/d?a=b#c": "postgres://u@h:1/d",
		"https://h/api":              "https://h/api",
		"no url at all":              "[redacted]",
		"mailto:secret":              "[redacted]",
		"postgres://u:p#w@h/d":       "[redacted]",
	} {
		if got := config.NewURL(in).String(); got != want {
			t.Errorf("%s shows %q, want %q", in, got, want)
		}
	}
}

package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/config"
)

// FuzzParse: no panic; every fault stands inside the file and has one line; a path
// in a fault can be asked for again; no secret shows in a fault or in Show.
func FuzzParse(f *testing.F) {
	every, err := os.ReadFile("testdata/every-key.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(valid)
	f.Add(string(every))
	for _, connector := range []string{"compiere", "sqlerp"} {
		s, err := config.NewStarter(connector)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(s.YAML))
	}
	f.Add("sources: [{name: a, password: hunter2secret, url: 'postgres://u:hunter2secret@%zz'}]")
	f.Add("platforms:\n- token: hunter2secret\n  token_file: /dev/zero\n  batch: ${X:9}\n")
	f.Add("a: |\n  \tx\n\r\n\u2028b: \"\\x\"\n")
	f.Add("log: &a {level: *a}\n<<: *a\n? [b]\n: c\n--- \n!!x {}\n")
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("hunter2secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), []byte(text))
		checkFaults(t, text, err)
		if file == nil {
			return
		}
		shown, errShow := file.Show()
		if errShow != nil {
			t.Fatalf("show: %v", errShow)
		}
		checkSecrets(t, text, file.Config, shown, err)
	})
}

func checkFaults(t *testing.T, text string, err error) {
	t.Helper()
	var faults config.Faults
	if err != nil && (!errors.As(err, &faults) || len(faults) == 0) {
		t.Fatalf("not Faults: %v", err)
	}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff")), "\n")
	for _, fault := range faults {
		if fault.Line == 0 {
			t.Fatalf("without position: %#v", fault)
		}
		if fault.Line > len(lines) || fault.Col < 1 || fault.Col > utf8.RuneCountInString(lines[fault.Line-1])+1 {
			t.Fatalf("outside the file: %#v", fault)
		}
		if fault.Message == "" || strings.ContainsAny(fault.Error()+fault.Hint, "\n\x00\x1b") {
			t.Fatalf("not one clean line: %#v", fault)
		}
	}
}

// checkSecrets looks for a secret of the configuration in what is shown, unless
// the text has it in another place too, where it is no secret.
func checkSecrets(t *testing.T, text string, c *config.Config, shown string, err error) {
	t.Helper()
	const marker = "hunter2secret"
	kept := []string{c.Alerts.Webhook.Reveal()}
	for _, s := range c.Sources {
		kept = append(kept, s.Password.Reveal(), s.URL.Reveal())
	}
	for _, p := range c.Platforms {
		kept = append(kept, p.Token.Reveal(), p.SigningKey.Reveal())
	}
	for _, a := range c.HTTP.Accept {
		kept = append(kept, a.Token.Reveal(), a.SigningKey.Reveal())
	}
	if strings.Count(strings.Join(kept, " "), marker) != strings.Count(text, marker) {
		return
	}
	if err != nil && strings.Contains(err.Error(), marker) {
		t.Fatalf("a fault shows a secret: %v", err)
	}
	if strings.Contains(shown, marker) {
		t.Fatalf("show shows a secret:\n%s", shown)
	}
}

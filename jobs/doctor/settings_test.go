package doctor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/jobs/doctor"
	"github.com/loyalsync/loyalsync/loyalty"
)

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	vault := filepath.Join(dir, "vault")
	if err := os.Mkdir(vault, 0o700); err != nil {
		t.Fatal(err)
	}
	open, closed, inVault := filepath.Join(dir, "open"), filepath.Join(dir, "closed"), filepath.Join(vault, "open")
	for path, mode := range map[string]os.FileMode{open: 0o644, closed: 0o640, inVault: 0o644} {
		if err := os.WriteFile(path, []byte("hunter2"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	s := doctor.Settings{
		Path: "loyalsync.yaml", Sources: []string{"optima", "second"}, Lapsing: []string{"main", "other"},
		Waiting: []loyalty.Feed{{ProgramName: "main", SourceName: "optima"}, {ProgramName: "main", SourceName: "second"}, {ProgramName: "other", SourceName: "optima"}}, Secrets: []string{open, closed, inVault, filepath.Join(dir, "gone")},
		Jobs: []jobs.Definition{
			{Name: "points", Kind: jobs.KindPoints, Source: "optima", Daily: []string{"18:30"}},
			{Name: "sweep", Kind: jobs.KindSweep, Source: "optima", Every: "1d", Paused: true},
			{Name: "by-hand", Kind: jobs.KindSweep, Source: "second"},
			{Name: "activate", Kind: jobs.KindActivate, Source: "optima", Program: "main", Daily: []string{"00:05"}},
			{Name: "lapse", Kind: jobs.KindLapse, Program: "main", Daily: []string{"00:15"}},
		},
		Listens: []doctor.Listen{
			{Key: "http.addr", Address: "0.0.0.0:8080"},
			{Key: "http.console_addr", Address: "[::1]:8081"},
			{Key: "a", Address: "localhost:1"},
			{Key: "b", Address: ":8443", Safe: true},
			{Key: "c", Address: ":8080"},
		},
	}
	want := "ok configuration configuration\nwarning jobs job-paused\nwarning jobs job-unscheduled\nwarning jobs job-missing-points\nwarning jobs job-missing-lapse\nwarning jobs job-missing-activate\nwarning jobs job-missing-activate\n" +
		"warning secrets secret-open\nwarning http http-plain\nwarning http http-plain\n"
	if runtime.GOOS == "windows" {
		want = strings.Replace(want, "warning secrets secret-open\n", "", 1)
	}
	found := s.Look(t.Context())
	if got := told(found); got != want {
		t.Errorf("got\n%s", got)
	}
	for _, f := range found {
		if strings.Contains(f.Message, "hunter2") {
			t.Errorf("a secret: %+v", f)
		}
	}
	if f := find(t, found, "job-missing-points"); !strings.Contains(f.Message, "second") {
		t.Errorf("got %+v", f)
	}
}

func TestOwnCertificate(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: noon, NotAfter: noon.AddDate(0, 3, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert, secret := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, secret: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for code, at := range map[string]time.Time{
		"own-tls": noon.AddDate(0, 1, 0), "own-tls-soon": noon.AddDate(0, 3, -3), "own-tls-invalid": noon.AddDate(0, 4, 0),
	} {
		s := doctor.Settings{Path: "x", TLSCert: cert, TLSKey: secret, Now: func() time.Time { return at }}
		find(t, s.Look(t.Context()), code)
	}
	s := doctor.Settings{Path: "x", TLSCert: secret, TLSKey: cert, Now: func() time.Time { return noon }}
	find(t, s.Look(t.Context()), "own-tls-unusable")
}

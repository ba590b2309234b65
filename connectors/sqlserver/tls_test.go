package sqlserver

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// certificate makes one that signs itself, as SQL Server does.
func certificate(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x7a5b), Subject: pkix.Name{CommonName: "SSL_Self_Signed_Fallback"}, DNSNames: []string{"serwer.firma.local"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func pemFile(t *testing.T, c tls.Certificate) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// strictServer shakes hands as SQL Server 2022 does with encrypt: strict, and then
// says no more.
func strictServer(t *testing.T, conf *tls.Config) Config {
	t.Helper()
	host, port := listen(t, func(c net.Conn) {
		server := tls.Server(c, conf)
		if server.HandshakeContext(context.WithoutCancel(t.Context())) == nil {
			swallow(server)
		}
	})
	return Config{Host: host, Port: port, Database: "CDN", User: "reader", Password: secret, Encrypt: EncryptStrict, ConnectTimeout: 300 * time.Millisecond}
}

// TestCertificates: each fault of a certificate, with the setting that cures it.
func TestCertificates(t *testing.T) {
	plain := certificate(t, func(*x509.Certificate) {})
	expired := certificate(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = c.NotBefore.AddDate(-2, 0, 0), c.NotBefore.AddDate(-1, 0, 0)
	})
	other := certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil })
	negative := certificate(t, func(*x509.Certificate) {})
	// The signature breaks with it; one that signs itself is trusted as it is.
	negative.Certificate[0] = bytes.Replace(negative.Certificate[0], []byte{2, 2, 0x7a, 0x5b}, []byte{2, 2, 0xfa, 0x5b}, 1)
	const shaken = "does not answer" // the handshake went well
	tests := []struct {
		name   string
		cert   tls.Certificate
		max    uint16
		change func(*Config)
		code   string
		hint   string
	}{
		{name: "unknown authority", cert: plain, code: network.TLSUnknownAuthority, hint: "ca_file:"},
		{name: "known authority", cert: plain, change: func(c *Config) { c.CAFile = pemFile(t, plain) }},
		{name: "another authority", cert: plain, change: func(c *Config) { c.CAFile = pemFile(t, other) }, code: network.TLSUnknownAuthority},
		{name: "expired", cert: expired, change: func(c *Config) { c.CAFile = pemFile(t, expired) }, code: network.TLSExpired, hint: "renew"},
		{name: "wrong name", cert: other, change: func(c *Config) { c.CAFile = pemFile(t, other) }, code: network.TLSWrongName, hint: "server_name:"},
		{name: "named", cert: other, change: func(c *Config) { c.CAFile, c.ServerName = pemFile(t, other), "serwer.firma.local" }},
		{name: "negative serial", cert: negative, change: func(c *Config) { c.CAFile = pemFile(t, negative) }},
		{name: "old version", cert: plain, max: tls.VersionTLS11, change: func(c *Config) { c.CAFile = pemFile(t, plain) }, code: network.TLSOldVersion},
		{name: "old version allowed", cert: plain, max: tls.VersionTLS11, change: func(c *Config) { c.CAFile, c.TLSMin = pemFile(t, plain), "1.1" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := strictServer(t, &tls.Config{Certificates: []tls.Certificate{tt.cert}, MaxVersion: tt.max, MinVersion: tls.VersionTLS10, NextProtos: []string{"tds/8.0"}})
			if tt.change != nil {
				tt.change(&c)
			}
			if tt.code != "" { // told at once, however slow this machine is
				c.ConnectTimeout = time.Minute
			}
			_, err := Open(t.Context(), c)
			if tt.code == "" {
				if err == nil || !strings.Contains(err.Error(), shaken) {
					t.Fatalf("the handshake fails: %v", err)
				}
				return
			}
			var own *fault
			var told *connectors.Error
			if !errors.Is(err, connectors.ErrSettings) || !errors.As(err, &own) || own.code != tt.code || !errors.As(err, &told) || !strings.Contains(told.Hint, tt.hint) {
				t.Errorf("got %v", err)
			}
			found := Probe(t.Context(), c)
			if i := indexOf(found, network.CheckTLS); found[i].Condition != connectors.Broken || found[i].Code != tt.code || tt.code == network.TLSExpired && found[i].Data["to"] == "" || found[i+1].Condition != connectors.Skipped {
				t.Errorf("the doctor says %+v", found)
			}
		})
	}
}

func indexOf(found []connectors.Finding, check string) int {
	for i, f := range found {
		if f.Check == check {
			return i
		}
	}
	return -1
}

func TestCAFile(t *testing.T) {
	c := Config{Host: "erp", Database: "CDN", User: "reader", CAFile: filepath.Join(t.TempDir(), "absent.pem")}
	_, err := New(c)
	wantSettings(t, err)
	if err := os.WriteFile(c.CAFile, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = New(c)
	wantSettings(t, err)
}

// TestTLS: each fault of the certificate through a real handshake inside TDS, with
// the setting that cures it.
func TestTLS(t *testing.T) {
	tests := []struct {
		name   string
		o      tdstest.Options
		change func(c *Config, ca string)
		code   string // of the fault, "" for none
		tls    string // what the doctor finds
	}{
		{"signed", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.Signed}, func(c *Config, ca string) { c.CAFile = ca }, "", "ok"},
		{"forced", tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.Signed}, func(c *Config, ca string) { c.CAFile = ca }, "", "ok"},
		{"login alone", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.Signed}, func(c *Config, ca string) { c.CAFile, c.Encrypt = ca, EncryptLogin }, "", "ok"},
		{"unknown authority", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.Signed}, nil, network.TLSUnknownAuthority, "fault"},
		{"self-signed", tdstest.Options{TLS: tdstest.TLSOffered}, nil, network.TLSUnknownAuthority, "fault"},
		{"self-signed, login alone", tdstest.Options{TLS: tdstest.TLSOffered}, func(c *Config, _ string) { c.Encrypt = EncryptLogin }, network.TLSUnknownAuthority, "fault"},
		{"self-signed, trusted", tdstest.Options{TLS: tdstest.TLSOffered}, func(c *Config, _ string) { c.TrustServerCertificate = true }, "", "ok"},
		{"SHA-1", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.SHA1}, func(c *Config, ca string) { c.CAFile = ca }, network.TLSSHA1, "fault"},
		{"SHA-1, trusted", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.SHA1}, func(c *Config, _ string) { c.TrustServerCertificate = true }, "", "ok"},
		{"negative serial", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.NegativeSerial}, func(c *Config, _ string) { c.TrustServerCertificate = true }, "", "ok"},
		{"wrong name", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.WrongName}, func(c *Config, ca string) { c.CAFile = ca }, network.TLSWrongName, "fault"},
		{"expired", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.Expired}, func(c *Config, ca string) { c.CAFile = ca }, network.TLSExpired, "fault"},
		{"not yet valid", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.NotYetValid}, func(c *Config, ca string) { c.CAFile = ca }, network.TLSNotYetValid, "fault"},
		{"TLS 1.0", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.Signed, TLSOld: true}, func(c *Config, ca string) { c.CAFile = ca }, network.TLSOldVersion, "fault"},
		{"TLS 1.0, allowed", tdstest.Options{TLS: tdstest.TLSOffered, Certificate: tdstest.Signed, TLSOld: true}, func(c *Config, ca string) { c.CAFile, c.TLSMin = ca, "1.0" }, "", "ok"},
		{"none", tdstest.Options{}, nil, network.TLSNone, "fault"},
		{"none, login alone", tdstest.Options{}, func(c *Config, _ string) { c.Encrypt = EncryptLogin }, "", "skipped"},
		{"none, disabled", tdstest.Options{}, func(c *Config, _ string) { c.Encrypt = EncryptDisable }, "", "warning"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := tdstest.Start(t, tt.o)
			c := Config{Host: srv.Host(), Port: srv.Port(), Database: "ERP", User: "reader", Password: tdstest.Password, ConnectTimeout: 5 * time.Second}
			if tt.change != nil {
				ca := filepath.Join(t.TempDir(), "ca.pem")
				if err := os.WriteFile(ca, srv.CA(), 0o600); err != nil {
					t.Fatal(err)
				}
				tt.change(&c, ca)
			}
			db, err := Open(t.Context(), c)
			var own *fault
			switch {
			case tt.code == "" && err != nil:
				t.Fatal(err)
			case tt.code == "":
				if err = db.Close(); err != nil {
					t.Error(err)
				}
				if l := srv.Logins()[0]; l.Encrypted != (c.Encrypt != EncryptDisable && tt.o.TLS != tdstest.NoTLS) {
					t.Errorf("the login is encrypted: %v", l.Encrypted)
				}
			case err == nil || !errors.As(err, &own) || own.code != tt.code || own.hint == "":
				t.Errorf("got %v", err)
			}
			found := Probe(t.Context(), c)
			if i := indexOf(found, network.CheckTLS); string(found[i].Condition) != tt.tls || tt.code != "" && found[i].Code != tt.code {
				t.Errorf("the doctor says %+v", found[i])
			}
		})
	}
}

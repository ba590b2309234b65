package network_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// handshake lets a client, who trusts what he is given, meet a server with the
// certificate, and returns by what that fails.
func handshake(t *testing.T, template x509.Certificate, trusted bool, host string, version uint16) error {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(7)
	template.Subject = pkix.Name{CommonName: "erp"}
	template.IsCA, template.BasicConstraintsValid = true, true
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if trusted {
		roots.AddCert(cert)
	}
	here, there := net.Pipe()
	server := tls.Server(there, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MaxVersion: version, MinVersion: tls.VersionTLS10})
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.HandshakeContext(context.WithoutCancel(t.Context())) // fails as the client does
		_ = there.Close()
	}()
	err = tls.Client(here, &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}).HandshakeContext(t.Context())
	_ = here.Close()
	<-served
	return err
}

func TestTLS(t *testing.T) {
	now := time.Now()
	valid := x509.Certificate{NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), DNSNames: []string{"erp"}}
	expired, early := valid, valid
	expired.NotBefore, expired.NotAfter = now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)
	early.NotBefore, early.NotAfter = now.AddDate(1, 0, 0), now.AddDate(2, 0, 0)
	tests := []struct {
		name    string
		err     error
		code    string
		message string
	}{
		{"expired", handshake(t, expired, true, "erp", 0), network.TLSExpired, "until " + expired.NotAfter.UTC().Format(time.DateOnly)},
		{"not yet valid", handshake(t, early, true, "erp", 0), network.TLSNotYetValid, "from " + early.NotBefore.UTC().Format(time.DateOnly)},
		{"unknown authority", handshake(t, valid, false, "erp", 0), network.TLSUnknownAuthority, "issued by erp"},
		{"wrong name", handshake(t, valid, true, "other", 0), network.TLSWrongName, "for erp, not for other"},
		{"old version", handshake(t, valid, true, "erp", tls.VersionTLS11), network.TLSOldVersion, "too old"},
		{"SHA-1", x509.InsecureAlgorithmError(x509.SHA1WithRSA), network.TLSSHA1, "SHA-1"},
		{"SHA-1 of an authority", x509.UnknownAuthorityError{Cert: &x509.Certificate{SignatureAlgorithm: x509.SHA1WithRSA, Subject: pkix.Name{CommonName: "erp"}}}, network.TLSSHA1, "SHA-1"},
		{"negative serial", errors.New("tls: failed to parse certificate from server: x509: negative serial number"), network.TLSNegativeSerial, "negative"},
		{"no TLS", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, network.TLSNone, "does not speak TLS"},
		{"cipher", &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, network.TLSOther, "could not be agreed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, ok := network.TLS(fmt.Errorf("connect: %w", tt.err), now, network.Cures{network.TLSUnknownAuthority: "set trust_server_certificate: true"})
			if !ok || f.Code != tt.code || !strings.Contains(f.Message, tt.message) || f.Hint == "" || f.Condition != connectors.Broken {
				t.Errorf("%v: got %v %+v", tt.err, ok, f)
			}
			if cured := f.Hint == "set trust_server_certificate: true"; cured != (tt.code == network.TLSUnknownAuthority) {
				t.Errorf("hint is %q", f.Hint)
			}
		})
	}
	for _, err := range []error{nil, errors.New("password authentication failed"), &net.OpError{Op: "dial", Err: errors.New("refused")}} {
		if f, ok := network.TLS(err, now, nil); ok {
			t.Errorf("%v is no matter of TLS: %+v", err, f)
		}
	}
}

package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// The codes of the findings of TLS: what a handshake fails by.
const (
	TLSExpired          = "tls-expired"
	TLSNotYetValid      = "tls-not-yet-valid"
	TLSUnknownAuthority = "tls-unknown-authority"
	TLSWrongName        = "tls-wrong-name"
	TLSSHA1             = "tls-sha1"
	TLSNegativeSerial   = "tls-negative-serial"
	TLSWeakKey          = "tls-weak-key"
	TLSOldVersion       = "tls-old-version"
	TLSNone             = "tls-none"
	TLSOther            = "tls-other"
)

// Cures says, by code, which setting of a source helps against a fault of TLS.
// What is missing has a general cure.
type Cures map[string]string

// TLS tells by what a handshake failed. It is false for an error that has
// nothing to do with TLS.
func TLS(err error, now time.Time, cures Cures) (connectors.Finding, bool) {
	code, data := tlsFault(err, now)
	if code == "" {
		return connectors.Finding{}, false
	}
	message, hint := tlsWords(code, data)
	if cure := cures[code]; cure != "" {
		hint = cure
	}
	return connectors.Finding{Check: CheckTLS, Condition: connectors.Broken, Code: code, Message: message, Hint: hint, Data: data}, true
}

func tlsFault(err error, now time.Time) (code string, data map[string]string) {
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var insecure x509.InsecureAlgorithmError
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &insecure), strings.Contains(err.Error(), "insecure algorithm SHA1"):
		return TLSSHA1, nil
	case errors.As(err, &authority):
		return authorityFault(authority.Cert)
	case errors.As(err, &name):
		return TLSWrongName, nameData(name)
	case errors.As(err, &invalid):
		return invalidFault(invalid, now)
	}
	return handshakeFault(err), nil
}

func authorityFault(cert *x509.Certificate) (string, map[string]string) {
	if cert == nil {
		return TLSUnknownAuthority, nil
	}
	if slices.Contains([]x509.SignatureAlgorithm{x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1}, cert.SignatureAlgorithm) &&
		cert.Issuer.String() != cert.Subject.String() { // nobody checks a signature by oneself
		return TLSSHA1, nil
	}
	return TLSUnknownAuthority, map[string]string{"issuer": cert.Issuer.CommonName}
}

func nameData(e x509.HostnameError) map[string]string {
	data := map[string]string{"host": e.Host}
	if e.Certificate == nil {
		return data
	}
	names := slices.Clone(e.Certificate.DNSNames)
	for _, ip := range e.Certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = []string{e.Certificate.Subject.CommonName} // what old certificates have, and nobody looks at any more
	}
	data["names"] = strings.Join(names[:min(len(names), 5)], ", ")
	return data
}

func invalidFault(e x509.CertificateInvalidError, now time.Time) (string, map[string]string) {
	if e.Reason != x509.Expired || e.Cert == nil {
		return TLSOther, nil
	}
	if now.Before(e.Cert.NotBefore) {
		return TLSNotYetValid, map[string]string{"from": e.Cert.NotBefore.UTC().Format(time.DateOnly), "today": now.UTC().Format(time.DateOnly)}
	}
	return TLSExpired, map[string]string{"to": e.Cert.NotAfter.UTC().Format(time.DateOnly), "today": now.UTC().Format(time.DateOnly)}
}

// handshakeFault knows what crypto/tls and crypto/x509 tell by their texts alone
// (Go 1.26).
func handshakeFault(err error) string {
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	text := err.Error()
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
	}
	switch {
	case errors.As(err, &record), has("first record does not look like a TLS handshake", "server refused TLS"):
		return TLSNone
	case has("negative serial number"):
		return TLSNegativeSerial
	case has("key too small", "key smaller than", "weak key"):
		return TLSWeakKey
	case has("unsupported protocol version", "protocol version not supported"):
		return TLSOldVersion
	case errors.As(err, &verification), has("tls: ", "x509: "):
		return TLSOther
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return TLSOther
	}
	return ""
}

func tlsWords(code string, data map[string]string) (message, hint string) {
	switch code {
	case TLSExpired:
		return "the server's certificate was valid until " + data["to"], "let its administrator renew it"
	case TLSNotYetValid:
		return "the server's certificate is valid from " + data["from"] + ", and this machine says it is " + data["today"], "set this machine's clock"
	case TLSUnknownAuthority:
		message = "nobody this machine trusts vouches for the server's certificate"
		if data["issuer"] != "" {
			message += " (issued by " + data["issuer"] + ")"
		}
		return message, "let this machine trust the authority that issued it"
	case TLSWrongName:
		return "the server's certificate is for " + data["names"] + ", not for " + data["host"], "name the server as its certificate does"
	case TLSSHA1:
		return "the server's certificate is signed with SHA-1, which nothing accepts any more", "let its administrator make a new one"
	case TLSNegativeSerial:
		return "the server's certificate has a negative serial number, which is not allowed", "let its administrator make a new one"
	case TLSWeakKey:
		return "the key of the server's certificate is too short to be safe", "let its administrator make a new one, of 2048 bits or more"
	case TLSOldVersion:
		return "the server speaks only versions of TLS that are too old", "let its administrator turn TLS 1.2 on"
	case TLSNone:
		return "the server does not speak TLS here", "turn TLS on at the server, or off in the settings"
	}
	return "the encrypted connection could not be agreed", "the server may speak only old versions or ciphers of TLS: its log says more"
}

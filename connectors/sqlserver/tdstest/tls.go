package tdstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a certificate that clients have to refuse
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// TLS is what a server says of encryption in PRELOGIN.
type TLS int

// The modes.
const (
	NoTLS       TLS = iota // not supported: a client that wants it goes away
	TLSOffered             // there, not asked for: as SQL Server comes; the login is encrypted, or all if the client wants
	TLSRequired            // "Force Encryption"
)

// Certificate is what is wrong with the server's certificate.
type Certificate int

// The certificates. All but SelfSigned are of the authority that CA returns.
const (
	SelfSigned     Certificate = iota // as SQL Server makes one for itself: the name is not the host's
	Signed                            // by the authority, for 127.0.0.1 and localhost
	SHA1                              // signed with SHA-1
	NegativeSerial                    // its serial number is negative
	WrongName                         // for another host
	Expired
	NotYetValid
)

// certificates holds the authority and the server's own certificate.
type certificates struct {
	config *tls.Config
	ca     []byte // PEM
}

// CA is the authority of the server's certificate, PEM.
func (s *Server) CA() []byte { return s.certs.ca }

func newCertificates(mode TLS, kind Certificate) (*certificates, error) {
	if mode == NoTLS {
		return &certificates{}, nil
	}
	caKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tdstest authority"}, NotBefore: from, NotAfter: from.AddDate(80, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(0x1122334455667788), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: from, NotAfter: from.AddDate(80, 0, 0),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	der, err := leafOf(kind, leaf, authority, key, caKey)
	if err != nil {
		return nil, err
	}
	return &certificates{
		config: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12}, //nolint:gosec // as old servers are
		ca:     pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
	}, nil
}

func leafOf(kind Certificate, leaf, authority *x509.Certificate, key, caKey *rsa.PrivateKey) ([]byte, error) {
	switch kind {
	case SelfSigned:
		leaf.Subject.CommonName, leaf.DNSNames, leaf.IPAddresses = "SSL_Self_Signed_Fallback", nil, nil
		return x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	case WrongName:
		leaf.DNSNames, leaf.IPAddresses = []string{"sql.example.com"}, nil
	case Expired:
		leaf.NotAfter = leaf.NotBefore.AddDate(1, 0, 0)
	case NotYetValid:
		leaf.NotBefore = leaf.NotBefore.AddDate(70, 0, 0)
	case Signed, SHA1, NegativeSerial:
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), caKey)
	if err != nil {
		return nil, err
	}
	if kind == SHA1 || kind == NegativeSerial {
		return resign(der, kind, caKey)
	}
	return der, nil
}

// signedCertificate is the outer structure of X.509.
type signedCertificate struct {
	TBS       asn1.RawValue
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

// resign changes a certificate in a way that crypto/x509 would not make, and
// signs it again.
func resign(der []byte, kind Certificate, caKey *rsa.PrivateKey) ([]byte, error) {
	var cert signedCertificate
	if _, err := asn1.Unmarshal(der, &cert); err != nil {
		return nil, err
	}
	tbs := cert.TBS.FullBytes
	if kind == NegativeSerial {
		replaceBytes(tbs, []byte{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}, []byte{0x91, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88})
	} else { // sha256WithRSAEncryption (…1.1.11) becomes sha1WithRSAEncryption (…1.1.5)
		replaceBytes(tbs, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05})
		cert.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}
	}
	hash, sum := crypto.SHA256, []byte(nil)
	if kind == SHA1 {
		of := sha1.Sum(tbs) //nolint:gosec // as above
		hash, sum = crypto.SHA1, of[:]
	} else {
		of := sha256.Sum256(tbs)
		sum = of[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, caKey, hash, sum)
	if err != nil {
		return nil, err
	}
	cert.TBS = asn1.RawValue{FullBytes: tbs}
	cert.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	return asn1.Marshal(cert)
}

// replaceBytes changes the first place where old stands.
func replaceBytes(in, old, with []byte) {
	for i := 0; i+len(old) <= len(in); i++ {
		if string(in[i:i+len(old)]) == string(old) {
			copy(in[i:], with)
			return
		}
	}
}

package sqlserver

import (
	"reflect"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
)

// TestDriverConfig: what the driver is told, in its own terms.
func TestDriverConfig(t *testing.T) {
	tests := []struct {
		encrypt string
		want    msdsn.Encryption
		tls     bool
	}{
		{"", msdsn.EncryptionRequired, true},
		{EncryptFull, msdsn.EncryptionRequired, true},
		{EncryptLogin, msdsn.EncryptionOff, true},
		{EncryptStrict, msdsn.EncryptionStrict, true},
		{EncryptDisable, msdsn.EncryptionDisabled, false},
	}
	for _, tt := range tests {
		c := Config{Server: `erp\OPTIMA,1500`, Database: "CDN", User: "reader", Password: secret, Encrypt: tt.encrypt}
		made, err := Connector(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		conn, _ := made.(*connector)
		got := conn.driverConfig(1500, nil)
		if got.Encryption != tt.want || (got.TLSConfig != nil) != tt.tls {
			t.Errorf("%q: encryption %d with %+v", tt.encrypt, got.Encryption, got.TLSConfig)
		}
		if got.Host != "erp" || got.Instance != "OPTIMA" || got.Port != 1500 || got.Database != "CDN" || got.User != "reader" || got.Password != secret {
			t.Errorf("%q: goes to %s\\%s:%d/%s", tt.encrypt, got.Host, got.Instance, got.Port, got.Database)
		}
		if !got.ReadOnlyIntent || got.AppName != "loyalsync" || got.Encoding.Timezone != time.UTC || len(got.Parameters) != 0 {
			t.Errorf("%q: says %v %q", tt.encrypt, got.ReadOnlyIntent, got.AppName)
		}
	}
}

func TestAuthenticator(t *testing.T) {
	tests := []struct{ system, password, want string }{
		{"linux", "secret", "ntlm"},
		{"windows", "secret", "winsspi"},
		{"windows", "", "winsspi"},
		{"windows", "zażółć", "ntlm"},
	}
	for _, tt := range tests {
		c := connector{target: target{Config: Config{User: `FIRMA\anna`, Password: tt.password}}}
		if got := c.authenticator(tt.system); got != tt.want {
			t.Errorf("%s with %q: %s", tt.system, tt.password, got)
		}
	}
}

// TestParameters: ASCII seeks in an index on varchar; the bytes of other letters
// would be read in the database's code page, which is not UTF-8.
func TestParameters(t *testing.T) {
	for in, want := range map[string]any{"": mssql.VarChar(""), "K-001/9": mssql.VarChar("K-001/9"), "ŻUBR": "ŻUBR"} {
		if got := Code(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q becomes %T", in, got)
		}
	}
	warsaw := time.FixedZone("", 2*60*60)
	at := time.Date(2026, 7, 1, 12, 30, 0, 0, warsaw)
	if got := time.Time(Stamp(at)); got.Hour() != 12 {
		t.Errorf("the wall clock moves to %v", got)
	}
}

func TestFactsInWords(t *testing.T) {
	f := Facts{Version: "15.0.4298.1", Edition: "Express Edition (64-bit)", Collation: "Polish_CI_AS", CodePage: 1250, Now: time.Date(2026, 7, 1, 12, 30, 0, 0, time.FixedZone("", 2*60*60))}
	for got, want := range map[string]string{
		f.Server(): "Microsoft SQL Server 2019 (15.0.4298.1) Express Edition (64-bit)", f.Encoding(): "Polish_CI_AS, code page 1250",
		f.Zone(): "+02:00", string(f.Stamp()): "2026-07-01T12:30:00.000000",
		Facts{Version: "18.0.1"}.Server(): "Microsoft SQL Server (18.0.1)", Facts{Collation: "Latin1_General_100_BIN2"}.Encoding(): "Latin1_General_100_BIN2",
	} {
		if got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
	for version, old := range map[string]bool{"10.50.6000.34": true, "11.0.2100.60": false, "17.0.1": false, "": false, "x": false} {
		if got := (Facts{Version: version}).TooOld(); got != old {
			t.Errorf("%q is too old: %v", version, got)
		}
	}
}

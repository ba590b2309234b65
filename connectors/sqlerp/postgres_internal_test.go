package sqlerp

import "testing"

// TestPostgresTLSOfParts: a host beside the URL, or without one, is dialled with the
// TLS that it would have inside.
func TestPostgresTLSOfParts(t *testing.T) {
	for name, tc := range map[string]struct {
		config       Config
		host         string
		port         uint16
		tls, without bool   // the first attempt, and a second one
		server       string // whose certificate it has to be
	}{
		"parts alone":         {Config{Host: "erp", Database: "d", User: "u"}, "erp", 5432, true, true, ""},
		"parts win":           {Config{URL: "postgres://other:1/d?sslmode=verify-full", Host: "erp", Port: 5433}, "erp", 5433, true, false, "erp"},
		"the URL's mode":      {Config{URL: "postgres:///d?sslmode=require", Host: "erp"}, "erp", 5432, true, false, ""},
		"a port alone":        {Config{URL: "postgres://erp/d?sslmode=verify-full", Port: 5433}, "erp", 5433, true, false, "erp"},
		"no TLS":              {Config{URL: "postgres://other/d?sslmode=disable", Host: "erp"}, "erp", 5432, false, false, ""},
		"a URL as it is":      {Config{URL: "postgres://erp:5433/d"}, "erp", 5433, true, true, ""},
		"version 6 addresses": {Config{Host: "::1", Database: "d"}, "::1", 5432, true, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			conf, err := postgresConfig(tc.config)
			if err != nil {
				t.Fatal(err)
			}
			without := len(conf.Fallbacks) == 1 && conf.Fallbacks[0].Host == tc.host && conf.Fallbacks[0].TLSConfig == nil
			if conf.Host != tc.host || conf.Port != tc.port || (conf.TLSConfig != nil) != tc.tls || without != tc.without {
				t.Errorf("host %s, port %d, TLS %v, fallbacks %v", conf.Host, conf.Port, conf.TLSConfig != nil, conf.Fallbacks)
			}
			if conf.TLSConfig != nil && tc.server != "" && conf.TLSConfig.ServerName != tc.server {
				t.Errorf("the certificate of %q", conf.TLSConfig.ServerName)
			}
		})
	}
}

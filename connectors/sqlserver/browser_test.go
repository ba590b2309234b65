package sqlserver

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// answer frames a text as the Browser service does (MC-SQLR 2.2.5).
func answer(text string) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{browserAnswer}, uint16(len(text))), text...)
}

const twoInstances = "ServerName;SERWER;InstanceName;OPTIMA;IsClustered;No;Version;15.0.2000.5;tcp;52301;np;\\\\SERWER\\pipe\\MSSQL$OPTIMA\\sql\\query;;" +
	"ServerName;SERWER;InstanceName;SQLEXPRESS;IsClustered;No;Version;11.0.2100.60;;"

func TestParseBrowser(t *testing.T) {
	optima := Instance{Name: "OPTIMA", Version: "15.0.2000.5", Port: 52301}
	tests := []struct {
		name   string
		answer []byte
		want   []Instance
	}{
		{"two", answer(twoInstances), []Instance{optima, {Name: "SQLEXPRESS", Version: "11.0.2100.60"}}},
		{"none", answer(""), nil},
		{"no datagram", nil, nil},
		{"another kind", append([]byte{4}, answer(twoInstances)[1:]...), nil},
		{"cut", answer(twoInstances)[:90], nil},
		{"shorter than it says", []byte{5, 255, 255, 'a'}, nil},
		{"longer than it says", append(answer("InstanceName;A;tcp;1;;"), "InstanceName;B;;"...), []Instance{{Name: "A", Port: 1}}},
		{"no port", answer("InstanceName;A;tcp;x;;"), []Instance{{Name: "A"}}},
		{"port out of range", answer("InstanceName;A;tcp;70000;;"), []Instance{{Name: "A"}}},
		{"odd", answer("InstanceName;A;tcp;;"), []Instance{{Name: "A"}}},
		{"other letters", answer("INSTANCENAME;A;TCP;7;;"), []Instance{{Name: "A", Port: 7}}},
	}
	for _, tt := range tests {
		if got := parseBrowser(tt.answer); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
}

func FuzzParseBrowser(f *testing.F) {
	for _, s := range []string{twoInstances, "", ";;;;", "InstanceName;;;", "InstanceName;A;tcp;-1;;"} {
		f.Add(answer(s))
	}
	f.Add([]byte{5})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, i := range parseBrowser(b) {
			if i.Name == "" || i.Port < 0 || i.Port > 65535 {
				t.Fatalf("%q gives %+v", b, i)
			}
		}
	})
}

// browser answers on loopback as the Browser service does; "" is silence.
func browser(t *testing.T, text string) (port int) {
	t.Helper()
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buffer := make([]byte, 100); ; {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if n == 1 && buffer[0] == askAll && text != "" {
				_, _ = conn.WriteTo(answer(text), from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	address, _ := conn.LocalAddr().(*net.UDPAddr)
	return address.Port
}

// TestLocate: what a named instance without a port leads to, in words.
func TestLocate(t *testing.T) {
	tests := []struct {
		name, instance, answer string
		port                   int // given
		want                   int
		text, hint             string
	}{
		{name: "default", want: 1433},
		{name: "port", port: 1500, want: 1500},
		{name: "instance and port", instance: "OPTIMA", port: 1500, answer: twoInstances, want: 1500},
		{name: "instance", instance: "optima", answer: twoInstances, want: 52301},
		{name: "TCP/IP off", instance: "SQLEXPRESS", answer: twoInstances, text: `127.0.0.1\SQLEXPRESS: the instance does not listen on TCP/IP`, hint: "Protocols for SQLEXPRESS > TCP/IP > Enable"},
		{name: "unknown", instance: "OPTMIA", answer: twoInstances, text: `127.0.0.1\OPTMIA: there is no such instance`, hint: "OPTIMA, SQLEXPRESS"},
		{name: "none", instance: "OPTIMA", answer: ";;", text: "there is no such instance", hint: "running"},
		{name: "silent", instance: "OPTIMA", text: "Browser service does not answer", hint: "UDP 1434"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := target{address: address{host: "127.0.0.1", instance: tt.instance, port: tt.port}}
			c.ConnectTimeout, c.browserPort = time.Minute, browser(t, tt.answer)
			if tt.name == "silent" {
				c.ConnectTimeout = 300 * time.Millisecond
			}
			port, err := c.locate(t.Context())
			if err == nil {
				if port != tt.want || tt.text != "" {
					t.Errorf("got port %d", port)
				}
				return
			}
			err = Failed(t.Context(), "connect", err)
			var e *connectors.Error
			if !errors.As(err, &e) || !errors.Is(err, connectors.ErrUnreachable) || !strings.Contains(err.Error(), tt.text) || tt.text == "" || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestBrowserIsAskedEachTime: an instance that comes back on another port is found.
func TestBrowserIsAskedEachTime(t *testing.T) {
	host, port := listen(t, func(net.Conn) {})
	if host != "127.0.0.1" {
		t.Fatal(host)
	}
	c := Config{Server: `127.0.0.1\OPTIMA`, Database: "CDN", User: "reader", Password: secret, ConnectTimeout: time.Minute}
	c.browserPort = browser(t, "InstanceName;OPTIMA;tcp;"+strconv.Itoa(port)+";;")
	_, err := Open(context.WithoutCancel(t.Context()), c)
	if err == nil || !strings.Contains(err.Error(), `127.0.0.1\OPTIMA: the server hangs up`) && !strings.Contains(err.Error(), "broke off") {
		t.Errorf("the port of the Browser leads to %v", err)
	}
}

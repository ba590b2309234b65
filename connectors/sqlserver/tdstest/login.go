package tdstest

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// Encryption in PRELOGIN: MS-TDS 2.2.6.5.
const (
	encryptOff    = 0
	encryptOn     = 1
	encryptNotSup = 2
	encryptReq    = 3
)

var errGone = errors.New("the connection has ended")

// prelogin answers PRELOGIN and, if both want it, puts TLS on. loginOnly says
// that TLS ends behind LOGIN7.
func (c *conn) prelogin() (loginOnly bool, err error) {
	strict, err := c.strict()
	if err != nil {
		return false, err
	}
	m, err := readMessage(c.rw)
	if err != nil {
		return false, err
	}
	if m.kind != pkPrelogin {
		return false, failf(17836, "Length specified in network packet payload did not match number of bytes read.")
	}
	if err := c.suffer(AtPrelogin, ""); err != nil {
		return false, err
	}
	answer, encrypt := c.negotiate(preloginOption(m.body, 1))
	if strict {
		answer, encrypt = encryptOn, false
	}
	if err := c.reply(preloginAnswer(answer)); err != nil {
		return false, err
	}
	if !encrypt {
		return false, nil
	}
	inner := &handshakeConn{Conn: c.raw, inside: true}
	conn := tls.Server(inner, c.tlsConfig())
	if err := conn.HandshakeContext(c.ctx); err != nil {
		return false, err
	}
	inner.inside = false
	c.rw, c.encrypted = conn, true
	return answer == encryptOff, nil
}

func (c *conn) tlsConfig() *tls.Config {
	config := c.srv.certs.config.Clone()
	if c.srv.opts.TLSOld {
		config.MaxVersion = tls.VersionTLS10
	}
	return config
}

// strict puts TLS on at once if the client begins with it, as TDS 8.0 does.
func (c *conn) strict() (bool, error) {
	first := make([]byte, 1)
	if _, err := io.ReadFull(c.raw, first); err != nil {
		return false, err
	}
	c.raw = &pushedBack{Conn: c.raw, first: first}
	c.rw = c.raw
	if first[0] != 0x16 || c.srv.opts.TLS == NoTLS {
		return false, nil
	}
	config := c.tlsConfig()
	config.NextProtos = []string{"tds/8.0"}
	conn := tls.Server(c.raw, config)
	if err := conn.HandshakeContext(c.ctx); err != nil {
		return false, err
	}
	c.rw, c.encrypted = conn, true
	return true, nil
}

// pushedBack gives what was looked at once more.
type pushedBack struct {
	net.Conn
	first []byte
}

func (p *pushedBack) Read(b []byte) (int, error) {
	if len(p.first) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// negotiate is the table of MS-TDS 2.2.6.5: what the client said, what the
// server is like.
func (c *conn) negotiate(client byte) (answer byte, encrypt bool) {
	switch c.srv.opts.TLS {
	case TLSOffered:
		if client == encryptNotSup {
			return encryptNotSup, false
		}
		if client == encryptOff {
			return encryptOff, true
		}
		return encryptOn, true
	case TLSRequired:
		if client == encryptOff || client == encryptNotSup {
			return encryptReq, true
		}
		return encryptOn, true
	default:
		return encryptNotSup, false
	}
}

func preloginOption(body []byte, want byte) byte {
	for i := 0; i+5 <= len(body) && body[i] != 0xff; i += 5 {
		at := int(binary.BigEndian.Uint16(body[i+1:]))
		if body[i] == want && at < len(body) {
			return body[at]
		}
	}
	return encryptNotSup
}

// preloginAnswer has the version, the encryption, no instance, no MARS.
func preloginAnswer(encrypt byte) []byte {
	values := [][]byte{{15, 0, 0x07, 0xd0, 0, 0}, {encrypt}, {0}, {}, {0}}
	var head, data []byte
	at := 5*len(values) + 1
	for i, v := range values {
		head = append(head, byte(i))
		head = binary.BigEndian.AppendUint16(head, uint16(at))     //nolint:gosec // a few bytes
		head = binary.BigEndian.AppendUint16(head, uint16(len(v))) //nolint:gosec // a few bytes
		data = append(data, v...)
		at += len(v)
	}
	return append(append(head, 0xff), data...)
}

// login7 is what matters of a LOGIN7.
type login7 struct {
	user, password, app, database string
	readOnly, sspi                bool
}

// readLogin takes LOGIN7 apart: MS-TDS 2.2.6.4.
func readLogin(body []byte) (l login7, err error) {
	defer func() {
		if recover() != nil {
			err = failf(17832, "The login packet used to open the connection is structurally invalid.")
		}
	}()
	text := func(field int) []byte {
		at, n := binary.LittleEndian.Uint16(body[36+4*field:]), binary.LittleEndian.Uint16(body[38+4*field:])
		return body[at : int(at)+2*int(n)]
	}
	l.user, l.app = fromUTF16(text(1)), fromUTF16(text(3))
	l.database = fromUTF16(text(8))
	secret := bytes.Clone(text(2))
	for i, b := range secret {
		b ^= 0xa5
		secret[i] = b<<4 | b>>4
	}
	l.password = fromUTF16(secret)
	l.readOnly = body[26]&0x20 != 0
	l.sspi = body[25]&0x80 != 0
	return l, nil
}

// logIn reads LOGIN7 and answers it; the session is there if it succeeds.
func (c *conn) logIn(loginOnly bool) error {
	m, err := readMessage(c.rw)
	if err != nil {
		return err
	}
	encrypted := c.encrypted
	if loginOnly { // from here on in the clear
		c.rw, c.encrypted = c.raw, false
	}
	if m.kind != pkLogin {
		return failf(17832, "The login packet used to open the connection is structurally invalid.")
	}
	l, err := readLogin(m.body)
	if err != nil {
		return err
	}
	entered := Entered{User: l.user, Database: l.database, App: l.app, ReadOnlyIntent: l.readOnly, Encrypted: encrypted}
	faults := c.admit(l)
	if len(faults) > 0 {
		entered.Error = faults[0].Number
	}
	c.srv.rememberLogin(entered)
	if err := c.suffer(AtLogin, l.user); err != nil {
		return err
	}
	if len(faults) > 0 {
		return c.refuse(faults)
	}
	return c.welcome()
}

// refuse answers errors and ends.
func (c *conn) refuse(faults []*sqlError) error {
	var out []byte
	for _, f := range faults {
		out = append(out, messageToken(tkError, f.complete())...)
	}
	out = append(out, doneToken(tkDone, doneError, 0, 0)...)
	if err := c.reply(out); err != nil {
		return err
	}
	c.linger()
	return errGone
}

// linger waits until the client has read what was said and goes.
func (c *conn) linger() { _, _ = io.Copy(io.Discard, c.raw) }

// admit checks a login.
func (c *conn) admit(l login7) []*sqlError {
	if l.sspi {
		return []*sqlError{{Number: 18452}}
	}
	p := c.srv.findLogin(l.user)
	if p == nil || p.password != l.password || p.windows {
		return []*sqlError{failf(18456, "Login failed for user '%s'.", l.user)}
	}
	name := l.database
	if name == "" {
		name = "master"
	}
	d := c.srv.eng.database(name)
	if d == nil || !c.srv.mayEnter(p, d) || d.offline || d.singleUser && !p.sysadmin {
		return []*sqlError{
			failf(4060, "Cannot open database \"%s\" requested by the login. The login failed.", name),
			failf(18456, "Login failed for user '%s'.", l.user),
		}
	}
	sess := &session{srv: c.srv, id: c.srv.nextSession(), login: p, app: l.app, db: d, lockTimeout: -1, variables: map[string]parameter{}}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	c.sess = sess
	return nil
}

// welcome is the answer to a login: MS-TDS 4.2.
func (c *conn) welcome() error {
	coll := c.sess.db.collation
	out := envText(1, c.sess.db.name, "master")
	out = append(out, messageToken(tkInfo, &sqlError{Number: 5701, State: 2, Message: "Changed database context to '" + c.sess.db.name + "'."})...)
	sqlCollation := append(binary.LittleEndian.AppendUint32([]byte{7, 5}, coll.lcid), coll.sortID, 0)
	out = append(out, withLength(tkEnvChange, sqlCollation)...)
	out = append(out, envText(2, "us_english", "")...)
	out = append(out, messageToken(tkInfo, &sqlError{Number: 5703, State: 1, Message: "Changed language setting to us_english."})...)
	ack := append([]byte{1, 0x74, 0, 0, 4}, bVarChar("Microsoft SQL Server")...)
	ack = append(ack, 15, 0, 0x07, 0xd0)
	out = append(out, withLength(tkLoginAck, ack)...)
	out = append(out, envText(4, "4096", "4096")...)
	return c.reply(append(out, doneToken(tkDone, 0, 0, 0)...))
}

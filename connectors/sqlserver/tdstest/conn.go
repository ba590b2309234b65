package tdstest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// conn is one connection.
type conn struct {
	srv       *Server
	tcp       net.Conn
	raw       net.Conn      // tcp, with the byte that was looked at
	rw        io.ReadWriter // raw, or TLS over it
	encrypted bool
	sess      *session
	out       *packetWriter
	ctx       context.Context // ends with the connection
	end       context.CancelFunc
	stalled   atomic.Bool

	mu        sync.Mutex
	busy      context.CancelFunc // of the request under way
	attention bool               // asked for while busy
}

func newConn(s *Server, raw net.Conn) *conn {
	c := &conn{srv: s, tcp: raw, raw: raw, rw: raw}
	c.ctx, c.end = context.WithCancel(context.Background())
	c.out = &packetWriter{kind: pkReply, stop: c.ctx.Done()}
	return c
}

// hangUp ends the connection from outside.
func (c *conn) hangUp() {
	c.end()
	_ = c.tcp.Close()
}

func (c *conn) serve() {
	defer c.hangUp()
	loginOnly, err := c.prelogin()
	if err == nil {
		err = c.logIn(loginOnly)
	}
	if err != nil {
		var fault *sqlError
		if errors.As(err, &fault) {
			_ = c.refuse([]*sqlError{fault})
		}
		return
	}
	defer c.sess.close()
	messages := make(chan message)
	var reading sync.WaitGroup
	reading.Add(1)
	go func() {
		defer reading.Done()
		c.read(messages)
	}()
	for m := range messages {
		if err := c.request(m); err != nil {
			break
		}
	}
	c.hangUp()
	for range messages { // until the reader has gone
		continue
	}
	reading.Wait()
}

// read reads requests; an attention during one stops it.
func (c *conn) read(to chan<- message) {
	defer close(to)
	defer c.end()
	for {
		m, err := readMessage(c.rw)
		if err != nil {
			return
		}
		if m.kind == pkAttention {
			c.mu.Lock()
			if c.busy != nil {
				c.attention = true
				c.busy()
				c.mu.Unlock()
				continue
			}
			c.mu.Unlock()
		}
		select {
		case to <- m:
		case <-c.ctx.Done():
			return
		}
	}
}

// reply sends a whole answer.
func (c *conn) reply(tokens []byte) error {
	c.out.to = c.rw
	if err := c.out.write(tokens); err != nil {
		return err
	}
	return c.out.flush(statusEnd)
}

// suffer lets a fault strike.
func (c *conn) suffer(at Point, text string) error {
	f := c.srv.strike(at, text)
	if f == nil {
		return nil
	}
	return c.sufferThis(f)
}

func (c *conn) sufferThis(f *armed) error {
	switch f.Do {
	case Meanwhile:
		f.Call()
		return nil
	case Stall:
		if len(c.out.buf) > 0 { // what was answered so far does arrive
			if err := c.out.flush(0); err != nil {
				return err
			}
		}
		c.stalled.Store(true)
		if c.sess == nil || f.At == AtPrelogin || f.At == AtLogin { // nobody else reads yet
			c.linger()
		} else {
			<-c.ctx.Done()
		}
		return errGone
	case Cut:
		if len(c.out.buf) > 0 { // half a packet: more is announced than comes
			half := c.out.buf[:len(c.out.buf)/2+1]
			head := []byte{pkReply, 0, 0x0f, 0xff, 0, 0, 1, 0}
			_, _ = c.rw.Write(append(head, half...))
		}
		return errGone
	case Drip:
		c.out.every = f.Every
		return nil
	default:
		return &sqlError{Number: f.Number, Message: f.Message, State: f.State}
	}
}

// begin marks a request as under way.
func (c *conn) begin() context.Context {
	ctx, cancel := context.WithCancel(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy, c.attention = cancel, false
	return ctx
}

// finish tells whether an attention came; from here on one is a request of its
// own.
func (c *conn) finish() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy()
	c.busy = nil
	return c.attention
}

// request answers one request. An error ends the connection.
func (c *conn) request(m message) error {
	c.out.to, c.out.every = c.rw, 0
	if m.kind == pkAttention { // it came when nothing was under way
		return c.reply(doneToken(tkDone, doneAttn, 0, 0))
	}
	ctx := c.begin()
	if m.reset {
		c.sess.reset(ctx)
	}
	c.sess.now = c.srv.now()
	a := &answer{c: c}
	var err error
	switch m.kind {
	case pkBatch:
		err = c.batch(ctx, m, a)
	case pkRPC:
		err = c.rpc(ctx, m, a)
	case pkTransaction:
		err = c.transactionRequest(ctx, m, a)
	default:
		err = cannot("answer a packet of the type %d", m.kind)
	}
	return a.finish(err)
}

// withoutHeaders cuts ALL_HEADERS off: MS-TDS 2.2.5.3.
func withoutHeaders(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n < 4 || n > len(b) {
		return nil
	}
	return b[n:]
}

func (c *conn) batch(ctx context.Context, m message, a *answer) error {
	text := fromUTF16(withoutHeaders(m.body))
	return c.executed(a, text, nil, func() error {
		c.sess.variables = map[string]parameter{}
		return c.sess.batch(ctx, text, a)
	})
}

// executed runs a statement under its faults, and records it.
func (c *conn) executed(a *answer, text string, params []parameter, run func() error) error {
	a.text = text
	err := c.suffer(AtStatement, text)
	if err == nil {
		err = run()
	}
	if c.srv.recording() {
		st := Statement{User: c.sess.login.name, Database: c.sess.db.name, SQL: text, Kinds: kindsOf(text)}
		for _, p := range params {
			st.Params = append(st.Params, Param{Name: p.name, Type: p.typ.String(), Value: p.value})
		}
		if err != nil {
			st.Error = asSQLError(err).Number
		}
		c.srv.remember(st)
	}
	return err
}

// rpc reads a call: MS-TDS 2.2.6.6. Only sp_executesql and the few procedures of
// execProc are known.
func (c *conn) rpc(ctx context.Context, m message, a *answer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(*sqlError)
			if !ok {
				panic(r)
			}
			err = fault
		}
	}()
	a.proc = true
	r := &wireReader{withoutHeaders(m.body)}
	name := ""
	if n := r.u16(); n == 0xffff {
		if id := r.u16(); id != 10 {
			return cannot("call the procedure with the number %d", id)
		}
		name = "sp_executesql"
	} else {
		name = fromUTF16(r.take(2 * n))
	}
	r.u16() // options
	var params []parameter
	for len(r.b) > 0 {
		p := parameter{name: lower(r.bVarChar())}
		p.output = r.u8()&1 != 0
		p.typ, p.value = r.parameterValue(c.sess.db.collation)
		params = append(params, p)
	}
	if len(params) > 2100 {
		return failf(8003, "The incoming request has too many parameters. The server supports a maximum of 2100 parameters. Reduce the number of parameters and resend the request.")
	}
	if lower(name) != "sp_executesql" || len(params) == 0 {
		return c.executed(a, name, params, func() error { return c.procedure(ctx, name, params, a) })
	}
	return c.executeSQL(ctx, params, a)
}

func (c *conn) executeSQL(ctx context.Context, params []parameter, a *answer) error {
	text, _ := params[0].value.(string)
	given := params[min(2, len(params)):]
	return c.executed(a, text, given, func() error {
		vars := map[string]parameter{}
		for _, p := range given {
			vars[p.name] = p
		}
		c.sess.variables = vars
		err := c.sess.batch(ctx, text, a)
		for _, p := range given {
			if p.output && err == nil {
				a.outputs = append(a.outputs, vars[p.name])
			}
		}
		return err
	})
}

// procedure calls a procedure by its name.
func (c *conn) procedure(ctx context.Context, name string, params []parameter, a *answer) error {
	call := &execProc{name: []string{name}}
	c.sess.variables = map[string]parameter{}
	for i, p := range params {
		v := "@procedure" + string(rune('a'+i))
		c.sess.variables[v] = p
		call.args, call.named = append(call.args, &variable{v}), append(call.named, p.name)
	}
	return c.sess.statement(ctx, call, a)
}

// transactionRequest is a request to the transaction manager: MS-TDS 2.2.6.9.
func (c *conn) transactionRequest(ctx context.Context, m message, a *answer) error {
	body := withoutHeaders(m.body)
	if len(body) < 2 {
		return failf(4002, "The incoming tabular data stream (TDS) protocol stream is incorrect.")
	}
	what := map[uint16]string{5: "BEGIN", 7: "COMMIT", 8: "ROLLBACK"}[binary.LittleEndian.Uint16(body)]
	if what == "" {
		return cannot("do what the transaction manager is asked (%d)", binary.LittleEndian.Uint16(body))
	}
	if what == "BEGIN" && len(body) > 2 && body[2] > 0 && body[2] <= 5 {
		c.sess.isolation = []string{"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "SNAPSHOT"}[body[2]-1]
	}
	return c.executed(a, what+" TRANSACTION", nil, func() error { return c.sess.transaction(ctx, what, a) })
}

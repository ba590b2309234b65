package tdstest

import (
	"encoding/binary"
	"io"
	"net"
	"time"
)

// Packet types of MS-TDS 2.2.3.1.1.
const (
	pkBatch       = 0x01
	pkRPC         = 0x03
	pkReply       = 0x04
	pkAttention   = 0x06
	pkBulk        = 0x07
	pkTransaction = 0x0e
	pkLogin       = 0x10
	pkSSPI        = 0x11
	pkPrelogin    = 0x12

	statusEnd    = 0x01
	statusIgnore = 0x02
	statusReset  = 0x18

	packetSize = 4096
)

// message is a whole request.
type message struct {
	kind  byte
	reset bool
	body  []byte
}

// readMessage reads packets to the last of a message.
func readMessage(r io.Reader) (message, error) {
	var m message
	for {
		var h [8]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return m, err
		}
		size := int(binary.BigEndian.Uint16(h[2:])) - len(h)
		if size < 0 || len(m.body)+size > 64<<20 {
			return m, failf(4002, "The incoming tabular data stream (TDS) protocol stream is incorrect.")
		}
		m.kind = h[0]
		m.reset = m.reset || h[1]&statusReset != 0
		at := len(m.body)
		m.body = append(m.body, make([]byte, size)...)
		if _, err := io.ReadFull(r, m.body[at:]); err != nil {
			return m, err
		}
		if h[1]&statusEnd != 0 {
			if h[1]&statusIgnore != 0 {
				m.body, m.kind = nil, 0
			}
			return m, nil
		}
	}
}

// packetWriter puts an answer into packets.
type packetWriter struct {
	to    io.Writer
	kind  byte
	seq   byte
	buf   []byte
	every time.Duration // of a drip, 0 without
	stop  <-chan struct{}
}

// write adds bytes; full packets go out.
func (w *packetWriter) write(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), packetSize-8-len(w.buf))
		w.buf = append(w.buf, b[:n]...)
		b = b[n:]
		if len(w.buf) == packetSize-8 && len(b) > 0 {
			if err := w.flush(0); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush sends a packet.
func (w *packetWriter) flush(status byte) error {
	w.seq++
	p := make([]byte, 8, 8+len(w.buf))
	p[0], p[1], p[6] = w.kind, status, w.seq
	binary.BigEndian.PutUint16(p[2:], uint16(8+len(w.buf))) //nolint:gosec // at most packetSize
	p = append(p, w.buf...)
	w.buf = w.buf[:0]
	if status&statusEnd != 0 {
		w.seq = 0
	}
	if w.every == 0 {
		_, err := w.to.Write(p)
		return err
	}
	for i := range p {
		timer := time.NewTimer(w.every)
		select {
		case <-timer.C:
		case <-w.stop:
			timer.Stop()
			return net.ErrClosed
		}
		if _, err := w.to.Write(p[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// handshakeConn carries the handshake of TLS inside packets of PRELOGIN, and
// then gets out of the way.
type handshakeConn struct {
	net.Conn
	rest   []byte
	inside bool
}

func (h *handshakeConn) Read(b []byte) (int, error) {
	if !h.inside {
		return h.Conn.Read(b)
	}
	if len(h.rest) == 0 {
		m, err := readMessage(h.Conn)
		if err != nil {
			return 0, err
		}
		h.rest = m.body
	}
	n := copy(b, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

func (h *handshakeConn) Write(b []byte) (int, error) {
	if !h.inside {
		return h.Conn.Write(b)
	}
	w := &packetWriter{to: h.Conn, kind: pkPrelogin}
	if err := w.write(b); err != nil {
		return 0, err
	}
	return len(b), w.flush(statusEnd)
}

// Tokens of MS-TDS 2.2.7, and the bits of DONE.
const (
	tkReturnStatus = 0x79
	tkColMetadata  = 0x81
	tkError        = 0xaa
	tkInfo         = 0xab
	tkReturnValue  = 0xac
	tkLoginAck     = 0xad
	tkRow          = 0xd1
	tkEnvChange    = 0xe3
	tkDone         = 0xfd
	tkDoneProc     = 0xfe
	tkDoneInProc   = 0xff

	doneMore  = 0x01
	doneError = 0x02
	doneCount = 0x10
	doneAttn  = 0x20
)

func le16(n int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(n)) } //nolint:gosec // by the protocol

func bVarChar(s string) []byte {
	u := toUTF16(s)
	return append([]byte{low(len(u) / 2)}, u...)
}

func usVarChar(s string) []byte {
	u := toUTF16(s)
	return append(le16(len(u)/2), u...)
}

// withLength puts the length before the body of a token.
func withLength(token byte, body []byte) []byte {
	return append(append([]byte{token}, le16(len(body))...), body...)
}

func doneToken(token byte, status int, command uint16, rows int64) []byte {
	out := append([]byte{token}, le16(status)...)
	out = append(out, le16(int(command))...)
	return binary.LittleEndian.AppendUint64(out, uint64(rows)) //nolint:gosec // not negative
}

func messageToken(token byte, e *sqlError) []byte {
	body := binary.LittleEndian.AppendUint32(nil, uint32(e.Number)) //nolint:gosec // as it is
	body = append(body, e.State, e.Class)
	body = append(body, usVarChar(e.Message)...)
	body = append(body, bVarChar(serverName)...)
	body = append(body, 0)
	body = binary.LittleEndian.AppendUint32(body, 1)
	return withLength(token, body)
}

func envText(kind byte, is, was string) []byte {
	return withLength(tkEnvChange, append(append([]byte{kind}, bVarChar(is)...), bVarChar(was)...))
}

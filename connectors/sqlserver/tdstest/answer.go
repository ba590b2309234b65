package tdstest

import (
	"encoding/binary"
	"errors"
)

// answer writes what a request gives: the sink of the session.
type answer struct {
	c       *conn
	text    string
	proc    bool // the answer of a call
	cols    []value
	held    []byte // the last DONE, until it is known whether more follows
	rows    int
	outputs []parameter
	buf     []byte
}

func (a *answer) put(b []byte) error {
	if a.held != nil {
		held := a.held
		a.held = nil
		held[1] |= doneMore
		if err := a.c.out.write(held); err != nil {
			return err
		}
	}
	return a.c.out.write(b)
}

// columns writes COLMETADATA.
func (a *answer) columns(cols []value) error {
	a.cols, a.rows = cols, 0
	out := append([]byte{tkColMetadata}, le16(len(cols))...)
	for _, col := range cols {
		out = binary.LittleEndian.AppendUint32(out, 0)
		flags := 0x08 // updatability unknown
		if col.nullable {
			flags |= 1
		}
		out = append(out, le16(flags)...)
		coll := a.c.sess.db.collation
		if col.coll != nil {
			coll = *col.coll
		}
		out = appendTypeInfo(out, col.typ, coll)
		out = append(out, bVarChar(col.name)...)
	}
	return a.put(out)
}

// row writes ROW.
func (a *answer) row(vals []any) error {
	if f := a.rowFault(); f != nil {
		if err := a.c.sufferThis(f); err != nil {
			return err
		}
	}
	a.buf = append(a.buf[:0], tkRow)
	for i, v := range vals {
		coll := a.c.sess.db.collation
		if a.cols[i].coll != nil {
			coll = *a.cols[i].coll
		}
		var err error
		if a.buf, err = appendValue(a.buf, v, a.cols[i].typ, coll); err != nil {
			var fault *sqlError
			if errors.As(err, &fault) {
				fault.Message += " (column " + a.cols[i].name + ")"
			}
			return err
		}
	}
	a.rows++
	return a.put(a.buf)
}

// rowFault finds the fault that strikes before this row.
func (a *answer) rowFault() *armed {
	s := a.c.srv
	s.mu.Lock()
	due := false
	for _, f := range s.faults {
		due = due || f.At == InRows && f.AfterRows == a.rows && f.match.MatchString(a.text)
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	return s.strike(InRows, a.text)
}

func (a *answer) done(command uint16, rows int64, counted bool) error {
	status := 0
	if counted {
		status = doneCount
	}
	token := byte(tkDone)
	if a.proc {
		token = tkDoneInProc
	}
	if err := a.put(nil); err != nil {
		return err
	}
	a.held = doneToken(token, status, command, rows)
	return nil
}

func (a *answer) info(number int32, text string) error {
	return a.put(messageToken(tkInfo, &sqlError{Number: number, State: 1, Message: text}))
}

func (a *answer) database(was, is string) error {
	return firstError(a.put(envText(1, is, was)), a.info(5701, "Changed database context to '"+is+"'."))
}

func (a *answer) transaction(kind byte, id uint64) error {
	number := binary.LittleEndian.AppendUint64([]byte{8}, id)
	body := append(append([]byte{kind}, number...), 0)
	if kind != 8 { // the old value is the transaction that ended
		body = append([]byte{kind, 0}, number...)
	}
	return a.put(withLength(tkEnvChange, body))
}

// finish ends the answer: with what went wrong, with the confirmation of an
// attention, or as it should.
func (a *answer) finish(err error) error {
	c := a.c
	if errors.Is(err, errGone) {
		return err
	}
	if c.finish() {
		return firstError(a.put(doneToken(tkDone, doneAttn, 0, 0)), c.out.flush(statusEnd))
	}
	if c.ctx.Err() != nil {
		return errGone
	}
	last := byte(tkDone)
	if a.proc {
		last = tkDoneProc
	}
	if err != nil {
		return a.fail(err, last)
	}
	if a.proc {
		if err := a.endProcedure(); err != nil {
			return err
		}
	} else if a.held != nil {
		if err := c.out.write(a.held); err != nil {
			return err
		}
		return c.out.flush(statusEnd)
	}
	return firstError(a.put(doneToken(last, 0, 0, 0)), c.out.flush(statusEnd))
}

// endProcedure writes the outputs and the return status.
func (a *answer) endProcedure() error {
	if err := a.put([]byte{tkReturnStatus, 0, 0, 0, 0}); err != nil {
		return err
	}
	for i, p := range a.outputs {
		out := append([]byte{tkReturnValue}, le16(i)...)
		out = append(out, bVarChar(p.name)...)
		out = append(out, 1, 0, 0, 0, 0, 1, 0)
		out = appendTypeInfo(out, p.typ, a.c.sess.db.collation)
		out, err := appendValue(out, p.value, p.typ, a.c.sess.db.collation)
		if err != nil {
			return err
		}
		if err := a.put(out); err != nil {
			return err
		}
	}
	return nil
}

// fail writes an error.
func (a *answer) fail(err error, last byte) error {
	fault := asSQLError(err).complete()
	if err := a.put(messageToken(tkError, fault)); err != nil {
		return err
	}
	if err := firstError(a.put(doneToken(last, doneError, 0, 0)), a.c.out.flush(statusEnd)); err != nil {
		return err
	}
	if fault.Class >= 20 || fault.fatal {
		return errGone
	}
	return nil
}

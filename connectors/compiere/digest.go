package compiere

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
)

// digester makes the fingerprints of documents, one after the other: of the columns
// of facts.sql and all those of lines.sql, as the server wrote them. Keys and
// Invoices come through here with the same columns (law 6). What the settings make of
// a document is part of it, so that the sweep reads all again when
// Config.ReturnsAsStored has changed.
type digester struct {
	sum      hash.Hash
	row      []byte
	asStored bool
}

func newDigester(asStored bool) *digester { return &digester{sum: sha256.New(), asStored: asStored} }

// of is the digest of a document and of its lines in their order.
func (d *digester) of(read *documents, row int) string {
	d.sum.Reset()
	d.write(&read.headers, row, digested)
	for _, line := range read.of[row] {
		d.write(&read.lines, line, len(read.lines.columns))
	}
	const enough = 18 // bytes
	whole := make([]byte, 0, sha256.Size)
	text := base64.RawURLEncoding.EncodeToString(d.sum.Sum(whole)[:enough])
	if d.asStored {
		return text + " as stored"
	}
	return text
}

// write adds the first cells of a row, so that no two lists of them look alike.
func (d *digester) write(r *rows, row, columns int) {
	d.row = d.row[:0]
	for column := range columns {
		c := r.cell(row, column)
		if c == nil {
			d.row = append(d.row, 0)
			continue
		}
		d.row = append(binary.AppendUvarint(d.row, uint64(len(c))+1), c...)
	}
	d.sum.Write(d.row)
}

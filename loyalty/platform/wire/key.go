package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// EpochShift is where the store's epoch begins in a version: above every
// sequence, so that versions stay above all that was sent before a restore.
const EpochShift = 40

// Version joins the store's epoch and a sequence into a version that only grows.
func Version(epoch, sequence int64) int64 { return epoch<<EpochShift | sequence }

// EntryKey is the natural key of an entry of points.
type EntryKey struct {
	Epoch    int64 // of the store when the entry was posted
	Program  string
	Source   string
	Document loyalty.Key
	Line     int64 // see loyalty.LineID: the ERP's own key when it is a number
	Rule     string
	Revision int
}

// An ID made by PointsID has so many parts between slashes, and the line at this
// place, counted from 0.
const (
	PointsIDParts = 8
	PointsIDLine  = 5
)

// PointsID writes the key as the ID of an item: unique for ever and the same at
// every sending (law 10). The parts are escaped, so two keys never give one ID.
func PointsID(k EntryKey) string {
	return strings.Join([]string{
		strconv.FormatInt(k.Epoch, 10), escape(k.Program), escape(k.Source), escape(k.Document.Type), escape(k.Document.ID),
		strconv.FormatInt(k.Line, 10), escape(k.Rule), strconv.Itoa(k.Revision),
	}, "/")
}

// ParsePointsID reads what PointsID writes; false for text of another make.
func ParsePointsID(id string) (k EntryKey, ok bool) {
	parts := strings.Split(id, "/")
	if len(parts) != PointsIDParts {
		return k, false
	}
	var errs [8]error
	k.Epoch, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	for i, to := range []*string{&k.Program, &k.Source, &k.Document.Type, &k.Document.ID} {
		*to, errs[1+i] = url.PathUnescape(parts[1+i])
	}
	k.Line, errs[5] = strconv.ParseInt(parts[PointsIDLine], 10, 64)
	k.Rule, errs[6] = url.PathUnescape(parts[6])
	k.Revision, errs[7] = strconv.Atoi(parts[7])
	return k, errors.Join(errs[:]...) == nil && PointsID(k) == id
}

// DocumentID writes a document's key as one text.
func DocumentID(k loyalty.Key) string { return escape(k.Type) + "/" + escape(k.ID) }

// ParseDocumentID reads what DocumentID writes. Text of another make is taken
// as the primary key of a document without a type.
func ParseDocumentID(id string) loyalty.Key {
	typ, key, two := strings.Cut(id, "/")
	t, errType := url.PathUnescape(typ)
	k, errKey := url.PathUnescape(key)
	if !two || errType != nil || errKey != nil || strings.Contains(key, "/") {
		return loyalty.Key{ID: id}
	}
	return loyalty.Key{Type: t, ID: k}
}

func escape(s string) string { return url.PathEscape(s) }

// IdempotencyKey names a call by what is in it: the SHA-256 of its kind and of
// the IDs and versions of its items, in hexadecimal. The same items give the
// same key on every retry, by hand too (law 10).
func IdempotencyKey(kind Kind, items []Outgoing) string {
	h := sha256.New()
	part := func(s string) { // length first, so that parts cannot run together
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	part(string(kind))
	for _, it := range items {
		part(it.ID)
		part(strconv.FormatInt(it.Version, 10))
	}
	return hex.EncodeToString(h.Sum(nil))
}

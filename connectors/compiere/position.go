package compiere

import (
	"errors"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// beforeStamps stands before every stamp, as PostgreSQL reads it.
const beforeStamps = "-infinity"

// keyset is where a pass over invoices goes on: after this stamp and key.
type keyset struct{ stamp, id string }

func (k keyset) position() connectors.Position {
	return connectors.Position(k.stamp + "|" + k.id)
}

// parseKeyset reads a position, or starts a pass at floor, inclusive.
func (k keyType) parseKeyset(p connectors.Position, floor connectors.Stamp) (keyset, error) {
	if p == "" {
		stamp, err := bound(floor)
		return keyset{stamp, k.first()}, err
	}
	stamp, id, _ := strings.Cut(string(p), "|")
	if !isStamp(stamp) || !k.valid(id) {
		return keyset{}, positionError("the position of the pass cannot be read")
	}
	return keyset{stamp, id}, nil
}

// parseKey reads the position of a listing in key order.
func (k keyType) parseKey(p connectors.Position) (string, error) {
	if p == "" {
		return k.first(), nil
	}
	if !k.valid(string(p)) {
		return "", positionError("the position of the listing cannot be read")
	}
	return string(p), nil
}

// bound is a stamp as a limit of a range; "" is before every stamp.
func bound(s connectors.Stamp) (string, error) {
	if s == "" {
		return beforeStamps, nil
	}
	if !isStamp(string(s)) {
		return "", positionError("a stamp cannot be read")
	}
	return string(s), nil
}

func isStamp(s string) bool {
	_, err := time.Parse(connectors.StampLayout, s)
	return err == nil && len(s) == len(connectors.StampLayout)
}

func positionError(what string) error {
	return &connectors.Error{
		Kind: connectors.ErrSettings, Op: "go on from a stored position",
		Hint: "it was made by another connector or changed by hand; run the job with --since to read again, nothing is counted twice",
		Err:  errors.New(what),
	}
}
